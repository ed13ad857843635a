"""What the model picker shows."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace

import pytest

from tabagent.engine_errors import LoadFailed
from tabagent.errors import JsonObject
from tabagent.events import TransferStates
from tabagent.messages import DownloadProgress
from tabagent.models.catalog import DEFAULT_MODEL, SUGGESTED_MODELS
from tabagent.models.listing import TransferOf
from tabagent.models.listing import model_view as view_of_model
from tabagent.models.listing import models_view as view_of_models
from tabagent.sentences import Sentence, error_said, said_to_wire
from tabagent.specs import DeviceReport, Dtype, FileKey, FileRecord, ManifestEntry, ModelFile, Quant, QuantStatus

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


def no_transfer(repo: str, dtype: Dtype) -> DownloadProgress | None:
    return None


def model_view(
    entry: ManifestEntry,
    report: DeviceReport,
    *records: FileRecord,
    transfers: TransferOf = no_transfer,
    context: int | None = None,
) -> JsonObject:
    return view_of_model(entry, records, report, transfers, context)


def models_view(
    entries: tuple[ManifestEntry, ...],
    report: DeviceReport,
    *records: FileRecord,
    contexts: Mapping[str, int | None] | None = None,
) -> list[JsonObject]:
    return view_of_models(entries, records, report, no_transfer, contexts or {})


def record(path: str, size: int, stored: int, *, repo: str = "acme/tiny", revision: str = "c0ffee") -> FileRecord:
    """Return the record of a file in chunks of one byte, of which the first ones are stored."""
    return FileRecord(
        key=FileKey(repo, path),
        revision=revision,
        size=size,
        chunk_size=1,
        chunks=("x",) * stored,
        whole=stored == size,
    )


def dtypes(view: JsonObject) -> dict[str, JsonObject]:
    items = view["dtypes"]
    assert isinstance(items, list)
    return {str(item["dtype"]): item for item in items if isinstance(item, dict)}


def as_objects(value: object) -> list[JsonObject]:
    assert isinstance(value, list)
    return value


def test_a_known_model_is_shown_with_its_dtypes_sizes_and_states() -> None:
    view = model_view(ENTRY, CPU)

    assert json.loads(json.dumps(view)) == view
    assert (view["modelId"], view["title"], view["commit"], view["suggested"]) == (
        "acme/tiny",
        "tiny",
        "c0ffee",
        False,
    )
    assert dtypes(view)["q8"] == {
        "dtype": "q8",
        "status": "downloaded",
        "size": 10,
        "stored": 0,
        "reason": None,
        "reasonSaid": None,
        "lastUsed": 0,
        "files": [
            {"file": "config.json", "size": 1, "stored": 0},
            {"file": "onnx/model_quantized.onnx", "size": 4, "stored": 0},
            {"file": "x", "size": 6, "stored": 0},
        ],
        "transfer": None,
    }
    q4 = dtypes(view)["q4"]
    assert (q4["status"], q4["size"], q4["reason"]) == ("failed", 3, "protobuf parsing failed")


def test_what_the_machine_cannot_compute_is_shown_as_such_with_the_reason() -> None:
    assert dtypes(model_view(ENTRY, CPU))["q4f16"]["status"] == "unsupported"
    assert dtypes(model_view(ENTRY, CPU))["q4f16"]["reason"] == Sentence.NO_F16_ON_CPU
    assert dtypes(model_view(ENTRY, CPU))["q4f16"]["reasonSaid"] == said_to_wire(Sentence.NO_F16_ON_CPU.said())
    assert dtypes(model_view(ENTRY, GPU))["q4f16"]["status"] == "available"


def test_what_is_downloaded_stays_so_even_where_it_cannot_run() -> None:
    stored = replace(ENTRY, quants=tuple(replace(quant, status=QuantStatus.DOWNLOADED) for quant in ENTRY.quants))

    assert dtypes(model_view(stored, CPU))["q4f16"]["status"] == "downloaded"


def test_the_recommendation_is_that_of_the_machine() -> None:
    assert model_view(ENTRY, CPU)["recommendedDtype"] == "q8"
    assert model_view(ENTRY, GPU)["recommendedDtype"] == "q4f16"


def test_why_a_dtype_is_recommended_goes_with_its_code_and_values() -> None:
    view = model_view(ENTRY, CPU)
    said = Sentence.FASTEST_ON_CPU.said(threads=2)

    assert (view["recommendedReason"], view["recommendedReasonSaid"]) == (said, said_to_wire(said))
    later = Sentence.CHOSEN_LATER.said()
    unknown = models_view((), CPU)[0]
    assert (unknown["recommendedReason"], unknown["recommendedReasonSaid"]) == (later, said_to_wire(later))


def test_why_a_dtype_failed_goes_with_its_code_where_there_is_one() -> None:
    failed = replace(ENTRY.quants[1], reason=error_said(LoadFailed("acme/tiny", "q4", "wasm", "no kernel")))
    view = dtypes(model_view(replace(ENTRY, quants=(failed,)), CPU))["q4"]

    assert view["reason"] == failed.reason
    assert view["reasonSaid"] == {"code": "error_load_failed", "values": {}, "text": failed.reason}
    assert dtypes(model_view(ENTRY, CPU))["q4"]["reasonSaid"] is None


def test_a_model_that_cannot_run_here_has_no_recommendation_and_says_so() -> None:
    view = model_view(replace(ENTRY, quants=ENTRY.quants[2:]), CPU)

    assert view["recommendedDtype"] is None
    assert "none of its weights run" in str(view["recommendedReason"])
    assert view["recommendedReasonSaid"] == said_to_wire(Sentence.NONE_RUNS.said(reason=Sentence.NO_F16_ON_CPU.said()))


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


def test_what_is_stored_of_a_dtype_is_told_per_file_and_of_its_weights() -> None:
    records = [record("config.json", 1, 1), record("onnx/model_quantized.onnx", 4, 4), record("x", 6, 2)]
    shown = dtypes(model_view(ENTRY, CPU, *records))

    assert shown["q8"]["stored"] == 6
    assert [file["stored"] for file in as_objects(shown["q8"]["files"])] == [1, 4, 2]
    # Common files are no beginning of a dtype.
    assert shown["q4"]["stored"] == 0


@pytest.mark.parametrize("other", [record("x", 7, 7), record("x", 6, 6, revision="beef")])
def test_what_is_stored_of_another_content_does_not_count(other: FileRecord) -> None:
    shown = dtypes(model_view(ENTRY, CPU, other))["q8"]

    assert shown["stored"] == 0
    assert as_objects(shown["files"])[2]["stored"] == 0


def test_the_records_of_one_model_do_not_count_for_another() -> None:
    views = models_view((ENTRY, replace(ENTRY, repo="acme/other")), CPU, record("x", 6, 2))

    assert {str(view["modelId"]): dtypes(view)["q8"]["stored"] for view in views[-2:]} == {
        "acme/other": 0,
        "acme/tiny": 2,
    }


def test_a_download_that_is_going_on_is_told_with_its_dtype() -> None:
    progress = DownloadProgress(
        model_id=ENTRY.repo,
        dtype="q4",
        status=TransferStates.PAUSED,
        loaded=1,
        total=3,
        bytes_per_second=0,
        seconds_left=None,
        files=[],
        message="Paused",
    )
    shown = dtypes(
        model_view(ENTRY, CPU, transfers=lambda repo, dtype: progress if (repo, dtype) == (ENTRY.repo, "q4") else None)
    )

    transfer = shown["q4"]["transfer"]
    assert isinstance(transfer, dict)
    assert (transfer["status"], transfer["loaded"], transfer["modelId"]) == ("paused", 1, ENTRY.repo)
    assert shown["q8"]["transfer"] is None


def test_a_newer_commit_is_told() -> None:
    assert model_view(ENTRY, CPU)["newer"] is None
    assert model_view(replace(ENTRY, newer="beef"), CPU)["newer"] == "beef"


def test_how_much_a_model_can_attend_to_is_told_where_it_is_known() -> None:
    views = models_view((ENTRY, replace(ENTRY, repo="acme/z")), CPU, contexts={ENTRY.repo: 4096, "acme/z": None})

    assert [view["contextLength"] for view in views[-2:]] == [4096, None]
    assert model_view(ENTRY, CPU, context=64)["contextLength"] == 64


def test_when_a_dtype_was_last_used_is_told() -> None:
    used = replace(ENTRY, quants=(replace(ENTRY.quants[0], last_used=17),))

    assert dtypes(model_view(used, CPU))["q8"]["lastUsed"] == 17


def test_every_view_has_the_same_fields() -> None:
    known, unknown = model_view(ENTRY, CPU), models_view((), CPU)[0]

    assert set(known) == set(unknown)
