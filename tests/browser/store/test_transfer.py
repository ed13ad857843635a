"""Models that leave as a file and come back, and models from a folder: without the hub, and whole or not at all."""

from __future__ import annotations

import hashlib
import io
import json
import shutil
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from tabagent.events import ErrorCodes, RuntimeMessageTypes, TransferStates, WorkerEventNames
from tests.browser.conftest import TINY, connected, forget
from tests.browser.store.conftest import BIG, DATA, SIZE, Shelf
from tests.browser.wire import Payload, Wire
from tools.browser import ExtensionBrowser
from tools.hub import HubRepository, LocalHub, Status

SETTINGS = {"theme": "dark", "options": {"temperature": 0.5, "stop": ["\n", "ende ✓"]}}
MANIFEST = "tabagent-export.json"
MINE = "someone/mine"


def exported(wire: Wire, folder: Path, *model_ids: str) -> Path:
    """Export models and download the file as the panel does."""
    reply = wire.ask(RuntimeMessageTypes.EXPORT_MODELS, {"modelIds": list(model_ids), "settings": SETTINGS})
    assert reply["success"], reply
    with wire.page.expect_download() as downloading:
        wire.page.evaluate(
            """({ address, name }) => {
              const link = Object.assign(document.createElement("a"), { href: address, download: name });
              document.body.append(link);
              link.click();
              link.remove();
            }""",
            reply,
        )
    assert downloading.value.suggested_filename == reply["name"]
    path: Path = folder / reply["name"]
    downloading.value.save_as(path)
    assert path.stat().st_size == reply["size"]
    return path


def lent(page: Page, *paths: Path) -> list[Payload]:
    """Choose files, or one folder, in the page, and lend them to the background as the panel does."""
    page.evaluate(
        """(isFolder) => {
          document.querySelector("input")?.remove();
          document.body.append(Object.assign(document.createElement("input"), { type: "file", multiple: true }));
          if (isFolder) document.querySelector("input").webkitdirectory = true;
        }""",
        paths[0].is_dir(),
    )
    page.locator("input").set_input_files([str(path) for path in paths])
    given: list[Payload] = page.evaluate(
        """() => [...document.querySelector("input").files].map((file) => ({
          path: file.webkitRelativePath || file.name, address: URL.createObjectURL(file), size: file.size,
        }))"""
    )
    return given


def brought_in(wire: Wire, *paths: Path, model_id: str = "") -> Payload:
    """Import what lies at some paths and return the reply."""
    files = lent(wire.page, *paths)
    return wire.ask(RuntimeMessageTypes.IMPORT_MODELS, {"files": files, "modelId": model_id}, timeout_s=60)


def stored_models(wire: Wire) -> set[str]:
    """Return the models of which a dtype is said to be stored whole."""
    models = wire.ask(RuntimeMessageTypes.LIST_MODELS)["models"]
    return {model["modelId"] for model in models if any(item["status"] == "downloaded" for item in model["dtypes"])}


def list_of(archive: Path) -> dict[str, Any]:
    """Return the first member of an export."""
    with tarfile.open(archive) as tar:
        member = tar.extractfile(MANIFEST)
        assert member is not None
        found: dict[str, Any] = json.load(member)
    return found


@pytest.fixture(scope="module")
def export(big_browser: ExtensionBrowser, big_hub: LocalHub, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An export of the model of many chunks."""
    big_hub.faults.clear()
    forget(big_browser)
    shelf = Shelf(connected(big_browser.context.pages[0]), big_hub, big_browser)
    shelf.download()
    return exported(shelf.wire, tmp_path_factory.mktemp("export"))


@pytest.fixture
def offline(shelf: Shelf) -> Shelf:
    """An empty store, and a hub that cannot be reached."""
    shelf.hub.faults.add("*", Status(503))
    return shelf


@pytest.fixture
def folder(repositories: dict[str, Path | HubRepository], tmp_path: Path) -> Path:
    """The folder of a repository, as `git clone` or the Hub's own tool leaves it."""
    tiny = repositories[TINY]
    assert isinstance(tiny, Path)
    copy = tmp_path / "mine"
    shutil.copytree(tiny, copy)
    (copy / ".cache").mkdir()
    (copy / ".cache" / "config.json").write_text("not JSON")
    (copy / "README.md").write_text("# Mine")
    return copy


def test_an_export_is_an_archive_that_any_tar_program_reads(
    export: Path, repositories: dict[str, Path | HubRepository], big_hub: LocalHub
) -> None:
    content = list_of(export)
    assert content["settings"] == SETTINGS
    assert [model["modelId"] for model in content["models"]] == [BIG]
    tiny = repositories[TINY]
    assert isinstance(tiny, Path)
    with tarfile.open(export) as tar:
        assert next(member.name for member in tar) == MANIFEST
        for file in content["models"][0]["files"]:
            member = tar.extractfile(f"models/{BIG}/{file['path']}")
            assert member is not None
            data = member.read()
            assert len(data) == file["size"]
            kind, _, digest = file["digest"].partition(":")
            announced = f"blob {len(data)}\0".encode()
            found = hashlib.sha256(data) if kind == "sha256" else hashlib.sha1(announced + data)  # noqa: S324 - git's
            assert found.hexdigest() == digest
            if file["path"] != DATA:
                assert data == (tiny / file["path"]).read_bytes()


def test_a_model_comes_back_from_an_export_without_the_hub(shelf: Shelf, tmp_path: Path) -> None:
    shelf.download()
    path = exported(shelf.wire, tmp_path, BIG)
    assert shelf.wire.ask(WorkerEventNames.CLEAR_CACHE)["success"]
    shelf.wire.wait_for(WorkerEventNames.CACHE_CLEARED)
    assert stored_models(shelf.wire) == set()
    shelf.hub.faults.add("*", Status(503))
    shelf.hub.requests.clear()
    since = shelf.wire.mark()
    reply = brought_in(shelf.wire, path)

    assert (reply["models"], reply["settings"]) == ([BIG], SETTINGS)
    done = shelf.wait_for(TransferStates.DONE, since)
    assert done["loaded"] == done["total"] > SIZE
    shelf.wire.load_ready(BIG)
    assert shelf.wire.answer("Hello")["numTokens"] == 8
    assert shelf.check()["status"] == TransferStates.DONE
    assert not list(shelf.hub.requests)


def test_what_is_imported_twice_is_kept_and_not_stored_again(offline: Shelf, export: Path) -> None:
    assert brought_in(offline.wire, export)["success"]
    usage = offline.usage()
    assert brought_in(offline.wire, export)["models"] == [BIG]

    assert offline.usage() < usage + 500_000
    assert offline.check()["status"] == TransferStates.DONE


def cut_in_the_first_block(content: bytes) -> bytes:
    return content[:300]


def cut_in_the_weights(content: bytes) -> bytes:
    return content[: len(content) // 2]


def cut_before_the_last_file(content: bytes) -> bytes:
    return content[: content.rindex(f"models/{BIG}/".encode())]


def flipped_in_the_weights(content: bytes) -> bytes:
    return flipped(content, content.index(f"models/{BIG}/{DATA}".encode()) + SIZE // 2)


def flipped_in_the_last_byte_of_the_weights(content: bytes) -> bytes:
    return flipped(content, content.index(f"models/{BIG}/{DATA}\0".encode()) + 512 + SIZE - 1)


def flipped_in_the_configuration(content: bytes) -> bytes:
    return flipped(content, content.index(f"models/{BIG}/config.json\0".encode()) + 512 + 5)


def flipped_in_a_header(content: bytes) -> bytes:
    return flipped(content, content.index(f"models/{BIG}/{DATA}\0".encode()) + 3)


def flipped_in_the_list(content: bytes) -> bytes:
    return flipped(content, content.index(b'"digest": "sha256:') + 20)


def flipped(content: bytes, offset: int) -> bytes:
    return content[:offset] + bytes([content[offset] ^ 1]) + content[offset + 1 :]


@pytest.mark.parametrize(
    "damage",
    [
        cut_in_the_first_block,
        cut_in_the_weights,
        cut_before_the_last_file,
        flipped_in_the_weights,
        flipped_in_the_last_byte_of_the_weights,
        flipped_in_the_configuration,
        flipped_in_a_header,
        flipped_in_the_list,
    ],
    ids=lambda damage: damage.__name__,
)
def test_a_damaged_export_is_refused_and_no_model_claims_to_be_stored(
    offline: Shelf, export: Path, tmp_path: Path, damage: Callable[[bytes], bytes]
) -> None:
    damaged = tmp_path / "damaged.tabagent"
    damaged.write_bytes(damage(export.read_bytes()))
    reply = brought_in(offline.wire, damaged)

    assert reply["error"]["code"] == ErrorCodes.IMPORT_FAILED
    assert stored_models(offline.wire) == set()
    # The whole one is taken in all the same.
    assert brought_in(offline.wire, export)["success"]
    assert offline.check()["status"] == TransferStates.DONE


def rewritten(export: Path, to: Path, change: Callable[[dict[str, Any]], None]) -> Path:
    """Pack an export anew with another list, as a tar program would."""
    content = list_of(export)
    change(content)
    data = json.dumps(content).encode()
    with tarfile.open(export) as old, tarfile.open(to, "w") as new:
        for member in old:
            stream = old.extractfile(member)
            if member.name == MANIFEST:
                member.size, stream = len(data), io.BytesIO(data)
            new.addfile(member, stream)
    return to


def test_an_export_of_a_newer_format_is_refused_and_says_what_to_do(
    offline: Shelf, export: Path, tmp_path: Path
) -> None:
    newer = rewritten(export, tmp_path / "newer.tabagent", lambda content: content.update(version=2))
    error = brought_in(offline.wire, newer)["error"]

    assert error["code"] == ErrorCodes.IMPORT_FAILED
    assert "update TabAgent" in error["message"]
    assert stored_models(offline.wire) == set()


def test_an_export_that_a_tar_program_packed_anew_is_taken_in(offline: Shelf, export: Path, tmp_path: Path) -> None:
    again = rewritten(export, tmp_path / "again.tabagent", lambda content: content.update(unknown="later"))

    assert brought_in(offline.wire, again)["models"] == [BIG]
    assert offline.check()["status"] == TransferStates.DONE


def test_a_folder_of_a_repository_becomes_a_model_without_the_hub(offline: Shelf, folder: Path) -> None:
    offline.hub.requests.clear()
    reply = brought_in(offline.wire, folder, model_id=MINE)

    assert (reply["models"], reply["settings"]) == ([MINE], None)
    offline.wire.load_ready(MINE, dtype="q8")
    assert offline.wire.answer("Hello")["numTokens"] == 8
    assert offline.check(MINE)["status"] == TransferStates.DONE
    assert not list(offline.hub.requests)


def test_a_folder_without_a_name_or_without_a_configuration_is_refused(offline: Shelf, folder: Path) -> None:
    assert brought_in(offline.wire, folder)["error"]["code"] == ErrorCodes.IMPORT_FAILED
    (folder / "config.json").unlink()
    error = brought_in(offline.wire, folder, model_id=MINE)["error"]

    assert error["code"] == ErrorCodes.IMPORT_FAILED
    assert "config.json" in error["message"]
    assert stored_models(offline.wire) == set()


def test_there_is_no_export_of_what_is_not_stored(offline: Shelf) -> None:
    request: Payload = {"modelIds": [], "settings": {}}

    assert offline.wire.ask(RuntimeMessageTypes.EXPORT_MODELS, request)["error"]["code"] == ErrorCodes.INVALID_STATE
