"""Strings of JSON while they are being written, and the keys of objects, which are read the same way."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from tabagent.generation.json_values import Frame, Stack

_SHORT = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\", "/": "/"}
_SHORT_OF = {char: name for name, char in _SHORT.items() if char != "/"}
_HEX = frozenset("0123456789abcdefABCDEF")
_PLAIN = re.compile(r'[^"\\\x00-\x1f]*')
# Characters that the bytes of one that is never completed can show as.
_OPEN_CHARACTERS = 3


@dataclass(slots=True, eq=False)
class StringShape:
    """Any string, or one of some.

    Attributes:
        shortest, longest: Characters (code points); `longest` may be None.
        only: The strings that may come; None for any.
    """

    shortest: int = 0
    longest: int | None = None
    only: tuple[str, ...] | None = None
    height: int | None = None

    def start(self, char: str, below: Stack, depth: int) -> list[Stack]:
        """See `Shape`."""
        if char != '"':
            return []
        return [Stack(FreeString(self) if self.only is None else ListedString(self.only), below)]

    def measure(self) -> int | None:
        """See `Shape`; a range of lengths can be empty."""
        possible = self.longest is None or self.shortest <= self.longest
        return 0 if possible and self.only != () else None

    def accepts(self, text: str) -> bool:
        """Tell whether the string may be this one."""
        fits = self.shortest <= len(text) and (self.longest is None or len(text) <= self.longest)
        return fits and (self.only is None or text in self.only)

    @property
    def beginnings(self) -> Sequence[str]:
        """See `Shape`."""
        return ('"',)


@dataclass(frozen=True, slots=True)
class FreeString(Frame):
    """An open string with any text.

    Attributes:
        length: Characters so far.
        escape: An escape sequence that is not whole.
    """

    shape: StringShape
    length: int = 0
    escape: str = ""

    def step(self, char: str, below: Stack) -> list[Stack]:
        """See `Frame`."""
        longest = self.shape.longest
        if self.escape:
            escape = self.escape + char
            found = unescaped(escape)
            if found is None:
                return []
            grown = replace(self, length=self.length + 1, escape="") if found else replace(self, escape=escape)
            return [Stack(grown, below)]
        if char == '"':
            return [below] if self.length >= self.shape.shortest else []
        if char < " " or (longest is not None and self.length >= longest):
            return []
        if char == "\\":
            return [Stack(FreeString(self.shape, self.length, char), below)]
        return [Stack(FreeString(self.shape, self.length + 1), below)]

    def skip(self, text: str, start: int) -> tuple[FreeString, int]:
        """Take all characters at once that mean themselves; returns the frame and where the others begin."""
        found = _PLAIN.match(text, start)
        if self.escape or found is None or found.end() == start:
            return self, start
        length = self.length + found.end() - start
        if self.shape.longest is not None and length > self.shape.longest:
            return self, start
        return FreeString(self.shape, length), found.end()

    def continuations(self) -> Iterable[str]:
        """See `Frame`."""
        return ('"', "a", "a" * 4, *escape_continuations(self.escape))

    @property
    def holds_any_character(self) -> bool:
        """See `Frame`."""
        longest = self.shape.longest
        return not self.escape and (longest is None or self.length + _OPEN_CHARACTERS <= longest)


@dataclass(frozen=True, slots=True)
class Spelling:
    """One of some strings, as far as it is written.

    Attributes:
        options: Strings that begin with `text`.
        text: The whole characters so far.
        part: An escape sequence that is not whole.
    """

    options: tuple[str, ...]
    text: str = ""
    part: str = ""

    def next(self, char: str) -> Spelling | None:
        """Return the spelling after one more character; None when it leads to no option."""
        part, size = self.part + char, len(self.text)
        pending = False
        for following in {option[size] for option in self.options if len(option) > size}:
            if part in _spellings(following):
                text = self.text + following
                return Spelling(tuple(option for option in self.options if option.startswith(text)), text)
            pending = pending or any(spelled.startswith(part) for spelled in _spellings(following))
        return Spelling(self.options, self.text, part) if pending else None

    @property
    def whole(self) -> bool:
        """It is one of the options."""
        return not self.part and self.text in self.options

    @property
    def rests(self) -> Iterable[str]:
        """What is missing to the options, closing quote included."""
        size = len(self.text)
        for option in self.options:
            if self.part:
                spelled = next((way for way in _spellings(option[size : size + 1]) if way.startswith(self.part)), None)
                yield from (spelled[len(self.part) :], spelled[len(self.part)]) if spelled else ()
            elif len(option) > size:
                spellings = [_spellings(char)[0] for char in option[size:]]
                yield from ("".join(spellings), spellings[0], spellings[0][0])
            else:
                yield '"'


@dataclass(frozen=True, slots=True)
class ListedString(Frame):
    """An open string that has to become one of some."""

    options: tuple[str, ...]
    spelling: Spelling | None = None

    def step(self, char: str, below: Stack) -> list[Stack]:
        """See `Frame`."""
        spelling = self.spelling or Spelling(self.options)
        if char == '"' and not spelling.part:
            return [below] if spelling.whole else []
        following = spelling.next(char)
        return [Stack(ListedString(self.options, following), below)] if following else []

    def continuations(self) -> Iterable[str]:
        """See `Frame`."""
        return (self.spelling or Spelling(self.options)).rests


def unescaped(escape: str) -> str | None:
    r"""Return the character of an escape sequence: empty while it is not whole, None when it is none.

    A character beyond U+FFFF is two sequences; one of the two alone is no character.
    """
    if len(escape) == 1:
        return ""
    if escape[1] != "u":
        return _SHORT.get(escape[1]) if len(escape) == 2 else None
    if not _HEX.issuperset(escape[2:6]):
        return None
    if len(escape) < 6:
        return "" if _may_be_first(escape[2:]) else None
    first = int(escape[2:6], 16)
    if not 0xD800 <= first < 0xDC00:
        return chr(first) if len(escape) == 6 else None
    return _low_surrogate(first, escape[6:])


def _may_be_first(digits: str) -> bool:
    r"""Tell whether these may be the first digits of a `\u` sequence: all but those of a low surrogate."""
    return not (digits[:1] in ("d", "D") and digits[1:2] in tuple("cdefCDEF"))


def _low_surrogate(first: int, escape: str) -> str | None:
    if not "\\u".startswith(escape[:2]):
        return None
    digits = escape[2:]
    if not _HEX.issuperset(digits) or digits[:1] not in ("", "d", "D") or digits[1:2] not in ("", *"cdefCDEF"):
        return None
    return chr(0x10000 + ((first - 0xD800) << 10) + int(digits, 16) - 0xDC00) if len(digits) == 4 else ""


def escape_continuations(escape: str) -> Sequence[str]:
    """Return what an escape sequence may go on with."""
    return ("n", "0", "\\", "u", "d", "c") if escape else ()


def _spellings(char: str) -> tuple[str, ...]:
    """Return the ways to write a character in a string, the usual one first."""
    if not char:
        return ('"',)
    found = [] if char < " " or char in '"\\' else [char]
    if char in _SHORT_OF:
        found.append("\\" + _SHORT_OF[char])
    units = char.encode("utf-16-be", "surrogatepass")
    codes = [int.from_bytes(units[index : index + 2], "big") for index in range(0, len(units), 2)]
    found.append("".join(f"\\u{code:04x}" for code in codes))
    found.append("".join(f"\\u{code:04X}" for code in codes))
    return tuple(found)
