"""What the plain descriptions derive from their fields."""

from __future__ import annotations

import pytest

from tabagent.errors import JsonObject
from tabagent.specs import ChatMessage, Dtype, FileKey, FileRecord, ManifestEntry, ModelFile, Quant

QUANT = Quant(
    dtype=Dtype.Q4,
    weights=(ModelFile(path="onnx/model_q4.onnx", size=5), ModelFile(path="onnx/model_q4.onnx_data", size=7)),
)
ENTRY = ManifestEntry(repo="acme/tiny", commit="1", task="text-generation", common=(), quants=(QUANT,))


@pytest.mark.parametrize(("size", "chunks"), [(0, 0), (1, 1), (8, 1), (9, 2), (16, 2), (3 * 2**31, 3 * 2**28)])
def test_a_record_counts_its_chunks(size: int, chunks: int) -> None:
    assert FileRecord(key=FileKey("acme/tiny", "a"), revision="1", size=size, chunk_size=8).chunk_count == chunks


def test_the_size_of_a_quant_is_that_of_graph_and_external_data() -> None:
    assert QUANT.size == 12


def test_a_quant_is_known_by_the_path_of_its_graph() -> None:
    assert QUANT.onnx_path == "onnx/model_q4.onnx"


def test_an_entry_finds_a_quant_by_dtype_and_none_for_another() -> None:
    assert ENTRY.quant(Dtype.Q4) is QUANT
    assert ENTRY.quant(Dtype.Q8) is None


def test_a_message_shows_a_template_only_what_it_has() -> None:
    call: JsonObject = {"id": "1", "function": {"name": "add", "arguments": {"a": 1}}}

    assert ChatMessage("user", "Hello").to_template() == {"role": "user", "content": "Hello"}
    assert ChatMessage("assistant", "", tool_calls=(call,)).to_template() == {
        "role": "assistant",
        "content": "",
        "tool_calls": [call],
    }
    assert ChatMessage("tool", "2", name="add", tool_call_id="1").to_template() == {
        "role": "tool",
        "content": "2",
        "name": "add",
        "tool_call_id": "1",
    }
