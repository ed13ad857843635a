"""Models from an export: what is kept, what joins, what is refused."""

from __future__ import annotations

import pytest

from tabagent.models.archive import VERSION
from tabagent.specs import Dtype, FileKey, QuantStatus
from tabagent.store_errors import ImportFailed, StorageFull
from tests.unit.models.transfer_machine import (
    COMMIT,
    FILES,
    MORE,
    OTHER,
    REPO,
    Machine,
    export_of,
    git,
    manifest_of,
)

pytestmark = pytest.mark.usefixtures("transfer_chunks")


async def test_progress_counts_each_file_and_everything(machine: Machine) -> None:
    await machine.take_in(export_of())

    total = sum(map(len, FILES.values()))
    assert {(step.model_id, step.total) for step in machine.progress} == {(REPO, total)}
    assert [step.loaded for step in machine.progress] == sorted(step.loaded for step in machine.progress)
    assert machine.progress[-1].loaded == total
    last = {step.file: (step.file_loaded, step.file_total) for step in machine.progress}
    assert last == {path: (len(data), len(data)) for path, data in FILES.items()}


async def test_importing_again_writes_nothing(machine: Machine) -> None:
    await machine.take_in(export_of())
    machine.chunks.capacity = 0

    await machine.take_in(export_of())

    assert await machine.stored() == FILES
    assert machine.progress[-1].loaded == machine.progress[-1].total


async def test_files_that_are_stored_with_the_hubs_digests_are_kept(machine: Machine) -> None:
    await machine.download(digest=git)
    machine.chunks.capacity = 0

    await machine.take_in(export_of())

    assert await machine.statuses() == {Dtype.Q4: QuantStatus.DOWNLOADED}


async def test_a_dtype_joins_those_that_are_stored(machine: Machine) -> None:
    await machine.download(digest=git)

    await machine.take_in(export_of(contents=MORE))

    assert await machine.stored() == MORE
    assert await machine.statuses() == dict.fromkeys((Dtype.Q4, Dtype.Q8), QuantStatus.DOWNLOADED)


async def test_a_dtype_of_another_commit_joins_when_the_common_files_are_the_same(machine: Machine) -> None:
    await machine.download(digest=git)
    only_q8 = {path: data for path, data in MORE.items() if "q4" not in path}
    manifest = manifest_of(only_q8)
    manifest["models"][0]["commit"] = "another"

    await machine.take_in(export_of(manifest, only_q8))

    assert await machine.statuses() == dict.fromkeys((Dtype.Q4, Dtype.Q8), QuantStatus.DOWNLOADED)


async def test_what_the_hub_says_stays_when_the_files_are_those_that_it_names(machine: Machine) -> None:
    await machine.download(contents=MORE, digest=git, only=[])
    manifest = manifest_of()
    manifest["models"][0]["commit"] = ""

    await machine.take_in(export_of(manifest))

    entry = await machine.store.entry(REPO)
    assert entry is not None
    assert entry.commit == COMMIT
    assert await machine.statuses() == {Dtype.Q4: QuantStatus.DOWNLOADED, Dtype.Q8: QuantStatus.AVAILABLE}


async def test_an_older_version_comes_in_where_nothing_of_the_newer_is_stored(machine: Machine) -> None:
    newer = {**FILES, "config.json": b'{"model_type": "newer"}'}
    await machine.download(contents=newer, commit="beef", only=[])

    await machine.take_in(export_of())

    assert await machine.stored() == FILES
    assert await machine.statuses() == {Dtype.Q4: QuantStatus.DOWNLOADED}


async def test_two_versions_of_a_model_are_never_mixed(machine: Machine) -> None:
    newer = {**FILES, "onnx/model_q4.onnx": b"GRAPH OF 33 BYTES, THREE CHUNKS.."}
    await machine.download(contents=newer, commit="beef")

    with pytest.raises(ImportFailed, match="another version of acme/tiny is stored"):
        await machine.take_in(export_of(contents=MORE))

    assert await machine.stored() == newer


async def test_a_damaged_file_is_repaired_by_an_import(machine: Machine) -> None:
    await machine.download(digest=git)
    machine.chunks.damage(FileKey(REPO, "onnx/model_q4.onnx_data"), 2)

    await machine.take_in(export_of())

    assert await machine.stored() == FILES


async def test_an_import_goes_on_after_there_is_room_again() -> None:
    machine = Machine(capacity=80)
    with pytest.raises(StorageFull):
        await machine.take_in(export_of())
    before = machine.chunks.usage
    assert await machine.statuses() == {Dtype.Q4: QuantStatus.AVAILABLE}
    machine.chunks.capacity = None

    await machine.take_in(export_of())

    assert before > 0
    assert await machine.stored() == FILES
    assert await machine.statuses() == {Dtype.Q4: QuantStatus.DOWNLOADED}


@pytest.mark.parametrize("cut", range(0, len(export_of()) - 10240 + 1024, 256))
async def test_an_export_that_was_cut_off_leaves_nothing_that_looks_whole(machine: Machine, cut: int) -> None:
    content = export_of()
    end = content.rindex(FILES["onnx/model_q4.onnx_data"]) + 64
    if cut >= end:
        pytest.skip("everything is in")

    with pytest.raises(ImportFailed, match=r"backup\.tabagent"):
        await machine.take_in(content[:cut])

    assert await machine.statuses() in ({}, {Dtype.Q4: QuantStatus.AVAILABLE})
    for path, data in (await machine.stored()).items():
        assert data == FILES[path]


async def test_models_before_the_damage_stay(machine: Machine) -> None:
    await machine.download()
    await machine.download(OTHER)
    content = bytearray(await machine.export())
    place = content.rindex(FILES["onnx/model_q4.onnx_data"])
    content[place + 20] ^= 1
    other = Machine()

    with pytest.raises(ImportFailed, match=r"onnx/model_q4\.onnx_data of localhost.*wrong digest"):
        await other.take_in(bytes(content))

    assert await other.statuses(REPO) == {Dtype.Q4: QuantStatus.DOWNLOADED}
    assert await other.statuses(OTHER) == {Dtype.Q4: QuantStatus.AVAILABLE}
    assert "onnx/model_q4.onnx_data" not in await other.stored(OTHER)


@pytest.mark.parametrize("path", FILES)
async def test_a_wrong_digest_is_named_and_nothing_of_the_file_stays(machine: Machine, path: str) -> None:
    contents = {**FILES, path: bytes([FILES[path][0] ^ 1]) + FILES[path][1:]}

    with pytest.raises(ImportFailed, match=path):
        await machine.take_in(export_of(manifest_of(), contents))

    assert path not in await machine.stored()
    assert QuantStatus.DOWNLOADED not in (await machine.statuses()).values()


async def test_a_newer_format_asks_for_an_update(machine: Machine) -> None:
    with pytest.raises(ImportFailed, match=r"newer TabAgent.*update"):
        await machine.take_in(export_of({"format": "tabagent-export", "version": VERSION + 1, "packs": []}))


async def test_a_model_whose_configuration_cannot_be_read_is_taken_in_as_it_is(machine: Machine) -> None:
    contents = {**FILES, "config.json": b"\xff not JSON"}

    await machine.take_in(export_of(manifest_of(contents), contents))

    assert await machine.stored() == contents
    assert await machine.statuses() == {Dtype.Q4: QuantStatus.DOWNLOADED}
