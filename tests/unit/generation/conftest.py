"""A world in which answers can be given."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import pytest

from tabagent.adapters.memory.engine import MemoryEngine, MemoryKvCache
from tabagent.adapters.memory.fetcher import MemoryFetcher
from tabagent.events import ErrorCodes
from tabagent.messages import GenerationFault, GenerationUpdate, InterruptGeneration
from tabagent.ports.engine import KvCache, Logits
from tests.unit.conftest import World, hub_answers

EVERYTHING = InterruptGeneration(chat_id="", message_id="")
LONG = " ".join(f"w{number}" for number in range(200))


class SlowEngine(MemoryEngine):
    """Takes a second for a pass of the prompt and half a second for a token."""

    world: World | None = None

    async def forward(self, cache: KvCache, token_ids: Sequence[int], *, logits: bool = True) -> Logits | None:
        answering = cast(MemoryKvCache, cache).prompt is not None
        scores = await super().forward(cache, token_ids, logits=logits)
        if self.world:
            self.world.clock.advance(0.5 if answering else 1)
        return scores


@pytest.fixture
async def ready() -> World:
    """A world with an 8-bit model loaded, of room enough for long prompts."""
    world = World(MemoryFetcher(hub_answers()), engine=MemoryEngine(context_length=1000))
    await world.load()
    world.engine.passes.clear()
    return world


def streamed(world: World) -> str:
    """Return all text that came as updates."""
    return "".join(update.token for update in world.of(GenerationUpdate))


def code(fault: GenerationFault) -> ErrorCodes:
    return ErrorCodes(str(fault.error["code"]))
