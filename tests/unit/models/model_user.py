"""Somebody who uses a model, and then does not."""

from __future__ import annotations

import asyncio

from tests.unit.conftest import World


class Wait:
    """A prompt that waits for the model."""

    def __init__(self, world: World) -> None:
        self.told = 0
        self.task = asyncio.ensure_future(world.manager.ensure_ready(self._tell))

    def _tell(self) -> None:
        self.told += 1


async def rest(world: World, minutes: float) -> None:
    """Let time pass in steps that are shorter than those in which the manager looks."""
    for _ in range(int(minutes * 6)):
        for _ in range(5):
            await asyncio.sleep(0)
        world.clock.advance(10)
    for _ in range(5):
        await asyncio.sleep(0)
