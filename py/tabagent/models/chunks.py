"""Arithmetic of chunks: sizes, spans, ranges. Pure functions, no storage."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from tabagent.specs import FileRecord

# What a cut costs at most, and what each connection fills in memory. The origin private file system takes all from
# 2 MiB on equally fast; smaller ones leave more garbage behind in all (docs/benchmarks.md, "Memory of a download").
CHUNK_BYTES = 4 * 1024 * 1024

# One request brings at most so many chunks (16 MiB): enough that a request's start does not count. With 64 MiB a
# download added up to 200 MiB of memory, as if each connection kept its whole answer.
CHUNKS_PER_SPAN = 4


@dataclass(frozen=True, slots=True)
class Span:
    """Chunks `first` to `last`, both included."""

    first: int
    last: int

    def bytes_of(self, record: FileRecord) -> tuple[int, int]:
        """Return the first and the last byte in the file, both included, as in a `Range` header."""
        return self.first * record.chunk_size, self.last * record.chunk_size + record.length_of(self.last) - 1


def spans(numbers: Iterable[int], longest: int = CHUNKS_PER_SPAN) -> list[Span]:
    """Join consecutive chunk numbers, given in order, into spans of at most `longest` chunks."""
    found: list[Span] = []
    for number in numbers:
        last = found[-1] if found else None
        if last is not None and last.last == number - 1 and number - last.first < longest:
            found[-1] = Span(last.first, number)
        else:
            found.append(Span(number, number))
    return found
