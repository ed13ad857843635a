"""How matrices are stored and multiplied: the four dtypes that a repository offers.

The names are those of transformers.js (`dtype`), which turns them into file names. Which is fast where was measured:
on WASM int8 (`tools.model.int8`) is seven to ten times faster than 4 bits, on WebGPU 4 bits win.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from onnx import TensorProto

from tools.model.graph import CONTRIB, GraphWriter, Precision
from tools.model.int8 import Int8ByToken
from tools.model.quantize import BLOCK, quantize_blocks_4bit, quantize_blocks_8bit
from tools.model.weights import FloatArray


class FullPrecision:
    """float32 throughout: the reference."""

    float_type: int = TensorProto.FLOAT
    one_token_apart: bool = False

    def embed(self, graph: GraphWriter, input_ids: str, embedding: FloatArray) -> str:
        """Store the embedding transposed, as the output product wants it, and look columns up."""
        table = graph.constant("embedding", embedding.T)
        columns = graph.node("Gather", "embedding_columns", [table, input_ids], axis=1)
        return graph.node("Transpose", "embedded", [columns], perm=[1, 2, 0])

    def product(self, graph: GraphWriter, name: str, states: str, matrix: FloatArray) -> str:
        """Write a MatMul."""
        return graph.node("MatMul", name, [states, graph.constant(name + ".weight", matrix.T)])

    def gated_product(self, graph: GraphWriter, name: str, states: str, matrix: FloatArray, outliers: int) -> str:
        """Write the ordinary product: floats have room for outliers."""
        return self.product(graph, name, states, matrix)

    def logits(self, graph: GraphWriter, states: str) -> str:
        """Write a MatMul with the embedding."""
        return graph.node("MatMul", "output", [states, "embedding"])


# Matrices that Blocks4Bit gives 8 bits. With 4 bits for all, perplexity is 1.22 times that of float32 and no greedy
# answer stays the same; with 8 bits for these, half of the weights, it is 1.05 times, for a quarter more bytes.
WITH_8_BITS = frozenset({"qkv", "attention_output", "down"})


class Blocks4Bit:
    """4 bits in blocks of 32 where most weights are, 8 bits for the rest.

    The embedding has 8 bits too, which keeps a Q8_0 original exactly.

    MatMulNBits keeps 8-bit weights row by row, so looking tokens up in the same constant takes a plain Gather:
    GatherBlockQuantized, the operator made for it, is not in the WASM build.
    """

    one_token_apart: bool = False

    def __init__(self, float_type: int) -> None:
        """Take the type of activations, scales and the key/value cache."""
        self.float_type = float_type
        self._vocab_hidden = (0, 0)

    def embed(self, graph: GraphWriter, input_ids: str, embedding: FloatArray) -> str:
        """Store the embedding as the output product's weights, [vocab, blocks, 32], and dequantize looked-up rows."""
        self._vocab_hidden = embedding.shape[0], embedding.shape[1]
        quantized = quantize_blocks_8bit(embedding)
        table = graph.constant("embedding", quantized.values)
        scales = graph.float_constant("embedding.scales", quantized.scales)
        rows = graph.node("Gather", "embedding_rows", [table, input_ids])
        values = graph.node("Cast", "embedding_values", [rows], to=self.float_type)
        middle = graph.float_constant("embedding.middle", np.array(128.0))
        centred = graph.node("Sub", "embedding_centred", [values, middle])
        last = graph.constant("last_axis", np.array([-1], dtype=np.int64))
        row_scales = graph.node("Gather", "embedding_scales", [scales, input_ids])
        scaled = graph.node("Mul", "embedding_scaled", [centred, graph.node("Unsqueeze", "scales", [row_scales, last])])
        joined = graph.constant("joined_blocks", np.array([0, 0, embedding.shape[1]], dtype=np.int64))
        return graph.node("Reshape", "embedded", [scaled, joined])

    def product(self, graph: GraphWriter, name: str, states: str, matrix: FloatArray) -> str:
        """Write a MatMulNBits of 4 or, for the matrices of `WITH_8_BITS`, 8 bits."""
        exact = name.rpartition(".")[2] in WITH_8_BITS
        quantized = quantize_blocks_8bit(matrix) if exact else quantize_blocks_4bit(matrix)
        inputs = [
            states,
            graph.constant(name + ".weight", quantized.values),
            graph.float_constant(name + ".scales", quantized.scales),
        ]
        if quantized.zero_points is not None:
            inputs.append(graph.constant(name + ".zero_points", quantized.zero_points))
        return self._n_bits(graph, name, inputs, quantized.bits, matrix.shape[0], matrix.shape[1])

    def gated_product(self, graph: GraphWriter, name: str, states: str, matrix: FloatArray, outliers: int) -> str:
        """Write the ordinary product: each block of activations has a scale of its own."""
        return self.product(graph, name, states, matrix)

    def logits(self, graph: GraphWriter, states: str) -> str:
        """Write a MatMulNBits of 8 bits with the embedding."""
        return self._n_bits(graph, "output", [states, "embedding", "embedding.scales"], 8, *self._vocab_hidden)

    def _n_bits(
        self, graph: GraphWriter, name: str, inputs: list[str], bits: int, outputs: int, inputs_width: int
    ) -> str:
        attributes = {"bits": bits, "block_size": BLOCK, "N": outputs, "K": inputs_width}
        # Level 4 lets a CPU or GPU use its integer dot products on activations quantized block by block.
        return graph.node("MatMulNBits", name, inputs, CONTRIB, accuracy_level=4, **attributes)


PRECISIONS: dict[str, Callable[[], Precision]] = {
    "fp32": FullPrecision,
    "q8": Int8ByToken,
    "q4": lambda: Blocks4Bit(TensorProto.FLOAT),
    "q4f16": lambda: Blocks4Bit(TensorProto.FLOAT16),
}

# transformers.js appends these to "model" (DEFAULT_DTYPE_SUFFIX_MAPPING in src/utils/dtypes.js).
FILE_NAMES: dict[str, str] = {
    "fp32": "model.onnx",
    "q8": "model_quantized.onnx",
    "q4": "model_q4.onnx",
    "q4f16": "model_q4f16.onnx",
}
