"""Answers that are drawn: a seed repeats them, and the frequencies are those that the settings ask for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import islice
from statistics import NormalDist
from typing import Any

import pytest

from tabagent.events import RuntimeMessageTypes, WorkerEventNames
from tests.browser.generation.asking import PATIENCE_S, Asker, new_id, question, talk
from tests.browser.generation.conftest import LIVELY
from tests.browser.generation.reference import Reference

TOKENS = 30
DRAWN: dict[str, Any] = {"do_sample": True, "temperature": 0.9, "top_k": 40, "top_p": 0.95}
DRAWS = 200
# As many as may wait at a time.
AT_A_TIME = 15
# Of each outcome, on average, for the test's approximation to hold.
FEWEST_EXPECTED = 5.0

DISTRIBUTIONS: dict[str, dict[str, Any]] = {
    "the usual filters": {"temperature": 0.7, "top_k": 50, "top_p": 0.9},
    "the whole vocabulary": {"temperature": 0.5, "top_k": 0, "top_p": 1},
    "everything": {
        "temperature": 1.1,
        "top_k": 60,
        "top_p": 0.97,
        "min_p": 0.05,
        "typical_p": 0.95,
        "epsilon_cutoff": 0.001,
        "repetition_penalty": 1.3,
    },
}


def test_the_same_seed_gives_the_same_answer_and_another_one_another(lively: Asker) -> None:
    first, again = (lively.text("Hello", max_new_tokens=TOKENS, seed=7, **DRAWN) for _ in range(2))
    others = {lively.text("Hello", max_new_tokens=TOKENS, seed=seed, **DRAWN) for seed in range(8, 12)}

    assert first == again
    assert len(others | {first}) == 5


def test_answers_without_a_seed_differ(lively: Asker) -> None:
    assert len({lively.text("Hello", max_new_tokens=TOKENS, **DRAWN) for _ in range(4)}) == 4


def test_a_seed_gives_the_same_answer_in_another_thread(lively: Asker) -> None:
    before = lively.text("Hello", max_new_tokens=TOKENS, seed=7, **DRAWN)
    lively.wire.reset()
    lively.wire.load_ready(LIVELY, dtype="fp32", timeout_s=PATIENCE_S)

    assert lively.text("Hello", max_new_tokens=TOKENS, seed=7, **DRAWN) == before


@pytest.mark.parametrize("name", DISTRIBUTIONS)
def test_first_tokens_are_as_frequent_as_the_reference_says(lively: Asker, reference: Reference, name: str) -> None:
    options = DISTRIBUTIONS[name]
    said = talk("Hello, who are you?")
    masses = reference.distribution(reference.prompt(said), do_sample=True, **options)
    expected: dict[str, float] = {}
    for token, mass in enumerate(masses):
        text = reference.text([token])
        expected[text] = expected.get(text, 0.0) + mass * DRAWS
    texts = [text for seeds in _batches(range(DRAWS)) for text in _first_tokens(lively, said, seeds, options)]
    seen = Counter(texts)

    assert len(texts) == DRAWS
    assert {text for text in seen if not expected.get(text)} == set()
    assert len([text for text in seen if expected[text] > FEWEST_EXPECTED]) > 5, "few outcomes would prove little"
    assert _surprise(seen, expected) > 0.001


def _first_tokens(asker: Asker, said: list[dict[str, str]], seeds: list[int], options: dict[str, Any]) -> list[str]:
    """Return answers of one token, one for each seed, asked all at once."""
    since, chat_id = asker.wire.mark(), new_id("chat")
    ids = [new_id("message") for _ in seeds]
    settings = {**options, "do_sample": True, "max_new_tokens": 1}
    for message_id, seed in zip(ids, seeds, strict=True):
        payload = question(said, chat_id=chat_id, message_id=message_id, seed=seed, **settings)
        asker.wire.post(asker.wire.envelope(RuntimeMessageTypes.SEND_CHAT_MESSAGE, payload))

    def answers() -> dict[str, str]:
        ended = asker.wire.events(WorkerEventNames.GENERATION_COMPLETE, since=since)
        return {event.payload["messageId"]: event.payload["generatedText"] for event in ended}

    asker.wire.wait(lambda: answers().keys() >= set(ids), "all answers", PATIENCE_S)
    found = answers()
    return [found[message_id] for message_id in ids]


def _batches(seeds: range) -> Iterator[list[int]]:
    rest = iter(seeds)
    while batch := list(islice(rest, AT_A_TIME)):
        yield batch


def _surprise(seen: Counter[str], expected: dict[str, float]) -> float:
    """Return how likely frequencies are at least so far from what is expected: Pearson's chi-square test.

    Rare outcomes are counted together. The distribution is Wilson's and Hilferty's approximation, which is good to
    about three digits.
    """
    frequent = {text: count for text, count in expected.items() if count >= FEWEST_EXPECTED}
    pairs = [(seen[text], count) for text, count in frequent.items()]
    pairs.append((DRAWS - sum(count for count, _ in pairs), DRAWS - sum(frequent.values())))
    pairs = [(count, mean) for count, mean in pairs if mean > 1e-9]
    distance, freedom = sum((count - mean) ** 2 / mean for count, mean in pairs), len(pairs) - 1
    spread = 2 / (9 * freedom)
    return 1 - NormalDist(1 - spread, spread**0.5).cdf((distance / freedom) ** (1 / 3))
