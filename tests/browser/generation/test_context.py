"""Conversations that are longer than what the model can read."""

from __future__ import annotations

import pytest

from tests.browser.generation.asking import PATIENCE_S, Asker, talk
from tests.browser.generation.conftest import SHORT, SHORT_CONTEXT
from tests.browser.generation.reference import Reference
from tests.browser.wire import Wire

TOKENS = 20
TURN = "The fox walked over the hill."
SYSTEM = "Be brief."


@pytest.fixture(scope="module")
def short(background: Wire) -> Asker:
    """Somebody who asks a model with a small context."""
    ready = background.load_ready(SHORT, dtype="fp32", timeout_s=PATIENCE_S)
    assert ready["contextLength"] == SHORT_CONTEXT
    return Asker(background)


def long_talk(turns: int) -> list[dict[str, str]]:
    texts = [text for number in range(turns) for text in (f"{number}: {TURN}", f"Answer {number}.")]
    return talk(*texts, "And now?", system=SYSTEM)


def test_a_long_chat_leaves_out_its_oldest_turns_and_says_how_many_messages(short: Asker, reference: Reference) -> None:
    messages = long_talk(30)
    asked = short.ask(messages, max_new_tokens=TOKENS)
    answer = short.finished(asked)
    left_out = answer["leftOut"]
    kept = [messages[0], *messages[1 + left_out :]]
    prompt = reference.prompt(kept)

    assert left_out > 0
    assert left_out % 2 == 0, "turns are left out whole"
    assert {status["leftOut"] for status in short.statuses(asked)} == {left_out}
    assert answer["promptTokens"] == len(prompt)
    assert answer["promptTokens"] + TOKENS <= SHORT_CONTEXT
    assert answer["generatedText"] == reference.text(reference.greedy(prompt, max_new_tokens=TOKENS))


def test_a_chat_that_grows_is_answered_at_every_length(short: Asker) -> None:
    left_out = [
        short.answer(long_talk(turns), chat_id="grows", max_new_tokens=4)["leftOut"] for turns in range(0, 16, 2)
    ]

    assert left_out[0] == 0
    assert left_out[-1] > 0
    assert left_out == sorted(left_out)


def test_an_answer_ends_where_the_context_does(short: Asker) -> None:
    answer = short.answer("Hello", max_new_tokens=5000)

    assert answer["promptTokens"] + answer["numTokens"] == SHORT_CONTEXT
    assert answer["finishReason"] == "length"


def test_a_message_that_cannot_fit_is_refused_before_anything_is_computed(short: Asker) -> None:
    asked = short.ask(TURN * 60, max_new_tokens=TOKENS)
    error = asked.reply["error"]

    assert not asked.reply["success"]
    assert error["code"] == "context_overflow"
    assert error["details"]["contextLength"] == SHORT_CONTEXT
    assert error["details"]["tokens"] > SHORT_CONTEXT
    assert short.answer("Hello", max_new_tokens=4)["numTokens"] == 4
    assert not short.statuses(asked)


def test_what_fits_with_a_short_answer_alone_gets_one(short: Asker) -> None:
    words = (TURN.split() * 40)[:180]
    while not (asked := short.ask(" ".join(words), max_new_tokens=500)).reply["success"]:
        words.pop()
    answer = short.finished(asked)

    assert answer["leftOut"] == 0
    assert answer["numTokens"] == SHORT_CONTEXT - answer["promptTokens"]
    assert answer["numTokens"] < SHORT_CONTEXT // 8, "the longest that was accepted leaves little room"
