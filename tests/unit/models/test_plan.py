"""What a load request means on a machine."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tabagent.engine_errors import UnsupportedDevice, UnsupportedDtype
from tabagent.errors import DtypeNotFound
from tabagent.messages import LoadModel
from tabagent.models.plan import choose_device, plan_load
from tabagent.models.quants import DYNAMICALLY_QUANTIZED, SUFFIXES
from tabagent.sentences import Sentence, said_to_wire
from tabagent.specs import Device, DeviceReport, Dtype, ManifestEntry, ModelFile, Quant
from tests.unit.conftest import load_request

CPU = DeviceReport(webgpu=False, f16=False, threads=2)
GPU = DeviceReport(webgpu=True, f16=False, threads=2)
GPU_F16 = DeviceReport(webgpu=True, f16=True, threads=2)
SOFTWARE = DeviceReport(webgpu=True, f16=False, threads=2, software=True)
CONFIG = ModelFile(path="config.json", size=1)


def entry(*dtypes: Dtype, external: int = 0) -> ManifestEntry:
    def weights(dtype: Dtype) -> tuple[ModelFile, ...]:
        graph = f"onnx/model{SUFFIXES[dtype]}.onnx"
        parts = [f"{graph}_data" + (f"_{number}" if number else "") for number in range(external)]
        return tuple(ModelFile(path=path, size=10) for path in (graph, *parts))

    quants = tuple(Quant(dtype=dtype, weights=weights(dtype)) for dtype in dtypes)
    return ManifestEntry(repo="acme/tiny", commit="c0ffee", task="text-generation", common=(CONFIG,), quants=quants)


@pytest.mark.parametrize(
    ("report", "dtype", "device"),
    [
        (CPU, Dtype.Q8, Device.WASM),
        (GPU, Dtype.Q4, Device.WEBGPU),
        (GPU_F16, Dtype.Q4F16, Device.WEBGPU),
        (SOFTWARE, Dtype.Q8, Device.WASM),
    ],
)
def test_what_is_left_open_is_chosen_for_the_machine(report: DeviceReport, dtype: Dtype, device: Device) -> None:
    spec = plan_load(load_request(), entry(*Dtype), report).spec

    assert (spec.dtype, spec.device) == (dtype, device)


@pytest.mark.parametrize("dtype", sorted(DYNAMICALLY_QUANTIZED))
def test_eight_bit_weights_go_to_the_cpu_even_with_a_graphics_card(dtype: Dtype) -> None:
    assert plan_load(load_request(dtype=dtype), entry(dtype), GPU_F16).spec.device is Device.WASM


@pytest.mark.parametrize("dtype", sorted(DYNAMICALLY_QUANTIZED))
def test_eight_bit_weights_go_to_the_cpu_when_a_model_has_no_others(dtype: Dtype) -> None:
    spec = plan_load(load_request(), entry(dtype), GPU_F16).spec

    assert (spec.dtype, spec.device) == (dtype, Device.WASM)


def test_the_device_that_is_named_is_taken() -> None:
    assert plan_load(load_request(device=Device.WASM), entry(*Dtype), GPU_F16).spec.dtype is Dtype.Q8
    assert (
        plan_load(load_request(dtype=Dtype.Q8, device=Device.WEBGPU), entry(*Dtype), GPU).spec.device is Device.WEBGPU
    )
    assert choose_device(load_request(device=Device.WASM), GPU) is Device.WASM


def test_a_graphics_card_that_is_not_there_is_refused_with_an_advice() -> None:
    with pytest.raises(UnsupportedDevice, match=r"auto.*wasm"):
        plan_load(load_request(device=Device.WEBGPU), entry(*Dtype), CPU)


def test_an_adapter_in_software_is_taken_when_it_is_named() -> None:
    assert plan_load(load_request(device=Device.WEBGPU), entry(*Dtype), SOFTWARE).spec.device is Device.WEBGPU


def test_a_dtype_that_the_repository_lacks_is_refused_with_those_it_has() -> None:
    with pytest.raises(DtypeNotFound) as refusal:
        plan_load(load_request(dtype=Dtype.Q2), entry(Dtype.Q4, Dtype.Q8), CPU)

    assert refusal.value.details["available"] == ["q4", "q8"]


@pytest.mark.parametrize(("report", "device"), [(CPU, "wasm"), (GPU, "webgpu")])
def test_sixteen_bit_weights_are_refused_up_front_with_a_better_choice(report: DeviceReport, device: str) -> None:
    with pytest.raises(UnsupportedDtype, match="Choose q4") as refusal:
        plan_load(load_request(dtype=Dtype.Q4F16), entry(Dtype.Q4, Dtype.Q4F16), report)

    assert refusal.value.details == {"dtype": "q4f16", "device": device}


def test_a_model_of_which_nothing_runs_here_is_refused() -> None:
    with pytest.raises(UnsupportedDtype, match="no weights that run here"):
        plan_load(load_request(), entry(Dtype.FP16), CPU)


# Where WebGPU has failed


def failed(*dtypes: Dtype) -> ManifestEntry:
    return replace(entry(*dtypes), webgpu_failed="device lost")


def test_what_failed_on_webgpu_goes_to_the_cpu_and_says_why() -> None:
    plan = plan_load(load_request(), failed(*Dtype), GPU_F16)

    assert (plan.spec.dtype, plan.spec.device) == (Dtype.Q8, Device.WASM)
    said = Sentence.WEBGPU_FAILED.said(model="acme/tiny", reason="device lost")
    assert said_to_wire(plan.warning) == said_to_wire(said)
    assert not plan.can_leave_webgpu


@pytest.mark.parametrize(
    ("wanted", "free", "taken"),
    [
        (Dtype.Q4, False, Dtype.Q4),
        # It was our choice for the graphics card.
        (Dtype.Q4, True, Dtype.Q8),
        # The CPU cannot compute it.
        (Dtype.Q4F16, False, Dtype.Q8),
        (Dtype.Q4F16, True, Dtype.Q8),
    ],
)
def test_the_dtype_stays_when_the_person_chose_it_and_the_cpu_can_compute_it(
    wanted: Dtype, free: bool, taken: Dtype
) -> None:
    request = replace(load_request(dtype=wanted), free_dtype=free)

    assert plan_load(request, failed(*Dtype), GPU_F16).spec.dtype is taken


def test_webgpu_is_tried_again_where_the_person_asks_for_it_by_name() -> None:
    plan = plan_load(load_request(device=Device.WEBGPU), failed(*Dtype), GPU_F16)

    assert (plan.spec.device, plan.warning, plan.can_leave_webgpu) == (Device.WEBGPU, "", False)


def test_a_model_that_only_webgpu_can_compute_gets_another_try_there() -> None:
    plan = plan_load(load_request(), failed(Dtype.Q4F16), GPU_F16)

    assert (plan.spec.device, plan.warning, plan.can_leave_webgpu) == (Device.WEBGPU, "", False)


def test_what_goes_to_the_cpu_anyway_has_no_warning() -> None:
    assert plan_load(load_request(dtype=Dtype.Q8), failed(*Dtype), GPU).warning == ""
    assert plan_load(load_request(device=Device.WASM), failed(*Dtype), GPU).warning == ""
    assert plan_load(load_request(), failed(*Dtype), CPU).warning == ""
    assert plan_load(load_request(), failed(*Dtype), SOFTWARE).warning == ""


@pytest.mark.parametrize(
    ("request_", "dtypes", "can"),
    [
        (load_request(), list(Dtype), True),
        (load_request(dtype=Dtype.Q4F16), list(Dtype), True),
        (load_request(device=Device.WEBGPU), list(Dtype), False),
        (load_request(), [Dtype.Q4F16, Dtype.FP16], False),
        (load_request(dtype=Dtype.Q8), list(Dtype), False),
    ],
)
def test_a_load_can_leave_webgpu_when_that_was_our_choice_and_the_cpu_can_compute_it(
    request_: LoadModel, dtypes: list[Dtype], can: bool
) -> None:
    assert plan_load(request_, entry(*dtypes), GPU_F16).can_leave_webgpu is can


def test_a_model_whose_weights_fit_no_buffer_of_the_adapter_goes_to_the_cpu() -> None:
    report = replace(GPU, max_buffer=1000)
    plan = plan_load(load_request(), entry(Dtype.Q4, Dtype.Q8), report, largest_weight=1_000_000)

    assert (plan.spec.dtype, plan.spec.device) == (Dtype.Q8, Device.WASM)
    assert said_to_wire(plan.warning) == said_to_wire(Sentence.GPU_CANNOT.said(model="acme/tiny"))
    with pytest.raises(UnsupportedDtype, match="one piece"):
        plan_load(load_request(device=Device.WEBGPU), entry(Dtype.Q4), report, largest_weight=1_000_000)


@pytest.mark.parametrize("external", [0, 1, 3])
def test_a_plan_says_what_transformers_js_has_to_know(external: int) -> None:
    spec = plan_load(load_request(), entry(Dtype.Q8, external=external), CPU).spec

    assert (spec.repo, spec.commit, spec.task) == ("acme/tiny", "c0ffee", "text-generation")
    assert (spec.onnx_file, spec.external_data_files) == ("onnx/model_quantized.onnx", external)


def test_small_files_come_first() -> None:
    plan = plan_load(load_request(), entry(Dtype.Q8, external=1), CPU)

    assert plan.small == (CONFIG,)
    assert [file.path for file in plan.files] == [
        "config.json",
        "onnx/model_quantized.onnx",
        "onnx/model_quantized.onnx_data",
    ]


@given(
    st.lists(st.sampled_from(Dtype), unique=True, min_size=1),
    st.sampled_from([CPU, GPU, GPU_F16, SOFTWARE]),
    st.none() | st.sampled_from(Dtype),
    st.none() | st.sampled_from(Device),
    st.sampled_from(["", "device lost"]),
)
def test_a_plan_never_needs_what_the_machine_lacks(
    dtypes: list[Dtype], report: DeviceReport, dtype: Dtype | None, device: Device | None, webgpu_failed: str
) -> None:
    found = replace(entry(*dtypes), webgpu_failed=webgpu_failed)
    try:
        spec = plan_load(load_request(dtype=dtype, device=device), found, report).spec
    except (DtypeNotFound, UnsupportedDtype, UnsupportedDevice):
        return
    assert spec.dtype in dtypes
    assert report.webgpu or spec.device is Device.WASM
    assert "16" not in spec.dtype or (report.f16 and spec.device is Device.WEBGPU)
    assert dtype in (None, spec.dtype) or webgpu_failed
    assert device in (None, spec.device)
