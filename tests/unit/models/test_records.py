"""The stored shapes: read back as they were written, and readable by TabAgent."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tabagent.errors import JsonObject
from tabagent.models.chunks import chunk_key_range
from tabagent.models.quants import SUFFIXES
from tabagent.models.records import entry_from_record, entry_to_record, file_from_record, file_to_record
from tabagent.specs import Dtype, FileKey, FileRecord, ManifestEntry, ModelFile, Quant, QuantStatus

KEY = FileKey("acme/tiny", "onnx/model.onnx")

texts = st.text(max_size=20)
sizes = st.integers(0, 2**40)
model_files = st.builds(ModelFile, path=texts, size=sizes, sha256=st.none() | texts)


@st.composite
def entries(draw: st.DrawFn) -> ManifestEntry:
    quants = []
    for dtype in draw(st.lists(st.sampled_from(Dtype), unique=True, max_size=4)):
        graph = f"onnx/model{SUFFIXES[dtype]}.onnx"
        weights = [ModelFile(path=graph, size=draw(sizes)), *draw(st.lists(model_files, max_size=2))]
        status = draw(st.sampled_from(QuantStatus))
        quants.append(Quant(dtype=dtype, weights=tuple(weights), status=status, reason=draw(texts)))
    common = tuple(draw(st.lists(model_files, max_size=3)))
    return ManifestEntry(repo=draw(texts), commit=draw(texts), task=draw(texts), common=common, quants=tuple(quants))


@given(st.builds(FileRecord, key=st.just(KEY), revision=texts, size=sizes, chunk_size=st.integers(1), etag=texts))
def test_a_file_record_comes_back_as_it_was(record: FileRecord) -> None:
    assert file_from_record(KEY, json.loads(json.dumps(file_to_record(record)))) == record


@given(entries())
def test_an_entry_comes_back_as_it_was(entry: ManifestEntry) -> None:
    assert entry_from_record(json.loads(json.dumps(entry_to_record(entry)))) == entry


def test_a_file_record_has_the_fields_of_tabagents_databases() -> None:
    record = FileRecord(key=KEY, revision="c0ffee", size=9, chunk_size=4, etag="x")

    assert file_to_record(record) == {
        "url": "acme/tiny/onnx/model.onnx:manifest",
        "id": "acme/tiny/onnx/model.onnx:manifest",
        "type": "manifest",
        "chunkGroupId": "acme/tiny/onnx/model.onnx",
        "fileName": "onnx/model.onnx",
        "totalChunks": 3,
        "chunkSizeUsed": 4,
        "size": 9,
        "status": "present",
        "revision": "c0ffee",
        "etag": "x",
    }
    assert not chunk_key_range(KEY)[0] <= "acme/tiny/onnx/model.onnx:manifest" < chunk_key_range(KEY)[1]


def test_an_entry_lists_its_quants_by_the_path_of_their_graph_with_all_files() -> None:
    entry = ManifestEntry(
        repo="acme/tiny",
        commit="c0ffee",
        task="text-generation",
        common=(ModelFile(path="config.json", size=1),),
        quants=(
            Quant(
                dtype=Dtype.Q4,
                weights=(ModelFile(path="onnx/model_q4.onnx", size=2), ModelFile(path="onnx/x_data", size=3)),
            ),
        ),
    )
    quants = entry_to_record(entry)["quants"]

    assert isinstance(quants, dict)
    quant = quants["onnx/model_q4.onnx"]
    assert isinstance(quant, dict)
    assert quant["files"] == ["config.json", "onnx/model_q4.onnx", "onnx/x_data"]
    assert quant["hasExternalData"] is True
    assert quant["status"] == "available"


@pytest.mark.parametrize(
    "record",
    [
        {},
        {"size": 3, "chunkSizeUsed": 4},
        {"size": "3", "chunkSizeUsed": 4, "revision": "x"},
        {"size": 3, "chunkSizeUsed": None, "revision": "x"},
        {"totalChunks": 3, "status": "complete"},
    ],
)
def test_a_file_record_of_another_shape_is_none(record: JsonObject) -> None:
    assert file_from_record(KEY, record) is None


@pytest.mark.parametrize("record", [{}, {"manifestVersion": 1}, {"repo": "acme/tiny", "quants": {}}])
def test_an_entry_of_another_version_is_none(record: JsonObject) -> None:
    assert entry_from_record(record) is None
