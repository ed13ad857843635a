"""Kilobyte models for tests of answers: one that has something to say, and copies of it with changed files."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from tools.model.repository import write_repository
from tools.model.shape import LlamaShape
from tools.model.tiny import SPECIAL_TOKENS, make_tiny_model
from tools.model.weights import FloatArray, LayerWeights, RandomWeights

Json = dict[str, Any]
Change = Callable[[Json], object]

# How much more than a token itself what stands before it counts; with less, answers repeat one token for ever.
ATTENTION, ATTENTION_OUTPUT, DOWN = 2.0, 3.0, 4.0


class LivelyWeights(RandomWeights):
    """Random weights whose likeliest next token depends on everything before it."""

    def __init__(self, shape: LlamaShape, seed: int, readable: Sequence[int]) -> None:
        super().__init__(shape, seed)
        self._unreadable = np.setdiff1d(np.arange(shape.vocab), readable)

    def embedding(self) -> FloatArray:
        """Return the embedding; what is not readable gets scores near zero."""
        rows = super().embedding()
        rows[self._unreadable] *= 0.1
        return rows

    def layer(self, index: int) -> LayerWeights:
        """Return the weights of a layer that changes the hidden states much."""
        layer, attending = super().layer(index), self.shape.query_width + self.shape.kv_width
        qkv = layer.qkv.copy()
        qkv[:attending] *= ATTENTION
        return replace(
            layer, qkv=qkv, attention_output=layer.attention_output * ATTENTION_OUTPUT, down=layer.down * DOWN
        )


def make_lively_model(destination: Path, *, seed: int = 0, context: int = 20_000) -> Path:
    """Write a repository whose greedy answers are varied text and end by no token of their own."""
    model = make_tiny_model(destination, seed=seed, dtypes=(), context=context)
    documents = {path.name: json.loads(path.read_text(encoding="utf-8")) for path in sorted(model.glob("*.json"))}
    config, vocab = documents["config.json"], documents["tokenizer.json"]["model"]["vocab"]
    shape = LlamaShape(
        hidden=config["hidden_size"],
        intermediate=config["intermediate_size"],
        layers=config["num_hidden_layers"],
        heads=config["num_attention_heads"],
        kv_heads=config["num_key_value_heads"],
        head_dim=config["head_dim"],
        vocab=config["vocab_size"],
        context=context,
        rope_base=config["rope_theta"],
        epsilon=config["rms_norm_eps"],
    )
    readable = [index for token, index in vocab.items() if token.isascii() and token not in SPECIAL_TOKENS]
    write_repository(destination, LivelyWeights(shape, seed, readable), documents, ("fp32", "q8"), readable)
    return destination


def changed_copy(model: Path, destination: Path, **changes: Change | str | None) -> Path:
    """Copy a repository with other files.

    Args:
        model: the repository.
        destination: the copy.
        changes: by a file's name without `.json`: what to do to its content, its text, or None to leave it out.
    """
    shutil.copytree(model, destination)
    for name, change in changes.items():
        path = destination / f"{name}.json"
        if change is None:
            path.unlink()
        elif isinstance(change, str):
            path.write_text(change, encoding="utf-8")
        else:
            content = json.loads(path.read_text(encoding="utf-8"))
            change(content)
            path.write_text(json.dumps(content), encoding="utf-8")
    return destination
