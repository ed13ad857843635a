"""Strings and their escapes."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tabagent.generation.json_strings import FreeString, Spelling, StringShape, unescaped
from tabagent.generation.json_values import End, Stack

BOTTOM = Stack(End(), None)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)


def accepts(shape: StringShape, text: str) -> bool:
    stacks = shape.start(text[0], BOTTOM, 0)
    for char in text[1:]:
        stacks = [following for stack in stacks for following in stack.frame.step(char, BOTTOM)]
    return stacks == [BOTTOM]


@given(TEXTS, st.booleans())
def test_every_string_is_a_string_however_it_is_written(text: str, escaped: bool) -> None:
    assert accepts(StringShape(), json.dumps(text, ensure_ascii=escaped))


@given(TEXTS, st.booleans())
def test_a_listed_string_is_found_however_it_is_written(text: str, escaped: bool) -> None:
    written = json.dumps(text, ensure_ascii=escaped)

    assert accepts(StringShape(only=(text, text + "x", "other")), written)
    assert not accepts(StringShape(only=(text + "x", "other")), written) or text == "other"


@pytest.mark.parametrize(("length", "fits"), [(0, False), (1, False), (2, True), (3, True), (4, False)])
@pytest.mark.parametrize("char", ["a", "😀", "\\n", "\\u0041", "\\ud83d\\ude00"])
def test_length_is_counted_in_characters(char: str, length: int, fits: bool) -> None:
    assert accepts(StringShape(2, 3), f'"{char * length}"') == fits


@pytest.mark.parametrize(
    ("escape", "char"),
    [
        *(("\\", ""), ("\\n", "\n"), ("\\/", "/"), ("\\x", None), ("\\u", ""), ("\\u00e9", "é"), ("\\u00g", None)),
        *(("\\uD83D", ""), ("\\uD83D\\", ""), ("\\uD83Dx", None), ("\\uD83D\\n", None), ("\\uD83D\\uDE00", "😀")),
        *(("\\uD83D\\u0", None), ("\\uD83D\\uD8", None), ("\\uDC", None), ("\\ude", None), ("\\ud", "")),
    ],
)
def test_an_escape_is_whole_open_or_none(escape: str, char: str | None) -> None:
    assert unescaped(escape) == char


def test_plain_characters_are_skipped_at_once_as_far_as_there_is_room() -> None:
    shape = StringShape(longest=3)
    frame, position = FreeString(shape, 1).skip('ab"c', 0)

    assert (frame.length, position) == (3, 2)
    assert FreeString(shape, 1).skip("abc", 0) == (FreeString(shape, 1), 0)
    assert FreeString(shape, 1, "\\").skip("ab", 0)[1] == 0


def test_a_range_of_lengths_can_be_empty() -> None:
    assert StringShape(3, 2).measure() is None
    assert StringShape(only=()).measure() is None
    assert StringShape(3, 3).measure() == 0


def test_the_rests_of_a_spelling_are_written_with_escapes() -> None:
    spelling = Spelling(('a"b', "az"), "a")
    open_escape = spelling.next("\\")

    assert list(spelling.rests) == ['\\"b', '\\"', "\\", "z", "z", "z"]
    assert open_escape is not None
    assert list(open_escape.rests)[:2] == ['"', '"']
