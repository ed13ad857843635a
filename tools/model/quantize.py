"""Weights as small integers, in the layouts that ONNX Runtime's operators read."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tools.model.weights import FloatArray

Bytes = npt.NDArray[np.uint8]

# Elements of one row that share a scale, in the layouts of MatMulNBits; ggml's Q4_1 and Q8_0 use the same length.
BLOCK = 32


@dataclass(frozen=True, slots=True)
class ColumnQuantized:
    """A matrix for MatMulInteger and its relatives: `(values - zero_points) * scales`, each column on its own.

    Attributes:
        values: uint8 [in, out].
        scales: float32 [out].
        zero_points: uint8 [out].
    """

    values: Bytes
    scales: FloatArray
    zero_points: Bytes


@dataclass(frozen=True, slots=True)
class BlockQuantized:
    """A matrix for MatMulNBits: `(values - zero_points) * scales` for each block of 32 inputs of each output.

    Attributes:
        bits: 4 or 8.
        values: uint8 [out, blocks, 32 * bits / 8]; of two 4-bit values in a byte the first is in the low half.
        scales: float32 [out, blocks].
        zero_points: packed like the values, [out, ceil(blocks * bits / 8)]; None means 2 ** (bits - 1) everywhere.
    """

    bits: int
    values: Bytes
    scales: FloatArray
    zero_points: Bytes | None


def quantize_columns(matrix: FloatArray) -> ColumnQuantized:
    """Quantize [out, in] to unsigned 8 bits, one scale and one zero point an output, transposed to [in, out].

    Unsigned, because ONNX Runtime's x86 kernels without VNNI overflow on signed weights.
    """
    low = np.minimum(matrix.min(axis=1), 0.0)
    high = np.maximum(matrix.max(axis=1), 0.0)
    scales = ((high - low) / 255.0).astype(np.float32)
    scales[scales == 0.0] = 1.0
    zero_points = np.rint(-low / scales)
    values = matrix / scales[:, None]
    np.rint(values, out=values)
    values += zero_points[:, None].astype(np.float32)
    np.clip(values, 0, 255, out=values)
    return ColumnQuantized(
        values=np.ascontiguousarray(values.astype(np.uint8).T), scales=scales, zero_points=zero_points.astype(np.uint8)
    )


def quantize_blocks_8bit(matrix: FloatArray) -> BlockQuantized:
    """Quantize [out, in] to 8 bits around zero, as ggml's Q8_0 does: what came from Q8_0 is kept exactly."""
    blocks = matrix.reshape(matrix.shape[0], -1, BLOCK)
    scales = (np.abs(blocks).max(axis=2) / 127.0).astype(np.float32)
    safe = np.where(scales == 0.0, np.float32(1.0), scales)
    values = np.rint(blocks / safe[:, :, None]) + 128.0
    return BlockQuantized(8, values.astype(np.uint8), scales, None)


def quantize_blocks_4bit(matrix: FloatArray) -> BlockQuantized:
    """Quantize [out, in] to 4 bits with an integer zero point for each block."""
    blocks = matrix.reshape(matrix.shape[0], -1, BLOCK)
    low = np.minimum(blocks.min(axis=2), 0.0)
    high = np.maximum(blocks.max(axis=2), 0.0)
    scales = ((high - low) / 15.0).astype(np.float32)
    scales[scales == 0.0] = 1.0
    zero_points = np.rint(-low / scales)
    values = np.clip(np.rint(blocks / scales[:, :, None]) + zero_points[:, :, None], 0, 15).astype(np.uint8)
    return BlockQuantized(4, _pack_nibbles(values), scales, _pack_nibbles(zero_points.astype(np.uint8)))


def _pack_nibbles(values: Bytes) -> Bytes:
    """Pack pairs along the last axis into bytes, the first of a pair into the low half."""
    if values.shape[-1] % 2:
        padding = [(0, 0)] * (values.ndim - 1) + [(0, 1)]
        values = np.pad(values, padding)
    return np.bitwise_or(values[..., 0::2], np.left_shift(values[..., 1::2], 4), dtype=np.uint8)
