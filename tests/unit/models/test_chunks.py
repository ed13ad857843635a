"""Keys of chunks: found again by their range, and never another file's."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tabagent.models.chunks import chunk_key, chunk_key_range, group_key, record_key
from tabagent.specs import FileKey

FILE = FileKey("acme/tiny", "onnx/model.onnx")
SIBLINGS = [
    FileKey("acme/tiny", path) for path in ("onnx/model.onnx_data", "onnx/model.onnx_data_1", "onnx/model.on", "onnx")
] + [FileKey("acme/tiny2", "onnx/model.onnx"), FileKey("acme/tin", "y/onnx/model.onnx")]

indexes = st.integers(0, 10**6)


def test_keys_are_those_of_tabagents_databases() -> None:
    assert group_key(FILE) == "acme/tiny/onnx/model.onnx"
    assert chunk_key(FILE, 12) == "acme/tiny/onnx/model.onnx_chunk_12"
    assert record_key(FILE) == "acme/tiny/onnx/model.onnx:manifest"


@given(indexes)
def test_every_chunk_lies_in_the_range_of_its_file(index: int) -> None:
    low, high = chunk_key_range(FILE)

    assert low <= chunk_key(FILE, index) < high


@given(indexes, st.sampled_from(SIBLINGS))
def test_no_chunk_of_another_file_lies_in_the_range(index: int, other: FileKey) -> None:
    low, high = chunk_key_range(FILE)

    assert not low <= chunk_key(other, index) < high
    assert not low <= record_key(other) < high


def test_the_files_own_record_does_not_lie_among_its_chunks() -> None:
    low, high = chunk_key_range(FILE)

    assert not low <= record_key(FILE) < high
