"""Answers are read again while nobody asks, where their tokens cannot stand for a prompt's."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest

from tabagent.adapters.memory.engine import MemoryEngine
from tabagent.adapters.memory.fetcher import MemoryFetcher
from tabagent.engine_errors import DeviceLost
from tabagent.events import ModelWorkerStates as State
from tabagent.messages import GenerationComplete, GenerationFault
from tabagent.ports.engine import KvCache, Logits
from tabagent.specs import Dtype
from tests.unit.conftest import World, chat_request, hub_answers, load_request
from tests.unit.generation.conftest import LONG, answered

PROMPT = "one two three four"


class WatchedEngine(MemoryEngine):
    """Tells of each pass.

    Attributes:
        before_pass: Called with the tokens of each pass.
    """

    before_pass: Callable[[list[int]], None] = staticmethod(lambda tokens: None)

    async def forward(self, cache: KvCache, token_ids: Sequence[int], *, logits: bool = True) -> Logits | None:
        self.before_pass(list(token_ids))
        return await super().forward(cache, token_ids, logits=logits)


async def world_of(engine: MemoryEngine, dtype: Dtype = Dtype.Q4) -> World:
    """Return a world with a model whose passes may have any length, while a token alone rounds otherwise."""
    world = World(MemoryFetcher(hub_answers()), engine=engine)
    await world.load(load_request(dtype=dtype))
    engine.passes.clear()
    return world


async def while_rereading(world: World, engine: WatchedEngine) -> list[list[int]]:
    """Let a long answer be written, and return when it is being read again.

    Returns:
        The passes since its end, to which later ones are added when they begin.
    """
    begun: list[list[int]] = []

    def note(tokens: list[int]) -> None:
        if world.of(GenerationComplete):
            begun.append(tokens)

    engine.before_pass = note
    await answered(world, LONG, max_new_tokens=100)
    await world.until(lambda: begun)
    return begun


@pytest.fixture
async def engine() -> WatchedEngine:
    return WatchedEngine(context_length=1000)


@pytest.fixture
async def world(engine: WatchedEngine) -> World:
    return await world_of(engine)


async def test_the_next_question_begins_where_the_answer_ends(world: World) -> None:
    await answered(world, PROMPT)
    await world.rested()
    # The answer's last word was never computed: nothing came after it.
    assert world.engine.passes == [[1, 2, 3, 4], [1], [2], [3], [1, 2, 3]]
    done = await answered(world, PROMPT, PROMPT, "five")

    assert (done.cached_tokens, done.prompt_tokens) == (7, 9)
    assert done.generated_text == "one two three four "


async def test_without_a_rest_the_answer_is_read_with_the_next_question(world: World) -> None:
    await world.generation.send(chat_request(PROMPT, max_new_tokens=4))
    await world.generation.send(replace(chat_request(f"{PROMPT} {PROMPT} five", message_id="message-2")))

    assert (await world.heard(GenerationComplete, 2)).cached_tokens == 4


async def test_the_cache_is_the_same_as_of_a_prompt(world: World) -> None:
    await answered(world, PROMPT)
    await world.rested()

    cache = world.engine.caches[-1]
    assert cache.tokens == [1, 2, 3, 4, 1, 2, 3]
    assert not cache.released


async def test_one_token_of_an_answer_is_read_with_one_of_its_question(world: World) -> None:
    await answered(world, PROMPT, max_new_tokens=2)
    await world.rested()

    assert world.engine.passes == [[1, 2, 3, 4], [1], [4, 1]]


async def test_weights_with_one_scale_for_a_pass_are_read_in_their_pieces() -> None:
    world = await world_of(MemoryEngine(context_length=1000), Dtype.Q8)
    await answered(world, LONG, max_new_tokens=60)
    await world.rested()
    reread = [len(tokens) for tokens in world.engine.passes[-3:]]
    done = await answered(world, LONG, LONG, "five")

    assert reread == [32, 32, 2]
    assert done.cached_tokens == 1 + 8 * 32


async def test_weights_that_are_the_same_alone_are_not_read_again() -> None:
    world = await world_of(MemoryEngine(context_length=1000), Dtype.FP32)
    await answered(world, PROMPT, prompt_lookup_num_tokens=0)
    await world.rested()

    assert [len(tokens) for tokens in world.engine.passes] == [4, 1, 1, 1]


async def test_a_cache_that_cannot_be_cut_is_not_read_again() -> None:
    world = await world_of(WatchedEngine(context_length=1000, can_crop=False))
    await answered(world, PROMPT)
    await world.rested()

    assert [len(tokens) for tokens in world.engine.passes] == [4, 1, 1, 1]


async def test_an_answer_whose_chat_keeps_nothing_is_not_read_again(world: World) -> None:
    await answered(world, PROMPT, use_cache=False)
    await world.rested()

    assert [len(tokens) for tokens in world.engine.passes] == [4, 1, 1, 1]
    assert world.engine.caches[-1].released
    assert world.generation.cache_bytes == 0


async def test_meanwhile_the_model_is_idle_and_the_engine_is_watched(world: World, engine: WatchedEngine) -> None:
    seen: list[object] = []

    def look(tokens: list[int]) -> None:
        if world.of(GenerationComplete):
            seen.append(
                (world.manager.state, world.host.expected is not None, world.generation.describe()["rereading"])
            )

    engine.before_pass = look
    await answered(world, PROMPT)
    await world.rested()

    assert seen == [(State.IDLE, True, True)]
    assert world.host.expected is None


async def test_a_question_ends_it_after_the_piece_that_is_read(world: World, engine: WatchedEngine) -> None:
    """What was read of the answer until then is known to the next question."""
    begun = await while_rereading(world, engine)
    done = await answered(world, LONG, world.of(GenerationComplete)[0].generated_text, "five", max_new_tokens=1)

    assert done.cached_tokens == 200 + 32
    assert sum(map(len, begun)) == done.prompt_tokens - 200


async def test_a_question_of_another_chat_ends_it_too(world: World, engine: WatchedEngine) -> None:
    begun = await while_rereading(world, engine)
    await answered(world, "six", chat_id="chat-2", max_new_tokens=1)

    assert [len(tokens) for tokens in begun] == [32, 1]


async def test_a_reset_ends_it(world: World, engine: WatchedEngine) -> None:
    begun = await while_rereading(world, engine)
    world.manager.begin_reset()
    await world.generation.finish()

    assert len(begun) == 1
    assert not world.generation.describe()["rereading"]


async def test_the_load_of_another_model_ends_it(world: World, engine: WatchedEngine) -> None:
    begun = await while_rereading(world, engine)
    await world.manager.load_model(load_request(dtype=Dtype.FP32, load_id="load-2"))
    await world.rested()

    assert len(begun) == 1


async def test_a_device_that_fails_meanwhile_ends_the_thread_and_no_answer(world: World, engine: WatchedEngine) -> None:
    def fail(tokens: list[int]) -> None:
        if world.of(GenerationComplete):
            raise DeviceLost("acme/tiny", Dtype.Q4, "wasm", "prefill", "gone")

    engine.before_pass = fail
    await answered(world, PROMPT)
    await world.until(lambda: world.host.restarts)
    await world.rested()

    assert world.of(GenerationFault) == []
    assert world.host.expected is None
