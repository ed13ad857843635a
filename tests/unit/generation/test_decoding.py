"""The decode loop: guesses, limits, and what ends an answer."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tabagent.adapters.memory.engine import MemoryEngine
from tabagent.adapters.memory.fetcher import MemoryFetcher
from tabagent.errors import JsonValue
from tabagent.events import ErrorCodes
from tabagent.messages import GenerationComplete, GenerationFault
from tabagent.specs import Dtype
from tests.unit.conftest import World, chat_request, hub_answers, load_request

WORDS = " ".join(f"w{number}" for number in range(60))


@pytest.fixture
async def exact() -> World:
    """A world with a model whose passes do not depend on each other, which says its prompt again."""
    return await loaded(MemoryEngine(context_length=200))


async def loaded(engine: MemoryEngine, dtype: Dtype = Dtype.FP32) -> World:
    world = World(MemoryFetcher(hub_answers()), engine=engine)
    await world.load(load_request(dtype=dtype))
    engine.passes.clear()
    return world


async def answer(world: World, text: str, **options: JsonValue) -> GenerationComplete:
    """Answer a message; `passes` of the engine are those of the decode loop alone."""
    before = len(world.of(GenerationComplete))
    await world.generation.send(replace(chat_request(text, chat_id=f"chat-{before}"), options=options))
    done = await world.heard(GenerationComplete, before + 1)
    world.engine.passes = [tokens for tokens in world.engine.passes if tokens != world.engine.encode(text)]
    return done


async def test_guesses_that_come_true_save_passes_and_change_nothing(exact: World) -> None:
    without = await answer(exact, WORDS, prompt_lookup_num_tokens=0)
    plain = len(exact.engine.passes)
    exact.engine.passes.clear()
    guessed = await answer(exact, WORDS, prompt_lookup_num_tokens=8)

    assert guessed.generated_text == without.generated_text == WORDS + " "
    assert (guessed.num_tokens, guessed.finish_reason) == (without.num_tokens, "stop")
    assert len(exact.engine.passes) < plain / 4


async def test_wrong_guesses_change_nothing(exact: World) -> None:
    # The answer goes another way after each repetition.
    text = "a b c d1 a b c d2 a b c d3 a b c d4 a b c d5"
    done = await answer(exact, text)

    assert done.generated_text == f"{text} "
    assert any(len(tokens) > 1 for tokens in exact.engine.passes)


async def test_after_an_answer_the_cache_holds_what_was_said_and_no_guess(exact: World) -> None:
    await answer(exact, WORDS, max_new_tokens=7)
    cache = exact.engine.caches[-1]

    # The last token of an answer is never computed.
    assert cache.tokens == [*exact.engine.encode(WORDS), *exact.engine.encode(WORDS)[:6]]


async def test_an_answer_ends_at_its_limit_in_the_middle_of_a_guess(exact: World) -> None:
    assert (await answer(exact, WORDS, max_new_tokens=9)).num_tokens == 9


async def test_the_context_is_never_overrun_by_a_guess() -> None:
    world = await loaded(MemoryEngine(context_length=70))
    done = await answer(world, WORDS)

    assert (done.num_tokens, done.finish_reason) == (10, "length")
    assert max(cache.length for cache in world.engine.caches) <= 70


async def test_nothing_is_guessed_where_passes_depend_on_all_their_tokens() -> None:
    world = await loaded(MemoryEngine(context_length=200), Dtype.Q8)
    await world.generation.send(chat_request(WORDS))
    await world.heard(GenerationComplete)
    decoded = world.engine.passes[-60:]

    assert {len(tokens) for tokens in decoded} == {1}


async def test_nothing_is_guessed_where_a_cache_cannot_be_cut() -> None:
    world = await loaded(MemoryEngine(context_length=200, can_crop=False))
    done = await answer(world, WORDS)

    assert done.generated_text == WORDS + " "
    assert {len(tokens) for tokens in world.engine.passes[-60:]} == {1}


async def test_settings_that_forbid_everything_end_the_answer_with_an_error_and_nothing_else(exact: World) -> None:
    everything: list[JsonValue] = list(range(512))
    await exact.generation.send(replace(chat_request("one two"), options={"suppress_tokens": everything}))
    fault = await exact.heard(GenerationFault)

    assert fault.error["code"] == ErrorCodes.NOTHING_ALLOWED
    assert exact.host.restarts == []
    assert (await answer(exact, "one")).generated_text == "one "


async def test_scores_that_are_no_numbers_are_a_failure_of_the_engine() -> None:
    world = await loaded(MemoryEngine(context_length=200))
    world.engine.scores_are_numbers = False
    await world.generation.send(replace(chat_request("one two"), options={"do_sample": True}))
    fault = await world.heard(GenerationFault)

    assert fault.error["code"] == ErrorCodes.GENERATION_FAILED
    await world.until(lambda: world.host.restarts)
