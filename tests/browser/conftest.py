"""The real extension in real Chromium: built once, browsers shared, the background fresh for each test.

A fresh background costs about a second: the offscreen document is closed and its database deleted, which is what a new
profile would give, without starting Chromium again.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.panel_page import PanelPage
from tests.browser.wire import Wire
from tools.browser import BrowserOptions, ExtensionBrowser, MappedHub, open_browser
from tools.build.extension import build_extension
from tools.build.project import Project
from tools.environment import CACHE
from tools.hub import HubRepository, LocalHub
from tools.model import ensure_default_model, make_tiny_model

HERE = Path(__file__).parent
# Two browsers share the machine: what is a moment on a quiet one can take seconds.
expect.set_options(timeout=20_000)
# Not dist/: whoever builds during the tests must not change what they test.
PROJECT = Project(dist=CACHE / "browser-tests")
DEFAULT_MODEL = "HuggingFaceTB/SmolLM2-135M-Instruct"
TINY, OTHER, LONG = "tabagent-tests/tiny", "tabagent-tests/other", "tabagent-tests/long"
ONLY_Q8, NO_ONNX = "tabagent-tests/only-q8", "tabagent-tests/no-onnx"
GATED, DAMAGED = "tabagent-tests/gated", "tabagent-tests/damaged"

_FORGET = """() => {
  // A thread that has just been ended holds its files for a moment.
  const removed = async (folder, name) => {
    for (;;) {
      try {
        return await folder.removeEntry(name, { recursive: true });
      } catch (error) {
        if (error.name !== "NoModificationAllowedError") throw error;
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    }
  };
  const work = async () => {
    if (await chrome.offscreen.hasDocument()) await chrome.offscreen.closeDocument();
    await Promise.all([chrome.storage.local.clear(), chrome.storage.session.clear()]);
    localStorage.clear();
    sessionStorage.clear();
    for (const { name } of await indexedDB.databases()) {
      await new Promise((resolve, reject) => {
        const request = indexedDB.deleteDatabase(name);
        request.onsuccess = resolve;
        request.onerror = request.onblocked = () => reject(new Error(`${name} cannot be deleted`));
      });
    }
    const root = await navigator.storage.getDirectory();
    for await (const name of root.keys()) await removed(root, name);
    return "done";
  };
  return Promise.race([work(), new Promise((resolve) => setTimeout(() => resolve("too late"), 10_000))]);
}"""


def browser_options(
    *,
    extension: Path,
    hub: MappedHub | None = None,
    profile: Path | None = None,
    software_gpu: bool = False,
    arguments: tuple[str, ...] = (),
) -> BrowserOptions:
    """Return options of a browser whose WebAssembly is optimized late.

    The tests begin hundreds of threads, each of which would soon have Pyodide and ONNX Runtime compiled once more: that
    was a third of all the time that they computed. What is called most is optimized all the same.
    """
    return BrowserOptions(
        extension=extension,
        hub=hub,
        profile=profile,
        software_gpu=software_gpu,
        arguments=("--js-flags=--wasm-tiering-budget=200000000", *arguments),
    )


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark this folder's tests."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def extension() -> Path:
    """The extension as it ships."""
    return build_extension("release", PROJECT)


@pytest.fixture(scope="session")
def extension_for_tests() -> Path:
    """The extension with the contract cases and the pages of this folder."""
    return build_extension("test", PROJECT)


@pytest.fixture(scope="session")
def repositories(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path | HubRepository]:
    """What the hub serves."""
    folder = tmp_path_factory.mktemp("models")
    tiny = make_tiny_model(folder / "tiny")
    no_onnx = folder / "no-onnx"
    shutil.copytree(tiny, no_onnx, ignore=shutil.ignore_patterns("*.onnx"))
    damaged = folder / "damaged"
    shutil.copytree(tiny, damaged)
    for weights in damaged.glob("onnx/*.onnx"):
        weights.write_bytes(bytes(reversed(weights.read_bytes())))
    return {
        TINY: tiny,
        OTHER: make_tiny_model(folder / "other", seed=1),
        LONG: make_tiny_model(folder / "long", context=20_000, dtypes=("q8", "q4")),
        ONLY_Q8: make_tiny_model(folder / "only-q8", dtypes=("q8",)),
        NO_ONNX: no_onnx,
        DAMAGED: damaged,
        GATED: HubRepository(folder=tiny, gated="auto"),
        DEFAULT_MODEL: ensure_default_model(),
        **{f"tabagent-tests/case-{number}": tiny for number in range(20)},
    }


@pytest.fixture(scope="session")
def session_hub(repositories: dict[str, Path | HubRepository]) -> Iterator[LocalHub]:
    """The hub of the shared browsers."""
    with LocalHub(repositories) as hub:
        yield hub


@pytest.fixture(scope="session")
def shared_browser(extension: Path, session_hub: LocalHub) -> Iterator[ExtensionBrowser]:
    """A Chromium without a graphics adapter, for all tests that need nothing else."""
    with open_browser(browser_options(extension=extension, hub=session_hub)) as browser:
        yield browser


@pytest.fixture
def hub(session_hub: LocalHub) -> LocalHub:
    """The hub, well-behaved, with an empty log."""
    session_hub.faults.clear()
    session_hub.requests.clear()
    return session_hub


@pytest.fixture
def browser(shared_browser: ExtensionBrowser, hub: LocalHub) -> ExtensionBrowser:
    """The shared browser with nothing stored, no background, and one page that shows no panel."""
    forget(shared_browser)
    return shared_browser


@pytest.fixture
def wire(browser: ExtensionBrowser) -> Wire:
    """A page's connection to a fresh background."""
    return connected(browser.context.pages[0])


@pytest.fixture
def panel(wire: Wire, browser: ExtensionBrowser) -> PanelPage:
    """The side panel beside the page of `wire`."""
    return open_panel(browser)


def forget(browser: ExtensionBrowser) -> None:
    """Take back everything that the extension made."""
    first, *others = browser.context.pages
    for page in others:
        page.close()
    quiet(browser, first)
    assert first.evaluate(_FORGET) == "done"
    browser.console.clear()


def quiet(browser: ExtensionBrowser, page: Page) -> Page:
    """Show something of the extension that has no script, and can talk to the background all the same."""
    page.goto(f"chrome-extension://{browser.extension_id}/manifest.json")
    return page


def connected(page: Page) -> Wire:
    """Wake the background from a page of the extension, and connect."""
    wire = Wire(page)
    reply = wire.wake()
    assert reply["success"], reply
    return wire


def open_panel(browser: ExtensionBrowser) -> PanelPage:
    """Open one more side panel and wait until it knows the background."""
    panel = PanelPage(browser.open_panel(new_tab=True))
    panel.wait(lambda: panel.state != "", "the panel to know the state")
    return panel
