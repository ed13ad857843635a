"""The contract of `InferenceEngine`, its caches and its scores, on an engine that has a model loaded."""

from __future__ import annotations

from array import array
from collections.abc import Awaitable, Callable, Sequence

from tabagent.ports.engine import InferenceEngine, KvCache, Logits
from tabagent.specs import ChatMessage

MESSAGES = (ChatMessage("user", "one two three four five six"),)


def prompt_of(engine: InferenceEngine) -> list[int]:
    """Return the token ids of a conversation."""
    return engine.encode(engine.render(MESSAGES, {}))


async def scores_after(engine: InferenceEngine, cache: KvCache, token_ids: Sequence[int]) -> Logits:
    """Compute tokens and return the scores after them."""
    logits = await engine.forward(cache, token_ids)
    assert logits is not None
    return logits


async def greedy(engine: InferenceEngine, cache: KvCache, token_ids: Sequence[int], count: int) -> list[int]:
    """Return the likeliest next tokens."""
    tokens: list[int] = []
    following: Sequence[int] = token_ids
    for _ in range(count):
        tokens.append((await scores_after(engine, cache, following)).argmax())
        following = tokens[-1:]
    return tokens


async def a_probe_counts_at_least_one_thread(engine: InferenceEngine) -> None:
    report = await engine.probe()

    assert report.threads >= 1
    assert report.webgpu or not report.f16


async def a_conversation_becomes_token_ids_and_text_again(engine: InferenceEngine) -> None:
    ids = prompt_of(engine)

    assert len(ids) >= 6
    assert all(isinstance(token, int) and token >= 0 for token in ids)
    assert engine.encode("") == []
    assert engine.decode([]) == ""
    assert engine.decode(engine.encode("one two three")).strip() == "one two three"


async def a_cache_counts_its_tokens_and_bytes(engine: InferenceEngine) -> None:
    cache = engine.new_cache()
    empty = (cache.length, cache.size)
    await engine.forward(cache, prompt_of(engine)[:4], logits=False)

    assert empty == (0, 0)
    assert cache.length == 4
    assert cache.size > 0
    await cache.release()


async def scores_are_only_given_where_they_are_asked_for(engine: InferenceEngine) -> None:
    cache = engine.new_cache()
    ids = prompt_of(engine)

    assert await engine.forward(cache, ids[:3], logits=False) is None
    assert await engine.forward(cache, ids[3:]) is not None
    await cache.release()


async def a_prompt_read_in_pieces_gives_the_answer_of_the_whole(engine: InferenceEngine) -> None:
    ids = prompt_of(engine)
    whole, pieced = engine.new_cache(), engine.new_cache()
    expected = await greedy(engine, whole, ids, 5)
    await engine.forward(pieced, ids[:1], logits=False)
    await engine.forward(pieced, ids[1:-1], logits=False)

    assert await greedy(engine, pieced, ids[-1:], 5) == expected
    await whole.release()
    await pieced.release()


async def a_cache_that_was_cut_goes_on_as_if_it_had_never_been_longer(engine: InferenceEngine) -> None:
    ids = prompt_of(engine)
    fresh, cut = engine.new_cache(), engine.new_cache()
    expected = await greedy(engine, fresh, ids, 5)
    await greedy(engine, cut, ids, 3)
    left = await cut.crop(4)

    assert left in (0, 4)
    assert cut.length == left
    assert await greedy(engine, cut, ids[left:], 5) == expected
    await fresh.release()
    await cut.release()


async def a_cut_beyond_the_end_keeps_everything(engine: InferenceEngine) -> None:
    cache = engine.new_cache()
    await engine.forward(cache, prompt_of(engine)[:5], logits=False)

    assert await cache.crop(99) == 5
    assert cache.length == 5
    await cache.release()


async def two_caches_do_not_know_of_each_other(engine: InferenceEngine) -> None:
    first_ids, second_ids = prompt_of(engine), engine.encode("three two one one two three two one")
    alone, first, second = engine.new_cache(), engine.new_cache(), engine.new_cache()
    expected = await greedy(engine, alone, first_ids, 6)
    begun = await greedy(engine, first, first_ids, 3)
    await greedy(engine, second, second_ids, 4)

    assert begun + await greedy(engine, first, begun[-1:], 3) == expected
    for cache in (alone, first, second):
        await cache.release()


async def a_long_sequence_outgrows_its_first_memory(engine: InferenceEngine) -> None:
    ids = (prompt_of(engine) * 60)[:300]
    whole, single = engine.new_cache(), engine.new_cache()
    await engine.forward(whole, ids[:-1], logits=False)
    await engine.forward(single, ids[:250], logits=False)
    for token in ids[250:-1]:
        await engine.forward(single, [token], logits=False)

    assert single.length == 299
    assert await greedy(engine, single, ids[-1:], 1) == await greedy(engine, whole, ids[-1:], 1)
    await whole.release()
    await single.release()


async def tokens_on_trial_give_the_scores_of_single_passes(engine: InferenceEngine) -> None:
    ids = prompt_of(engine)
    single, trial = engine.new_cache(), engine.new_cache()
    expected = await greedy(engine, single, ids, 5)
    first = (await scores_after(engine, trial, ids)).argmax()
    scores = await engine.forward_each(trial, [first, *expected[1:4]])

    assert [logits.argmax() for logits in scores] == expected[1:5]
    assert trial.length == len(ids) + 4
    await single.release()
    await trial.release()


async def a_trial_can_be_taken_back(engine: InferenceEngine) -> None:
    ids = prompt_of(engine)
    single, trial = engine.new_cache(), engine.new_cache()
    expected = await greedy(engine, single, ids, 5)
    await scores_after(engine, trial, ids)
    await engine.forward_each(trial, [expected[0], ids[0], ids[1]])

    if trial.cuts_freely:
        assert await trial.crop(len(ids) + 1) == len(ids) + 1
        assert await greedy(engine, trial, expected[1:2], 3) == expected[2:]
    await single.release()
    await trial.release()


async def the_best_tokens_are_those_with_the_highest_scores(engine: InferenceEngine) -> None:
    cache = engine.new_cache()
    logits = await scores_after(engine, cache, prompt_of(engine))
    scores = logits.read()
    tokens, values = await logits.top(5)

    assert scores.typecode == "f"
    assert values == sorted(scores, reverse=True)[:5]
    assert [scores[token] for token in tokens] == values
    assert logits.argmax() == tokens[0]
    assert len((await logits.top(10**6))[0]) == len(scores)
    await cache.release()


async def scores_that_are_written_count(engine: InferenceEngine) -> None:
    cache = engine.new_cache()
    logits = await scores_after(engine, cache, prompt_of(engine))
    scores = array("f", [-1.0] * len(logits.read()))
    scores[7], scores[3] = 2.0, 1.0
    logits.write(scores)

    assert logits.argmax() == 7
    assert (await logits.top(2))[0] == [7, 3]
    assert logits.read() == scores
    await cache.release()


Case = Callable[[InferenceEngine], Awaitable[None]]
CASES: tuple[Case, ...] = (
    a_probe_counts_at_least_one_thread,
    a_conversation_becomes_token_ids_and_text_again,
    a_cache_counts_its_tokens_and_bytes,
    scores_are_only_given_where_they_are_asked_for,
    a_prompt_read_in_pieces_gives_the_answer_of_the_whole,
    a_cache_that_was_cut_goes_on_as_if_it_had_never_been_longer,
    a_cut_beyond_the_end_keeps_everything,
    two_caches_do_not_know_of_each_other,
    a_long_sequence_outgrows_its_first_memory,
    tokens_on_trial_give_the_scores_of_single_passes,
    a_trial_can_be_taken_back,
    the_best_tokens_are_those_with_the_highest_scores,
    scores_that_are_written_count,
)
