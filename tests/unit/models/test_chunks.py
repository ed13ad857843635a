"""Spans of chunks: every chunk once, never longer than asked, and the bytes that a `Range` header names."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tabagent.models.chunks import CHUNK_BYTES, CHUNKS_PER_SPAN, Span, spans
from tabagent.specs import FileKey, FileRecord

numbers = st.sets(st.integers(0, 200), max_size=100).map(sorted)


def record(size: int, chunk_size: int = 4) -> FileRecord:
    return FileRecord(key=FileKey("acme/tiny", "onnx/model.onnx"), revision="c", size=size, chunk_size=chunk_size)


@pytest.mark.parametrize(
    ("missing", "expected"),
    [
        ([], []),
        ([3], [Span(3, 3)]),
        ([0, 1, 2], [Span(0, 2)]),
        ([0, 2, 3, 7], [Span(0, 0), Span(2, 3), Span(7, 7)]),
        (range(CHUNKS_PER_SPAN), [Span(0, CHUNKS_PER_SPAN - 1)]),
        (range(CHUNKS_PER_SPAN + 1), [Span(0, CHUNKS_PER_SPAN - 1), Span(CHUNKS_PER_SPAN, CHUNKS_PER_SPAN)]),
    ],
)
def test_consecutive_chunks_are_asked_for_together(missing: list[int], expected: list[Span]) -> None:
    assert spans(missing) == expected


@given(numbers, st.integers(1, 9))
def test_spans_name_every_chunk_once_and_no_other(missing: list[int], longest: int) -> None:
    found = spans(missing, longest)

    assert [index for span in found for index in range(span.first, span.last + 1)] == missing
    assert all(span.last - span.first < longest for span in found)


@given(numbers, st.integers(1, 9))
def test_there_are_no_more_spans_than_needed(missing: list[int], longest: int) -> None:
    for earlier, later in pairwise(spans(missing, longest)):
        assert later.first > earlier.last + 1 or earlier.last - earlier.first == longest - 1


@pytest.mark.parametrize(
    ("size", "span", "expected"),
    [
        (12, Span(0, 0), (0, 3)),
        (12, Span(1, 2), (4, 11)),
        (10, Span(1, 2), (4, 9)),
        (9, Span(2, 2), (8, 8)),
        (1, Span(0, 0), (0, 0)),
        (2**32 + 1, Span(2**30, 2**30), (2**32, 2**32)),
    ],
)
def test_a_span_ends_with_the_last_byte_of_its_last_chunk(size: int, span: Span, expected: tuple[int, int]) -> None:
    assert span.bytes_of(record(size)) == expected


@given(st.integers(1, 10**12))
def test_all_spans_of_a_file_together_are_its_bytes(size: int) -> None:
    whole = record(size, max(1, size // 50))
    asked = [span.bytes_of(whole) for span in spans(whole.missing)]

    assert asked[0][0] == 0
    assert asked[-1][1] == size - 1
    assert all(later[0] == earlier[1] + 1 for earlier, later in pairwise(asked))


def test_the_chunks_of_all_connections_together_take_less_memory_than_a_download_may() -> None:
    assert CHUNK_BYTES * 5 <= 64 * 1024 * 1024
