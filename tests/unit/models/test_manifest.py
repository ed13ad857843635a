"""What the manifest says, from listings and records."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import pytest

from tabagent.errors import JsonValue
from tabagent.models.manifest import (
    Records,
    add_quant_to_manifest,
    digest_kind,
    holds,
    merged,
    same_content,
    set_manifest_quant_status,
    stored_bytes,
    update_model_status,
    used_now,
    with_settings,
)
from tabagent.specs import Dtype, FileKey, FileRecord, ManifestEntry, ModelFile, Quant, QuantStatus
from tests.unit.models.dying import digest_of

REPO = "acme/tiny"
CONFIG = ModelFile(path="config.json", size=2, digest="git:c1")
Q8 = ModelFile(path="onnx/model_quantized.onnx", size=4, digest="sha256:q8")
Q4 = ModelFile(path="onnx/model_q4.onnx", size=3, digest="sha256:q4")
Q4_DATA = ModelFile(path="onnx/model_q4.onnx_data", size=5, digest="sha256:q4d")
ENTRY = ManifestEntry(
    repo=REPO,
    commit="c1",
    task="text-generation",
    common=(CONFIG,),
    quants=(Quant(dtype=Dtype.Q8, weights=(Q8,)), Quant(dtype=Dtype.Q4, weights=(Q4, Q4_DATA))),
    etag="e1",
)
AVAILABLE, DOWNLOADED, FAILED = QuantStatus.AVAILABLE, QuantStatus.DOWNLOADED, QuantStatus.FAILED


def record(
    file: ModelFile, stored: int | None = None, *, revision: str = "c1", digest: str | None = None
) -> FileRecord:
    """Return the record of a file in chunks of one byte, whole unless only the first ones are stored."""
    count = file.size if stored is None else stored
    return FileRecord(
        key=FileKey(REPO, file.path),
        revision=revision,
        size=file.size,
        chunk_size=1,
        digest=digest or file.digest,
        chunks=("x",) * count,
        whole=stored is None,
    )


def records(*found: FileRecord) -> Records:
    return {item.key.path: item for item in found}


def whole(files: Iterable[ModelFile]) -> Records:
    return records(*map(record, files))


def changed(entry: ManifestEntry, *paths: str, commit: str = "c2") -> ManifestEntry:
    """Return the next commit's entry, in which some files have another content."""

    def newer(file: ModelFile) -> ModelFile:
        return replace(file, digest=f"{file.digest}!") if file.path in paths else file

    quants = tuple(replace(quant, weights=tuple(map(newer, quant.weights))) for quant in entry.quants)
    return replace(entry, commit=commit, common=tuple(map(newer, entry.common)), quants=quants, etag=f"e-{commit}")


def statuses(entry: ManifestEntry) -> dict[str, QuantStatus]:
    return {str(quant.dtype): quant.status for quant in entry.quants}


# Content


@pytest.mark.parametrize(
    ("stored_digest", "told", "revision", "same"),
    [
        ("sha256:a", "sha256:a", "c1", True),
        ("sha256:a", "sha256:a", "older", True),
        ("sha256:a", "sha256:b", "c1", False),
        ("git:a", "git:a", "older", True),
        ("git:a", "git:b", "c1", False),
        # Digests of two kinds say nothing of each other; the commit decides.
        ("sha256:a", "git:a", "c1", True),
        ("sha256:a", "git:a", "older", False),
        ("sha256:a", None, "c1", True),
        ("sha256:a", None, "older", False),
        (None, "sha256:a", "c1", True),
        (None, "sha256:a", "older", False),
        (None, None, "", False),
    ],
)
def test_a_record_is_about_a_content_by_digests_of_one_kind_or_else_by_the_commit(
    stored_digest: str | None, told: str | None, revision: str, *, same: bool
) -> None:
    file = ModelFile(path="a", size=4, digest=told)
    found = replace(record(file, revision=revision), digest=stored_digest)

    assert same_content(found, file, "c1") is same
    assert holds(found, file, "c1") is same
    assert not holds(replace(found, whole=False), file, "c1")
    assert not same_content(found, replace(file, size=5), "c1")


def test_what_is_not_recorded_is_not_held() -> None:
    assert not holds(None, CONFIG, "c1")


def test_a_digest_says_of_what_kind_it_is() -> None:
    assert digest_kind(digest_of(b"x")) == "sha256"
    assert digest_kind(digest_of(b"x", "git:")) == "git"


# Statuses


@pytest.mark.parametrize(
    ("stored", "expected"),
    [
        ([], [AVAILABLE, AVAILABLE]),
        ([CONFIG], [AVAILABLE, AVAILABLE]),
        ([Q8], [AVAILABLE, AVAILABLE]),
        ([CONFIG, Q8], [DOWNLOADED, AVAILABLE]),
        ([CONFIG, Q4], [AVAILABLE, AVAILABLE]),
        ([CONFIG, Q8, Q4, Q4_DATA], [DOWNLOADED, DOWNLOADED]),
        ([Q8, Q4, Q4_DATA], [AVAILABLE, AVAILABLE]),
    ],
)
def test_a_dtype_is_downloaded_exactly_when_all_its_files_are_whole(
    stored: list[ModelFile], expected: list[QuantStatus]
) -> None:
    assert list(statuses(update_model_status(ENTRY, whole(stored))).values()) == expected


def test_a_file_that_is_not_whole_takes_the_status_back() -> None:
    before = update_model_status(ENTRY, whole([CONFIG, Q8]))
    partial = {**whole([CONFIG]), Q8.path: replace(record(Q8), whole=False)}

    assert statuses(update_model_status(before, partial))["q8"] is AVAILABLE


@pytest.mark.parametrize("status", sorted(set(QuantStatus) - {AVAILABLE, DOWNLOADED}))
def test_what_is_said_of_the_model_itself_stays_until_it_is_tried_again(status: QuantStatus) -> None:
    before = set_manifest_quant_status(ENTRY, Dtype.Q8, status, "why")

    for stored in ([], [CONFIG, Q8]):
        assert update_model_status(before, whole(stored)).quants[0] == before.quants[0]
    assert statuses(update_model_status(before, whole([CONFIG]), retried=True))["q8"] is status
    after = update_model_status(before, whole([CONFIG, Q8]), retried=True).quants[0]
    assert (after.status, after.reason) == (DOWNLOADED, "")


def test_the_status_of_one_dtype_is_changed_and_no_other() -> None:
    after = set_manifest_quant_status(ENTRY, Dtype.Q4, FAILED, "broken")

    assert after.quants[0] == ENTRY.quants[0]
    assert (after.quants[1].status, after.quants[1].reason) == (FAILED, "broken")
    assert set_manifest_quant_status(ENTRY, Dtype.Q2, FAILED) == ENTRY


def test_a_dtype_that_was_loaded_has_been_used_and_failed_no_longer() -> None:
    before = set_manifest_quant_status(ENTRY, Dtype.Q8, FAILED, "broken")
    after = used_now(before, whole([CONFIG, Q8]), Dtype.Q8, 17).quants

    assert (after[0].last_used, after[0].status, after[0].reason) == (17, DOWNLOADED, "")
    assert after[1] == before.quants[1]


def test_a_dtype_that_was_loaded_is_no_more_downloaded_than_its_files_are() -> None:
    assert used_now(ENTRY, whole([CONFIG]), Dtype.Q8, 17).quants[0].status is AVAILABLE


# Bytes


def test_the_bytes_of_weights_count_and_those_of_common_files_do_not() -> None:
    stored = {**whole([CONFIG, Q4]), **records(record(Q4_DATA, 2))}

    assert [stored_bytes(ENTRY, quant, stored) for quant in ENTRY.quants] == [0, 5]


def test_bytes_of_another_content_do_not_count() -> None:
    stored = records(record(Q4, 2, digest="sha256:other"))

    assert stored_bytes(ENTRY, ENTRY.quants[1], stored) == 0


# Listings


def test_a_first_listing_has_the_statuses_of_what_is_stored_already() -> None:
    assert statuses(merged(None, ENTRY, whole([CONFIG, Q8]))) == {"q8": DOWNLOADED, "q4": AVAILABLE}


def test_a_commit_that_changes_nothing_keeps_what_is_stored() -> None:
    stored = whole([CONFIG, Q8])
    after = merged(update_model_status(ENTRY, stored), changed(ENTRY), stored)

    assert (after.commit, after.newer, after.etag) == ("c2", "", "e-c2")
    assert statuses(after)["q8"] is DOWNLOADED


@pytest.mark.parametrize("path", [Q8.path, CONFIG.path])
def test_a_commit_that_changes_stored_files_leaves_the_old_one_usable_and_is_told(path: str) -> None:
    stored = whole([CONFIG, Q8])
    before = update_model_status(ENTRY, stored)
    after = merged(before, changed(ENTRY, path), stored)

    assert after == replace(before, newer="c2", etag="e-c2")
    assert statuses(after)["q8"] is DOWNLOADED


def test_a_commit_without_a_stored_dtype_leaves_the_old_one_usable() -> None:
    stored = whole([CONFIG, Q8])
    before = update_model_status(ENTRY, stored)
    after = merged(before, replace(changed(ENTRY), quants=ENTRY.quants[1:]), stored)

    assert (after.commit, after.newer) == ("c1", "c2")
    assert statuses(after)["q8"] is DOWNLOADED


@pytest.mark.parametrize("stored", [whole([CONFIG]), records(record(CONFIG), record(Q8, 3)), {}])
def test_a_commit_that_changes_what_is_not_stored_whole_is_taken(stored: Records) -> None:
    after = merged(update_model_status(ENTRY, stored), changed(ENTRY, Q8.path), stored)

    assert (after.commit, after.newer) == ("c2", "")


def test_a_commit_that_changes_only_another_dtype_is_taken() -> None:
    stored = whole([CONFIG, Q8])
    after = merged(update_model_status(ENTRY, stored), changed(ENTRY, Q4.path), stored)

    assert (after.commit, after.newer) == ("c2", "")
    assert statuses(after)["q8"] is DOWNLOADED


def test_a_newer_commit_that_goes_back_to_what_is_stored_is_taken() -> None:
    stored = whole([CONFIG, Q8])
    torn = merged(update_model_status(ENTRY, stored), changed(ENTRY, Q8.path), stored)
    after = merged(torn, replace(ENTRY, commit="c3"), stored)

    assert (after.commit, after.newer) == ("c3", "")


def test_what_the_person_did_with_a_dtype_stays_over_listings() -> None:
    used = replace(ENTRY.quants[0], last_used=7, settings={"temperature": 0.5})
    before = replace(ENTRY, quants=(used, ENTRY.quants[1]))
    after = merged(before, changed(ENTRY, Q8.path), {}).quants

    assert (after[0].last_used, after[0].settings) == (7, {"temperature": 0.5})
    assert after[1].last_used == 0


def test_a_failure_on_webgpu_stays_over_listings() -> None:
    failed = replace(ENTRY, webgpu_failed="device lost")
    stored = whole(ENTRY.files_of(ENTRY.quants[0]))

    assert merged(failed, changed(ENTRY, Q8.path), {}).webgpu_failed == "device lost"
    assert merged(failed, changed(ENTRY, Q8.path), stored).webgpu_failed == "device lost"


def test_settings_of_a_dtype_take_the_place_of_its_old_ones() -> None:
    values: dict[str, JsonValue] = {"top_k": 5}
    after = with_settings(with_settings(ENTRY, Dtype.Q8, {"seed": 1}), Dtype.Q8, values)
    values.clear()

    assert [quant.settings for quant in after.quants] == [{"top_k": 5}, {}]
    assert with_settings(ENTRY, Dtype.Q2, {"top_k": 5}) == ENTRY


def test_a_failure_stays_as_long_as_the_weights_are_the_same() -> None:
    before = set_manifest_quant_status(ENTRY, Dtype.Q8, FAILED, "no kernel")
    same, other = merged(before, changed(ENTRY), {}), merged(before, changed(ENTRY, Q8.path), {})

    assert (same.quants[0].status, same.quants[0].reason) == (FAILED, "no kernel")
    assert (other.quants[0].status, other.quants[0].reason) == (AVAILABLE, "")


def test_a_dtype_that_came_later_is_added_and_one_that_went_is_gone() -> None:
    fewer = replace(ENTRY, quants=ENTRY.quants[:1])

    assert statuses(merged(fewer, ENTRY, {})) == {"q8": AVAILABLE, "q4": AVAILABLE}
    assert statuses(merged(ENTRY, fewer, {})) == {"q8": AVAILABLE}


# Dtypes


def test_a_dtype_is_added_with_its_external_data_in_the_order_of_its_numbers() -> None:
    graph = "onnx/model_q2.onnx"
    names = [
        f"{graph}_data_10",
        f"{graph}_data_2",
        f"{graph}_data",
        graph,
        f"{graph}_data_x",
        "onnx/modelXq2.onnx_data",
    ]
    files = {name: ModelFile(path=name, size=1) for name in names}
    after = add_quant_to_manifest(ENTRY, Dtype.Q2, graph, files)

    assert after.quants[:-1] == ENTRY.quants
    added = after.quants[-1]
    assert (added.dtype, added.status) == (Dtype.Q2, AVAILABLE)
    assert [file.path for file in added.weights] == [graph, f"{graph}_data", f"{graph}_data_2", f"{graph}_data_10"]
