"""Which dtypes a repository has, which of them a device can compute, and which one is best there.

File names follow transformers.js 4.3 (`DEFAULT_DTYPE_SUFFIX_MAPPING` in utils/dtypes.js, `getModelDataFiles` in
utils/model-loader.js): `onnx/model{suffix}.onnx`, its weights beside it in `.onnx_data`, `.onnx_data_1`, ….
"""

from __future__ import annotations

from dataclasses import dataclass

from tabagent.errors import NoOnnxFiles
from tabagent.models.manifest import add_quant_to_manifest
from tabagent.sentences import Said, Sentence
from tabagent.specs import Device, DeviceReport, Dtype, ManifestEntry, Quant, RepositoryListing

SUFFIXES: dict[Dtype, str] = {
    Dtype.FP32: "",
    Dtype.FP16: "_fp16",
    Dtype.INT8: "_int8",
    Dtype.UINT8: "_uint8",
    Dtype.Q8: "_quantized",
    Dtype.Q4: "_q4",
    Dtype.Q4F16: "_q4f16",
    Dtype.BNB4: "_bnb4",
    Dtype.Q2: "_q2",
    Dtype.Q2F16: "_q2f16",
    Dtype.Q1: "_q1",
    Dtype.Q1F16: "_q1f16",
}

# What transformers.js reads besides the weights, where a repository has it.
COMMON_FILES = (
    "config.json",
    "generation_config.json",
    "tokenizer.json",
    "tokenizer_config.json",
    "chat_template.jinja",
)

# Activations of these are quantized at run time, with one scale for a whole pass (ONNX's DynamicQuantizeLinear).
DYNAMICALLY_QUANTIZED = frozenset({Dtype.Q8, Dtype.INT8, Dtype.UINT8})
# Nothing is quantized while these are computed; MatMulNBits quantizes activations too (`accuracy_level`).
NEVER_QUANTIZED = frozenset({Dtype.FP32, Dtype.FP16})
NEEDS_F16 = frozenset({Dtype.FP16, Dtype.Q4F16, Dtype.Q2F16, Dtype.Q1F16})
FEW_BITS = frozenset({Dtype.Q4, Dtype.BNB4, Dtype.Q2, Dtype.Q1})

# Of an element at least: where weights have few bits, those of the vocabulary may have more.
_BITS = {
    Dtype.FP32: 32,
    Dtype.FP16: 16,
    **dict.fromkeys((Dtype.Q8, Dtype.INT8, Dtype.UINT8), 8),
    **dict.fromkeys((Dtype.Q4, Dtype.Q4F16, Dtype.BNB4), 4),
    **dict.fromkeys((Dtype.Q2, Dtype.Q2F16), 2),
    **dict.fromkeys((Dtype.Q1, Dtype.Q1F16), 1),
}

# ONNX Runtime's memory on the CPU path ends at 4 GiB (32-bit WebAssembly); activations and KV cache need the rest.
MOST_WEIGHTS_WASM = 7 << 29
# `navigator.deviceMemory` tells no more than this, whatever there is.
MEMORY_TOLD_AT_MOST = 8 << 30

# Best first. On WASM the int8 family decodes seven to ten times faster than 4 bits; on WebGPU it is the other way
# round, and f16 halves the traffic of everything that is not quantized.
_ORDER_WASM = (Dtype.Q8, Dtype.INT8, Dtype.UINT8, Dtype.FP32, Dtype.Q4, Dtype.BNB4, Dtype.Q2, Dtype.Q1)
_ORDER_WEBGPU_F16 = (
    *(Dtype.Q4F16, Dtype.Q4, Dtype.FP16, Dtype.FP32, Dtype.Q8, Dtype.INT8, Dtype.UINT8),
    *(Dtype.BNB4, Dtype.Q2F16, Dtype.Q2, Dtype.Q1F16, Dtype.Q1),
)
_ORDER_WEBGPU = tuple(dtype for dtype in _ORDER_WEBGPU_F16 if dtype not in NEEDS_F16)


@dataclass(frozen=True, slots=True)
class Recommendation:
    """The best dtype for a device, and why in a sentence."""

    dtype: Dtype
    device: Device
    reason: Said


def entry_from_listing(listing: RepositoryListing) -> ManifestEntry:
    """Sort a repository's files into quants.

    Raises:
        NoOnnxFiles: There is no graph, or no tokenizer or configuration beside it.
    """
    files = {file.path: file for file in listing.files}
    common = tuple(files[path] for path in COMMON_FILES if path in files)
    entry = ManifestEntry(
        repo=listing.repo, commit=listing.commit, task=listing.task, common=common, quants=(), etag=listing.etag
    )
    for dtype, suffix in SUFFIXES.items():
        if f"onnx/model{suffix}.onnx" in files:
            entry = add_quant_to_manifest(entry, dtype, f"onnx/model{suffix}.onnx", files)
    if not entry.quants or "config.json" not in files or "tokenizer.json" not in files:
        raise NoOnnxFiles(listing.repo)
    return entry


def unsupported_reason(quant: Quant, device: Device, report: DeviceReport, *, largest_weight: int = 0) -> Said | None:
    """Say why a device cannot compute a dtype's weights, or return None when nothing is known to be in the way.

    The sizes of files say nothing about WebGPU's limits: ONNX Runtime makes a buffer for each weight of a file. (It
    works on weights larger than a binding in parts.)

    Args:
        quant: The weights.
        device: Which is to compute.
        report: What it can do.
        largest_weight: Elements of the model's largest weight at least; 0 while nobody knows.
    """
    dtype = quant.dtype
    piece = largest_weight * _BITS[dtype] // 8
    if dtype in NEEDS_F16 and device is Device.WASM:
        return Sentence.NO_F16_ON_CPU.said()
    if dtype in NEEDS_F16 and not report.f16:
        return Sentence.NO_F16_ON_GPU.said()
    if device is Device.WEBGPU and 0 < report.max_buffer < piece:
        return Sentence.WEIGHT_TOO_LARGE.said(size=piece, room=report.max_buffer)
    if device is Device.WASM and quant.size > MOST_WEIGHTS_WASM:
        return Sentence.TOO_LARGE_FOR_CPU.said(size=quant.size, room=MOST_WEIGHTS_WASM)
    if 0 < report.memory < MEMORY_TOLD_AT_MOST and quant.size > report.memory:
        return Sentence.TOO_LARGE_FOR_MEMORY.said(size=quant.size, room=report.memory)
    return None


def best_device(report: DeviceReport) -> Device:
    """Return WebGPU where a graphics card is behind it, else WASM, which is faster than an adapter in software."""
    return Device.WEBGPU if report.webgpu and not report.software else Device.WASM


def recommend(
    entry: ManifestEntry, device: Device, report: DeviceReport, *, largest_weight: int = 0
) -> Recommendation | None:
    """Return the dtype to preselect, or None when the device can compute none of the repository's."""
    order = _ORDER_WASM if device is Device.WASM else _ORDER_WEBGPU_F16 if report.f16 else _ORDER_WEBGPU
    for dtype in order:
        quant = entry.quant(dtype)
        if quant is None:
            continue
        if unsupported_reason(quant, device, report, largest_weight=largest_weight) is None:
            return Recommendation(dtype, device, _reason(dtype, device, report))
    return None


def _reason(dtype: Dtype, device: Device, report: DeviceReport) -> Said:
    if device is Device.WASM:
        if dtype in DYNAMICALLY_QUANTIZED:
            return Sentence.FASTEST_ON_CPU.said(threads=report.threads)
        return (Sentence.FEW_BITS_ON_CPU if dtype in FEW_BITS else Sentence.WHOLE_ON_CPU).said()
    if dtype is Dtype.Q4F16:
        return Sentence.FASTEST_ON_GPU.said()
    if dtype is Dtype.Q4:
        return (Sentence.SMALLEST_ON_GPU if report.f16 else Sentence.SMALLEST_WITHOUT_F16).said()
    return (Sentence.BETTER_ON_CPU if dtype in DYNAMICALLY_QUANTIZED else Sentence.BEST_ON_GPU).said()
