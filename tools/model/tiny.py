"""Kilobyte models with random weights and a tokenizer for any text: what tests load in place of real models."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from pathlib import Path

import numpy as np

from tools.model.repository import write_repository
from tools.model.shape import LlamaShape
from tools.model.tokenizer import (
    byte_spellings,
    config_json,
    generation_config_json,
    tokenizer_config_json,
    tokenizer_json,
)
from tools.model.weights import FloatArray, RandomWeights

SPECIAL_TOKENS = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")
BOS, EOS, UNKNOWN = 1, 2, 0
# Pairs of these make the merges; frequent letters first, so that few merges already shorten English text.
MERGED_LETTERS = "etaoinshrdlucmfwypvbgkjqxz"
# GPT-2's spelling of it.
SPACE = "Ġ"
SMALLEST_VOCAB = len(SPECIAL_TOKENS) + 256

CHAT_TEMPLATE = (
    "{% for message in messages %}"
    "{% if loop.first and messages[0]['role'] != 'system' %}"
    "{{ '<|im_start|>system\nYou are a tiny test model<|im_end|>\n' }}{% endif %}"
    "{{'<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n'}}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)


class TinyWeights(RandomWeights):
    """Random weights whose most likely tokens are readable, so that answers are text and rarely end by themselves.

    Sampled answers have many spaces: transformers.js streams word by word.
    """

    def __init__(self, shape: LlamaShape, seed: int, readable: Sequence[bool], space: int) -> None:
        """Take which tokens are readable, by id, and which one is the space."""
        super().__init__(shape, seed)
        self._readable = np.array(readable)
        self._space = space

    def embedding(self) -> FloatArray:
        """Return the embedding; short rows get logits near zero and are normalized away on the input side."""
        rows = super().embedding()
        rows[~self._readable] *= 0.1
        rows[self._space] *= 3.0
        return rows


def make_tiny_model(
    destination: Path,
    *,
    seed: int = 0,
    dtypes: Sequence[str] = ("fp32", "q8", "q4", "q4f16"),
    hidden: int = 64,
    intermediate: int = 128,
    layers: int = 2,
    heads: int = 4,
    kv_heads: int = 2,
    vocab: int = 320,
    context: int = 512,
) -> Path:
    """Write a whole repository of a random model into `destination` and return it.

    Args:
        destination: the folder to make or replace.
        seed: different seeds answer differently.
        dtypes: which files onnx/ gets.
        hidden: width; a multiple of 32, as `intermediate`, because weights come in blocks of 32.
        intermediate: width inside the MLP.
        layers: number of layers.
        heads: query heads; `hidden / heads` must be a multiple of 8, the head size that rotary kernels take.
        kv_heads: key/value heads; divides `heads`.
        vocab: number of tokens, 259 to 935.
        context: longest prompt with answer, in tokens.

    Raises:
        ValueError: sizes that do not fit each other.
    """
    if hidden % 32 or intermediate % 32 or hidden % (8 * heads) or heads % kv_heads:
        raise ValueError(f"sizes do not fit: {hidden=}, {intermediate=}, {heads=}, {kv_heads=}")
    tokens, merges = _byte_tokens(vocab)
    shape = LlamaShape(
        hidden=hidden,
        intermediate=intermediate,
        layers=layers,
        heads=heads,
        kv_heads=kv_heads,
        head_dim=hidden // heads,
        vocab=vocab,
        context=context,
        rope_base=10000.0,
        epsilon=1e-5,
    )
    specials = range(len(SPECIAL_TOKENS))
    documents = {
        "config.json": config_json(shape, bos=BOS, eos=EOS),
        "generation_config.json": generation_config_json(bos=BOS, eos=EOS),
        "tokenizer.json": tokenizer_json(tokens, merges, specials),
        "tokenizer_config.json": tokenizer_config_json(
            tokens, specials, bos=BOS, eos=EOS, unknown=UNKNOWN, template=CHAT_TEMPLATE, context=context
        ),
    }
    readable = [index not in specials and (token.isascii() or token == SPACE) for index, token in enumerate(tokens)]
    weights = TinyWeights(shape, seed, readable, tokens.index(SPACE))
    # Every token is as typical as any other for random weights.
    calibration_ids = [index for index in range(vocab) if readable[index]]
    write_repository(destination, weights, documents, dtypes, calibration_ids)
    return destination


def _byte_tokens(vocab: int) -> tuple[list[str], list[str]]:
    """Return tokens and merges of a byte-level BPE: the special tokens, 256 bytes, then pairs of letters."""
    pairs = list(product(list(MERGED_LETTERS), repeat=2))[: vocab - SMALLEST_VOCAB]
    tokens = [*SPECIAL_TOKENS, *byte_spellings(), *(first + second for first, second in pairs)]
    if len(tokens) != vocab:
        raise ValueError(f"vocab is {vocab}, but must be {SMALLEST_VOCAB} to {SMALLEST_VOCAB + 26 * 26}")
    return tokens, [f"{first} {second}" for first, second in pairs]
