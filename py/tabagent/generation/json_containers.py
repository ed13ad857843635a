"""Objects and arrays of JSON while they are being written."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from tabagent.generation.json_strings import Spelling, escape_continuations, unescaped
from tabagent.generation.json_values import DEEPEST, Begin, Frame, Node, Stack, gap_after


class Place(Enum):
    """What a container waits for."""

    OPENED = "its first part, or its end"
    COMMA = "its next part"
    FOLLOWED = "a comma, or its end"


@dataclass(slots=True, eq=False)
class ArrayShape:
    """An array.

    Attributes:
        prefix: Of the first items.
        items: Of all others.
        shortest, longest: Number of items; `longest` may be None.
    """

    prefix: tuple[Node, ...] = ()
    items: Node | None = None
    shortest: int = 0
    longest: int | None = None
    height: int | None = None

    def start(self, char: str, below: Stack, depth: int) -> list[Stack]:
        """See `Shape`."""
        return [Stack(ArrayFrame(self, depth + 1), below)] if char == "[" else []

    def measure(self) -> int | None:
        """See `Shape`."""
        if self.longest is not None and self.longest < self.shortest:
            return None
        needed = [self.item(index) for index in range(min(self.shortest, len(self.prefix) + 1))]
        heights = [node.height if node is not None else None for node in needed]
        known = [height for height in heights if height is not None]
        return 1 + max(known, default=0) if len(known) == len(heights) else None

    @property
    def beginnings(self) -> Sequence[str]:
        """See `Shape`."""
        return ("[", "[]")

    def item(self, index: int) -> Node | None:
        """Return what an item may be; None when there is no such item."""
        if self.longest is not None and index >= self.longest:
            return None
        node = self.prefix[index] if index < len(self.prefix) else self.items
        return node if node is not None and node.shapes else None


@dataclass(frozen=True, slots=True)
class ArrayFrame(Frame):
    """An open array.

    Attributes:
        depth: Open brackets, its own included.
        count: Items that are whole.
    """

    shape: ArrayShape
    depth: int
    count: int = 0
    place: Place = Place.OPENED
    gap: int = 0

    def step(self, char: str, below: Stack) -> list[Stack]:
        """See `Frame`."""
        gap = gap_after(self.gap, char, self.depth)
        if gap is not None:
            return [Stack(ArrayFrame(self.shape, self.depth, self.count, self.place, gap), below)] if gap else []
        if char == "]":
            return [below] if self.count >= self.shape.shortest else []
        item = self._next_item()
        if item is None:
            return []
        after = Stack(ArrayFrame(self.shape, self.depth, self.count + 1, Place.FOLLOWED), below)
        if self.place is Place.FOLLOWED:
            return [Stack(Begin(item, self.depth), after)] if char == "," else []
        return Begin(item, self.depth).step(char, after)

    def continuations(self) -> Iterable[str]:
        """See `Frame`."""
        item = self._next_item()
        if item is None or self.place is Place.FOLLOWED:
            return ("]", ",")
        return ("]", *Begin(item, self.depth).continuations())

    def _next_item(self) -> Node | None:
        enough = self.depth > DEEPEST and self.count >= self.shape.shortest
        return None if enough else self.shape.item(self.count)


@dataclass(slots=True, eq=False)
class ObjectShape:
    """An object.

    Attributes:
        properties: Of the keys that are named; all that are required are.
        required: Keys that must be there.
        additional: Of all other keys; None when there must be none.
    """

    properties: Mapping[str, Node]
    required: frozenset[str] = frozenset()
    additional: Node | None = None
    height: int | None = None

    def start(self, char: str, below: Stack, depth: int) -> list[Stack]:
        """See `Shape`."""
        return [Stack(ObjectFrame(self, depth + 1), below)] if char == "{" else []

    def measure(self) -> int | None:
        """See `Shape`."""
        heights = [self.properties[name].height for name in self.required]
        known = [height for height in heights if height is not None]
        return 1 + max(known, default=0) if len(known) == len(heights) else None

    @property
    def beginnings(self) -> Sequence[str]:
        """See `Shape`."""
        return ("{", "{}", '{"')

    def names_left(self, seen: frozenset[str], depth: int) -> tuple[str, ...]:
        """Return the named keys that may still come."""
        names: Iterable[str] = self.properties if depth <= DEEPEST else self.required
        return tuple(name for name in names if name not in seen and self.properties[name].shapes)

    def takes_others(self, depth: int) -> bool:
        """Tell whether keys may come that are not named."""
        return depth <= DEEPEST and self.additional is not None and bool(self.additional.shapes)

    def value_of(self, name: str) -> Node | None:
        """Return what the value of a key may be."""
        return self.properties.get(name, self.additional)


@dataclass(frozen=True, slots=True)
class ObjectFrame(Frame):
    """An open object, between its parts.

    Attributes:
        depth: Open brackets, its own included.
        seen: Keys that are written.
    """

    shape: ObjectShape
    depth: int
    seen: frozenset[str] = frozenset()
    place: Place = Place.OPENED
    gap: int = 0

    def step(self, char: str, below: Stack) -> list[Stack]:
        """See `Frame`."""
        gap = gap_after(self.gap, char, self.depth)
        if gap is not None:
            return [Stack(ObjectFrame(self.shape, self.depth, self.seen, self.place, gap), below)] if gap else []
        if char == "}":
            whole = self.place is not Place.COMMA and self.shape.required <= self.seen
            return [below] if whole else []
        names = self.shape.names_left(self.seen, self.depth)
        others = self.shape.takes_others(self.depth)
        if not names and not others:
            return []
        if self.place is Place.FOLLOWED:
            following = ObjectFrame(self.shape, self.depth, self.seen, Place.COMMA)
            return [Stack(following, below)] if char == "," else []
        if char != '"':
            return []
        key = FreeKey(self) if others else ListedKey(self, Spelling(names))
        return [Stack(key, below)]

    def continuations(self) -> Iterable[str]:
        """See `Frame`."""
        return ("}", ",", ',"') if self.place is Place.FOLLOWED else ('"', "}")

    def after_key(self, name: str, below: Stack) -> list[Stack]:
        """Return the stacks after a key's closing quote; none when the key must not come."""
        value = self.shape.value_of(name)
        if name in self.seen or value is None or not value.shapes:
            return []
        following = ObjectFrame(self.shape, self.depth, self.seen | {name}, Place.FOLLOWED)
        return [Stack(Colon(value, self.depth), Stack(following, below))]


@dataclass(frozen=True, slots=True)
class FreeKey(Frame):
    """An open key with any text; a key that is there already has to get longer."""

    owner: ObjectFrame
    text: str = ""
    escape: str = ""

    def step(self, char: str, below: Stack) -> list[Stack]:
        """See `Frame`."""
        if self.escape:
            escape = self.escape + char
            found = unescaped(escape)
            if found is None:
                return []
            return [Stack(FreeKey(self.owner, self.text + found, "" if found else escape), below)]
        if char == '"':
            return self.owner.after_key(self.text, below)
        if char == "\\":
            return [Stack(FreeKey(self.owner, self.text, char), below)]
        return [Stack(FreeKey(self.owner, self.text + char), below)] if char >= " " else []

    def continuations(self) -> Iterable[str]:
        """See `Frame`."""
        missing = [name for name in self.owner.shape.required - self.owner.seen if name.startswith(self.text)]
        rests = [rest for name in missing for rest in Spelling((name,), self.text).rests if not self.escape]
        return (*rests, '"', "a", "_", *escape_continuations(self.escape))

    @property
    def holds_any_character(self) -> bool:
        """See `Frame`."""
        return not self.escape


@dataclass(frozen=True, slots=True)
class ListedKey(Frame):
    """An open key that has to become one of those that are left."""

    owner: ObjectFrame
    spelling: Spelling

    def step(self, char: str, below: Stack) -> list[Stack]:
        """See `Frame`."""
        if char == '"' and not self.spelling.part:
            return self.owner.after_key(self.spelling.text, below) if self.spelling.whole else []
        following = self.spelling.next(char)
        return [Stack(ListedKey(self.owner, following), below)] if following else []

    def continuations(self) -> Iterable[str]:
        """See `Frame`."""
        return self.spelling.rests


@dataclass(frozen=True, slots=True)
class Colon(Frame):
    """Between a key and its value."""

    value: Node
    depth: int
    gap: int = 0

    def step(self, char: str, below: Stack) -> list[Stack]:
        """See `Frame`."""
        gap = gap_after(self.gap, char, self.depth)
        if gap is not None:
            return [Stack(Colon(self.value, self.depth, gap), below)] if gap else []
        return [Stack(Begin(self.value, self.depth), below)] if char == ":" else []

    def continuations(self) -> Iterable[str]:
        """See `Frame`."""
        return (":", ": ")
