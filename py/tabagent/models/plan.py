"""Decides what a load request means on this machine: which dtype, which device, which files."""

from __future__ import annotations

from dataclasses import dataclass, replace

from tabagent.errors import DtypeNotFound, UnsupportedDevice, UnsupportedDtype
from tabagent.messages import LoadModel
from tabagent.models.quants import DYNAMICALLY_QUANTIZED, best_device, recommend, unsupported_reason
from tabagent.specs import Device, DeviceReport, LoadSpec, ManifestEntry, ModelFile, Quant


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadPlan:
    """A load with everything decided.

    Attributes:
        small: Configuration and tokenizer files.
        weights: Graph and external data.
    """

    spec: LoadSpec
    small: tuple[ModelFile, ...]
    weights: tuple[ModelFile, ...]

    @property
    def files(self) -> tuple[ModelFile, ...]:
        """All files, small ones first."""
        return self.small + self.weights


def choose_device(request: LoadModel, report: DeviceReport) -> Device:
    """Return the device of a request.

    int8 weights go to the CPU when the person leaves the choice to us: ONNX Runtime has no WebGPU kernels for them.

    Raises:
        UnsupportedDevice: WebGPU was asked for and is not there.
    """
    if request.device is Device.WEBGPU and not report.webgpu:
        raise UnsupportedDevice("webgpu", "this browser gives no graphics adapter")
    if request.device is not None:
        return request.device
    if request.dtype in DYNAMICALLY_QUANTIZED:
        return Device.WASM
    return best_device(report)


def plan_load(request: LoadModel, entry: ManifestEntry, report: DeviceReport) -> LoadPlan:
    """Decide dtype, device and files.

    Raises:
        DtypeNotFound: The repository has no weights of that dtype.
        UnsupportedDtype: The device cannot compute them, or none of the repository's.
        UnsupportedDevice: WebGPU was asked for and is not there.
    """
    device = choose_device(request, report)
    best = recommend(entry, device, report)
    dtype = request.dtype or (best.dtype if best else entry.quants[0].dtype)
    device = choose_device(replace(request, dtype=dtype), report)
    quant = entry.quant(dtype)
    if quant is None:
        raise DtypeNotFound(entry.repo, dtype, [str(item.dtype) for item in entry.quants])
    reason = unsupported_reason(dtype, device, report)
    if reason is not None:
        advice = f"Choose {best.dtype}." if best else "This model has no weights that run here."
        raise UnsupportedDtype(dtype, device, reason, advice)
    return LoadPlan(spec=_spec(entry, quant, device, report), small=entry.common, weights=quant.weights)


def _spec(entry: ManifestEntry, quant: Quant, device: Device, report: DeviceReport) -> LoadSpec:
    return LoadSpec(
        repo=entry.repo,
        commit=entry.commit,
        dtype=quant.dtype,
        device=device,
        task=entry.task,
        onnx_file=quant.onnx_path,
        external_data_files=len(quant.weights) - 1,
        threads=report.threads,
    )
