"""The decode loop: guesses, limits, and what ends an answer."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace

import pytest

from tabagent.adapters.memory.engine import MemoryEngine
from tabagent.adapters.memory.fetcher import MemoryFetcher
from tabagent.errors import JsonValue
from tabagent.events import ErrorCodes
from tabagent.generation.lookup import FIRST_REST
from tabagent.messages import GenerationComplete, GenerationFault
from tabagent.ports.engine import KvCache, Logits
from tabagent.specs import Dtype, LoadedModel, LoadSpec
from tests.unit.conftest import World, chat_request, hub_answers, load_request

WORDS = " ".join(f"w{number}" for number in range(60))


class Ending(MemoryEngine):
    """An engine whose model has other end tokens."""

    def __init__(self, end_tokens: frozenset[int]) -> None:
        super().__init__(context_length=200)
        self._end_tokens = end_tokens

    async def load(self, spec: LoadSpec) -> LoadedModel:
        return replace(await super().load(spec), end_tokens=self._end_tokens)


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
    assert exact.engine.caches[-1].tokens == 2 * exact.engine.encode(text)


async def test_after_an_answer_the_cache_holds_what_was_said_and_no_guess(exact: World) -> None:
    await answer(exact, WORDS, max_new_tokens=7)
    cache = exact.engine.caches[-1]

    # The last token of an answer is never computed.
    assert cache.tokens == [*exact.engine.encode(WORDS), *exact.engine.encode(WORDS)[:6]]


async def test_an_answer_ends_at_its_limit_in_the_middle_of_a_guess(exact: World) -> None:
    assert (await answer(exact, WORDS, max_new_tokens=9)).num_tokens == 9


async def test_the_context_is_never_overrun_by_a_guess() -> None:
    class Measured(MemoryEngine):
        longest = 0

        async def forward(self, cache: KvCache, token_ids: Sequence[int], *, logits: bool = True) -> Logits | None:
            scores = await super().forward(cache, token_ids, logits=logits)
            self.longest = max(self.longest, cache.length)
            return scores

    engine = Measured(context_length=70)
    done = await answer(await loaded(engine), WORDS)

    assert (done.num_tokens, done.finish_reason) == (10, "length")
    assert engine.longest == 70


@pytest.mark.parametrize("asked", [None, 8])
async def test_nothing_is_guessed_where_passes_depend_on_all_their_tokens(asked: int | None) -> None:
    world = await loaded(MemoryEngine(context_length=200), Dtype.Q8)
    await world.generation.send(replace(chat_request(WORDS), options={"prompt_lookup_num_tokens": asked}))
    await world.heard(GenerationComplete)
    decoded = world.engine.passes[-60:]

    assert {len(tokens) for tokens in decoded} == {1}


@pytest.mark.parametrize(("asked", "guesses"), [(None, False), (0, False), (8, True)])
async def test_where_a_token_alone_is_rounded_in_another_way_guesses_come_only_when_asked_for(
    asked: int | None, *, guesses: bool
) -> None:
    world = await loaded(MemoryEngine(context_length=200), Dtype.Q4)
    done = await answer(world, WORDS, prompt_lookup_num_tokens=asked)

    assert done.generated_text == WORDS + " "
    assert any(len(tokens) > 1 for tokens in world.engine.passes[-20:]) is guesses


async def test_after_a_wrong_guess_there_is_none_for_some_tokens(exact: World) -> None:
    await answer(exact, "a b c d1 a b c d2 a b c d3 a b c d4 a b c d5")
    sizes = [len(tokens) for tokens in exact.engine.passes]
    first = next(place for place, size in enumerate(sizes) if size > 1)

    assert sizes[first + 1 : first + FIRST_REST] == [1] * (FIRST_REST - 1)


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


# Ends


async def test_any_end_token_of_a_model_ends_the_answer() -> None:
    world = await loaded(Ending(frozenset({1, 2})))
    assert world.engine.encode("one two three") == [1, 2, 3]

    assert (await answer(world, "three one three")).generated_text == "three "
    assert (await answer(world, "three two three")).generated_text == "three "


async def test_any_end_token_of_the_person_ends_the_answer(exact: World) -> None:
    ends: list[JsonValue] = [*exact.engine.encode("never three")]

    assert (await answer(exact, "one two three", eos_token_id=ends)).generated_text == "one two "


async def test_end_tokens_of_the_person_take_the_place_of_the_models(exact: World) -> None:
    done = await answer(exact, "one two", eos_token_id=500, max_new_tokens=5)

    assert (done.num_tokens, done.finish_reason) == (5, "length")


async def test_any_stop_string_ends_the_answer(exact: World) -> None:
    done = await answer(exact, "one two three", stop=["never", "thr"])

    assert (done.generated_text, done.finish_reason) == ("one two ", "stop_string")


async def test_a_model_without_an_end_token_ends_with_the_end_of_its_json() -> None:
    world = await loaded(Ending(frozenset()))
    world.engine.encode('{ "a": 1 }')
    done = await answer(world, '{ "a": 1 }', json_schema={"const": {"a": 1}}, max_new_tokens=50)

    assert json.loads(done.generated_text) == {"a": 1}
    assert done.finish_reason == "stop"
