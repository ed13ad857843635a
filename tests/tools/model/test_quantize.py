"""Integers in the operators' layouts stand for the floats they were made of."""

import numpy as np

from tools.model.quantize import quantize_blocks_4bit, quantize_blocks_8bit, quantize_columns
from tools.model.weights import rotary_halves

MATRIX = np.random.Generator(np.random.PCG64(0)).standard_normal((6, 96)).astype(np.float32)


def test_columns_are_off_by_at_most_half_a_step() -> None:
    quantized = quantize_columns(MATRIX)
    values = (quantized.values.astype(np.float32) - quantized.zero_points) * quantized.scales

    assert quantized.values.shape == (96, 6)
    assert (np.abs(values.T - MATRIX) <= quantized.scales[:, None] * 1.01).all()


def test_an_empty_output_stays_zero() -> None:
    quantized = quantize_columns(np.zeros((2, 32), np.float32))

    assert (quantized.values == quantized.zero_points).all()


def test_what_came_from_8_bit_blocks_is_kept_exactly() -> None:
    integers = np.random.Generator(np.random.PCG64(1)).integers(-127, 128, (4, 3, 32))
    integers[:, :, 0] = 127
    scales = np.float32(2.0) ** -np.arange(12, dtype=np.float32).reshape(4, 3)
    matrix = (integers * scales[:, :, None]).astype(np.float32).reshape(4, 96)
    quantized = quantize_blocks_8bit(matrix)

    assert quantized.zero_points is None
    assert (quantized.values.astype(int) - 128 == integers).all()
    assert (quantized.scales == scales).all()


def test_4_bit_values_lie_in_halves_of_bytes_low_half_first() -> None:
    quantized = quantize_blocks_4bit(MATRIX)
    assert quantized.zero_points is not None
    values = _unpacked(quantized.values)
    zero_points = _unpacked(quantized.zero_points)[:, :3]  # three blocks and a half byte of padding
    floats = (values - zero_points[:, :, None]) * quantized.scales[:, :, None]

    assert quantized.values.shape == (6, 3, 16)
    assert (np.abs(floats.reshape(6, 96) - MATRIX) <= quantized.scales.repeat(32, axis=1) * 1.01).all()


def _unpacked(packed: np.ndarray) -> np.ndarray:
    halves = np.stack([packed & 15, packed >> 4], axis=-1)
    return halves.reshape(*packed.shape[:-1], -1).astype(np.float32)


def test_rotary_halves_undo_the_interleaving_of_ggml() -> None:
    heads, head_dim = 2, 6
    rows = np.arange(heads * head_dim, dtype=np.float32)[:, None] * np.ones((1, 3), np.float32)
    # `LlamaModel.permute` of llama.cpp's convert_hf_to_gguf.py
    interleaved = rows.reshape(heads, 2, head_dim // 2, 3).swapaxes(1, 2).reshape(rows.shape)

    assert (rotary_halves(interleaved, heads) == rows).all()
    assert not (interleaved == rows).all()
