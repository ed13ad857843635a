"""How matrices are stored and multiplied: the four dtypes that a repository offers.

The names are those of transformers.js (`dtype`), which turns them into file names. Which is fast where was measured:
on WASM dynamic int8 is seven to ten times faster than 4 bits, on WebGPU 4 bits win.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from onnx import TensorProto

from tools.model.graph import CONTRIB, GraphWriter, Precision
from tools.model.quantize import BLOCK, quantize_blocks_4bit, quantize_blocks_8bit, quantize_columns
from tools.model.weights import FloatArray


class FullPrecision:
    """float32 throughout: the reference."""

    float_type: int = TensorProto.FLOAT

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


class DynamicInt8:
    """uint8 weights with a scale for each output; activations are quantized on the fly, one scale for a whole pass.

    DynamicQuantizeMatMul is what ONNX Runtime fuses DynamicQuantizeLinear, MatMulInteger, Cast and Mul into; written
    as one operator from the start, loading has nothing to fuse. The embedding is stored once.
    """

    float_type: int = TensorProto.FLOAT

    def embed(self, graph: GraphWriter, input_ids: str, embedding: FloatArray) -> str:
        """Store the embedding as the output product's weights, [hidden, vocab], and dequantize looked-up columns."""
        _quantized_columns(graph, "embedding", embedding)
        columns = graph.node("Gather", "embedding_columns", ["embedding", input_ids], axis=1)
        rows = graph.node("Transpose", "embedding_rows", [columns], perm=[1, 2, 0])
        values = graph.node("Cast", "embedding_values", [rows], to=self.float_type)
        last = graph.constant("last_axis", np.array([-1], dtype=np.int64))
        zero_points = graph.node("Gather", "embedding_zero_points", ["embedding.zero_points", input_ids])
        zeros = graph.node("Cast", "embedding_zeros", [zero_points], to=self.float_type)
        centred = graph.node("Sub", "embedding_centred", [values, graph.node("Unsqueeze", "zeros", [zeros, last])])
        scales = graph.node("Gather", "embedding_scales", ["embedding.scales", input_ids])
        return graph.node("Mul", "embedded", [centred, graph.node("Unsqueeze", "scales", [scales, last])])

    def product(self, graph: GraphWriter, name: str, states: str, matrix: FloatArray) -> str:
        """Write a DynamicQuantizeMatMul."""
        return graph.node(
            "DynamicQuantizeMatMul", name, [states, *_quantized_columns(graph, name + ".weight", matrix)], CONTRIB
        )

    def gated_product(self, graph: GraphWriter, name: str, states: str, matrix: FloatArray, outliers: int) -> str:
        """Write a product that gives each row a scale of its own and keeps the outliers in float32.

        What the gate lets through differs more than twentyfold from token to token. Dividing each row by its root mean
        square before and multiplying after takes two small operators and makes the one scale of a pass fit all rows.
        """
        if not outliers:
            return self._evened_product(graph, name, states, matrix)
        kept = matrix.shape[1] - outliers
        lengths = graph.constant(name + ".lengths", np.array([kept, outliers], dtype=np.int64))
        parts = [name + ".ordinary_states", name + ".outlier_states"]
        graph.nodes_outputs("Split", name + ".split", [states, lengths], parts, axis=-1)
        ordinary = self._evened_product(graph, name + ".ordinary", parts[0], matrix[:, :kept])
        weight = graph.constant(name + ".outlier_weight", matrix[:, kept:].T)
        return graph.node("Add", name, [ordinary, graph.node("MatMul", name + ".outliers", [parts[1], weight])])

    def _evened_product(self, graph: GraphWriter, name: str, states: str, matrix: FloatArray) -> str:
        ones = graph.constant(name + ".ones", np.ones(matrix.shape[1], np.float32))
        evened = [name + ".evened", name + ".inverse_size"]
        graph.nodes_outputs(
            "SimplifiedLayerNormalization", name + ".even", [states, ones], evened, axis=-1, epsilon=1e-12, stash_type=1
        )
        return graph.node("Div", name, [self.product(graph, name + ".product", evened[0], matrix), evened[1]])

    def logits(self, graph: GraphWriter, states: str) -> str:
        """Write a DynamicQuantizeMatMul with the embedding."""
        inputs = [states, "embedding", "embedding.scales", "embedding.zero_points"]
        return graph.node("DynamicQuantizeMatMul", "output", inputs, CONTRIB)


def _quantized_columns(graph: GraphWriter, name: str, matrix: FloatArray) -> list[str]:
    quantized = quantize_columns(matrix)
    return [
        graph.constant(name, quantized.values),
        graph.constant(name + ".scales", quantized.scales),
        graph.constant(name + ".zero_points", quantized.zero_points),
    ]


# Matrices that Blocks4Bit gives 8 bits. With 4 bits for all, perplexity is 1.22 times that of float32 and no greedy
# answer stays the same; with 8 bits for these, half of the weights, it is 1.05 times, for a quarter more bytes.
WITH_8_BITS = frozenset({"qkv", "attention_output", "down"})


class Blocks4Bit:
    """4 bits in blocks of 32 where most weights are, 8 bits for the rest.

    The embedding has 8 bits too, which keeps a Q8_0 original exactly.

    MatMulNBits keeps 8-bit weights row by row, so looking tokens up in the same constant takes a plain Gather:
    GatherBlockQuantized, the operator made for it, is not in the WASM build.
    """

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
    "q8": DynamicInt8,
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
