"""A disk with little room, as the DevTools protocol can pretend: told before a download, or in its middle."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tabagent.events import ErrorCodes, RuntimeMessageTypes, TransferStates
from tests.browser.conftest import ONLY_Q8, OTHER, TINY, browser_options, connected, forget
from tests.browser.store.altered_extension import altered
from tests.browser.store.conftest import BIG, DATA, SIZE, Shelf
from tools.browser import ExtensionBrowser, open_browser
from tools.hub import CDN_HOST, Generated, HubRepository, LocalHub

NAMES = {"modelId": BIG, "dtype": "q8"}
ROOM = 5_000_000
# A download's small files, and what a database takes.
BESIDE = 1_000_000
# Fifteen chunks, brought in several requests one after the other: those before the place where the room ends are whole.
LARGE, LARGE_SIZE = "tabagent-tests/large", 60_000_000
HALF_ROOM = 40_000_000


@contextmanager
def room(shelf: Shelf, size: int) -> Iterator[None]:
    """Let the extension have no more than so many bytes beyond what it uses now."""
    session = shelf.browser.context.new_cdp_session(shelf.wire.page)
    origin = f"chrome-extension://{shelf.browser.extension_id}"
    session.send("Storage.overrideQuotaForOrigin", {"origin": origin, "quotaSize": shelf.usage() + size})
    try:
        yield
    finally:
        session.send("Storage.overrideQuotaForOrigin", {"origin": origin})
        session.detach()


@pytest.fixture(scope="module")
def large_hub(repositories: dict[str, Path | HubRepository]) -> Iterator[LocalHub]:
    """A hub with a larger model."""
    tiny = repositories[TINY]
    assert isinstance(tiny, Path)
    large = HubRepository(folder=tiny, generated={DATA: Generated(seed=3, size=LARGE_SIZE)})
    with LocalHub({**repositories, LARGE: large}) as hub:
        yield hub


@pytest.fixture(scope="module")
def limited_browser(
    extension: Path, large_hub: LocalHub, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ExtensionBrowser]:
    """A browser in which the extension may not store what it likes: with that permission, no quota refuses a write."""

    def without_permission(manifest: dict[str, Any]) -> None:
        manifest["permissions"].remove("unlimitedStorage")

    copy = altered(extension, tmp_path_factory.mktemp("limited") / "extension", "manifest.json", without_permission)
    with open_browser(browser_options(extension=copy, hub=large_hub)) as browser:
        yield browser


@pytest.fixture
def limited(limited_browser: ExtensionBrowser, large_hub: LocalHub) -> Shelf:
    """An empty store and a well-behaved hub."""
    large_hub.requests.clear()
    forget(limited_browser)
    return Shelf(connected(limited_browser.context.pages[0]), large_hub, limited_browser)


def use_two_models(shelf: Shelf) -> None:
    """Load two models, the one that was stored first last."""
    for number, model_id in enumerate((ONLY_Q8, OTHER, ONLY_Q8)):
        shelf.wire.load_ready(model_id, f"use-{number}", dtype="q8")
    shelf.wire.reset()


def stored(shelf: Shelf) -> int:
    """Return how much of the large file is stored."""
    return next(int(file["stored"]) for file in shelf.listed(LARGE)["files"] if file["file"] == DATA)


def test_a_download_that_cannot_fit_says_so_before_it_starts_with_numbers_and_what_to_remove(shelf: Shelf) -> None:
    use_two_models(shelf)
    shelf.hub.requests.clear()
    with room(shelf, ROOM):
        reply = shelf.wire.ask(RuntimeMessageTypes.DOWNLOAD_MODEL, NAMES)
        loaded = shelf.wire.load_error(BIG, dtype="q8")

    error = reply["error"]
    assert error["code"] == loaded["code"] == ErrorCodes.STORAGE_FULL
    assert SIZE < error["details"]["needed"] < SIZE + BESIDE
    assert ROOM - BESIDE < error["details"]["free"] <= ROOM
    removable = error["details"]["removable"]
    assert [(item["modelId"], item["dtype"]) for item in removable] == [(OTHER, "q8"), (ONLY_Q8, "q8")]
    assert all(item["size"] > 0 for item in removable)
    assert 0 < removable[0]["lastUsed"] < removable[1]["lastUsed"]
    assert not shelf.hub.requests.matching(f"/{BIG}/resolve/*")
    assert shelf.listed()["stored"] == 0


def test_removing_what_was_named_makes_room(shelf: Shelf) -> None:
    shelf.wire.load_ready(OTHER, dtype="q8")
    shelf.wire.reset()
    with room(shelf, ROOM):
        needed = shelf.wire.ask(RuntimeMessageTypes.DOWNLOAD_MODEL, NAMES)["error"]["details"]["needed"]
    with room(shelf, needed - 50_000):
        error = shelf.wire.ask(RuntimeMessageTypes.DOWNLOAD_MODEL, NAMES)["error"]
        assert error["code"] == ErrorCodes.STORAGE_FULL
        for item in error["details"]["removable"]:
            shelf.delete(item["modelId"])
        shelf.download()

    assert shelf.check()["status"] == TransferStates.DONE


def test_a_disk_that_is_full_in_the_middle_keeps_what_is_verified_and_the_rest_comes_later(limited: Shelf) -> None:
    use_two_models(limited)
    with room(limited, HALF_ROOM):
        failed = limited.wait_for(TransferStates.FAILED, limited.start(LARGE), model_id=LARGE)
    error, kept = failed["error"], stored(limited)

    assert error["code"] == ErrorCodes.STORAGE_FULL
    assert [item["modelId"] for item in error["details"]["removable"]] == [OTHER, ONLY_Q8]
    # The browser's own estimate knows nothing of the end of the room.
    assert error["details"]["free"] < error["details"]["needed"]
    assert 0 < kept < HALF_ROOM
    assert limited.listed(LARGE)["status"] == "available"
    limited.hub.requests.clear()
    limited.download(LARGE)
    assert limited.hub.requests.bytes_sent(f"/{LARGE}/resolve/*/{DATA}", host=CDN_HOST) == LARGE_SIZE - kept
    assert limited.check(LARGE)["status"] == TransferStates.DONE


def test_a_load_on_a_full_disk_ends_with_the_same_words_and_can_be_repeated(limited: Shelf) -> None:
    with room(limited, HALF_ROOM):
        error = limited.wire.load_error(LARGE, dtype="q8")
    assert error["code"] == ErrorCodes.STORAGE_FULL
    limited.wire.load_ready(LARGE, "again", dtype="q8")

    assert limited.wire.answer("Hello")["numTokens"] == 8
