"""The contract cases of every port, inside the extension's own Pyodide, on the browser's adapters."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from tabagent.events import ModelWorkerStates, RuntimeMessageTypes, WorkerEventNames
from tests.browser.conftest import TINY, browser_options
from tests.browser.coverage_data import store
from tests.browser.inside import adapters, attaching, carrying, saying
from tests.browser.inside.covered_main import LINES
from tests.browser.inside_page import InsidePage
from tests.browser.wire import chat
from tests.contracts import (
    attachment_store,
    auth_window,
    browser_state,
    chat_store,
    chunk_store,
    engine,
    fetcher,
    file_offer,
    hasher,
    holdings,
    host,
    legacy_profile,
    log_store,
    model_index,
    pdf_reader,
    preferences,
    storage_space,
    tabs,
    vault,
    windows,
)
from tools.browser import ExtensionBrowser, open_browser
from tools.hub import LocalHub

# {what is tested: whose cases}; the names are those that tests.browser.inside.contracts gives.
CONTRACTS: dict[str, ModuleType] = {
    "chunk_store on IndexedDB": chunk_store,
    "chunk_store on OPFS": chunk_store,
    "model_index": model_index,
    "hasher": hasher,
    "hasher in a worker": hasher,
    "storage_space": storage_space,
    "adapters": adapters,
    "vault": vault,
    "preferences": preferences,
    "file_offer": file_offer,
    "legacy_profile": legacy_profile,
    "log_store": log_store,
    "browser_state": browser_state,
    "windows": windows,
    "chat_store": chat_store,
    "attachment_store": attachment_store,
    "auth_window": auth_window,
    "holdings": holdings,
    "tabs": tabs,
    "pdf_reader": pdf_reader,
    "attaching": attaching,
    "carrying": carrying,
    "saying": saying,
    "fetcher": fetcher,
    "host": host,
    "engine": engine,
    "engine that copies caches": engine,
}
NAMES = [f"{name}: {case.__name__}" for name, module in CONTRACTS.items() for case in module.CASES]


@pytest.fixture(scope="module")
def browser_for_tests(extension_for_tests: Path, session_hub: LocalHub) -> Iterator[ExtensionBrowser]:
    """Chromium with the test variant."""
    session_hub.faults.clear()
    with open_browser(browser_options(extension=extension_for_tests, hub=session_hub)) as browser:
        yield browser


@pytest.fixture(scope="module")
def report(browser_for_tests: ExtensionBrowser) -> dict[str, str]:
    """{case: traceback, empty when it passed} of one run of all cases."""
    inside = InsidePage(browser_for_tests, "tests.browser.inside.contracts")
    found: dict[str, Any] = inside.broadcast()
    store(found["lines"])
    inside.close()
    results: dict[str, str] = found["results"]
    return results


@pytest.mark.parametrize("name", NAMES)
def test_the_browsers_adapter_keeps_the_contract(report: dict[str, str], name: str) -> None:
    assert report[name] == ""


def test_every_case_ran_and_no_other(report: dict[str, str]) -> None:
    assert sorted(report) == sorted(NAMES)


def test_the_background_works_with_its_lines_counted(browser_for_tests: ExtensionBrowser) -> None:
    inside = InsidePage(browser_for_tests, "tests.browser.inside.covered_main")
    inside.wait(lambda: inside.page.evaluate("() => inside.started"), "the background to start")
    state = inside.ask(RuntimeMessageTypes.GET_MODEL_WORKER_STATE)
    assert state["state"] == ModelWorkerStates.UNINITIALIZED
    assert inside.ask(RuntimeMessageTypes.INSPECT_MODEL, {"modelId": TINY})["success"]

    assert inside.ask(RuntimeMessageTypes.LOAD_MODEL, {"modelId": TINY, "loadId": "load"})["success"]
    inside.event(WorkerEventNames.WORKER_READY)
    assert inside.ask(RuntimeMessageTypes.LIST_MODELS)["models"]
    assert inside.ask(WorkerEventNames.REQUEST_MEMORY_STATS)["stats"]["pythonHeap"] > 0

    assert inside.ask(RuntimeMessageTypes.SEND_CHAT_MESSAGE, chat("Hello", "whole", tokens=8))["success"]
    assert inside.event(WorkerEventNames.GENERATION_COMPLETE)["numTokens"] == 8
    assert inside.ask(RuntimeMessageTypes.SEND_CHAT_MESSAGE, chat("Hello", "stopped", tokens=400))["success"]
    assert inside.ask(RuntimeMessageTypes.INTERRUPT_GENERATION)["stopped"]
    assert inside.event(WorkerEventNames.GENERATION_STOPPED)["messageId"] == "stopped"
    assert inside.ask("nobody knows this")["error"]["code"] == "unknown_message"

    assert inside.ask(RuntimeMessageTypes.RESET_WORKER)["success"]
    inside.wait(lambda: inside.page.evaluate("() => inside.restarts.length"), "the thread to ask for its end")
    lines: dict[str, list[int]] = inside.reply_to(LINES)
    store(lines)

    assert {"main.py", "router.py", "adapters/browser/transformers_js.py", "models/manager.py"} <= set(lines)
