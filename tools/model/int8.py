"""int8 whose activations have a scale for each token, so that a token counts the same whatever else is in its pass.

ONNX Runtime's operator for activations that are quantized on the fly, DynamicQuantizeMatMul, takes one scale for a
whole pass. The first token of a text (the attention sink) has activations so large that they ruin that scale for all
others. So the graph has two branches over the same weights: in a pass of one token the one scale is the token's own,
and the fast operator is used; in a longer pass the same arithmetic is spelled out for each row.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from onnx import TensorProto

from tools.model.graph import CONTRIB, GraphWriter
from tools.model.quantize import ColumnQuantized, quantize_columns
from tools.model.weights import FloatArray

MIDDLE = 128


class Int8ByToken:
    """uint8 weights with a scale for each output, uint8 activations with a scale and a zero point for each token.

    The embedding is stored once. Batches have one text: QuantizeLinear takes a list of scales, one for each row.
    """

    float_type: int = TensorProto.FLOAT
    one_token_apart: bool = True

    def embed(self, graph: GraphWriter, input_ids: str, embedding: FloatArray) -> str:
        """Store the embedding as the output product's weights, [hidden, vocab], and dequantize looked-up columns."""
        _row_constants(graph)
        _weight_constants(graph, "embedding", embedding)
        columns = graph.node("Gather", "embedding_columns", ["embedding", input_ids], axis=1)
        rows = graph.node("Transpose", "embedding_rows", [columns], perm=[1, 2, 0])
        values = graph.node("Cast", "embedding_values", [rows], to=self.float_type)
        zero_points = graph.node("Gather", "embedding_zero_points", ["embedding.zero_points", input_ids])
        zeros = graph.node("Cast", "embedding_zeros", [zero_points], to=self.float_type)
        zeros = graph.node("Unsqueeze", "zeros", [zeros, "rows.last_axis"])
        centred = graph.node("Sub", "embedding_centred", [values, zeros])
        scales = graph.node("Gather", "embedding_scales", ["embedding.scales", input_ids])
        return graph.node("Mul", "embedded", [centred, graph.node("Unsqueeze", "scales", [scales, "rows.last_axis"])])

    def product(self, graph: GraphWriter, name: str, states: str, matrix: FloatArray) -> str:
        """Write the product for both branches."""
        weight = name + ".weight"
        _weight_constants(graph, weight, matrix)
        return _product(graph, name, states, weight)

    def gated_product(self, graph: GraphWriter, name: str, states: str, matrix: FloatArray, outliers: int) -> str:
        """Write a product that keeps the outliers in float32: they would leave no steps for the token's other values.

        In the layers of SmolLM2-135M where there are any, this brings perplexity from 1.03 times that of float32 to
        1.01 times, for three small operators a layer.
        """
        if not outliers:
            return self.product(graph, name, states, matrix)
        kept = matrix.shape[1] - outliers
        lengths = graph.constant(name + ".lengths", np.array([kept, outliers], dtype=np.int64))
        parts = [name + ".ordinary_states", name + ".outlier_states"]
        graph.nodes_outputs("Split", name + ".split", [states, lengths], parts, axis=-1)
        ordinary = self.product(graph, name + ".ordinary", parts[0], matrix[:, :kept])
        weight = graph.constant(name + ".outlier_weight", matrix[:, kept:].T)
        return graph.node("Add", name, [ordinary, graph.node("MatMul", name + ".outliers", [parts[1], weight])])

    def logits(self, graph: GraphWriter, states: str) -> str:
        """Write the product with the embedding for both branches."""
        return _product(graph, "output", states, "embedding")


def _row_constants(graph: GraphWriter) -> None:
    """Add what the rows' arithmetic of every product shares."""
    graph.constant("rows.last_axis", np.array([-1], dtype=np.int64))
    graph.constant("rows.other_axes", np.array([0, 2], dtype=np.int64))
    graph.float_constant("rows.zero", np.array(0.0))
    # A row of nothing but zeros has no size to divide by.
    graph.float_constant("rows.smallest_high", np.array(1e-30))
    graph.float_constant("rows.steps", np.array(255.0))
    graph.float_constant("rows.one", np.array(1.0))
    graph.float_constant("rows.middle", np.array(float(MIDDLE)))
    graph.constant("rows.middle_byte", np.array(MIDDLE, dtype=np.uint8))


def _weight_constants(graph: GraphWriter, name: str, matrix: FloatArray) -> None:
    quantized = quantize_columns(matrix)
    graph.constant(name, quantized.values)
    graph.constant(name + ".scales", quantized.scales)
    graph.constant(name + ".zero_points", quantized.zero_points)
    graph.float_constant(name + ".sums", _column_sums(quantized))


def _column_sums(quantized: ColumnQuantized) -> npt.NDArray[np.int64]:
    """Return what each output gets when every activation is one step: small enough to be exact in float32."""
    sums: npt.NDArray[np.int64] = quantized.values.sum(axis=0, dtype=np.int64)
    return sums - len(quantized.values) * quantized.zero_points.astype(np.int64)


def _product(graph: GraphWriter, name: str, states: str, weight: str) -> str:
    """Write the product with weights that are there already; both branches name their result `name`."""
    with graph.only_one_token():
        weights = [weight, weight + ".scales", weight + ".zero_points"]
        graph.node("DynamicQuantizeMatMul", name, [states, *weights], CONTRIB)
    with graph.only_many_tokens():
        _product_by_row(graph, name, states, weight)
    return name


def _product_by_row(graph: GraphWriter, name: str, states: str, weight: str) -> None:
    """Write what DynamicQuantizeMatMul computes (dynamic_quantize_matmul.cc, quantization.h), for each row apart.

    MatMulIntegerToFloat takes one zero point for all rows, so rows are multiplied as if theirs were 128, and what they
    are off is taken back by the columns' sums. Until the last multiplication all values are whole numbers that float32
    holds exactly: both branches round the same way, which matters because a difference in the last bit grows to the
    size of a quantization step within a few layers.
    """

    def node(kind: str, part: str, inputs: list[str], domain: str = "", **attributes: int) -> str:
        return graph.node(kind, f"{name}.{part}", inputs, domain, **attributes)

    largest = node("ReduceMax", "largest", [states, "rows.other_axes"], keepdims=0)
    smallest = node("ReduceMin", "smallest", [states, "rows.other_axes"], keepdims=0)
    high = node("Max", "high", [largest, "rows.smallest_high"])
    low = node("Min", "low", [smallest, "rows.zero"])
    scale = node("Div", "scale", [node("Sub", "span", [high, low]), "rows.steps"])
    zero = node("Round", "zero", [node("Neg", "exact_zero", [node("Div", "low_steps", [low, scale])])])
    zero_point = node("Cast", "zero_point", [zero], to=TensorProto.UINT8)
    quantized = node("QuantizeLinear", "quantized", [states, scale, zero_point], axis=1)
    inputs = [quantized, weight, "rows.one", "rows.one", "rows.middle_byte", weight + ".zero_points"]
    whole = node("MatMulIntegerToFloat", "whole", inputs, CONTRIB)
    shift = node("Unsqueeze", "shift_column", [node("Sub", "shift", [zero, "rows.middle"]), "rows.last_axis"])
    exact = node("Sub", "exact", [whole, node("Mul", "excess", [shift, weight + ".sums"])])
    scale_column = node("Unsqueeze", "scale_column", [scale, "rows.last_axis"])
    graph.node("Mul", name, [exact, node("Mul", "scales", [scale_column, weight + ".scales"])])
