"""Decides what a load request means on this machine: which dtype, which device, which files."""

from __future__ import annotations

from dataclasses import dataclass, replace

from tabagent.engine_errors import UnsupportedDevice, UnsupportedDtype
from tabagent.errors import DtypeNotFound
from tabagent.messages import LoadModel
from tabagent.models.quants import DYNAMICALLY_QUANTIZED, best_device, recommend, unsupported_reason
from tabagent.sentences import Said, Sentence
from tabagent.specs import Device, DeviceReport, LoadSpec, ManifestEntry, ModelFile, Quant


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadPlan:
    """A load with everything decided.

    Attributes:
        entry: Of the repository.
        quant: The dtype that was chosen.
        can_leave_webgpu: The load is on WebGPU, and when that fails there is another plan.
        warning: Why it is not on WebGPU, where that would have been the choice; empty otherwise.
    """

    spec: LoadSpec
    entry: ManifestEntry
    quant: Quant
    can_leave_webgpu: bool = False
    warning: str = ""

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


def plan_load(request: LoadModel, entry: ManifestEntry, report: DeviceReport, *, largest_weight: int = 0) -> LoadPlan:
    """Decide dtype, device and files.

    Where the device is left to us: WebGPU, unless this model has failed on it or cannot run there, then the CPU. A
    model that nothing else can compute gets another try on WebGPU.

    Args:
        request: What is wanted.
        entry: Of the repository.
        report: The machine's devices.
        largest_weight: Elements of the model's largest weight at least; 0 while nobody knows.

    Raises:
        DtypeNotFound: The repository has no weights of that dtype.
        UnsupportedDtype: The device cannot compute them, or none of the repository's.
        UnsupportedDevice: WebGPU was asked for and is not there.
    """
    if request.device is not None:
        return _plan(request, entry, report, largest_weight)
    without = _plan_without_webgpu(request, entry, report, largest_weight)
    try:
        plan = _plan(request, entry, report, largest_weight)
    except UnsupportedDtype:
        free = request.dtype is None or request.free_dtype or bool(entry.webgpu_failed)
        if without is None or not (free or without.spec.dtype == request.dtype):
            raise
        return replace(without, warning=Sentence.GPU_CANNOT.said(model=entry.repo))
    if without is None or plan.spec.device is not Device.WEBGPU:
        return plan
    if not entry.webgpu_failed:
        return replace(plan, can_leave_webgpu=True)
    return replace(without, warning=why_on_cpu(entry.repo, entry.webgpu_failed))


def why_on_cpu(repo: str, webgpu_failed: str) -> Said:
    """Tell the person why a model is not on WebGPU."""
    return Sentence.WEBGPU_FAILED.said(model=repo, reason=webgpu_failed)


def _plan_without_webgpu(
    request: LoadModel, entry: ManifestEntry, report: DeviceReport, largest_weight: int
) -> LoadPlan | None:
    """Return what to do when WebGPU is of no use, or None when the CPU cannot compute the model.

    The dtype that was wanted is kept where the CPU can compute it, unless it was our own choice for WebGPU.
    """
    on_cpu = replace(request, device=Device.WASM)
    for dtype in (None,) if request.free_dtype else (request.dtype, None):
        try:
            return _plan(replace(on_cpu, dtype=dtype), entry, report, largest_weight)
        except UnsupportedDtype:
            continue
    return None


def _plan(request: LoadModel, entry: ManifestEntry, report: DeviceReport, largest_weight: int) -> LoadPlan:
    device = choose_device(request, report)
    best = recommend(entry, device, report, largest_weight=largest_weight)
    dtype = request.dtype or (best.dtype if best else entry.quants[0].dtype)
    device = choose_device(replace(request, dtype=dtype), report)
    quant = entry.quant(dtype)
    if quant is None:
        raise DtypeNotFound(entry.repo, dtype, [str(item.dtype) for item in entry.quants])
    reason = unsupported_reason(quant, device, report, largest_weight=largest_weight)
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
