"""Decides what a load request means on this machine: which dtype, which device, which files."""

from __future__ import annotations

from dataclasses import dataclass, replace

from tabagent.engine_errors import UnsupportedDevice, UnsupportedDtype
from tabagent.errors import DtypeNotFound
from tabagent.messages import LoadModel
from tabagent.models.quants import DYNAMICALLY_QUANTIZED, best_device, recommend, unsupported_reason
from tabagent.specs import Device, DeviceReport, LoadSpec, ManifestEntry, ModelFile, Quant


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadPlan:
    """A load with everything decided.

    Attributes:
        entry: Of the repository.
        quant: The dtype that was chosen.
    """

    spec: LoadSpec
    entry: ManifestEntry
    quant: Quant

    @property
    def small(self) -> tuple[ModelFile, ...]:
        """Configuration and tokenizer files."""
        return self.entry.common

    @property
    def weights(self) -> tuple[ModelFile, ...]:
        """Graph and external data."""
        return self.quant.weights

    @property
    def files(self) -> tuple[ModelFile, ...]:
        """All files, small ones first."""
        return self.entry.files_of(self.quant)


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
    reason = unsupported_reason(quant, device, report)
    if reason is not None:
        advice = f"Choose {best.dtype}." if best else "This model has no weights that run here."
        raise UnsupportedDtype(dtype, device, reason, advice)
    return LoadPlan(spec=_spec(entry, quant, device, report), entry=entry, quant=quant)


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
