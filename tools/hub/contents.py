"""Where a served file's bytes come from: a file on this machine, or a stream that is made while it is sent."""

from __future__ import annotations

import random
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import ClassVar, Protocol

# The same for all files that are made: nothing about them changes with the time.
_MADE = 1_730_381_432.0
BLOCK_BYTES = 1 << 20
PAGE_BYTES = 4096
_NUMBER_BYTES = 8


class ByteStream(Protocol):
    """What is needed of an open file."""

    def read(self, size: int) -> bytes:
        """Return the next bytes, at most `size`; none at the end."""
        ...

    def close(self) -> None:
        """Let go of it."""
        ...


class Content(Protocol):
    """The bytes of a served file."""

    @property
    def key(self) -> str:
        """Tells it from every other content on this machine; the same in every run."""
        ...

    def stamp(self) -> tuple[int, int] | None:
        """Return size in bytes and time of the last change in nanoseconds; None when there is none any more."""
        ...

    def open(self, start: int) -> ByteStream:
        """Open it at an offset."""
        ...


@dataclass(frozen=True, slots=True)
class FileContent:
    """A file on this machine.

    Attributes:
        path: where it lies.
    """

    path: Path

    @property
    def key(self) -> str:
        """The resolved path."""
        return str(self.path.resolve())

    def stamp(self) -> tuple[int, int] | None:
        """Return size and time of the last change; None when the file is gone."""
        try:
            status = self.path.stat()
        except OSError:
            return None
        return status.st_size, status.st_mtime_ns

    def open(self, start: int) -> ByteStream:
        """Open the file at an offset."""
        stream = self.path.open("rb")
        stream.seek(start)
        return stream


@dataclass(frozen=True)
class Generated:
    """Bytes that look random, the same for the same seed, of any size, without a file on disk.

    One block is drawn; every page of every repetition of it begins with the page's own number, so no two pages of the
    stream are alike and a part that was put into the wrong place shows.

    Attributes:
        seed: of the random numbers.
        size: bytes.
    """

    KEY_PREFIX: ClassVar = "generated:"

    seed: int
    size: int

    @property
    def key(self) -> str:
        """Seed and size."""
        return f"{self.KEY_PREFIX}{self.seed}:{self.size}"

    def stamp(self) -> tuple[int, int] | None:
        """Return the size, and a time that never changes."""
        return self.size, int(_MADE * 1e9)

    def open(self, start: int) -> ByteStream:
        """Begin the stream at an offset."""
        return _GeneratedStream(self, start)

    def block(self, number: int) -> bytes:
        """Return the `BLOCK_BYTES` bytes from `number * BLOCK_BYTES` on, beyond the end too."""
        block = bytearray(self._pattern)
        pages = range(number * (BLOCK_BYTES // PAGE_BYTES), (number + 1) * (BLOCK_BYTES // PAGE_BYTES))
        for place in range(_NUMBER_BYTES):
            block[place::PAGE_BYTES] = bytes((page >> (8 * place)) & 0xFF for page in pages)
        return bytes(block)

    @cached_property
    def _pattern(self) -> bytes:
        return random.Random(self.seed).randbytes(BLOCK_BYTES)  # noqa: S311 - it is to be repeatable


class _GeneratedStream:
    def __init__(self, content: Generated, start: int) -> None:
        self._content = content
        self._offset = start
        self._number = -1
        self._block = b""

    def read(self, size: int) -> bytes:
        number, inside = divmod(self._offset, BLOCK_BYTES)
        length = min(size, BLOCK_BYTES - inside, self._content.size - self._offset)
        if length <= 0:
            return b""
        if number != self._number:
            self._number, self._block = number, self._content.block(number)
        self._offset += length
        return self._block[inside : inside + length]

    def close(self) -> None:
        self._block = b""
