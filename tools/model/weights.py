"""Weights of a Llama-style model as float32 arrays, one layer at a time, from a GGUF file or from a random generator.

Matrices are [out, in], as in PyTorch. Rotary embeddings turn halves of a head, as in Hugging Face's implementation:
what a GGUF file keeps in ggml's interleaved order is put back.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from tools.model.shape import LlamaShape

FloatArray = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerWeights:
    """One decoder layer; query, key and value are one matrix, and so are gate and up.

    The last `down_outliers` inputs of `down` are now and then so large that they are best kept out of quantization.
    """

    attention_norm: FloatArray
    qkv: FloatArray
    attention_output: FloatArray
    mlp_norm: FloatArray
    gate_up: FloatArray
    down: FloatArray
    down_outliers: int = 0


class LlamaWeights(Protocol):
    """Where a graph's weights come from. Each call may compute its arrays anew."""

    @property
    def shape(self) -> LlamaShape:
        """Return the model's sizes."""
        ...

    def embedding(self) -> FloatArray:
        """Return the token embedding, [vocab, hidden]; it is the output layer too."""
        ...

    def layer(self, index: int) -> LayerWeights:
        """Return the weights of decoder layer `index`, from 0."""
        ...

    def final_norm(self) -> FloatArray:
        """Return the weights of the last normalization, [hidden]."""
        ...


class GgufWeights:
    """The weights of a GGUF file with `general.architecture` "llama"."""

    def __init__(self, path: Path) -> None:
        """Open the file; its tensors are mapped and dequantized when asked for."""
        import gguf

        self._gguf = gguf
        self._reader = gguf.GGUFReader(path)
        self._tensors = {tensor.name: tensor for tensor in self._reader.tensors}
        heads = int(self.field("llama.attention.head_count"))
        hidden = int(self.field("llama.embedding_length"))
        self.shape = LlamaShape(
            hidden=hidden,
            intermediate=int(self.field("llama.feed_forward_length")),
            layers=int(self.field("llama.block_count")),
            heads=heads,
            kv_heads=int(self.field("llama.attention.head_count_kv")),
            head_dim=hidden // heads,
            vocab=int(self.field("llama.vocab_size")),
            context=int(self.field("llama.context_length")),
            rope_base=float(self.field("llama.rope.freq_base")),
            epsilon=float(self.field("llama.attention.layer_norm_rms_epsilon")),
        )

    def field(self, name: str) -> Any:
        """Return a metadata value of the file; KeyError when it is not there."""
        return self._reader.fields[name].contents()

    def embedding(self) -> FloatArray:
        """Return the token embedding, [vocab, hidden]."""
        return self._tensor("token_embd.weight")

    def layer(self, index: int) -> LayerWeights:
        """Return the weights of decoder layer `index`, dequantized."""
        shape = self.shape
        prefix = f"blk.{index}."
        query = rotary_halves(self._tensor(prefix + "attn_q.weight"), shape.heads)
        key = rotary_halves(self._tensor(prefix + "attn_k.weight"), shape.kv_heads)
        value = self._tensor(prefix + "attn_v.weight")
        gate, up = self._tensor(prefix + "ffn_gate.weight"), self._tensor(prefix + "ffn_up.weight")
        return LayerWeights(
            attention_norm=self._tensor(prefix + "attn_norm.weight"),
            qkv=np.concatenate([query, key, value]),
            attention_output=self._tensor(prefix + "attn_output.weight"),
            mlp_norm=self._tensor(prefix + "ffn_norm.weight"),
            gate_up=np.concatenate([gate, up]),
            down=self._tensor(prefix + "ffn_down.weight"),
        )

    def final_norm(self) -> FloatArray:
        """Return the weights of the last normalization."""
        return self._tensor("output_norm.weight")

    def _tensor(self, name: str) -> FloatArray:
        tensor = self._tensors[name]
        values = self._gguf.quants.dequantize(tensor.data, tensor.tensor_type)
        return np.asarray(values, dtype=np.float32)


def rotary_halves(matrix: FloatArray, heads: int) -> FloatArray:
    """Undo llama.cpp's reordering of a query or key matrix.

    Its converter interleaves the two halves of each head's rows (`LlamaModel.permute` in convert_hf_to_gguf.py)
    because ggml rotates neighbours; ONNX Runtime, like Hugging Face, rotates halves.
    """
    rows, columns = matrix.shape
    paired = matrix.reshape(heads, rows // heads // 2, 2, columns)
    return np.ascontiguousarray(paired.swapaxes(1, 2).reshape(rows, columns))


class RandomWeights:
    """Reproducible random weights, for models of kilobytes."""

    def __init__(self, shape: LlamaShape, seed: int) -> None:
        """Choose sizes and seed; each array depends on the seed and its own place only."""
        self.shape = shape
        self._seed = seed

    def embedding(self) -> FloatArray:
        """Return the token embedding, rows of length about one."""
        return self._matrix(0, self.shape.vocab, self.shape.hidden)

    def layer(self, index: int) -> LayerWeights:
        """Return the weights of decoder layer `index`."""
        shape, first = self.shape, 1 + 6 * index
        return LayerWeights(
            attention_norm=self._norm(first),
            qkv=self._matrix(first + 1, shape.query_width + 2 * shape.kv_width, shape.hidden),
            attention_output=self._matrix(first + 2, shape.hidden, shape.query_width),
            mlp_norm=self._norm(first + 3),
            gate_up=self._matrix(first + 4, 2 * shape.intermediate, shape.hidden),
            down=self._matrix(first + 5, shape.hidden, shape.intermediate),
        )

    def final_norm(self) -> FloatArray:
        """Return the weights of the last normalization."""
        return self._norm(1 + 6 * self.shape.layers)

    def _matrix(self, place: int, rows: int, columns: int) -> FloatArray:
        generator = np.random.Generator(np.random.PCG64([self._seed, place]))
        values: FloatArray = (generator.standard_normal((rows, columns)) / np.sqrt(columns)).astype(np.float32)
        return values

    def _norm(self, place: int) -> FloatArray:
        generator = np.random.Generator(np.random.PCG64([self._seed, place]))
        values: FloatArray = (1.0 + 0.1 * generator.standard_normal(self.shape.hidden)).astype(np.float32)
        return values
