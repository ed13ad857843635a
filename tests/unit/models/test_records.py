"""The stored shapes: read back as they were written, and readable by TabAgent."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tabagent.errors import JsonObject, JsonValue
from tabagent.models.quants import SUFFIXES
from tabagent.models.records import (
    DIGESTS_PER_BLOCK,
    MANIFEST_VERSION,
    digest_blocks,
    entry_from_record,
    entry_to_record,
    file_from_record,
    file_to_record,
)
from tabagent.sentences import Said, said_to_wire
from tabagent.specs import Backend, Dtype, FileKey, FileRecord, ManifestEntry, ModelFile, Quant, QuantStatus

texts = st.text(max_size=20)
sentences = st.builds(Said, texts, texts.filter(bool), st.dictionaries(texts, texts | st.integers(), max_size=2))
sizes = st.integers(0, 2**40)
digests = st.none() | texts
model_files = st.builds(ModelFile, path=texts, size=sizes, digest=digests)
settings = st.dictionaries(texts, st.booleans() | st.floats(allow_nan=False) | texts, max_size=3)
file_records = st.builds(
    FileRecord,
    key=st.builds(FileKey, texts, texts),
    revision=texts,
    size=sizes,
    chunk_size=st.integers(1, 2**30),
    etag=texts,
    digest=digests,
    backend=st.sampled_from(Backend),
    chunks=st.lists(st.sampled_from(["", "0f", "c0ffee"]), max_size=5)
    .map(tuple)
    .filter(lambda chunks: chunks != ("",)),
    whole=st.booleans(),
)


@st.composite
def entries(draw: st.DrawFn) -> ManifestEntry:
    quants = []
    for dtype in draw(st.lists(st.sampled_from(Dtype), unique=True, max_size=4)):
        graph = ModelFile(path=f"onnx/model{SUFFIXES[dtype]}.onnx", size=draw(sizes), digest=draw(digests))
        quants.append(
            Quant(
                dtype=dtype,
                weights=(graph, *draw(st.lists(model_files, max_size=2))),
                status=draw(st.sampled_from(QuantStatus)),
                reason=draw(texts | sentences),
                last_used=draw(sizes),
                settings=draw(settings),
            )
        )
    return ManifestEntry(
        repo=draw(texts),
        commit=draw(texts),
        task=draw(texts),
        common=tuple(draw(st.lists(model_files, max_size=3))),
        quants=tuple(quants),
        etag=draw(texts),
        newer=draw(texts),
        webgpu_failed=draw(texts | sentences),
    )


@given(file_records)
def test_a_file_record_comes_back_as_it_was(record: FileRecord) -> None:
    fields, blocks = json.loads(json.dumps([file_to_record(record), digest_blocks(record)]))

    assert file_from_record(fields, blocks) == record


@pytest.mark.parametrize(
    ("count", "sizes"),
    [
        (0, []),
        (1, [1]),
        (DIGESTS_PER_BLOCK, [DIGESTS_PER_BLOCK]),
        (DIGESTS_PER_BLOCK + 1, [DIGESTS_PER_BLOCK, 1]),
        (2 * DIGESTS_PER_BLOCK, [DIGESTS_PER_BLOCK] * 2),
    ],
)
def test_digests_of_many_chunks_lie_in_blocks(count: int, sizes: list[int]) -> None:
    chunks = tuple(f"{index:x}" for index in range(count))
    record = FileRecord(key=FileKey("acme/tiny", "a"), revision="", size=count, chunk_size=1, chunks=chunks)
    blocks = digest_blocks(record)

    assert [len(block.split(",")) for block in blocks] == sizes
    assert ",".join(blocks).split(",") == list(chunks or ("",))


def test_a_record_with_fewer_chunks_than_its_blocks_has_no_others() -> None:
    """A file that was begun anew keeps its older blocks until they are written over."""
    record = FileRecord(key=FileKey("acme/tiny", "a"), revision="", size=3, chunk_size=1, chunks=("1", "2", "3"))
    fields = {**file_to_record(record), "chunks": 1}

    assert file_from_record(fields, digest_blocks(record)).chunks == ("1",)


@given(entries())
def test_an_entry_comes_back_as_it_was(entry: ManifestEntry) -> None:
    read = entry_from_record(json.loads(json.dumps(entry_to_record(entry))))

    assert read == entry
    assert read is not None
    assert said_to_wire(read.webgpu_failed) == said_to_wire(entry.webgpu_failed)
    assert [said_to_wire(quant.reason) for quant in read.quants] == [said_to_wire(each.reason) for each in entry.quants]


def test_a_file_record_has_the_fields_that_are_written_down() -> None:
    record = FileRecord(
        key=FileKey("acme/tiny", "onnx/model.onnx"),
        revision="c0ffee",
        size=9,
        chunk_size=4,
        etag="x",
        digest="sha256:ab",
        backend=Backend.OPFS,
        chunks=("1", "", "3"),
    )

    assert file_to_record(record) == {
        "repo": "acme/tiny",
        "path": "onnx/model.onnx",
        "revision": "c0ffee",
        "size": 9,
        "chunkSize": 4,
        "etag": "x",
        "digest": "sha256:ab",
        "backend": "opfs",
        "chunks": 3,
        "whole": False,
    }


def test_an_entry_lists_its_quants_by_the_path_of_their_graph_with_all_files() -> None:
    entry = ManifestEntry(
        repo="acme/tiny",
        commit="c0ffee",
        task="text-generation",
        common=(ModelFile(path="config.json", size=1, digest="git:ab"),),
        quants=(
            Quant(
                dtype=Dtype.Q4,
                weights=(ModelFile(path="onnx/model_q4.onnx", size=2), ModelFile(path="onnx/x_data", size=3)),
                last_used=7,
                settings={"temperature": 0.5},
            ),
            Quant(dtype=Dtype.Q8, weights=(ModelFile(path="onnx/model_quantized.onnx", size=2),)),
        ),
    )
    stored = entry_to_record(entry)
    quants = stored["quants"]

    assert stored["common"] == [{"path": "config.json", "size": 1, "digest": "git:ab"}]
    assert isinstance(quants, dict)
    quant = quants["onnx/model_q4.onnx"]
    assert isinstance(quant, dict)
    assert quant["files"] == ["config.json", "onnx/model_q4.onnx", "onnx/x_data"]
    assert quant["hasExternalData"] is True
    assert (quant["status"], quant["dtype"]) == ("available", "q4")
    assert (quant["lastUsed"], quant["inferenceSettings"]) == (7, {"temperature": 0.5})
    other = quants["onnx/model_quantized.onnx"]
    assert isinstance(other, dict)
    assert other["hasExternalData"] is False


@pytest.mark.parametrize(
    "record",
    [
        {},
        {"manifestVersion": MANIFEST_VERSION - 1},
        {"manifestVersion": MANIFEST_VERSION + 1},
        {"manifestVersion": str(MANIFEST_VERSION)},
        {"repo": "acme/tiny", "quants": {}},
    ],
)
def test_an_entry_of_another_version_is_none(record: JsonObject) -> None:
    assert entry_from_record(record) is None


@pytest.mark.parametrize("odd", [None, 3, ["a"], {"a": "b"}, True])
def test_what_is_no_text_is_no_failure_of_webgpu(odd: JsonValue) -> None:
    entry = ManifestEntry(repo="acme/tiny", commit="c", task="t", common=(), quants=(), webgpu_failed="lost")
    stored = entry_to_record(entry)
    assert stored["webgpuFailed"] == "lost"

    read = entry_from_record({**stored, "webgpuFailed": odd})
    assert read is not None
    assert read.webgpu_failed == ""


def test_a_record_from_before_sentences_had_codes_is_read_with_its_words() -> None:
    weights = (ModelFile(path="onnx/model.onnx", size=1),)
    quant = Quant(dtype=Dtype.FP32, weights=weights, status=QuantStatus.FAILED, reason=Said("no kernel", "x"))
    entry = ManifestEntry(
        repo="acme/tiny", commit="c", task="t", common=(), quants=(quant,), webgpu_failed=Said("lost", "y")
    )
    stored = json.loads(json.dumps(entry_to_record(entry)))
    del stored["webgpuFailedSaid"], stored["quants"]["onnx/model.onnx"]["reasonSaid"]

    read = entry_from_record(stored)
    assert read == entry
    assert read is not None
    assert (said_to_wire(read.webgpu_failed), said_to_wire(read.quants[0].reason)) == (None, None)


def test_records_from_before_webgpu_failures_were_noted_are_read() -> None:
    stored = entry_to_record(ManifestEntry(repo="acme/tiny", commit="c", task="t", common=(), quants=()))
    del stored["webgpuFailed"]

    read = entry_from_record(stored)
    assert read is not None
    assert read.webgpu_failed == ""
