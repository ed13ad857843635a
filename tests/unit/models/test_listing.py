"""What the model picker shows."""

from __future__ import annotations

import json
from dataclasses import replace

from tabagent.errors import JsonObject
from tabagent.models.catalog import DEFAULT_MODEL, SUGGESTED_MODELS
from tabagent.models.listing import model_view, models_view
from tabagent.specs import DeviceReport, Dtype, ManifestEntry, ModelFile, Quant, QuantStatus

CPU = DeviceReport(webgpu=False, f16=False, threads=2)
GPU = DeviceReport(webgpu=True, f16=True, threads=2)
SUGGESTED = [model.repo for model in SUGGESTED_MODELS]
ENTRY = ManifestEntry(
    repo="acme/tiny",
    commit="c0ffee",
    task="text-generation",
    common=(ModelFile(path="config.json", size=1),),
    quants=(
        Quant(
            dtype=Dtype.Q8,
            weights=(ModelFile(path="onnx/model_quantized.onnx", size=4), ModelFile(path="x", size=6)),
            status=QuantStatus.DOWNLOADED,
        ),
        Quant(
            dtype=Dtype.Q4,
            weights=(ModelFile(path="onnx/model_q4.onnx", size=3),),
            status=QuantStatus.FAILED,
            reason="protobuf parsing failed",
        ),
        Quant(dtype=Dtype.Q4F16, weights=(ModelFile(path="onnx/model_q4f16.onnx", size=2),)),
    ),
)


def dtypes(view: JsonObject) -> dict[str, JsonObject]:
    items = view["dtypes"]
    assert isinstance(items, list)
    return {str(item["dtype"]): item for item in items if isinstance(item, dict)}


def test_a_known_model_is_shown_with_its_dtypes_sizes_and_states() -> None:
    view = model_view(ENTRY, CPU)

    assert json.loads(json.dumps(view)) == view
    assert (view["modelId"], view["title"], view["commit"], view["suggested"]) == (
        "acme/tiny",
        "tiny",
        "c0ffee",
        False,
    )
    assert dtypes(view)["q8"] == {"dtype": "q8", "status": "downloaded", "size": 10, "reason": None}
    assert dtypes(view)["q4"] == {
        "dtype": "q4",
        "status": "failed",
        "size": 3,
        "reason": "protobuf parsing failed",
    }


def test_what_the_machine_cannot_compute_is_shown_as_such_with_the_reason() -> None:
    assert dtypes(model_view(ENTRY, CPU))["q4f16"]["status"] == "unsupported"
    assert "16-bit" in str(dtypes(model_view(ENTRY, CPU))["q4f16"]["reason"])
    assert dtypes(model_view(ENTRY, GPU))["q4f16"]["status"] == "available"


def test_what_is_downloaded_stays_so_even_where_it_cannot_run() -> None:
    stored = replace(ENTRY, quants=tuple(replace(quant, status=QuantStatus.DOWNLOADED) for quant in ENTRY.quants))

    assert dtypes(model_view(stored, CPU))["q4f16"]["status"] == "downloaded"


def test_the_recommendation_is_that_of_the_machine() -> None:
    assert model_view(ENTRY, CPU)["recommendedDtype"] == "q8"
    assert model_view(ENTRY, GPU)["recommendedDtype"] == "q4f16"


def test_a_model_that_cannot_run_here_has_no_recommendation_and_says_so() -> None:
    view = model_view(replace(ENTRY, quants=ENTRY.quants[2:]), CPU)

    assert view["recommendedDtype"] is None
    assert "none of its weights run" in str(view["recommendedReason"])


def test_with_nothing_known_the_suggested_models_are_shown() -> None:
    views = models_view((), CPU)

    assert [view["modelId"] for view in views] == SUGGESTED
    assert all(view["suggested"] and view["commit"] is None and view["dtypes"] == [] for view in views)


def test_other_known_models_come_after_the_suggested_ones_in_order() -> None:
    views = models_view((replace(ENTRY, repo="zeta/z"), replace(ENTRY, repo="acme/a")), CPU)

    assert [view["modelId"] for view in views] == [*SUGGESTED, "acme/a", "zeta/z"]


def test_a_suggested_model_that_is_known_is_shown_once_with_what_is_known() -> None:
    views = models_view((replace(ENTRY, repo=DEFAULT_MODEL),), CPU)

    assert [view["modelId"] for view in views] == SUGGESTED
    assert (views[0]["suggested"], views[0]["commit"], views[0]["title"]) == (
        True,
        "c0ffee",
        SUGGESTED_MODELS[0].title,
    )


def test_every_view_has_the_same_fields() -> None:
    known, unknown = model_view(ENTRY, CPU), models_view((), CPU)[0]

    assert set(known) == set(unknown)
