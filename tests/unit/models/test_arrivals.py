"""Names that others wrote, and the place of files in the manifest that came otherwise than from a hub."""

from __future__ import annotations

import pytest

from tabagent.errors import JsonObject
from tabagent.models.arrivals import (
    expected_data_files,
    is_inner_path,
    is_model_id,
    is_revision,
    loadable_entry,
    take_into_manifest,
)
from tabagent.specs import Dtype, ModelFile, QuantStatus
from tests.unit.models.transfer_machine import COMMIT, FILES, MORE, REPO, Machine, git, sha256


def listed(contents: dict[str, bytes]) -> list[ModelFile]:
    return [ModelFile(path=path, size=len(data), digest=sha256(data)) for path, data in contents.items()]


@pytest.mark.parametrize(
    "text", ["acme/tiny", "A-b_c.d/E.f-g_1", "_x/_y", "hub.example/acme/tiny", "localhost:8443/acme/tiny", "a/b"]
)
def test_an_id_has_an_owner_and_a_name_and_maybe_a_host(text: str) -> None:
    assert is_model_id(text)


@pytest.mark.parametrize("text", ["", "a", "a/", "/a", "a/b/", "Host.Example/a/b", "h:x/a/b", "a b/c", "a/b\n", "é/b"])
def test_everything_else_is_no_id(text: str) -> None:
    assert not is_model_id(text)


@pytest.mark.parametrize("path", ["config.json", "onnx/model.onnx", "a/b/c", "..x", "é 漢.json", "x" * 500])
def test_a_path_stays_inside(path: str) -> None:
    assert is_inner_path(path)


def test_a_revision_is_a_commit_or_nothing() -> None:
    assert is_revision("")
    assert is_revision("0123456789abcdef" * 2)
    assert not is_revision("refs/pr/1")
    assert not is_revision("main\n")


@pytest.mark.parametrize(
    ("setting", "count"),
    [
        (None, 0),
        (True, 1),
        (False, 0),
        (2, 2),
        ({"model_q4.onnx": 3}, 3),
        ({"model": 2}, 2),
        ({"model_q4.onnx": 1, "model": 2}, 1),
        ({"model_fp16.onnx": 2}, 0),
        ("yes", 0),
        ([], 0),
    ],
)
def test_the_configuration_tells_how_many_data_files_a_graph_needs(setting: object, count: int) -> None:
    config: JsonObject = {"transformers.js_config": {"use_external_data_format": setting}}  # type: ignore[dict-item]

    assert expected_data_files(config, "onnx/model_q4.onnx") == count


@pytest.mark.parametrize("own", [None, 5, [], {}])
def test_a_configuration_that_says_nothing_needs_none(own: object) -> None:
    assert expected_data_files({"transformers.js_config": own}, "onnx/model.onnx") == 0  # type: ignore[dict-item]


def test_only_dtypes_with_all_their_files_are_in_the_entry() -> None:
    config: JsonObject = {"transformers.js_config": {"use_external_data_format": {"model_q4.onnx": 2}}}
    entry = loadable_entry(REPO, COMMIT, "text-generation", listed(MORE), config)

    assert entry is not None
    assert [quant.dtype for quant in entry.quants] == [Dtype.Q8]
    assert loadable_entry(REPO, COMMIT, "text-generation", listed(FILES), config) is None
    assert loadable_entry(REPO, COMMIT, "text-generation", [], {}) is None


async def test_a_model_that_nobody_knew_gets_its_entry() -> None:
    machine = Machine()
    arrived = loadable_entry(REPO, "", "text-generation", listed(FILES), {})
    assert arrived is not None
    await take_into_manifest(machine.store, arrived)

    assert await machine.statuses() == {Dtype.Q4: QuantStatus.AVAILABLE}


async def test_a_last_use_and_settings_stay_when_a_dtype_arrives_again() -> None:
    machine = Machine()
    await machine.download(digest=git)
    await machine.store.mark_used(REPO, Dtype.Q4, 5)
    arrived = loadable_entry(REPO, "", "text-generation", listed(FILES), {})
    assert arrived is not None
    await take_into_manifest(machine.store, arrived)

    entry = await machine.store.entry(REPO)
    assert entry is not None
    assert (entry.commit, entry.quants[0].last_used) == (COMMIT, 5)


async def test_a_dtype_of_which_half_has_arrived_is_shown_beside_one_that_is_stored() -> None:
    machine = Machine()
    await machine.download(contents=FILES, commit="", digest=sha256)
    arrived = loadable_entry(REPO, "", "text-generation", listed(MORE), {})
    assert arrived is not None
    await take_into_manifest(machine.store, arrived)

    assert await machine.statuses() == {Dtype.Q4: QuantStatus.DOWNLOADED, Dtype.Q8: QuantStatus.AVAILABLE}
