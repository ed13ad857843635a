"""Models from a folder."""

from __future__ import annotations

import pytest

from tabagent.models.transfer import Imported
from tabagent.specs import Dtype, QuantStatus
from tabagent.store_errors import ImportFailed, StorageFull
from tests.unit.models.transfer_machine import (
    BAD_IDS,
    COMMIT,
    FILES,
    MORE,
    REPO,
    Machine,
    git,
    sha256,
)

pytestmark = pytest.mark.usefixtures("transfer_chunks")


def folder(contents: dict[str, bytes] = FILES, prefix: str = "tiny-ONNX/") -> dict[str, bytes]:
    return {f"{prefix}{path}": data for path, data in contents.items()}


@pytest.mark.parametrize("prefix", ["", "tiny-ONNX/", "snapshots/abc/"])
async def test_a_folder_becomes_a_model(machine: Machine, prefix: str) -> None:
    extra = {"README.md": b"# hi", ".git/config": b"x", "onnx/.DS_Store": b"x", "pytorch_model.bin": b"x" * 99}

    found = await machine.take_in_folder(folder({**MORE, **extra}, prefix))

    assert found == Imported(model_ids=(REPO,), settings=None)
    assert await machine.stored() == MORE
    assert await machine.statuses() == dict.fromkeys((Dtype.Q4, Dtype.Q8), QuantStatus.DOWNLOADED)
    assert machine.progress[-1].loaded == machine.progress[-1].total == sum(map(len, MORE.values()))
    entry = await machine.store.entry(REPO)
    assert entry is not None
    assert entry.commit == ""
    assert {file.path: file.digest for quant in entry.quants for file in entry.files_of(quant)} == {
        path: sha256(data) for path, data in MORE.items()
    }


@pytest.mark.parametrize("missing", ["config.json", "tokenizer.json", "onnx/model_q4.onnx"])
async def test_a_folder_that_is_no_model_says_what_is_missing(machine: Machine, missing: str) -> None:
    contents = {path: data for path, data in FILES.items() if path != missing}

    with pytest.raises(ImportFailed, match="onnx" if "onnx" in missing else missing):
        await machine.take_in_folder(folder(contents))
    assert await machine.store.records() == ()


async def test_a_graph_without_its_data_is_not_taken_for_whole(machine: Machine) -> None:
    config = b'{"transformers.js_config": {"use_external_data_format": {"model_q4.onnx": 1}}}'
    contents = {**MORE, "config.json": config}
    del contents["onnx/model_q4.onnx_data"]
    await machine.take_in_folder(folder(contents))
    assert await machine.statuses() == {Dtype.Q8: QuantStatus.DOWNLOADED}

    del contents["onnx/model_quantized.onnx"]
    with pytest.raises(ImportFailed, match=r"onnx/model_q4\.onnx_data are missing"):
        await Machine().take_in_folder(folder(contents))


@pytest.mark.parametrize("config", [b"", b"<html>", b"[]", b"\xff", b"[" * 100_000])
async def test_a_configuration_that_is_no_json_is_refused(machine: Machine, config: bytes) -> None:
    with pytest.raises(ImportFailed, match=r"config\.json.*not JSON"):
        await machine.take_in_folder(folder({**FILES, "config.json": config}))


@pytest.mark.parametrize("model_id", BAD_IDS)
async def test_a_folder_needs_a_real_id(machine: Machine, model_id: str) -> None:
    with pytest.raises(ImportFailed, match="owner/name"):
        await machine.take_in_folder(folder(), model_id)


@pytest.mark.parametrize("difference", [-1, 1])
async def test_a_file_that_changed_while_it_was_read_leaves_nothing(machine: Machine, difference: int) -> None:
    path = "tiny-ONNX/onnx/model_q4.onnx_data"

    with pytest.raises(ImportFailed, match=r"onnx/model_q4\.onnx_data"):
        await machine.take_in_folder(folder(), sizes={path: 64 + difference})

    assert "onnx/model_q4.onnx_data" not in await machine.stored()
    assert await machine.statuses() == {Dtype.Q4: QuantStatus.AVAILABLE}


async def test_a_folder_of_what_is_stored_writes_nothing(machine: Machine) -> None:
    await machine.download(digest=git)
    machine.chunks.capacity = 0

    await machine.take_in_folder(folder())

    entry = await machine.store.entry(REPO)
    assert entry is not None
    assert entry.commit == COMMIT


async def test_a_folder_of_another_version_is_refused(machine: Machine) -> None:
    await machine.download()
    other = {**FILES, "onnx/model_q4.onnx": FILES["onnx/model_q4.onnx"][::-1]}

    with pytest.raises(ImportFailed, match="another version"):
        await machine.take_in_folder(folder(other))
    assert await machine.stored() == FILES


async def test_half_a_folder_is_not_completed_with_another_one() -> None:
    machine = Machine(capacity=100)
    with pytest.raises(StorageFull):
        await machine.take_in_folder(folder())
    machine.chunks.capacity = None
    other = {**FILES, "onnx/model_q4.onnx_data": bytes(64)}

    await machine.take_in_folder(folder(other))

    assert await machine.stored() == other


async def test_a_folder_is_pinned_to_the_commit_whose_files_it_has(machine: Machine) -> None:
    await machine.download(contents=MORE, digest=git, only=[])

    await machine.take_in_folder(folder())

    entry = await machine.store.entry(REPO)
    assert entry is not None
    assert entry.commit == COMMIT
    assert await machine.statuses() == {Dtype.Q4: QuantStatus.DOWNLOADED, Dtype.Q8: QuantStatus.AVAILABLE}


async def test_a_folder_replaces_what_was_only_listed_of_another_one(machine: Machine) -> None:
    other = {**MORE, "config.json": b'{"model_type": "other"}'}
    await machine.download(contents=other, commit="", digest=sha256, only=[])

    await machine.take_in_folder(folder())

    assert await machine.stored() == FILES
    assert await machine.statuses() == {Dtype.Q4: QuantStatus.DOWNLOADED, Dtype.Q8: QuantStatus.AVAILABLE}
