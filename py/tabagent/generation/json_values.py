"""What JSON text is made of while it is being written: nodes, shapes, frames and stacks.

A `Node` stands for the values that may come at one place, as a set of alternative `Shape`s (a string of some length, an
object with some keys, …). Text is read by stacks of `Frame`s, one for every open bracket and one for what is being
written at the moment; where alternatives begin with the same characters, several stacks run side by side. Stacks and
frames never change, so that trying a text costs no more than reading it, and nothing has to be taken back.

Every stack can be completed: a shape that has no finite value is taken out before, and a frame takes no character after
which it could not be completed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

# From here on only what a schema asks for is opened, and the shortest of its alternatives: models that repeat
# themselves open brackets for ever, and parsers have a limit too.
DEEPEST = 64
# White space between two parts: this many characters, or a line feed and this many for each open bracket.
SPACES = 2
INDENT = 8
# A gap that contains the line feed counts from here.
_BROKEN = 1000


class Frame:
    """Something that is being written."""

    __slots__ = ()

    def step(self, char: str, below: Stack) -> list[Stack]:
        """Return the stacks that one character leads to, none when it must not come.

        Args:
            char: The character.
            below: What the value is part of.
        """
        raise NotImplementedError

    def continuations(self) -> Iterable[str]:
        """Return texts of which one at least may come next, unless only what is below can go on."""
        raise NotImplementedError

    @property
    def holds_any_character(self) -> bool:
        """Any character may come next, so that the bytes of one may come one at a time."""
        return False

    @property
    def may_end(self) -> bool:
        """The value is whole, although more of it could follow."""
        return False


class Stack(NamedTuple):
    """A frame and what it is part of; the lowest is always an `End`, below which nothing is looked at."""

    frame: Frame
    below: Stack | None

    def step(self, char: str) -> list[Stack]:
        """Return the stacks that one character leads to."""
        return self.frame.step(char, self if self.below is None else self.below)


class Shape(Protocol):
    """One kind of value.

    Attributes:
        height: Brackets in brackets that the smallest value has; None as long as no finite value is known.
    """

    height: int | None

    def start(self, char: str, below: Stack, depth: int) -> list[Stack]:
        """Return the stacks of a value that begins with a character.

        Args:
            char: The first character.
            below: What the value is part of.
            depth: Open brackets around it.
        """

    def measure(self) -> int | None:
        """Return `height` as the heights of the parts are known now."""

    @property
    def beginnings(self) -> Sequence[str]:
        """Texts that a value begins with."""


class Node:
    """The values that may come at one place; `shapes` is filled in later, since schemas refer to themselves."""

    __slots__ = ("_lowest", "shapes")

    def __init__(self, shapes: Sequence[Shape] = ()) -> None:
        self.shapes = tuple(shapes)
        self._lowest: tuple[Shape, ...] | None = None

    @property
    def height(self) -> int | None:
        """That of the lowest shape."""
        return min((shape.height for shape in self.shapes if shape.height is not None), default=None)

    def at(self, depth: int) -> tuple[Shape, ...]:
        """Return the shapes that may begin inside that many brackets."""
        if depth < DEEPEST:
            return self.shapes
        if self._lowest is None:
            self._lowest = tuple(shape for shape in self.shapes if shape.height == self.height)
        return self._lowest


@dataclass(frozen=True, slots=True)
class Begin(Frame):
    """A value has to come.

    Attributes:
        gap: White space so far (see `gap_after`).
    """

    node: Node
    depth: int
    gap: int = 0

    def step(self, char: str, below: Stack) -> list[Stack]:
        """See `Frame`."""
        gap = gap_after(self.gap, char, self.depth)
        if gap is not None:
            return [Stack(Begin(self.node, self.depth, gap), below)] if gap else []
        return [stack for shape in self.node.at(self.depth) for stack in shape.start(char, below, self.depth)]

    def continuations(self) -> Iterable[str]:
        """See `Frame`."""
        return [text for shape in self.node.at(self.depth) for text in shape.beginnings]


@dataclass(frozen=True, slots=True)
class End(Frame):
    """The whole text is there; only white space may follow."""

    gap: int = 0

    def step(self, char: str, below: Stack) -> list[Stack]:
        """See `Frame`; what is below is the frame itself."""
        gap = gap_after(self.gap, char, 0)
        return [Stack(End(gap), None)] if gap else []

    def continuations(self) -> Iterable[str]:
        """See `Frame`."""
        return ()

    @property
    def may_end(self) -> bool:
        """See `Frame`."""
        return True


def gap_after(gap: int, char: str, depth: int) -> int | None:
    """Return the white space between two parts after one more character.

    One line feed is enough for every layout, with an indentation behind it; a model that has lost its way writes
    white space for ever.

    Returns:
        0 when there is too much of it, None when the character is no white space.
    """
    if char == "\n":
        return _BROKEN if gap < _BROKEN else 0
    if char not in (" ", "\t"):
        return 0 if char == "\r" else None
    limit = _BROKEN + INDENT * depth if gap >= _BROKEN else SPACES
    return gap + 1 if gap < limit else 0


@dataclass(slots=True, eq=False)
class Literal:
    """Text that is written as it stands: true, false, null, a number of an enumeration."""

    text: str
    height: int | None = 0

    def start(self, char: str, below: Stack, depth: int) -> list[Stack]:
        """See `Shape`."""
        return LiteralFrame(self.text).step(char, below)

    def measure(self) -> int | None:
        """See `Shape`."""
        return 0

    @property
    def beginnings(self) -> Sequence[str]:
        """See `Shape`."""
        return (self.text, self.text[0])


@dataclass(frozen=True, slots=True)
class LiteralFrame(Frame):
    """A literal of which a part is missing."""

    rest: str

    def step(self, char: str, below: Stack) -> list[Stack]:
        """See `Frame`."""
        if char != self.rest[0]:
            return []
        return [Stack(LiteralFrame(self.rest[1:]), below)] if len(self.rest) > 1 else [below]

    def continuations(self) -> Iterable[str]:
        """See `Frame`."""
        return (self.rest, self.rest[0])
