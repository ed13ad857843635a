"""A world in which answers can be given."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import cast

import pytest

from tabagent.adapters.memory.engine import MemoryEngine, MemoryKvCache
from tabagent.adapters.memory.fetcher import MemoryFetcher
from tabagent.errors import JsonValue
from tabagent.events import ErrorCodes
from tabagent.generation.decoding import TELL_SECONDS
from tabagent.messages import GenerationComplete, GenerationFault, GenerationUpdate, InterruptGeneration
from tabagent.ports.engine import KvCache, Logits
from tabagent.specs import ChatMessage, Dtype
from tests.unit.conftest import World, chat_request, hub_answers, load_request

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


class PacedEngine(MemoryEngine):
    """Takes long enough for a pass that each token is told by itself."""

    world: World | None = None

    async def forward(self, cache: KvCache, token_ids: Sequence[int], *, logits: bool = True) -> Logits | None:
        if self.world:
            self.world.clock.advance(2 * TELL_SECONDS)
        return await super().forward(cache, token_ids, logits=logits)


@pytest.fixture
async def ready() -> World:
    """A world with an 8-bit model loaded, of room enough for long prompts."""
    engine = PacedEngine(context_length=1000)
    world = World(MemoryFetcher(hub_answers()), engine=engine)
    await world.load()
    engine.world = world
    world.engine.passes.clear()
    return world


@pytest.fixture
async def exact() -> World:
    """A world with a model whose passes do not depend on each other."""
    world = World(MemoryFetcher(hub_answers()), engine=MemoryEngine(context_length=1000))
    await world.load(load_request(dtype=Dtype.FP32))
    world.engine.passes.clear()
    return world


def turns(*texts: str) -> tuple[ChatMessage, ...]:
    """Return a conversation in which user and model take turns."""
    return tuple(ChatMessage("user" if place % 2 == 0 else "assistant", text) for place, text in enumerate(texts))


async def answered(world: World, *texts: str, chat_id: str = "chat-1", **options: JsonValue) -> GenerationComplete:
    """Send a conversation and return its answer."""
    before = len(world.of(GenerationComplete))
    request = replace(chat_request(chat_id=chat_id), messages=turns(*texts), options={"max_new_tokens": 4, **options})
    await world.generation.send(request)
    return await world.heard(GenerationComplete, before + 1)


def streamed(world: World) -> str:
    """Return all text that came as updates."""
    return "".join(update.token for update in world.of(GenerationUpdate))


def code(fault: GenerationFault) -> ErrorCodes:
    return ErrorCodes(str(fault.error["code"]))
