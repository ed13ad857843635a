"""What keys and records of an old profile mean."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tabagent.errors import JsonObject
from tabagent.models.legacy import Chunk, ChunkRecord, LegacySource, Piece, WholeFile, keys_of, parse_key, whole_files
from tabagent.ports.legacy_profile import LegacyFile
from tabagent.specs import FileKey
from tabagent.store_errors import StorageError
from tests.contracts.legacy_profile import COMMIT, address, record_of

KEY = FileKey("acme/tiny", "onnx/model.onnx")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (address(KEY), WholeFile(KEY, "main")),
        (address(KEY, COMMIT), WholeFile(KEY, COMMIT)),
        (address(KEY, "refs%2Fpr%2F1"), WholeFile(KEY, "refs/pr/1")),
        (address(FileKey("acme/tiny", "a%20b.json")), WholeFile(FileKey("acme/tiny", "a b.json"), "main")),
        ("acme/tiny/onnx/model.onnx_chunk_0", Chunk(KEY, 0)),
        ("acme/tiny/onnx/model.onnx_chunk_120", Chunk(KEY, 120)),
        ("acme/tiny/onnx/model.onnx:manifest", ChunkRecord(KEY)),
        ("acme/tiny/a_chunk_1_chunk_2", Chunk(FileKey("acme/tiny", "a_chunk_1"), 2)),
        ("acme/tiny/a_chunk_01", None),
        ("acme/tiny/a_chunk_-1", None),
        ("acme/tiny/a_chunk_", None),
        ("acme/tiny/_chunk_1", None),
        ("acme/tiny:manifest", None),
        ("acme/tiny/../x:manifest", None),
        (
            address(FileKey("acme/tiny", "x_chunk_1")),
            WholeFile(FileKey("acme/tiny", "x_chunk_1"), "main"),
        ),
        ("https://huggingface.co/a:manifest", None),
    ],
)
def test_a_key_is_read_strictly(text: str, found: object) -> None:
    assert parse_key(text) == found


@given(st.text())
def test_no_text_is_taken_for_a_key_that_leads_elsewhere(text: str) -> None:
    for candidate in (text, f"acme/tiny/{text}_chunk_0", f"acme/tiny/{text}:manifest", address(FileKey("a/b", text))):
        found = parse_key(candidate)
        if found is not None:
            assert not {"", ".", ".."} & set(found.key.path.split("/"))
            assert "\\" not in found.key.path


def test_all_keys_of_a_file_are_found_and_no_others() -> None:
    group = "acme/tiny/onnx/model.onnx"
    own = [address(KEY), address(KEY, COMMIT), f"{group}_chunk_3", f"{group}:manifest"]
    others = [f"{group}_data_chunk_3", address(FileKey("acme/other", KEY.path)), "huggingface_token"]

    assert keys_of(LegacyFile(key=KEY, size=1), [*own, *others]) == own


@given(st.integers(1, 500), st.integers(1, 60), st.data())
def test_any_part_of_a_chunked_file_is_found_in_its_chunks(size: int, chunk: int, data: st.DataObject) -> None:
    content = bytes(number % 251 for number in range(size))
    group = "acme/tiny/onnx/model.onnx"
    chunks = {f"{group}_chunk_{at // chunk}": content[at : at + chunk] for at in range(0, size, chunk)}
    records = {f"{group}:manifest": record_of(KEY, size, chunk)}
    (source,) = whole_files({key: len(part) for key, part in chunks.items()}, records)
    offset = data.draw(st.integers(0, size))
    length = data.draw(st.integers(0, size - offset))

    found = b"".join(chunks[piece.place][start:end] for piece, start, end in source.within(offset, length))
    assert found == content[offset : offset + length]


@pytest.mark.parametrize(("offset", "length"), [(-1, 1), (0, 11), (10, 1), (5, -1)])
def test_bytes_outside_of_a_file_are_refused(offset: int, length: int) -> None:
    source = LegacySource(LegacyFile(key=KEY, size=10), (Piece("x", 0, 10),))

    with pytest.raises(StorageError):
        source.within(offset, length)


@given(st.dictionaries(st.sampled_from(["size", "chunkSizeUsed", "totalChunks", "revision"]), st.floats() | st.text()))
def test_a_record_with_any_values_is_believed_only_when_everything_agrees(wrong: JsonObject) -> None:
    group = "acme/tiny/onnx/model.onnx"
    sizes = {f"{group}_chunk_0": 300, f"{group}_chunk_1": 100}

    for source in whole_files(sizes, {f"{group}:manifest": record_of(KEY, 400, 300) | wrong}):
        assert source.file.size == 400
        assert [piece.size for piece in source.pieces] == [300, 100]
