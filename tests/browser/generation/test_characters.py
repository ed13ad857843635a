"""Streaming of characters that have several bytes, several code points, or both: none is ever taken apart."""

from __future__ import annotations

import unicodedata
from pathlib import Path
from typing import Any

import pytest

from tests.browser.generation.asking import PATIENCE_S, Asker, talk
from tests.browser.generation.conftest import CHARACTERS
from tests.browser.generation.reference import Reference
from tests.browser.wire import Wire
from tools.model.tiny import SPECIAL_TOKENS

TOKENS = 80
# Single bytes come before the tokens with many scripts' texts.
BYTES = list(range(len(SPECIAL_TOKENS) + 256))
QUESTIONS = ("Write.", "Draw me a fish.", "What is it?", "Say more.")
ZWJ, SKIN_TONES, FLAG_PARTS = "\u200d", range(0x1F3FB, 0x1F400), range(0x1F1E6, 0x1F200)


@pytest.fixture(scope="module")
def scribe(background: Wire) -> Asker:
    """Somebody who asks a model whose words are pieces of characters."""
    background.load_ready(CHARACTERS, dtype="fp32", timeout_s=PATIENCE_S)
    return Asker(background)


@pytest.fixture(scope="module")
def truth(lively_models: dict[str, Path]) -> Reference:
    """What it must answer."""
    return Reference(lively_models[CHARACTERS])


def cut_apart(text: str, index: int) -> bool:
    """Tell whether what stands before and at a place is one character, by the rules of Unicode that matter here."""
    before, after = text[index - 1], text[index]
    flags = 0
    while flags < index and ord(text[index - 1 - flags]) in FLAG_PARTS:
        flags += 1
    if before in "\r\n":
        return False
    return (
        unicodedata.category(after) in {"Mn", "Me", "Mc"}
        or ord(after) in SKIN_TONES
        or after == ZWJ
        or (before == ZWJ and unicodedata.category(after) == "So")
        or (ord(after) in FLAG_PARTS and flags % 2 == 1)
    )


@pytest.mark.parametrize("question", QUESTIONS)
def test_updates_end_between_characters_and_are_the_text_together(
    scribe: Asker, truth: Reference, question: str
) -> None:
    options: dict[str, Any] = {"suppress_tokens": BYTES, "max_new_tokens": TOKENS, "no_repeat_ngram_size": 3}
    tokens = truth.greedy(truth.prompt(talk(question)), **options)
    asked = scribe.ask(talk(question), **options)
    answer = scribe.finished(asked)
    text = truth.text(tokens)
    parts = [update["token"] for update in scribe.updates(asked)]

    assert answer["generatedText"] == "".join(parts) == text
    assert len(parts) > 1
    place = 0
    for part in parts[:-1]:
        place += len(part)
        assert not 0 < place < len(text) or not cut_apart(text, place), text[place - 3 : place + 3]
    assert sum(character > "\u00ff" for character in text) > 20


def test_a_stop_string_in_any_script_is_found(scribe: Asker, truth: Reference) -> None:
    options: dict[str, Any] = {"suppress_tokens": BYTES, "max_new_tokens": TOKENS}
    text = truth.text(truth.greedy(truth.prompt(talk(QUESTIONS[0])), **options))
    for start in range(8, 40, 8):
        stop = text[start : start + 3]
        answer = scribe.answer(talk(QUESTIONS[0]), stop=[stop], **options)

        assert answer["finishReason"] == "stop_string"
        assert answer["generatedText"] == text[: text.index(stop)]


def test_text_in_many_scripts_is_read_as_it_was_sent(scribe: Asker, truth: Reference) -> None:
    said = talk("日本語 👩‍👩‍👧 e\u0301 हिन्दी ", "ก็ 🇫🇷", "\u0301 🫠\n\n\ttabs  and spaces ", system="한글 ½ ² Ⅷ")
    answer = scribe.answer(said, suppress_tokens=BYTES, max_new_tokens=12)
    prompt = truth.prompt(said)

    assert answer["promptTokens"] == len(prompt)
    assert answer["generatedText"] == truth.text(truth.greedy(prompt, suppress_tokens=BYTES, max_new_tokens=12))
