"""The answer for nobody that ends a load."""

from __future__ import annotations

import pytest

from tabagent.adapters.memory.engine import MemoryEngine
from tabagent.adapters.memory.fetcher import MemoryFetcher
from tabagent.engine_errors import GenerationFailed, TemplateFailed
from tabagent.generation.answer import Prompt
from tabagent.generation.rehearsal import QUESTION, Rehearsal
from tabagent.messages import SendChatMessage
from tabagent.models.loader import WARM_UP_NEW_TOKENS
from tabagent.specs import LoadedModel
from tests.unit.conftest import World, hub_answers


@pytest.fixture
async def world() -> World:
    world = World(MemoryFetcher(hub_answers()), engine=MemoryEngine(context_length=200))
    await world.load()
    world.engine.passes.clear()
    world.engine.caches.clear()
    return world


async def rehearse(world: World, told: list[int]) -> bool:
    return await world.generation.rehearse(world.manager.ready_model(), lambda: told.append(len(told)))


async def test_it_goes_the_whole_way_of_an_answer_and_leaves_nothing_behind(world: World) -> None:
    told: list[int] = []
    assert await rehearse(world, told)

    read = [token for tokens in world.engine.passes[: 1 - WARM_UP_NEW_TOKENS] for token in tokens]
    assert read == world.engine.encode(QUESTION)
    assert [len(tokens) for tokens in world.engine.passes[1 - WARM_UP_NEW_TOKENS :]] == [1] * (WARM_UP_NEW_TOKENS - 1)
    assert len(told) == len(world.engine.passes)
    assert [cache.released for cache in world.engine.caches] == [True]
    assert world.events == []
    assert world.generation.describe() == {"generating": None, "queued": [], "rereading": False}


async def test_a_model_that_refuses_the_question_is_loaded_all_the_same(world: World) -> None:
    async def refuse(request: SendChatMessage, loaded: LoadedModel) -> Prompt:
        raise TemplateFailed("no such message")

    rehearsal = Rehearsal(world.engine, refuse, world.clock.now)

    assert not await rehearsal.run(world.manager.ready_model(), lambda: None)
    assert world.engine.passes == []


async def test_a_device_that_fails_fails_the_load(world: World) -> None:
    world.engine.fails_at = "prefill"

    with pytest.raises(GenerationFailed):
        await rehearse(world, [])
