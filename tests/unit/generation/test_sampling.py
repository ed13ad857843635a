"""Picking tokens, compared to the slow reference."""

from __future__ import annotations

import math
import random
from array import array
from collections import Counter
from itertools import accumulate

import pytest

from tabagent.generation.sampling import InvalidScores, NoTokenLeft, Sampler
from tabagent.parameters import GenerationSettings
from tests.unit.generation import slow_sampling
from tests.unit.generation.scores import Scores

ENDS = frozenset({0, 1})
SIZE = 700  # more than the first look at the best tokens


def some_scores(source: random.Random) -> list[float]:
    """Peaked or flat, sometimes with ties, as 32-bit floats."""
    width, digits = source.choice([0.3, 2.0, 6.0]), source.choice([1, 7, 7])
    return array("f", (round(source.gauss(0, width), digits) for _ in range(SIZE))).tolist()


def some_settings(source: random.Random, **more: object) -> GenerationSettings:
    values: dict[str, object] = {
        "do_sample": True,
        "temperature": source.choice([1.0, 0.31, 0.7, 1.9]),
        "top_k": source.choice([0, 0, 1, 5, 50, 900]),
        "top_p": source.choice([1.0, 0.917, 0.513, 0.0101]),
        "min_p": source.choice([0.0, 0.0, 0.0513, 0.713]),
        "typical_p": source.choice([1.0, 1.0, 0.917, 0.313]),
        "epsilon_cutoff": source.choice([0.0, 0.0, 0.00313, 0.213]),
        "eta_cutoff": source.choice([0.0, 0.0, 0.00313, 0.213]),
        "repetition_penalty": source.choice([1.0, 1.0, 1.31, 0.77]),
        "no_repeat_ngram_size": source.choice([0, 0, 1, 2, 3]),
        "min_length": source.choice([0, 30, 200]),
        "min_new_tokens": source.choice([0, 3, 9]),
        "bad_words_ids": source.choice([None, ((7,), (0,), (5, 6), (3, 4, 5))]),
        "suppress_tokens": source.choice([None, (9, 10)]),
        "begin_suppress_tokens": source.choice([None, (11, 12)]),
        "exponential_decay_length_penalty": source.choice([None, (2, 1.21)]),
        "remove_invalid_values": source.choice([False, False, True]),
        "renormalize_logits": source.choice([False, True]),
    }
    return GenerationSettings(**(values | more))  # type: ignore[arg-type]


def reference(settings: GenerationSettings, history: list[int], scores: list[float], uniform: float) -> int | None:
    """Return the token of a draw, or None where rounding decides it."""
    chances = slow_sampling.probabilities(settings, history, [], ENDS, scores)
    order = list(range(len(scores)))
    filters = settings.top_k or settings.min_p or min(settings.top_p, settings.typical_p) < 1
    if filters or settings.epsilon_cutoff or settings.eta_cutoff:
        ranks = slow_sampling.processed(settings, history, [], ENDS, scores)
        order.sort(key=lambda token: (-ranks[token], token))
    sums = list(accumulate(chances[token] for token in order))
    if min(abs(uniform - mass) for mass in sums) < 1e-6:
        return None
    return order[next(index for index, mass in enumerate(sums) if mass > uniform)]


@pytest.mark.parametrize("seed", range(200))
async def test_a_draw_with_any_settings_is_that_of_the_reference(seed: int) -> None:
    source = random.Random(seed)  # noqa: S311 - repeatable cases
    scores, settings = some_scores(source), some_settings(source)
    history = [source.randrange(2, 40) for _ in range(source.choice([1, 2, 60]))]

    for uniform in (0.001, 0.2471, 0.5239, 0.8313, 0.9979):
        sampler = Sampler(settings, history, ENDS, uniform=lambda uniform=uniform: uniform)  # type: ignore[misc]
        expected = reference(settings, history, scores, uniform)

        assert await sampler.pick(Scores(scores)) == expected or expected is None


@pytest.mark.parametrize("seed", range(60))
async def test_a_greedy_answer_is_that_of_the_reference_token_by_token(seed: int) -> None:
    source = random.Random(seed)  # noqa: S311 - repeatable cases
    settings = some_settings(source, do_sample=False)
    prompt = [source.randrange(2, 40) for _ in range(12)]
    sampler, answer = Sampler(settings, prompt, ENDS), list[int]()

    for _ in range(15):
        scores = array("f", (source.gauss(0, 2) - (token > 60) * 3 for token in range(SIZE))).tolist()
        chances = slow_sampling.probabilities(settings, prompt, answer, ENDS, scores)

        answer.append(await sampler.pick(Scores(scores)))

        assert chances[answer[-1]] == 1


@pytest.mark.parametrize("top_k", [0, 4])
async def test_frequencies_over_many_seeds_fit_the_probabilities(top_k: int) -> None:
    scores = [2.0, 1.5, 1.0, 0.5, 0.0, -0.5, -1.0, -math.inf]
    draws = 4000
    found: Counter[int] = Counter()
    for seed in range(draws):
        settings = GenerationSettings(do_sample=True, temperature=0.8, top_k=top_k, top_p=1.0, seed=seed)
        found[await Sampler(settings, [], frozenset()).pick(Scores(scores))] += 1

    chances = slow_sampling.probabilities(settings, [], [], frozenset(), scores)
    possible = [token for token, chance in enumerate(chances) if chance > 0]
    error = sum((found[token] - draws * chances[token]) ** 2 / (draws * chances[token]) for token in possible)

    assert set(found) <= set(possible)
    assert error < 22.5  # chi-square: one in a thousand with 6 degrees of freedom


@pytest.mark.parametrize(("seed", "expected"), [(7, [96, 58, 20, 77, 71, 96]), (0, [89, 46, 83, 8, 27, 83])])
async def test_a_seed_makes_an_answer_repeatable_and_fixed_for_ever(seed: int, expected: list[int]) -> None:
    scores = [math.sin(token) for token in range(100)]
    settings = GenerationSettings(do_sample=True, top_k=20, top_p=1.0, temperature=1.0, seed=seed)
    answers = []
    for _ in range(2):
        sampler = Sampler(settings, [1, 2], frozenset())
        answers.append([await sampler.pick(Scores(scores)) for _ in range(6)])

    assert answers == [expected] * 2


async def test_without_a_seed_answers_differ() -> None:
    settings = GenerationSettings(do_sample=True, top_k=0, top_p=1.0)
    answers = set()
    for _ in range(2):
        sampler = Sampler(settings, [1, 2], frozenset())
        answers.add(tuple([await sampler.pick(Scores([0.0] * 1000)) for _ in range(10)]))

    assert len(answers) == 2


async def test_plain_greedy_asks_for_the_best_token_and_nothing_else() -> None:
    logits = Scores([1.0, 3.0, 2.0])

    assert await Sampler(GenerationSettings(), [5], ENDS).pick(logits) == 1
    assert logits.asked == ["argmax"]


@pytest.mark.parametrize("penalty", [1.0, 1.2])
async def test_sampling_with_top_k_never_reads_the_whole_vocabulary(penalty: float) -> None:
    logits = Scores([math.sin(token) for token in range(5000)])
    settings = GenerationSettings(do_sample=True, top_k=50, repetition_penalty=penalty, typical_p=0.9)

    await Sampler(settings, [5, 6], ENDS).pick(logits)

    assert logits.asked == ["top 64"]


async def test_more_tokens_are_asked_for_while_penalties_leave_the_best_ones_in_doubt() -> None:
    prompt = list(range(100))
    scores = [9.0 - token / 100 for token in range(5000)]
    logits = Scores(scores)
    settings = GenerationSettings(repetition_penalty=2.0)

    assert await Sampler(settings, prompt, ENDS).pick(logits) == 100
    assert logits.asked == ["top 16", "top 64", "top 256"]


async def test_temperature_zero_takes_the_likeliest_token() -> None:
    settings = GenerationSettings(do_sample=True, temperature=0)

    assert await Sampler(settings, [], frozenset()).pick(Scores([0.0, 1.0, 0.5])) == 1


async def test_the_first_token_can_be_forced() -> None:
    sampler = Sampler(GenerationSettings(forced_bos_token_id=2), [5, 6, 7], ENDS)

    assert [await sampler.pick(Scores([0.0, 1.0, 0.5])) for _ in range(2)] == [2, 1]


@pytest.mark.parametrize("limit", [{"max_new_tokens": 3}, {"max_length": 5}])
async def test_the_likeliest_forced_end_comes_as_the_last_token_of_the_limit(limit: dict[str, int]) -> None:
    settings = GenerationSettings(forced_eos_token_id=(2, 0), **limit)  # type: ignore[arg-type]
    sampler = Sampler(settings, [5, 6], ENDS)

    assert [await sampler.pick(Scores([0.6, 1.0, 0.5])) for _ in range(3)] == [1, 1, 0]


@pytest.mark.parametrize(
    "settings",
    [
        {"do_sample": True, "top_k": 2},
        {"do_sample": True, "top_k": 0, "top_p": 0.9},
        {"do_sample": True, "top_k": 0, "top_p": 1.0},
        {"repetition_penalty": 1.1},
    ],
)
@pytest.mark.parametrize("bad", [math.nan, math.inf])
async def test_scores_that_are_no_numbers_are_an_error(settings: dict[str, object], bad: float) -> None:
    sampler = Sampler(GenerationSettings(**settings), [], ENDS)  # type: ignore[arg-type]

    with pytest.raises(InvalidScores, match="not all numbers"):
        await sampler.pick(Scores([0.0, bad, 1.0]))


async def test_a_score_that_is_no_number_is_an_error_also_where_it_ranks_behind_all_others() -> None:
    class Ranked(Scores):
        async def top(self, count: int) -> tuple[list[int], list[float]]:
            tokens, scores = await super().top(SIZE)
            return tokens[1 : count + 1], scores[1 : count + 1]

    sampler = Sampler(GenerationSettings(do_sample=True, top_k=0, top_p=0.9), [], ENDS)

    with pytest.raises(InvalidScores, match="not all numbers"):
        await sampler.pick(Ranked([0.0] * (SIZE - 1) + [math.nan]))


@pytest.mark.parametrize("sampled", [False, True])
async def test_scores_that_are_no_numbers_can_be_replaced(sampled: bool) -> None:
    settings = GenerationSettings(do_sample=sampled, remove_invalid_values=True)
    sampler = Sampler(settings, [], ENDS)

    assert await sampler.pick(Scores([math.nan, -1.0, math.inf, -math.inf])) == 2
    assert await sampler.pick(Scores([-700.0, -800.0, math.nan, -900.0])) == 2


@pytest.mark.parametrize(
    "settings",
    [
        {"do_sample": True, "top_k": 2},
        {"do_sample": True, "top_k": 0, "top_p": 0.9},
        {"do_sample": True, "top_k": 0, "top_p": 1.0},
        {},
    ],
)
async def test_bans_of_the_whole_vocabulary_are_an_error(settings: dict[str, object]) -> None:
    values = {"suppress_tokens": (0, 1, 2), **settings}
    sampler = Sampler(GenerationSettings(**values), [], ENDS)  # type: ignore[arg-type]

    with pytest.raises(NoTokenLeft, match="whole vocabulary"):
        await sampler.pick(Scores([0.0, 0.5, 1.0]))
