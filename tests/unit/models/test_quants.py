"""Files become dtypes; the device decides which is best."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tabagent.errors import NoOnnxFiles
from tabagent.models.quants import (
    DYNAMICALLY_QUANTIZED,
    FEW_BITS,
    MEMORY_TOLD_AT_MOST,
    MOST_WEIGHTS_WASM,
    NEEDS_F16,
    SUFFIXES,
    best_device,
    entry_from_listing,
    recommend,
    unsupported_reason,
)
from tabagent.specs import Device, DeviceReport, Dtype, ManifestEntry, ModelFile, Quant, QuantStatus, RepositoryListing

CPU = DeviceReport(webgpu=False, f16=False, threads=4)
GPU = DeviceReport(webgpu=True, f16=False, threads=4)
GPU_F16 = DeviceReport(webgpu=True, f16=True, threads=4)
GIB = 1 << 30
BESIDE = ("config.json", "tokenizer.json")


def quant(dtype: Dtype, size: int = 1) -> Quant:
    return Quant(dtype=dtype, weights=(ModelFile(path=f"onnx/model{SUFFIXES[dtype]}.onnx", size=size),))


def listing(*paths: str) -> RepositoryListing:
    files = tuple(ModelFile(path=path, size=number) for number, path in enumerate(paths, 1))
    return RepositoryListing(repo="acme/tiny", commit="c0ffee", task="text-generation", files=files)


def entry(*dtypes: Dtype) -> ManifestEntry:
    quants = tuple(map(quant, dtypes))
    return ManifestEntry(repo="acme/tiny", commit="c0ffee", task="text-generation", common=(), quants=quants)


def best(report: DeviceReport, *dtypes: Dtype) -> Dtype | None:
    found = recommend(entry(*dtypes), best_device(report), report)
    return found.dtype if found else None


@pytest.mark.parametrize(
    ("path", "dtype"),
    [
        ("onnx/model.onnx", "fp32"),
        ("onnx/model_fp16.onnx", "fp16"),
        ("onnx/model_int8.onnx", "int8"),
        ("onnx/model_uint8.onnx", "uint8"),
        ("onnx/model_quantized.onnx", "q8"),
        ("onnx/model_q4.onnx", "q4"),
        ("onnx/model_q4f16.onnx", "q4f16"),
        ("onnx/model_bnb4.onnx", "bnb4"),
        ("onnx/model_q2.onnx", "q2"),
        ("onnx/model_q2f16.onnx", "q2f16"),
        ("onnx/model_q1.onnx", "q1"),
        ("onnx/model_q1f16.onnx", "q1f16"),
    ],
)
def test_each_graph_is_known_by_its_file_name(path: str, dtype: str) -> None:
    quants = entry_from_listing(listing(*BESIDE, path)).quants

    assert [(quant.dtype.value, quant.onnx_path, quant.status) for quant in quants] == [
        (dtype, path, QuantStatus.AVAILABLE)
    ]


def test_a_new_entry_keeps_what_the_hub_said_of_it() -> None:
    found = entry_from_listing(replace(listing(*BESIDE, "onnx/model.onnx"), etag='"abc"'))

    assert (found.repo, found.commit, found.task, found.etag) == ("acme/tiny", "c0ffee", "text-generation", '"abc"')
    assert (found.newer, found.quants[0].last_used, found.quants[0].settings) == ("", 0, {})


def test_every_dtype_has_a_file_name() -> None:
    assert set(SUFFIXES) == set(Dtype)
    assert len(set(SUFFIXES.values())) == len(SUFFIXES)


@pytest.mark.parametrize(
    "path",
    [
        "model.onnx",
        "onnx/model_q4_merged.onnx",
        "onnx/decoder_model.onnx",
        "onnx/model_Q4.onnx",
        "other/onnx/model.onnx",
        "onnx/model.onnx.bak",
        "onnx/modelXonnx",
        "pytorch_model.bin",
    ],
)
def test_a_repository_with_nothing_but_other_files_has_no_model(path: str) -> None:
    with pytest.raises(NoOnnxFiles):
        entry_from_listing(listing(*BESIDE, path))


@pytest.mark.parametrize("missing", BESIDE)
def test_a_graph_without_configuration_or_tokenizer_cannot_be_loaded(missing: str) -> None:
    with pytest.raises(NoOnnxFiles):
        entry_from_listing(listing(*(path for path in BESIDE if path != missing), "onnx/model.onnx"))


def test_external_data_comes_after_its_graph_in_the_order_of_its_numbers() -> None:
    parts = [f"onnx/model_q4.onnx_data_{number}" for number in (10, 2, 1)]
    found = entry_from_listing(listing(*BESIDE, *parts, "onnx/model_q4.onnx_data", "onnx/model_q4.onnx"))

    assert [file.path for file in found.quants[0].weights] == [
        "onnx/model_q4.onnx",
        "onnx/model_q4.onnx_data",
        "onnx/model_q4.onnx_data_1",
        "onnx/model_q4.onnx_data_2",
        "onnx/model_q4.onnx_data_10",
    ]


def test_external_data_belongs_to_its_own_graph_only() -> None:
    found = entry_from_listing(
        listing(
            *BESIDE,
            "onnx/model.onnx",
            "onnx/model.onnx_data",
            "onnx/model_q4.onnx",
            "onnx/model_q4.onnx_data_x",
            "onnx/model_q4.onnx_data.bak",
        )
    )

    assert {quant.dtype: len(quant.weights) for quant in found.quants} == {Dtype.FP32: 2, Dtype.Q4: 1}


def test_only_the_files_that_are_read_are_taken_along() -> None:
    found = entry_from_listing(
        listing("README.md", "vocab.json", "chat_template.jinja", "generation_config.json", *BESIDE, "onnx/model.onnx")
    )

    assert {file.path for file in found.common} == {*BESIDE, "chat_template.jinja", "generation_config.json"}


@pytest.mark.parametrize(
    ("report", "device"),
    [
        (CPU, Device.WASM),
        (GPU, Device.WEBGPU),
        (GPU_F16, Device.WEBGPU),
        (replace(GPU, software=True), Device.WASM),
    ],
)
def test_a_graphics_adapter_is_preferred_where_there_is_one(report: DeviceReport, device: Device) -> None:
    assert best_device(report) is device


@pytest.mark.parametrize("dtype", Dtype)
def test_sixteen_bit_weights_run_only_on_an_adapter_that_has_them(dtype: Dtype) -> None:
    needs_f16 = dtype.value in ("fp16", "q4f16", "q2f16", "q1f16")

    small = quant(dtype)

    assert (unsupported_reason(small, Device.WASM, CPU) is not None) is needs_f16
    assert (unsupported_reason(small, Device.WASM, GPU_F16) is not None) is needs_f16
    assert (unsupported_reason(small, Device.WEBGPU, GPU) is not None) is needs_f16
    assert unsupported_reason(small, Device.WEBGPU, GPU_F16) is None


@pytest.mark.parametrize(
    ("device", "memory", "size", "fits"),
    [
        (Device.WASM, 0, MOST_WEIGHTS_WASM, True),
        (Device.WASM, 0, MOST_WEIGHTS_WASM + 1, False),
        (Device.WEBGPU, 0, MOST_WEIGHTS_WASM + 1, True),
        (Device.WEBGPU, 2 * GIB, 2 * GIB, True),
        (Device.WEBGPU, 2 * GIB, 2 * GIB + 1, False),
        (Device.WASM, 2 * GIB, 2 * GIB + 1, False),
        # Browsers tell no more than 8 GiB, so that "8" may be 64.
        (Device.WEBGPU, MEMORY_TOLD_AT_MOST, 50 * GIB, True),
    ],
)
def test_weights_that_are_too_large_for_the_device_are_refused_with_numbers(
    device: Device, memory: int, size: int, *, fits: bool
) -> None:
    reason = unsupported_reason(quant(Dtype.Q8, size), device, replace(GPU_F16, memory=memory))

    assert (reason is None) is fits
    assert reason is None or f"{size / 1e9:.1f} GB" in reason


@pytest.mark.parametrize(
    ("dtype", "limit", "fits"),
    [
        (Dtype.FP32, 4_000_000, True),
        (Dtype.FP32, 3_999_999, False),
        (Dtype.FP16, 2_000_000, True),
        (Dtype.FP16, 1_999_999, False),
        (Dtype.Q4, 500_000, True),
        (Dtype.Q4F16, 499_999, False),
        (Dtype.Q8, 999_999, False),
        (Dtype.Q2, 249_999, False),
        (Dtype.Q1, 125_000, True),
        # Nobody knows what the adapter takes.
        (Dtype.FP32, 0, True),
    ],
)
def test_a_weight_that_is_larger_than_any_buffer_of_the_adapter_is_refused_there(
    dtype: Dtype, limit: int, fits: bool
) -> None:
    report = replace(GPU_F16, max_buffer=limit)

    reason = unsupported_reason(quant(dtype), Device.WEBGPU, report, largest_weight=1_000_000)
    assert (reason is None) is fits
    assert reason is None or "MB in one piece" in reason
    assert unsupported_reason(quant(dtype), Device.WEBGPU, report) is None


def test_limits_of_the_adapter_do_not_count_on_the_cpu() -> None:
    report = replace(GPU, max_buffer=1)

    assert unsupported_reason(quant(Dtype.Q8), Device.WASM, report, largest_weight=1_000_000) is None


def test_a_larger_dtype_gives_way_to_one_that_fits_the_adapters_buffers() -> None:
    report = replace(GPU, max_buffer=500_000)
    found = recommend(entry(Dtype.FP32, Dtype.Q4), Device.WEBGPU, report, largest_weight=1_000_000)

    assert found is not None
    assert found.dtype is Dtype.Q4
    assert recommend(entry(Dtype.FP32), Device.WEBGPU, report, largest_weight=1_000_000) is None


def test_external_data_counts_for_the_size_of_weights() -> None:
    parts = tuple(ModelFile(path=f"part {number}", size=MOST_WEIGHTS_WASM // 2) for number in range(3))

    assert unsupported_reason(Quant(dtype=Dtype.Q8, weights=parts), Device.WASM, CPU) is not None


def test_a_dtype_that_is_too_large_gives_way_to_one_that_fits() -> None:
    large = replace(entry(Dtype.Q8, Dtype.INT8), quants=(quant(Dtype.Q8, MOST_WEIGHTS_WASM + 1), quant(Dtype.INT8)))
    found = recommend(large, Device.WASM, CPU)

    assert found is not None
    assert found.dtype is Dtype.INT8


def test_the_recommendation_follows_the_device() -> None:
    everything = tuple(Dtype)

    assert best(CPU, *everything) is Dtype.Q8
    assert best(GPU, *everything) is Dtype.Q4
    assert best(GPU_F16, *everything) is Dtype.Q4F16


@pytest.mark.parametrize(
    ("report", "dtypes", "expected"),
    [
        (CPU, (Dtype.Q4, Dtype.INT8), Dtype.INT8),
        (CPU, (Dtype.Q4, Dtype.UINT8), Dtype.UINT8),
        (CPU, (Dtype.Q4, Dtype.FP32, Dtype.FP16), Dtype.FP32),
        (CPU, (Dtype.Q4, Dtype.Q4F16), Dtype.Q4),
        (CPU, (Dtype.FP16, Dtype.Q4F16), None),
        (GPU, (Dtype.FP16, Dtype.Q4F16, Dtype.Q8), Dtype.Q8),
        (GPU, (Dtype.FP32, Dtype.Q8), Dtype.FP32),
        (GPU, (Dtype.FP16,), None),
        (GPU_F16, (Dtype.FP16, Dtype.FP32, Dtype.Q8), Dtype.FP16),
        (GPU_F16, (Dtype.Q4, Dtype.FP16), Dtype.Q4),
        (GPU_F16, (), None),
    ],
)
def test_the_next_best_is_taken_of_what_there_is(
    report: DeviceReport, dtypes: tuple[Dtype, ...], expected: Dtype | None
) -> None:
    assert best(report, *dtypes) is expected


subsets = st.lists(st.sampled_from(Dtype), unique=True)
reports = st.sampled_from([CPU, GPU, GPU_F16])


@given(subsets)
def test_few_bits_are_never_recommended_on_wasm_when_there_are_eight(dtypes: list[Dtype]) -> None:
    found = best(CPU, *dtypes)

    if DYNAMICALLY_QUANTIZED & set(dtypes):
        assert found in DYNAMICALLY_QUANTIZED
    elif Dtype.FP32 in dtypes:
        assert found not in FEW_BITS


@given(subsets, reports)
def test_a_dtype_is_recommended_exactly_when_one_can_be_computed(dtypes: list[Dtype], report: DeviceReport) -> None:
    device = best_device(report)
    runnable = {dtype for dtype in dtypes if unsupported_reason(quant(dtype), device, report) is None}
    found = recommend(entry(*dtypes), device, report)

    assert (found.dtype in runnable) if found else not runnable


@given(subsets, reports)
def test_a_recommendation_says_why_in_words(dtypes: list[Dtype], report: DeviceReport) -> None:
    found = recommend(entry(*dtypes), best_device(report), report)

    assert found is None or len(found.reason.split()) > 4


def test_the_reason_on_the_cpu_names_its_threads() -> None:
    found = recommend(entry(Dtype.Q8), Device.WASM, CPU)

    assert found is not None
    assert "4 threads" in found.reason


def test_eight_bits_on_a_graphics_card_are_said_to_run_on_the_cpu() -> None:
    found = recommend(entry(Dtype.UINT8), Device.WEBGPU, GPU)

    assert found is not None
    assert "run on the CPU" in found.reason


def test_four_bits_on_the_cpu_are_called_slow() -> None:
    found = recommend(entry(Dtype.Q4), Device.WASM, CPU)

    assert found is not None
    assert "slow" in found.reason


def test_a_dtype_is_of_one_family_at_most() -> None:
    assert not DYNAMICALLY_QUANTIZED & NEEDS_F16
    assert not DYNAMICALLY_QUANTIZED & FEW_BITS
    assert not NEEDS_F16 & FEW_BITS
