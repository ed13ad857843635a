"""The start: from the memory snapshot, without complaints, and plainly when the snapshot does not fit."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tabagent.events import ModelWorkerStates, RuntimeMessageTypes, WorkerEventNames
from tests.browser.conftest import TINY, browser_options, quiet
from tests.browser.panel_page import PanelPage
from tests.browser.wire import Wire
from tools.browser import ExtensionBrowser, open_browser
from tools.devtools import ConsoleLine
from tools.hub import LocalHub

SNAPSHOT = "python/python.snapshot"
# Chromium says this, once for each look, on a machine without a graphics adapter.
CHROMIUMS_OWN = ("No available adapters.",)


def complaints(browser: ExtensionBrowser) -> list[ConsoleLine]:
    """Return warnings and errors that the extension is to blame for."""
    levels = {"warning", "error", "exception", "assert"}
    return [line for line in browser.console if line.level in levels and line.text not in CHROMIUMS_OWN]


def test_chromium_has_nothing_against_the_manifest(browser: ExtensionBrowser) -> None:
    page = browser.context.new_page()
    page.goto("chrome://extensions")
    page.evaluate("() => void chrome.developerPrivate.getExtensionsInfo({}).then((all) => { globalThis.all = all; })")
    browser.wait_until(lambda: bool(page.evaluate("() => globalThis.all !== undefined")))
    everything: list[dict[str, Any]] = page.evaluate("() => all")
    (info,) = (extension for extension in everything if extension["id"] == browser.extension_id)

    assert info["state"] == "ENABLED"
    assert info["manifestErrors"] == info["runtimeErrors"] == info["runtimeWarnings"] == info["installWarnings"] == []


def test_the_service_worker_runs_and_makes_one_offscreen_document(wire: Wire, browser: ExtensionBrowser) -> None:
    # However many ask at the same moment: Chrome refuses a second document, and each of them must get its answer.
    wire.page.evaluate("() => { chrome.offscreen.closeDocument(); }")
    wire.wait(lambda: wire.page.evaluate("() => wire.closed"), "the document to close")
    envelopes = [wire.envelope(RuntimeMessageTypes.CHECK_BACKGROUND_READY) for _ in range(5)]
    wire.page.evaluate("(all) => all.forEach((each, index) => wire.once(`burst-${index}`, each))", envelopes)
    replies = wire.wait(
        lambda: (found := wire.page.evaluate("() => Object.values(wire.answers).flat()")) and len(found) == 6 and found,
        "five replies",
    )

    assert all(reply["success"] for reply in replies), replies
    assert {reply["requestId"] for reply in replies} >= {envelope["requestId"] for envelope in envelopes}


def test_start_and_first_answer_print_no_warning_and_no_error(
    panel: PanelPage, wire: Wire, browser: ExtensionBrowser
) -> None:
    wire.load_ready(TINY)
    wire.answer("Hello")
    panel.wait_for_state(ModelWorkerStates.IDLE)

    assert complaints(browser) == []


def test_python_starts_from_the_memory_snapshot(wire: Wire, browser: ExtensionBrowser) -> None:
    since = wire.mark()
    wire.reset()
    started = wire.wait_for(WorkerEventNames.WORKER_SCRIPT_READY, since=since).payload

    assert started["snapshot"] is True
    assert started["bootMs"] > 0
    assert not [line for line in browser.console if "snapshot" in line.text]


def test_background_and_panel_know_the_version_of_the_manifest(wire: Wire, extension: Path) -> None:
    manifest = json.loads((extension / "manifest.json").read_text())

    assert wire.state()["version"] == manifest["version"]


def shorten(snapshot: Path) -> None:
    content = snapshot.read_bytes()
    snapshot.write_bytes(content[: len(content) // 2])


def remove(snapshot: Path) -> None:
    snapshot.unlink()


@pytest.mark.parametrize("breaks", [shorten, remove])
def test_without_a_snapshot_that_fits_python_starts_plainly_says_so_and_works(
    extension: Path, tmp_path: Path, breaks: Callable[[Path], None], hub: LocalHub
) -> None:
    copy = tmp_path / "extension"
    shutil.copytree(extension, copy)
    breaks(copy / SNAPSHOT)
    with open_browser(browser_options(extension=copy, hub=hub)) as browser:
        wire = Wire(quiet(browser, browser.context.pages[0]))
        wire.listen_to_the_start()
        started = wire.wait_for(WorkerEventNames.WORKER_SCRIPT_READY, timeout_s=120).payload
        wire.load_ready(TINY)
        answer = wire.answer("Hello")

        assert started["snapshot"] is False
        assert "snapshot" in started["message"]
        assert any("booted without the memory snapshot" in line.text for line in complaints(browser))
        assert answer["numTokens"] == 8
    shutil.rmtree(copy)
