"""What names a model, and what only looks like it."""

from __future__ import annotations

import pytest

from tabagent import codec
from tabagent.errors import BadRequest


@pytest.mark.parametrize(
    ("text", "model_id"),
    [
        ("acme/tiny", "acme/tiny"),
        ("  acme/tiny\n", "acme/tiny"),
        ("gpt2", "gpt2"),
        ("onnx-community/Qwen3-0.6B-ONNX", "onnx-community/Qwen3-0.6B-ONNX"),
        ("https://huggingface.co/acme/tiny", "acme/tiny"),
        ("https://huggingface.co/acme/tiny/", "acme/tiny"),
        ("https://huggingface.co/acme/tiny/tree/main/onnx", "acme/tiny"),
        ("https://huggingface.co/acme/tiny?library=transformers.js", "acme/tiny"),
        ("https://huggingface.co/acme/tiny#usage", "acme/tiny"),
        ("https://huggingface.co/gpt2", "gpt2"),
        ("https://huggingface.co/gpt2/tree/main", "gpt2"),
        ("https://huggingface.co/models/acme/tiny", "acme/tiny"),
        ("https://www.huggingface.co/acme/tiny", "acme/tiny"),
        ("https://HuggingFace.co/acme/tiny", "acme/tiny"),
        ("http://huggingface.co/acme/tiny", "acme/tiny"),
        ("https://hf.co/acme/tiny", "acme/tiny"),
        # Of another hub; the store knows whether the person added it.
        ("hub.example/acme/tiny", "hub.example/acme/tiny"),
        ("localhost:8000/acme/tiny", "localhost:8000/acme/tiny"),
        ("https://hub.example/acme/tiny", "hub.example/acme/tiny"),
        ("https://Hub.Example:8443/acme/tiny/tree/main", "hub.example:8443/acme/tiny"),
        ("https://huggingface.co.evil.example/acme/tiny", "huggingface.co.evil.example/acme/tiny"),
    ],
)
def test_a_model_is_named_by_its_id_or_its_address(text: str, model_id: str) -> None:
    assert codec.decode_inspect_model({"modelId": text}).model_id == model_id


@pytest.mark.parametrize(
    "text",
    [
        "   ",
        "../../etc/passwd",
        "acme/..",
        "./tiny",
        "acme/../other",
        "acme/tiny/../../x",
        "acme/tiny/resolve/main",
        "acme//tiny",
        "/acme/tiny",
        "acme/tiny/",
        "acme/",
        "acme/tiny?x=1",
        "acme/tiny#x",
        "acme/tiny%2f..",
        "acme/ti ny",
        "acme/ti\nny",
        "acme/ti\0ny",
        "acme\\tiny",
        "acme/tiny&token=1",
        "acme@evil.example/tiny",
        "<script>alert(1)</script>",
        "acme/tiny'; DROP TABLE files; --",
        "acme/a--b",
        "-acme/tiny",
        "acme/.tiny",
        "acme/tïny",
        "acme/" + "x" * 97,
        "javascript:alert(1)",
        "ftp://huggingface.co/acme/tiny",
        "https://hub.example/tiny",
        "https://user:secret@hub.example/acme/tiny",
        "Hub.Example/acme/tiny",
        "hub.example:99999999/acme/tiny",
        "hub.example/acme/a--b",
        "https://evil.example/https://huggingface.co/acme/tiny",
        "https://user@huggingface.co/acme/tiny",
        "https://huggingface.co/datasets/acme/tiny",
        "https://huggingface.co/spaces/acme",
        "https://huggingface.co/",
        "https://huggingface.co/../acme/tiny",
    ],
)
def test_a_name_that_could_mean_something_else_than_a_model_is_refused(text: str) -> None:
    with pytest.raises(BadRequest) as refusal:
        codec.decode_inspect_model({"modelId": text})

    assert refusal.value.details["field"] == "modelId"
