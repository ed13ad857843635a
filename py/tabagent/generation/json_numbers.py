"""Numbers of JSON while they are being written, within bounds."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from tabagent.generation.json_values import Frame, Stack

# Digits before the point, which is what 64 bits need, and behind it.
WHOLE = 19
PLACES = 20
# Up to here every integer is a 64-bit float, and bounds are compared exactly.
LARGEST_BOUND = 2**53
_NUMBER_CHARACTERS = frozenset("0123456789+-.eE")
_INTEGER = re.compile(rf"-?(?:0|[1-9]\d{{0,{WHOLE - 1}}})", re.ASCII)
_INTEGER_PART = re.compile(rf"-?(?:0|[1-9]\d{{0,{WHOLE - 1}}})?", re.ASCII)
_EXPONENT = r"[eE][+-]?\d"
_DECIMAL = re.compile(rf"{_INTEGER.pattern}(?:\.\d{{1,{PLACES}}})?(?:{_EXPONENT}{{1,2}})?", re.ASCII)
_DECIMAL_PART = re.compile(
    rf"-?(?:{_INTEGER.pattern[2:]}(?:\.\d{{0,{PLACES}}}|(?:\.\d{{1,{PLACES}}})?{_EXPONENT}{{0,2}})?)?", re.ASCII
)


@dataclass(slots=True, eq=False)
class NumberShape:
    """A number.

    Digits end somewhere: 19 before the point, 20 behind it, 2 of an exponent; with bounds there is no exponent, so that
    every digit narrows the range.

    Attributes:
        integer: Without point and exponent.
        least, most: Bounds, themselves allowed; None for none.
    """

    integer: bool = False
    least: Fraction | None = None
    most: Fraction | None = None
    height: int | None = None

    def start(self, char: str, below: Stack, depth: int) -> list[Stack]:
        """See `Shape`."""
        return [Stack(NumberFrame(self, char), below)] if self.may_begin_with(char) else []

    def measure(self) -> int | None:
        """See `Shape`; between two bounds there may be no number."""
        return 0 if self.may_begin_with("") else None

    @property
    def beginnings(self) -> Sequence[str]:
        """See `Shape`."""
        return tuple("0123456789-")

    @property
    def _bounded(self) -> bool:
        return self.least is not None or self.most is not None

    def accepts(self, text: str) -> bool:
        """Tell whether a text is such a number."""
        if not (_INTEGER if self.integer else _DECIMAL).fullmatch(text):
            return False
        if not self._bounded:
            return True
        if "e" in text or "E" in text:
            return False
        value = Fraction(text)
        return (self.least is None or value >= self.least) and (self.most is None or value <= self.most)

    def may_begin_with(self, text: str) -> bool:
        """Tell whether such a number can begin with a text."""
        if not (_INTEGER_PART if self.integer else _DECIMAL_PART).fullmatch(text):
            return False
        if not self._bounded:
            return True
        if "e" in text or "E" in text:
            return False
        if not text:
            return self._reaches(0, 10**WHOLE, negative=False) or self._reaches(0, 10**WHOLE, negative=True)
        return self._extends(text)

    def _extends(self, text: str) -> bool:
        """Tell whether a sign and digits can be completed within the bounds."""
        negative, digits = text.startswith("-"), text.removeprefix("-")
        if not digits:
            return self._reaches(0, 10**WHOLE, negative=negative)
        whole, point, places = digits.partition(".")
        if point:
            unit = Fraction(1, 10 ** len(places))
            low = Fraction(int(whole + places)) * unit
            return self._reaches(low, low + unit, negative=negative)
        low, more = Fraction(int(whole)), WHOLE - len(whole) if whole != "0" else 0
        return any(
            self._reaches(low * 10**count, (low + 1) * 10**count, negative=negative) for count in range(more + 1)
        )

    def _reaches(self, low: Fraction | int, high: Fraction | int, *, negative: bool) -> bool:
        """Tell whether a number from `low` to below `high` (without sign) that can be written is within the bounds."""
        least, most = (self.least, self.most) if not negative else (_minus(self.most), _minus(self.least))
        scale = 1 if self.integer else 10**PLACES
        first = math.ceil(low * scale) if least is None else math.ceil(max(low, least) * scale)
        last = (
            math.ceil(high * scale) - 1 if most is None else min(math.ceil(high * scale) - 1, math.floor(most * scale))
        )
        return first <= last


@dataclass(frozen=True, slots=True)
class NumberFrame(Frame):
    """A number that may not be whole."""

    shape: NumberShape
    text: str

    def step(self, char: str, below: Stack) -> list[Stack]:
        """See `Frame`; a number ends where something else begins."""
        if char in _NUMBER_CHARACTERS:
            text = self.text + char
            return [Stack(NumberFrame(self.shape, text), below)] if self.shape.may_begin_with(text) else []
        return below.step(char) if self.may_end else []

    def continuations(self) -> Iterable[str]:
        """See `Frame`."""
        return "0123456789."

    @property
    def may_end(self) -> bool:
        """See `Frame`."""
        return self.shape.accepts(self.text)


def bound(value: float, *, integer: bool) -> Fraction:
    """Return a bound as it is compared with what is written.

    Reading a number rounds it to the nearest 64-bit float, which never moves it over the bound's own decimal text.
    """
    return Fraction(value) if isinstance(value, int) or integer else Fraction(repr(value))


def beyond(value: float, direction: float, *, integer: bool) -> Fraction:
    """Return the first number that is greater (`direction` positive infinity) or less than an exclusive bound."""
    if integer:
        return Fraction(math.floor(value) + 1 if direction > 0 else math.ceil(value) - 1)
    return Fraction(repr(math.nextafter(float(value), direction)))


def _minus(value: Fraction | None) -> Fraction | None:
    return None if value is None else -value
