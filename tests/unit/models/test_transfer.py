"""Exports, and imports of what they wrote."""

from __future__ import annotations

import io
import json
import tarfile
from pathlib import Path

import pytest

from tabagent.errors import InvalidState
from tabagent.models.archive import MANIFEST
from tabagent.models.transfer import Imported
from tabagent.specs import Dtype, QuantStatus
from tests.unit.models.transfer_machine import (
    COMMIT,
    FILES,
    MEMBERS,
    MORE,
    OTHER,
    REPO,
    SETTINGS,
    Machine,
    git,
    sha256,
    tar,
)

pytestmark = pytest.mark.usefixtures("transfer_chunks")


async def test_models_and_settings_come_back_on_another_machine(machine: Machine) -> None:
    await machine.download()
    await machine.download(OTHER, MORE, commit="beef", digest=sha256)
    other = Machine()

    found = await other.take_in(await machine.export())

    assert found == Imported(model_ids=(REPO, OTHER), settings=SETTINGS)
    for repo, contents in ((REPO, FILES), (OTHER, MORE)):
        assert await other.stored(repo) == contents
        assert await other.statuses(repo) == dict.fromkeys(await machine.statuses(repo), QuantStatus.DOWNLOADED)
        assert await other.store.entry(repo) == await machine.store.entry(repo)
        assert [record.revision for record in await other.store.records(repo)] == [
            record.revision for record in await machine.store.records(repo)
        ]


async def test_any_tar_program_reads_an_export(machine: Machine, tmp_path: Path) -> None:
    long = f"onnx/model.onnx_data_{'1' * 90}"
    await machine.download(contents={**FILES, "onnx/model.onnx": b"m", "onnx/model.onnx_data": b"d", long: b"long"})
    path = tmp_path / "export.tar"
    path.write_bytes(await machine.export())

    tar("-xf", "export.tar", folder=tmp_path)

    assert json.loads((tmp_path / MANIFEST).read_text())["settings"] == SETTINGS
    assert (tmp_path / "models" / REPO / "onnx/model_q4.onnx_data").read_bytes() == FILES["onnx/model_q4.onnx_data"]
    assert (tmp_path / "models" / REPO / long).read_bytes() == b"long"


async def test_what_a_tar_program_packed_again_comes_in(machine: Machine, tmp_path: Path) -> None:
    await machine.download()
    (tmp_path / "export.tar").write_bytes(await machine.export())
    tar("-xf", "export.tar", folder=tmp_path)
    tar("--format=pax", "-cf", "again.tar", MANIFEST, "models", folder=tmp_path)
    other = Machine()

    await other.take_in((tmp_path / "again.tar").read_bytes())

    assert await other.stored() == FILES


async def test_an_export_says_what_is_in_it(machine: Machine) -> None:
    await machine.download()
    offered = await machine.transfer.export((), SETTINGS)

    with tarfile.open(fileobj=io.BytesIO(machine.offers.offered[offered.address])) as tar:
        first = tar.extractfile(MANIFEST)
        assert first is not None
        manifest = json.loads(first.read())
        names = tar.getnames()

    assert offered.name == "tabagent-models-2026-11-23.tabagent"
    assert names == [MANIFEST, *MEMBERS]
    assert (manifest["format"], manifest["version"]) == ("tabagent-export", 1)
    assert manifest["created"] == "2026-11-23T12:00:00Z"
    assert manifest["models"][0]["files"][0] == {
        "path": "config.json",
        "size": len(FILES["config.json"]),
        "digest": git(FILES["config.json"]),
        "revision": COMMIT,
    }


async def test_only_dtypes_that_are_whole_are_exported(machine: Machine) -> None:
    await machine.download(contents=MORE, only=FILES)
    other = Machine()

    await other.take_in(await machine.export(REPO))

    assert await other.stored() == FILES
    assert await other.statuses() == {Dtype.Q4: QuantStatus.DOWNLOADED}


async def test_only_the_models_that_were_asked_for_are_exported(machine: Machine) -> None:
    await machine.download()
    await machine.download(OTHER)
    other = Machine()

    assert (await other.take_in(await machine.export(OTHER, OTHER))).model_ids == (OTHER,)
    assert await other.stored(REPO) == {}


async def test_a_model_that_is_not_whole_is_not_exported(machine: Machine) -> None:
    await machine.download(only=["config.json", "onnx/model_q4.onnx"])

    for asked in ([REPO], ["acme/unknown"], []):
        with pytest.raises(InvalidState):
            await machine.transfer.export(asked, {})


async def test_the_next_export_takes_the_last_one_back(machine: Machine) -> None:
    await machine.download()
    first = await machine.transfer.export((), {})
    second = await machine.transfer.export((), {})

    assert first.address not in machine.offers.offered
    assert second.address in machine.offers.offered
