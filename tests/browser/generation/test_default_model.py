"""The default model as people get it: what is kept of a chat, stopped or continued, never changes an answer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.browser.conftest import DEFAULT_MODEL, connected, forget
from tests.browser.generation.asking import PATIENCE_S, Asker, talk
from tests.browser.generation.test_kv_cache import FIRST, interleaved
from tools.browser import ExtensionBrowser
from tools.hub import LocalHub

TOKENS = 8


@pytest.fixture(scope="module")
def default(shared_browser: ExtensionBrowser, session_hub: LocalHub) -> Iterator[Asker]:
    """Somebody who asks the default model with the weights that the extension chooses."""
    session_hub.faults.clear()
    forget(shared_browser)
    wire = connected(shared_browser.context.pages[0])
    assert wire.load_ready(DEFAULT_MODEL, timeout_s=4 * PATIENCE_S)["dtype"] == "q8"
    yield Asker(wire)
    forget(shared_browser)


def test_two_chats_in_turn_answer_as_without_a_cache_token_for_token(default: Asker) -> None:
    cached = interleaved(default, max_new_tokens=TOKENS)
    uncached = interleaved(default, max_new_tokens=TOKENS, use_cache=False)

    for known, whole in zip(cached, uncached, strict=True):
        assert known.texts == whole.texts
        assert whole.cached == [0] * len(FIRST)
        assert known.cached[0] == 0
        assert all(known.cached[1:]), known.cached
    assert cached[0].texts != cached[1].texts


def test_a_question_after_a_rest_knows_the_answer_before_it_and_is_answered_as_without(default: Asker) -> None:
    said = talk("What is the capital of France?")
    first = default.answer(said, chat_id="rested", max_new_tokens=TOKENS)
    default.rest()
    said += [{"role": "assistant", "content": first["generatedText"]}, *talk("And of Italy?")]
    rested = default.answer(said, chat_id="rested", max_new_tokens=TOKENS)

    # The answer's last token was picked and never computed.
    assert rested["cachedTokens"] >= first["promptTokens"] + first["numTokens"] - 1
    assert rested["generatedText"] == default.text(said, max_new_tokens=TOKENS, use_cache=False)


def test_an_answer_that_reached_its_limit_is_continued_as_if_there_had_been_none(default: Asker) -> None:
    question = talk("What is the capital of France?", system="Answer with one sentence.")
    whole = default.text(question, max_new_tokens=2 * TOKENS, min_new_tokens=2 * TOKENS)
    begin = default.answer(question, chat_id="continued", max_new_tokens=TOKENS, min_new_tokens=TOKENS)
    rest = default.answer(
        [*question, {"role": "assistant", "content": begin["generatedText"]}],
        chat_id="continued",
        max_new_tokens=TOKENS,
        min_new_tokens=TOKENS,
    )

    assert begin["finishReason"] == rest["finishReason"] == "length"
    assert begin["generatedText"] + rest["generatedText"] == whole
    assert rest["cachedTokens"] > 0


def test_a_seed_repeats_an_answer_in_real_words(default: Asker) -> None:
    options: dict[str, Any] = {"max_new_tokens": 2 * TOKENS, "do_sample": True, "temperature": 1.2}
    first, again, other = (default.text("Tell me a story.", seed=seed, **options) for seed in (1, 1, 2))

    assert first == again != other
