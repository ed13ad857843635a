"""Arrays and objects while they are written."""

from __future__ import annotations

import pytest

from tabagent.generation.json_containers import ArrayShape, ObjectShape
from tabagent.generation.json_values import DEEPEST, End, Literal, Node, Shape, Stack

BOTTOM = Stack(End(), None)
ONE, NONE = Node([Literal("1")]), Node()


def read(shape: Shape, text: str, depth: int = 0) -> list[Stack]:
    stacks = shape.start(text[0], BOTTOM, depth)
    for char in text[1:]:
        stacks = [following for stack in stacks for following in stack.step(char)]
    return stacks


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        ("[]", False),
        ("[1]", True),
        ("[1, 1]", True),
        ("[1,1,1]", False),
        ("[1 1]", False),
        ("[1,]", False),
        ("[,1]", False),
    ],
)
def test_an_array_has_as_many_items_as_it_should(text: str, whole: bool) -> None:
    assert (read(ArrayShape(items=ONE, shortest=1, longest=2), text) == [BOTTOM]) == whole


def test_first_items_are_their_own_and_the_others_may_be_impossible() -> None:
    shape = ArrayShape((Node([Literal("2")]),), NONE)

    assert read(shape, "[2]") == [BOTTOM]
    assert read(shape, "[2,") == []
    assert read(shape, "[1") == []


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        *(('{"a":1}', True), ('{"b":1,"a":1}', True), ('{ "a" : 1 }', True), ("{}", False), ('{"b":1}', False)),
        *(
            ('{"a":1,"a":1}', False),
            ('{"a":1,"c":1}', False),
            ('{"a":1,}', False),
            ('{"a":2}', False),
            ('{"a"1}', False),
        ),
        *(('{"a":1,"n":1}', False), ('{"a":1 "b":1}', False), ('{,"a":1}', False)),
    ],
)
def test_an_object_has_its_keys_once_and_the_required_ones(text: str, whole: bool) -> None:
    shape = ObjectShape({"a": ONE, "b": ONE, "n": NONE}, frozenset({"a"}))

    assert (read(shape, text) == [BOTTOM]) == whole


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        ('{"x":1}', True),
        ('{"\\u0078":1,"x":1}', False),
        ('{"x":1,"xx":1}', True),
        ('{"n":1}', False),
        ('{"\n":1}', False),
    ],
)
def test_other_keys_may_be_anything_that_is_not_there_yet(text: str, whole: bool) -> None:
    assert (read(ObjectShape({"n": NONE}, additional=ONE), text) == [BOTTOM]) == whole


def test_an_object_whose_keys_are_all_there_ends() -> None:
    assert read(ObjectShape({"a": ONE}), '{"a":1,') == []


def test_beyond_the_depth_limit_comes_only_what_is_required() -> None:
    array, thing = ArrayShape(items=ONE, shortest=1), ObjectShape({"a": ONE, "b": ONE}, frozenset({"a"}), ONE)

    assert read(array, "[1,", DEEPEST) == []
    assert read(array, "[1]", DEEPEST) == [BOTTOM]
    assert read(thing, '{"b', DEEPEST) == []
    assert read(thing, '{"a":1}', DEEPEST) == [BOTTOM]


def test_keys_that_are_missing_are_offered_first() -> None:
    shape = ObjectShape({"name": ONE}, frozenset({"name"}), ONE)
    (stack,) = read(shape, '{"na')

    assert list(stack.frame.continuations())[:2] == ["me", "m"]


def test_heights_count_brackets_and_are_unknown_while_a_part_is() -> None:
    shape = ObjectShape({"a": Node([ArrayShape(items=ONE, height=1)]), "b": NONE}, frozenset({"a"}))

    assert shape.measure() == 2
    assert ObjectShape({"b": NONE}, frozenset({"b"})).measure() is None
    assert ArrayShape(items=ONE, shortest=2, longest=1).measure() is None
    assert ArrayShape((ONE,), NONE, shortest=2).measure() is None
    assert ArrayShape((NONE,), ONE).measure() == 1
