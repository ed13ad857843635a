"""A world in which answers can be given."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from tabagent.adapters.memory.engine import MemoryEngine
from tabagent.adapters.memory.fetcher import MemoryFetcher
from tabagent.events import ErrorCodes
from tabagent.messages import GenerationFault, GenerationUpdate, InterruptGeneration
from tabagent.ports.engine import TokenSink
from tabagent.parameters import GenerationSettings
from tests.unit.conftest import World, hub_answers

EVERYTHING = InterruptGeneration(chat_id="", message_id="")
LONG = " ".join(f"w{number}" for number in range(200))


class SlowEngine(MemoryEngine):
    """Takes a second for a pass of the prompt and half a second for a token."""

    world: World | None = None

    async def prefill(self, token_ids: Sequence[int]) -> None:
        await super().prefill(token_ids)
        if self.world:
            self.world.clock.advance(1)

    async def decode(self, token_ids: Sequence[int], settings: GenerationSettings, sink: TokenSink) -> bool:
        def timed(text: str, count: int) -> None:
            if self.world:
                self.world.clock.advance(0.5)
            sink(text, count)

        return await super().decode(token_ids, settings, timed)


@pytest.fixture
async def ready() -> World:
    """A world with an 8-bit model loaded, of room enough for long prompts."""
    world = World(MemoryFetcher(hub_answers()), engine=MemoryEngine(context_length=1000))
    await world.load()
    return world


def streamed(world: World) -> str:
    """Return all text that came as updates."""
    return "".join(update.token for update in world.of(GenerationUpdate))


def code(fault: GenerationFault) -> ErrorCodes:
    return ErrorCodes(str(fault.error["code"]))
