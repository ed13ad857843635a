"""Characters of several code points, against the `regex` package's extended grapheme clusters."""

from __future__ import annotations

import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st

from tabagent.generation.graphemes import MAX_CLUSTER, cluster_start, joins, last_cluster

CLUSTER = regex.compile(r"\X")
# One of each kind that the rules know.
KINDS = "a \r\n\u200b\u200d\u200c\u0301\u0903\u0600कष\u094d\u093cᄀ가각\u1161\u11a8🇩🇪👍🏽❤\ufe0f\U000e0061กำຳｶﾞ©"
# Those that this Python knows: `regex` may have a newer Unicode.
KNOWN = st.characters(exclude_categories=("Cs", "Cn"))


@given(st.text(KINDS, max_size=30) | st.text(KNOWN, max_size=30))
def test_where_two_code_points_are_told_apart_they_are_two_characters(text: str) -> None:
    borders = {found.end() for found in CLUSTER.finditer(text)}

    assert {index for index in range(1, len(text)) if not joins(text, index)} <= borders


@pytest.mark.parametrize(
    "characters",
    [
        ["a", "b"],
        ["é", "e\u0301", "x"],
        ["👍🏽", "👍"],
        ["👍🏻", "👍🏿", "a"],
        ["🇩🇪", "🇫🇷", "🇪"],
        ["🇳🇿", "🇿🇦", "🇦🇿"],
        ["👩‍👩‍👧‍👦", "a"],
        ["\r\n", "\n", "a"],
        ["a", "\n", "\u0301"],
        ["ᄒ\u1161\u11ab", "ᄀ\u1173\u11af", "한", "글"],
        ["क्षि", "क"],
        ["กำ", "ก็"],
        ["你", "好", "。"],
        ["葛\U000e0100", "城"],
        ["a", " ", "b"],
    ],
)
def test_characters_are_told_apart(characters: list[str]) -> None:
    text = "".join(characters)
    borders = [index for index in range(1, len(text)) if not joins(text, index)]

    assert borders == [sum(map(len, characters[:count])) for count in range(1, len(characters))]


@pytest.mark.parametrize(
    ("text", "start"), [("", 0), ("a", 0), ("ab", 1), ("ae\u0301", 1), ("a\n", 2), ("a\r", 1), ("👩\u200d", 0)]
)
def test_the_last_character_may_grow_unless_it_ends_a_line(text: str, start: int) -> None:
    assert last_cluster(text) == start


def test_a_character_without_end_is_cut() -> None:
    text = "a" + "\u0301" * MAX_CLUSTER

    assert cluster_start(text, MAX_CLUSTER - 1) == 0
    assert cluster_start(text + "\u0301", MAX_CLUSTER + 1) == MAX_CLUSTER + 1
