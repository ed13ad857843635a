"""Kilobyte models for tests of answers: one that has something to say, and one with a say in many scripts."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from tools.model.repository import write_repository
from tools.model.shape import LlamaShape
from tools.model.tiny import SPECIAL_TOKENS, make_tiny_model
from tools.model.tokenizer import byte_spellings
from tools.model.weights import FloatArray, LayerWeights, RandomWeights

Json = dict[str, Any]

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


# Characters that join what stands before or after them, characters of several bytes, and their halves.
PIECES = (
    *(
        "👨",
        "👩",
        "👧",
        "\u200d",
        "🏽",
        "👍",
        "🇫",
        "🇷",
        "🇯",
        "❤",
        "\ufe0f",
        "e",
        "a",
        "n",
        "\u0301",
        "\u0308",
        "\u0327",
    ),
    *("日", "本", "語", "한", "글", "क", "ि", "ष", "्", "ก", "ั", "ำ", "ᄒ", "ᅡ", "ᆫ", "𝄞", "–", " ", "\n"),
    *("日本", "e\u0301", "👩\u200d", "\u200d👧", " क", "本 "),
)
HALVES = ("🐟", "é", "語", "🫠", "ö")


def make_many_characters(model: Path, destination: Path) -> Path:
    """Copy a repository, with texts in many scripts for the tokens that are merges."""
    spelled = byte_spellings()
    datas = [text.encode() for text in HALVES]
    halves = [part for data in datas for cut in range(1, len(data)) for part in (data[:cut], data[cut:])]
    texts = list(dict.fromkeys([*(piece.encode() for piece in PIECES), *halves]))
    shutil.copytree(model, destination)
    path = destination / "tokenizer.json"
    content = json.loads(path.read_text(encoding="utf-8"))
    before: dict[str, int] = content["model"]["vocab"]
    first = len(SPECIAL_TOKENS) + 256
    kept = {token: index for token, index in before.items() if index < first}
    names = [name for text in texts if (name := "".join(spelled[byte] for byte in text)) not in kept]
    new = dict(zip(names, range(first, len(before)), strict=False))
    # The model has scores for every token.
    unused = {f"unused{index}": index for index in range(first + len(new), len(before))}
    content["model"] |= {"vocab": kept | new | unused, "merges": []}
    path.write_text(json.dumps(content), encoding="utf-8")
    return destination
