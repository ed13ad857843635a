"""The Llama forward pass in plain numpy, one position at a time, written from the architecture's description.

It shares no code with the graph: every product is spelled out, attention is a loop over heads and positions.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from tools.model.weights import FloatArray, LlamaWeights

Double = npt.NDArray[np.float64]


def logits(weights: LlamaWeights, token_ids: list[int]) -> Double:
    """Return the logits after each token, [tokens, vocab], in float64."""
    shape = weights.shape
    embedding = weights.embedding().astype(np.float64)
    layers = [weights.layer(index) for index in range(shape.layers)]
    keys: list[list[Double]] = [[] for _ in layers]
    values: list[list[Double]] = [[] for _ in layers]
    rows = []
    for position, token in enumerate(token_ids):
        state = embedding[token]
        for index, layer in enumerate(layers):
            qkv = layer.qkv.astype(np.float64) @ _normalized(state, layer.attention_norm, shape.epsilon)
            heads = qkv.reshape(-1, shape.head_dim)
            query = [_rotated(head, position, shape.rope_base) for head in heads[: shape.heads]]
            key = [_rotated(head, position, shape.rope_base) for head in heads[shape.heads : -shape.kv_heads]]
            keys[index].append(np.array(key))
            values[index].append(heads[-shape.kv_heads :])
            attended = np.concatenate(
                [
                    _attended(query[head], keys[index], values[index], head * shape.kv_heads // shape.heads)
                    for head in range(shape.heads)
                ]
            )
            state = state + layer.attention_output.astype(np.float64) @ attended
            gate, up = np.split(layer.gate_up.astype(np.float64) @ _normalized(state, layer.mlp_norm, shape.epsilon), 2)
            state = state + layer.down.astype(np.float64) @ (gate / (1 + np.exp(-gate)) * up)
        rows.append(embedding @ _normalized(state, weights.final_norm(), shape.epsilon))
    return np.array(rows)


def _normalized(state: Double, weight: FloatArray, epsilon: float) -> Double:
    result: Double = state / np.sqrt(np.mean(state * state) + epsilon) * weight
    return result


def _rotated(head: Double, position: int, base: float) -> Double:
    half = len(head) // 2
    angles = position * base ** (-np.arange(half) / half)
    first, second = head[:half], head[half:]
    return np.concatenate(
        [first * np.cos(angles) - second * np.sin(angles), second * np.cos(angles) + first * np.sin(angles)]
    )


def _attended(query: Double, keys: list[Double], values: list[Double], kv_head: int) -> Double:
    scores = np.array([key[kv_head] @ query for key in keys]) / np.sqrt(len(query))
    shares = np.exp(scores - scores.max())
    shares /= shares.sum()
    result: Double = sum(share * value[kv_head] for share, value in zip(shares, values, strict=True))
    return result
