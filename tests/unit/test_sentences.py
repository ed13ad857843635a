"""Sentences that other languages have words for: the English, and what goes beside it."""

from __future__ import annotations

import copy
import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import tabagent
from tabagent.errors import JsonValue, Offline
from tabagent.sentences import ERROR, SIZES, Said, Sentence, Value, error_said, joined, said_from_wire, said_to_wire
from tools.environment import ROOT

texts = st.text(max_size=20)
plain = texts | st.integers() | st.floats(allow_nan=False, allow_infinity=False)


def sentences(values: st.SearchStrategy[Value]) -> st.SearchStrategy[Said]:
    return st.builds(Said, texts, texts.filter(bool), st.dictionaries(texts, values, max_size=3))


def test_every_sentence_is_said_somewhere_with_all_its_values() -> None:
    package = Path(tabagent.__file__).parent
    sources = "\n".join(
        path.read_text(encoding="utf-8") for path in sorted(package.rglob("*.py")) if path.name != "sentences.py"
    )
    unsaid = {sentence.name for sentence in Sentence if not re.search(rf"Sentence\.{sentence.name}\b", sources)}

    assert unsaid == {Sentence.BOTH.name}


def test_no_code_of_a_sentence_looks_like_that_of_an_error() -> None:
    assert [sentence.code for sentence in Sentence if sentence.code.startswith(ERROR)] == []


def test_the_panel_knows_the_same_sizes_and_errors() -> None:
    panel = (ROOT / "extension" / "sidepanel" / "said_text.js").read_text(encoding="utf-8")

    assert f'const ERROR = "{ERROR}";' in panel
    [sizes] = re.findall(r"const SIZES = new Set\((\[.*\])\);", panel)
    assert set(json.loads(sizes)) == SIZES


def test_a_sentence_is_a_text_that_knows_its_code_and_its_values() -> None:
    said = Sentence.FASTEST_ON_CPU.said(threads=4)

    assert said == "8-bit weights are the fastest on the CPU (4 threads)"
    assert (said.code, said.values) == ("fastest_on_cpu", {"threads": 4})
    assert type(str(said)) is str


@pytest.mark.parametrize(
    ("said", "english"),
    [
        (Sentence.TEXT_CUT.said(kept=1_000, total=2_345_678), "The first 1,000 of 2,345,678 characters are kept."),
        (Sentence.NO_SIGN_OF_LIFE.said(seconds=120.0), "it gave no sign of life for 120 s"),
        (
            Sentence.TOO_LARGE_FOR_CPU.said(size=4_200_000_000, room=999_400_000),
            "4.2 GB are too large for the CPU path, which has 999 MB",
        ),
        # What a value says is no placeholder.
        (Sentence.FILE_STORED.said(file="{model}"), "{model} is stored"),
    ],
)
def test_the_english_has_its_numbers_and_sizes_written_out(said: Said, english: str) -> None:
    assert said == english


def test_a_sentence_in_a_sentence_keeps_its_own_code() -> None:
    said = Sentence.NONE_RUNS.said(reason=Sentence.UNKNOWN_KINDS.said())
    inner = {"code": "unknown_kinds", "values": {}, "text": "they are of unknown kinds"}

    assert said_to_wire(said) == {
        "code": "none_runs",
        "values": {"reason": inner},
        "text": "none of its weights run on this machine: they are of unknown kinds",
    }


def test_a_text_in_a_sentence_is_a_plain_text() -> None:
    wire = said_to_wire(Sentence.WEBGPU_FAILED.said(model="acme/tiny", reason=Said("no kernel")))

    assert wire is not None
    assert wire["values"] == {"model": "acme/tiny", "reason": "no kernel"}


def test_a_text_without_a_code_has_nothing_beside_it() -> None:
    texts = (None, "", "English alone", Said(), Said("English alone"))

    assert [said_to_wire(text) for text in texts] == [None] * len(texts)


def test_an_error_is_said_by_its_own_code() -> None:
    error = Offline("https://hub.example")

    assert said_to_wire(error_said(error)) == {"code": "error_offline", "values": {}, "text": error.message}
    assert error_said(error, "no answer") == "no answer"


@pytest.mark.parametrize(
    ("parts", "whole"),
    [((), ""), (("", ""), ""), (("One.", ""), "One."), (("One.", "", "Two.", "Three."), "One. Two. Three.")],
)
def test_texts_are_joined_where_there_are_some(parts: tuple[str, ...], whole: str) -> None:
    assert joined(*parts) == whole


def test_joined_sentences_keep_their_codes() -> None:
    one, two = Sentence.TEXT_CUT.said(kept=1, total=2), Sentence.PAGE_UNREADABLE.said(number=3)

    assert said_to_wire(joined("", one)) == said_to_wire(one)
    both = said_to_wire(joined(one, two))
    assert both is not None
    assert both["values"] == {"first": said_to_wire(one), "second": said_to_wire(two)}


@given(sentences(plain | sentences(plain)))
def test_a_sentence_comes_back_as_it_was(said: Said) -> None:
    wire = json.loads(json.dumps(said_to_wire(said)))
    read = said_from_wire(wire, "otherwise")

    # Without words there is nothing to say.
    assert read == (said or "otherwise")
    assert said_to_wire(read) == (wire if said else None)


@given(sentences(plain))
def test_a_copy_knows_what_the_sentence_knows(said: Said) -> None:
    assert said_to_wire(copy.deepcopy(said)) == said_to_wire(said)


@pytest.mark.parametrize(
    "wire",
    [
        None,
        3,
        "text",
        ["code"],
        {},
        {"code": 3, "values": {}, "text": "x"},
        {"code": "x", "values": [], "text": "x"},
        {"code": "x", "values": {}, "text": None},
        {"code": "x", "values": {"a": None}, "text": "x"},
        {"code": "x", "values": {"a": {"code": "y"}}, "text": "x"},
    ],
)
def test_what_is_no_sentence_leaves_the_words_that_are_there(wire: JsonValue) -> None:
    assert said_from_wire(wire, "the words") == "the words"
