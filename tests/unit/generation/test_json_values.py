"""Stacks, gaps and literals."""

from __future__ import annotations

import pytest

from tabagent.generation.json_values import DEEPEST, Begin, End, Literal, Node, Stack, gap_after

BOTTOM = Stack(End(), None)


def read(stacks: list[Stack], text: str) -> list[Stack]:
    for char in text:
        stacks = [following for stack in stacks for following in stack.step(char)]
    return stacks


@pytest.mark.parametrize(
    ("text", "depth", "fits"),
    [
        *(("  ", 0, True), ("   ", 0, False), ("\n", 0, True), (" \n", 0, True), ("\n\n", 3, False)),
        *(
            ("\n ", 0, False),
            ("\n" + " " * 16, 2, True),
            ("\n" + " " * 17, 2, False),
            ("\t\t", 1, True),
            ("\r", 1, False),
        ),
    ],
)
def test_a_gap_is_short_or_an_indented_line(text: str, depth: int, fits: bool) -> None:
    gap = 0
    for char in text:
        gap = gap_after(gap, char, depth) or 0
        if not gap:
            break

    assert bool(gap) == fits


def test_other_characters_end_a_gap() -> None:
    assert gap_after(0, "x", 1) is None


def test_alternatives_are_read_side_by_side() -> None:
    stacks = [Stack(Begin(Node([Literal("1"), Literal("12"), Literal("true")]), 0), BOTTOM)]

    assert [type(stack.frame) for stack in read(stacks, " 12")] == [End]
    assert len(read(stacks, "1")) == 2
    assert read(stacks, "13") == []


def test_a_literal_continues_with_what_is_missing() -> None:
    (stack,) = Literal("null").start("n", BOTTOM, 0)

    assert list(stack.frame.continuations()) == ["ull", "u"]
    assert read([stack], "ull") == [BOTTOM]


def test_at_the_depth_limit_only_the_lowest_shapes_begin() -> None:
    low, high = Literal("1", height=0), Literal("2", height=1)
    node = Node([high, low])

    assert node.height == 0
    assert node.at(DEEPEST - 1) == (high, low)
    assert node.at(DEEPEST) == (low,)


def test_after_the_end_only_white_space_comes() -> None:
    assert len(read([BOTTOM], "\n")) == 1
    assert BOTTOM.step("x") == []
    assert BOTTOM.frame.may_end
