"""Shift the difficulty of int8 from activations to weights (SmoothQuant, https://arxiv.org/abs/2211.10438).

Dynamic int8 has one scale for all activations of a token; a few channels that are ten times larger than the rest take
most of its 255 steps. Dividing such a channel by a constant where it is made (a normalization's weight, the value
rows) and multiplying the matching column of the next matrix by it changes nothing in exact arithmetic, costs nothing
at run time, and evens the channels out. How large each channel gets is seen by running a short text through the
float32 weights.

That does not help the input of `down`, where single tokens are a thousand times larger in single channels. In layers
where this is seen, the worst channels are moved to the end and kept out of quantization, as LLM.int8() does
(https://arxiv.org/abs/2208.07339).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from tools.model.weights import FloatArray, LayerWeights, LlamaWeights

# The first position (the attention sink) has a scale of its own, and its huge values are not typical.
SKIPPED_POSITIONS = 1
# How much of the difficulty goes to the weights, 0 to 1; of 0.5, 0.7 and 0.85 the middle one measured best.
STRENGTH = 0.7
# A layer has outliers when its largest gated value is so many times larger than the largest of its median token.
OUTLIER_RATIO = 10.0
OUTLIERS = 16


class SmoothedWeights:
    """Weights that compute the same function as others, with activations that quantize better.

    `layer` must be called for each layer once, from the first to the last, as `build_model` does: the calibration
    text advances with it.
    """

    def __init__(self, weights: LlamaWeights, token_ids: Sequence[int]) -> None:
        """Take the weights and a calibration text of at least two tokens."""
        self.shape = weights.shape
        self._weights = weights
        self._states = weights.embedding()[np.array(token_ids)]
        self._next_layer = 0

    def embedding(self) -> FloatArray:
        """Return the token embedding, unchanged."""
        return self._weights.embedding()

    def layer(self, index: int) -> LayerWeights:
        """Return the smoothed weights of the next layer; ValueError when another one is asked for."""
        if index != self._next_layer:
            raise ValueError(f"layer {index} was asked for, but {self._next_layer} is next")
        self._next_layer += 1
        layer, shape = self._weights.layer(index), self.shape
        normed = self._normalize(self._states, layer.attention_norm)
        qkv_scales = self._scales(normed, layer.qkv)
        attended = self._attend(normed @ layer.qkv.T)
        value_scales = self._value_scales(attended, layer.attention_output)
        self._states = self._states + attended @ layer.attention_output.T
        normed = self._normalize(self._states, layer.mlp_norm)
        mlp_scales = self._scales(normed, layer.gate_up)
        gate, up = np.split(normed @ layer.gate_up.T, 2, axis=1)
        gated = gate / (1.0 + np.exp(-gate)) * up
        self._states = self._states + gated @ layer.down.T
        order, outliers = _outliers_last(gated)
        qkv_rows = np.ones(layer.qkv.shape[0], np.float32)
        qkv_rows[shape.query_width + shape.kv_width :] = value_scales
        return LayerWeights(
            attention_norm=layer.attention_norm / qkv_scales,
            qkv=layer.qkv * qkv_scales / qkv_rows[:, None],
            attention_output=layer.attention_output * self._to_query_heads(value_scales),
            mlp_norm=layer.mlp_norm / mlp_scales,
            gate_up=layer.gate_up[np.concatenate([order, order + shape.intermediate])] * mlp_scales,
            down=layer.down[:, order],
            down_outliers=outliers,
        )

    def final_norm(self) -> FloatArray:
        """Return the weights of the last normalization, unchanged."""
        return self._weights.final_norm()

    def _scales(self, activations: FloatArray, matrix: FloatArray) -> FloatArray:
        activation_peaks = np.abs(activations[SKIPPED_POSITIONS:]).max(axis=0)
        return _balance(activation_peaks, np.abs(matrix).max(axis=0))

    def _value_scales(self, attended: FloatArray, matrix: FloatArray) -> FloatArray:
        """Return scales of the value channels, each of which several query heads read."""
        grouped = (self.shape.kv_heads, -1, self.shape.head_dim)
        activation_peaks = np.abs(attended[SKIPPED_POSITIONS:]).max(axis=0).reshape(grouped).max(axis=1)
        weight_peaks = np.abs(matrix).max(axis=0).reshape(grouped).max(axis=1)
        return _balance(activation_peaks.ravel(), weight_peaks.ravel())

    def _normalize(self, states: FloatArray, weight: FloatArray) -> FloatArray:
        squares = np.mean(states * states, axis=1, keepdims=True)
        normed: FloatArray = states / np.sqrt(squares + np.float32(self.shape.epsilon)) * weight
        return normed

    def _attend(self, qkv: FloatArray) -> FloatArray:
        """Return causal attention of all positions, [positions, query width]."""
        shape, positions = self.shape, qkv.shape[0]
        heads = qkv.reshape(positions, -1, shape.head_dim).swapaxes(0, 1)
        query = self._rotate(heads[: shape.heads])
        key = self._rotate(heads[shape.heads : shape.heads + shape.kv_heads])
        group = shape.heads // shape.kv_heads
        key, value = key.repeat(group, axis=0), heads[shape.heads + shape.kv_heads :].repeat(group, axis=0)
        scores = query @ key.swapaxes(1, 2) / np.float32(shape.head_dim**0.5)
        scores += np.triu(np.full((positions, positions), -np.inf, np.float32), 1)
        scores = np.exp(scores - scores.max(axis=2, keepdims=True))
        scores /= scores.sum(axis=2, keepdims=True)
        attended: FloatArray = (scores @ value).swapaxes(0, 1).reshape(positions, shape.query_width)
        return attended

    def _rotate(self, heads: FloatArray) -> FloatArray:
        exponents = np.arange(0, self.shape.head_dim, 2) / self.shape.head_dim
        angles = np.outer(np.arange(heads.shape[1]), self.shape.rope_base**-exponents)
        cosines, sines = np.cos(angles).astype(np.float32), np.sin(angles).astype(np.float32)
        first, second = np.split(heads, 2, axis=2)
        return np.concatenate([first * cosines - second * sines, second * cosines + first * sines], axis=2)

    def _to_query_heads(self, channels: FloatArray) -> FloatArray:
        """Repeat channels of the value heads for each query head that reads them."""
        heads = channels.reshape(self.shape.kv_heads, self.shape.head_dim)
        return heads.repeat(self.shape.heads // self.shape.kv_heads, axis=0).ravel()


def _balance(activation_peaks: FloatArray, weight_peaks: FloatArray) -> FloatArray:
    """Return what to divide channels by, from the largest activation and weight of each."""
    activation_peaks, weight_peaks = np.maximum(activation_peaks, 1e-5), np.maximum(weight_peaks, 1e-5)
    logarithms = STRENGTH * np.log2(activation_peaks) - (1.0 - STRENGTH) * np.log2(weight_peaks)
    # Steps of a quarter of an octave: matrix products that round differently on another machine give the same file.
    return np.exp2(np.rint(4.0 * logarithms) / 4.0).astype(np.float32)


def _outliers_last(gated: FloatArray) -> tuple[npt.NDArray[np.int64], int]:
    """Return an order of the channels with the outliers at the end, and how many outliers there are."""
    sizes = np.abs(gated)
    order = np.arange(gated.shape[1])
    if sizes.max() <= OUTLIER_RATIO * np.median(sizes[SKIPPED_POSITIONS:].max(axis=1)):
        return order, 0
    worst = np.sort(np.argsort(-sizes.max(axis=0), kind="stable")[:OUTLIERS])
    return np.concatenate([np.setdiff1d(order, worst), worst]), OUTLIERS
