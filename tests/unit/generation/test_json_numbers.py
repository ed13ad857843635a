"""Numbers within bounds, digit by digit."""

from __future__ import annotations

import json
import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tabagent.generation.json_numbers import NumberFrame, NumberShape, beyond, bound
from tabagent.generation.json_values import End, Stack

BOTTOM = Stack(End(), None)
BOUNDS = st.one_of(st.none(), st.integers(-2000, 2000), st.decimals(-50, 50, places=2).map(float))


def reads(shape: NumberShape, text: str) -> bool:
    """Tell whether every beginning of a text may come, and the text itself."""
    return all(shape.may_begin_with(text[:end]) for end in range(len(text) + 1)) and shape.accepts(text)


@pytest.mark.parametrize("text", ["0", "-0", "10", "-1.5", "0.25", "1e5", "1.5E-07", "1e+22", "9" * 19])
def test_numbers_are_those_of_json(text: str) -> None:
    assert reads(NumberShape(), text)


@pytest.mark.parametrize("text", ["", "-", "01", "1.", ".5", "+1", "1e", "1e100", "1.5.5", "0x1", "--1", "9" * 20])
def test_other_texts_are_no_numbers(text: str) -> None:
    assert not reads(NumberShape(), text)


@pytest.mark.parametrize("text", ["1.0", "1e1", "1E1"])
def test_an_integer_is_written_in_digits(text: str) -> None:
    assert not reads(NumberShape(integer=True), text)


@given(st.booleans(), BOUNDS, BOUNDS, st.integers(-3000, 3000), st.integers(0, 99))
def test_exactly_the_numbers_within_the_bounds_can_be_written(
    integer: bool, least: float | None, most: float | None, whole: int, places: int
) -> None:
    shape = NumberShape(
        integer,
        None if least is None else bound(least, integer=integer),
        None if most is None else bound(most, integer=integer),
    )
    text = str(whole) if integer else f"{whole}.{places:02}"
    value = json.loads(text)

    assert reads(shape, text) == ((least is None or value >= least) and (most is None or value <= most))


@given(st.booleans(), BOUNDS, BOUNDS, st.text("0123456789-.", max_size=6))
def test_what_may_begin_can_be_completed(integer: bool, least: float | None, most: float | None, text: str) -> None:
    shape = NumberShape(
        integer,
        None if least is None else bound(least, integer=integer),
        None if most is None else bound(most, integer=integer),
    )
    if shape.may_begin_with(text):
        while not shape.accepts(text):
            text += next(char for char in "0123456789.-" if shape.may_begin_with(text + char))

        assert len(text) < 45


@pytest.mark.parametrize(
    ("value", "direction", "integer", "first"),
    [(3, math.inf, True, 4), (3.5, math.inf, True, 4), (3.5, -math.inf, True, 3), (-3, -math.inf, True, -4)],
)
def test_beyond_an_exclusive_bound_comes_the_next_integer(
    value: float, direction: float, integer: bool, first: int
) -> None:
    assert beyond(value, direction, integer=integer) == first


def test_beyond_an_exclusive_bound_comes_the_next_float_so_that_rounding_stays_outside() -> None:
    shape = NumberShape(most=beyond(0.3, -math.inf, integer=False))

    assert not reads(shape, "0.29999999999999999")  # is read as 0.3
    assert float("0.29999999999999999") == 0.3
    assert reads(shape, "0.29999999999999993")


def test_a_number_ends_where_something_else_begins() -> None:
    stack = Stack(NumberFrame(NumberShape(), "-"), BOTTOM)
    assert stack.step(" ") == []
    (stack,) = stack.step("1")

    assert [type(following.frame) for following in stack.step(" ")] == [End]
    assert stack.frame.may_end


def test_between_two_bounds_there_may_be_no_number() -> None:
    assert NumberShape(integer=True, least=Fraction(11, 10), most=Fraction(19, 10)).measure() is None
    assert NumberShape(least=Fraction(11, 10), most=Fraction(19, 10)).measure() == 0
