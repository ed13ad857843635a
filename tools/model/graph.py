"""The decoder as an ONNX graph, in the operators that ONNX Runtime Web runs fastest.

What transformers.js feeds and reads (src/models/modeling_utils.js, `decoder_forward`): `input_ids`, `attention_mask`,
`past_key_values.N.key/value`, `num_logits_to_keep` in; `logits`, `present.N.key/value` out. `generate` asks for one
row of logits, so a prompt's other rows are never computed; 0 asks for all of them.

Int8 computes a pass of one token in another way than a longer one (`tools.model.int8`). Its graph is one `If` with the
whole decoder in each branch; weights lie outside of it, once.

Three choices keep the number of operators, and with it the time for a token, low: query, key and value are one
product that GroupQueryAttention takes as it is; gate and up are one product; each addition to the residual stream is
part of the normalization that follows it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import onnx
from onnx import TensorProto, helper

from tools.model.shape import LlamaShape
from tools.model.weights import FloatArray, LlamaWeights

OPSET = 18
IR_VERSION = 10
CONTRIB = "com.microsoft"


class GraphWriter:
    """Collects the nodes and constants of one graph and names their values.

    Nodes go into both of two branches, for passes of one token and for longer ones, unless `only_one_token` or
    `only_many_tokens` says otherwise.
    """

    def __init__(self, float_type: int) -> None:
        """Start an empty graph whose activations are `TensorProto.FLOAT` or `TensorProto.FLOAT16`."""
        self.float_type = float_type
        self.float_dtype: npt.DTypeLike = np.float16 if float_type == TensorProto.FLOAT16 else np.float32
        self.one_token: list[onnx.NodeProto] = []
        self.many_tokens: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []
        self._branches = [self.one_token, self.many_tokens]

    def constant(self, name: str, values: npt.NDArray[Any]) -> str:
        """Add a constant of exactly this dtype and return its name."""
        data_type = helper.np_dtype_to_tensor_dtype(values.dtype)
        tensor = TensorProto(name=name, data_type=data_type, dims=values.shape)
        tensor.raw_data = np.ascontiguousarray(values).tobytes()
        self.constants.append(tensor)
        return name

    def float_constant(self, name: str, values: npt.NDArray[Any]) -> str:
        """Add a constant in the type of the activations and return its name."""
        return self.constant(name, values.astype(self.float_dtype))

    def node(self, kind: str, name: str, inputs: list[str], domain: str = "", **attributes: Any) -> str:
        """Add an operator with one output and return the output's name."""
        return self.nodes_outputs(kind, name, inputs, [name], domain, **attributes)[0]

    def nodes_outputs(
        self, kind: str, name: str, inputs: list[str], outputs: list[str], domain: str = "", **attributes: Any
    ) -> list[str]:
        """Add an operator with named outputs ("" for one that nobody reads) and return those names."""
        node = helper.make_node(kind, inputs, outputs, name=name, domain=domain, **attributes)
        for branch in self._branches:
            branch.append(node)
        return outputs

    @contextmanager
    def only_one_token(self) -> Iterator[None]:
        """Add nodes to the branch for passes of one token alone."""
        yield from self._only(self.one_token)

    @contextmanager
    def only_many_tokens(self) -> Iterator[None]:
        """Add nodes to the branch for longer passes alone."""
        yield from self._only(self.many_tokens)

    def _only(self, branch: list[onnx.NodeProto]) -> Iterator[None]:
        before, self._branches = self._branches, [branch]
        yield
        self._branches = before


class Precision(Protocol):
    """How matrices are stored and multiplied; one instance writes one graph."""

    float_type: int
    # Whether passes of one token have nodes of their own; such a graph takes one text at a time.
    one_token_apart: bool

    def embed(self, graph: GraphWriter, input_ids: str, embedding: FloatArray) -> str:
        """Store the embedding and look `input_ids` up in it; return the hidden states."""
        ...

    def product(self, graph: GraphWriter, name: str, states: str, matrix: FloatArray) -> str:
        """Multiply `states` by the transpose of `matrix`, [out, in]."""
        ...

    def gated_product(self, graph: GraphWriter, name: str, states: str, matrix: FloatArray, outliers: int) -> str:
        """Do the same for what comes out of the gate: rows of very different size, the last inputs outliers."""
        ...

    def logits(self, graph: GraphWriter, states: str) -> str:
        """Multiply `states` by the embedding that `embed` stored."""
        ...


def build_model(weights: LlamaWeights, precision: Precision) -> onnx.ModelProto:
    """Return the whole decoder with its weights inside."""
    shape = weights.shape
    graph = GraphWriter(precision.float_type)
    positions = _positions(graph, shape)
    states = precision.embed(graph, "input_ids", weights.embedding())
    pending = ""  # what is still to be added to the residual stream
    for index in range(shape.layers):
        layer = weights.layer(index)
        prefix = f"layers.{index}."
        normed, states = _normalize(graph, shape, prefix + "attention_norm", states, pending, layer.attention_norm)
        qkv = precision.product(graph, prefix + "qkv", normed, layer.qkv)
        attended = _attention(graph, shape, index, qkv, positions)
        pending = precision.product(graph, prefix + "attention_output", attended, layer.attention_output)
        normed, states = _normalize(graph, shape, prefix + "mlp_norm", states, pending, layer.mlp_norm)
        gate_up = precision.product(graph, prefix + "gate_up", normed, layer.gate_up)
        gated = _gated(graph, prefix, gate_up)
        pending = precision.gated_product(graph, prefix + "down", gated, layer.down, layer.down_outliers)
    states, _ = _normalize(graph, shape, "final_norm", states, pending, weights.final_norm())
    logits = precision.logits(graph, _last_rows(graph, states))
    graph.node("Cast", "logits", [logits], to=TensorProto.FLOAT)
    return _model(graph, shape, one_token_apart=precision.one_token_apart)


def _positions(graph: GraphWriter, shape: LlamaShape) -> list[str]:
    """Write what GroupQueryAttention wants to know about positions: lengths, and the rotary tables."""
    one = graph.constant("one", np.array([1], dtype=np.int64))
    present = graph.node("ReduceSum", "mask_sum", ["attention_mask", one], keepdims=0)
    last = graph.node("Sub", "last_position", [present, one])
    seqlens = graph.node("Cast", "seqlens_k", [last], to=TensorProto.INT32)
    mask_shape = graph.node("Shape", "mask_length", ["attention_mask"], start=1, end=2)
    length = graph.node("Squeeze", "mask_length_scalar", [mask_shape])
    total = graph.node("Cast", "total_sequence_length", [length], to=TensorProto.INT32)
    exponents = np.arange(0, shape.head_dim, 2, dtype=np.float64) / shape.head_dim
    angles = np.outer(np.arange(shape.context, dtype=np.float64), shape.rope_base**-exponents)
    cosines = graph.float_constant("rotary_cos", np.cos(angles))
    sines = graph.float_constant("rotary_sin", np.sin(angles))
    return [seqlens, total, cosines, sines]


def _normalize(
    graph: GraphWriter, shape: LlamaShape, name: str, states: str, pending: str, weight: FloatArray
) -> tuple[str, str]:
    """Write RMS normalization of `states + pending`; return the normalized states and the sum."""
    scale = graph.float_constant(name + ".weight", weight)
    if not pending:
        normed = graph.node(
            "SimplifiedLayerNormalization", name, [states, scale], axis=-1, epsilon=shape.epsilon, stash_type=1
        )
        return normed, states
    outputs = [name, "", "", name + ".sum"]
    graph.nodes_outputs(
        "SkipSimplifiedLayerNormalization", name, [states, pending, scale], outputs, CONTRIB, epsilon=shape.epsilon
    )
    return outputs[0], outputs[3]


def _attention(graph: GraphWriter, shape: LlamaShape, index: int, qkv: str, positions: list[str]) -> str:
    seqlens, total, cosines, sines = positions
    past = [f"past_key_values.{index}.{part}" for part in ("key", "value")]
    present = [f"present.{index}.{part}" for part in ("key", "value")]
    name = f"layers.{index}.attention"
    graph.nodes_outputs(
        "GroupQueryAttention",
        name,
        [qkv, "", "", *past, seqlens, total, cosines, sines],
        [name, *present],
        CONTRIB,
        num_heads=shape.heads,
        kv_num_heads=shape.kv_heads,
        scale=float(shape.head_dim**-0.5),
        do_rotary=1,
        rotary_interleaved=0,
    )
    return name


def _gated(graph: GraphWriter, prefix: str, gate_up: str) -> str:
    """Write silu(gate) * up. QuickGelu with alpha 1 is silu in one operator."""
    halves = [prefix + "gate", prefix + "up"]
    graph.nodes_outputs("Split", prefix + "split", [gate_up], halves, axis=-1, num_outputs=2)
    activated = graph.node("QuickGelu", prefix + "silu", [halves[0]], CONTRIB, alpha=1.0)
    return graph.node("Mul", prefix + "gated", [activated, halves[1]])


def _last_rows(graph: GraphWriter, states: str) -> str:
    """Keep the last `num_logits_to_keep` positions; -0 as a start keeps all."""
    flat = graph.constant("flat", np.array([1], dtype=np.int64))
    start = graph.node("Neg", "first_row", ["num_logits_to_keep"])
    starts = graph.node("Reshape", "first_row_list", [start, flat])
    end = graph.constant("no_end", np.array([np.iinfo(np.int64).max], dtype=np.int64))
    return graph.node("Slice", "last_states", [states, starts, end, flat])


def _model(graph: GraphWriter, shape: LlamaShape, *, one_token_apart: bool) -> onnx.ModelProto:
    batch: str | int = 1 if one_token_apart else "batch_size"

    def value(name: str, data_type: int, dims: list[str | int]) -> onnx.ValueInfoProto:
        return helper.make_tensor_value_info(name, data_type, dims)

    def cache(kind: str, length: str) -> list[onnx.ValueInfoProto]:
        # The last dimensions must be numbers: transformers.js makes an empty past of 0 for every unknown one.
        dims: list[str | int] = [batch, shape.kv_heads, length, shape.head_dim]
        names = [f"{kind}.{index}.{part}" for index in range(shape.layers) for part in ("key", "value")]
        return [value(name, graph.float_type, dims) for name in names]

    inputs = [
        value("input_ids", TensorProto.INT64, [batch, "sequence_length"]),
        value("attention_mask", TensorProto.INT64, [batch, "total_sequence_length"]),
        value("num_logits_to_keep", TensorProto.INT64, []),
        *cache("past_key_values", "past_sequence_length"),
    ]
    outputs = [
        value("logits", TensorProto.FLOAT, [batch, "logits_length", shape.vocab]),
        *cache("present", "total_sequence_length"),
    ]
    nodes = _branches(graph, outputs) if one_token_apart else graph.many_tokens
    onnx_graph = helper.make_graph(nodes, "decoder", inputs, outputs, graph.constants)
    opsets = [helper.make_opsetid("", OPSET), helper.make_opsetid(CONTRIB, 1)]
    return helper.make_model(
        onnx_graph, opset_imports=opsets, ir_version=IR_VERSION, producer_name="tabagent", producer_version="1"
    )


def _branches(graph: GraphWriter, outputs: list[onnx.ValueInfoProto]) -> list[onnx.NodeProto]:
    """Return the nodes that choose a branch by the number of tokens."""
    return [
        helper.make_node("Size", ["input_ids"], ["token_count"], name="token_count"),
        helper.make_node("Equal", ["token_count", "one"], ["is_one_token"], name="is_one_token"),
        helper.make_node(
            "If",
            ["is_one_token"],
            [output.name for output in outputs],
            name="pass",
            then_branch=helper.make_graph(graph.one_token, "one_token", [], outputs),
            else_branch=helper.make_graph(graph.many_tokens, "many_tokens", [], outputs),
        ),
    ]
