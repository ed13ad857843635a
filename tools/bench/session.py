"""A browser with the extension and the peers' pages side by side."""

from __future__ import annotations

import base64
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tools.bench.server import serve
from tools.browser import BrowserOptions, ExtensionBrowser, open_browser
from tools.build.archive import write_archive
from tools.environment import ROOT, ToolError
from tools.hub import HubRepository, LocalHub

if TYPE_CHECKING:
    from playwright.sync_api import Page, Worker

PAGES = Path(__file__).parent / "pages"
# Nothing that is measured takes this long unless it hangs.
LIMIT_SECONDS = 300.0
# A page of the extension that draws nothing and starts nothing by itself.
QUIET_PAGE = "manifest.json"


@dataclass(frozen=True, slots=True)
class Side:
    """One of those that are compared: a page whose `bench` object can be called.

    Attributes:
        name: "ours" or the peer's.
        page: the page.
    """

    name: str
    page: Page

    def call(self, function: str, options: object = None) -> Any:
        """Call a function of the page's `bench` and return what it gives; `ToolError` when it fails or hangs."""
        from playwright.sync_api import Error

        script = (PAGES / "call.js").read_text(encoding="utf-8")
        try:
            return self.page.evaluate(script, [function, options, LIMIT_SECONDS * 1000])
        except Error as error:
            raise ToolError(f"{self.name}: {first_line(error.message)}") from error


@dataclass(frozen=True, slots=True)
class ThreadSide(Side):
    """A page of the extension with a runtime thread of its own.

    Attributes:
        worker: the thread.
    """

    worker: Worker

    def probe(self, function: str, options: object = None) -> Any:
        """Call a function of the thread's `bench` (pages/thread_probe.js)."""
        return self.worker.evaluate("([name, options]) => bench[name](options)", [function, options])


@dataclass(frozen=True, slots=True)
class Session:
    """An open browser.

    Attributes:
        browser: with the extension.
        address: of the peers' pages.
        hub: that all pages see in place of huggingface.co.
    """

    browser: ExtensionBrowser
    address: str
    hub: LocalHub

    def ours(self) -> Side:
        """Open a page of the extension that talks with the background, and wait until that answers."""
        return Side("ours", self._own_page("ours", {}))

    def thread(self, name: str, changes: Sequence[str]) -> ThreadSide:
        """Open a page of the extension and start the background in a thread of that page's own.

        Args:
            name: of the side.
            changes: what is to be different there, names in `tools.bench.inside.background.CHANGES`.
        """
        from playwright.sync_api import Error

        with tempfile.TemporaryDirectory(prefix="tabagent-bench-") as folder:
            archive = inside_archive(Path(folder))
            page = self._own_page(name, {"changes": list(changes), "archive": archive})
        try:
            self.browser.wait_until(lambda: bool(page.workers))
            worker = page.workers[0]
            worker.evaluate((PAGES / "thread_probe.js").read_text(encoding="utf-8"))
        except Error as error:
            raise ToolError(f"{name}: {first_line(error.message)}") from error
        side = ThreadSide(name, page, worker)
        side.call("start")
        return side

    def _own_page(self, name: str, options: Mapping[str, object]) -> Page:
        from playwright.sync_api import Error

        page = self.open_window()
        try:
            page.goto(f"chrome-extension://{self.browser.extension_id}/{QUIET_PAGE}")
            page.evaluate((PAGES / "client.js").read_text(encoding="utf-8"), dict(options))
        except Error as error:
            raise ToolError(f"{name}: {first_line(error.message)}") from error
        return page

    def open_window(self) -> Page:
        """Open an empty page in a window of its own.

        Chromium gives less of a busy machine to pages that are hidden, and of one window's tabs only one is not.
        """
        context = self.browser.context
        if context.browser is None:  # only connections to foreign browsers lack it
            raise RuntimeError("this context belongs to no browser that was started here")
        with context.expect_page() as opened:
            devtools = context.browser.new_browser_cdp_session()
            devtools.send("Target.createTarget", {"url": "about:blank", "newWindow": True})
        return opened.value

    def peer(self, name: str, page_name: str) -> Side:
        """Open a peer's page."""
        from playwright.sync_api import Error

        page = self.open_window()
        try:
            page.goto(f"{self.address}/pages/{page_name}")
            page.wait_for_function("globalThis.bench !== undefined")
        except Error as error:
            raise ToolError(f"{name}: {first_line(error.message)}") from error
        return Side(name, page)


@contextmanager
def open_session(
    extension: Path,
    *,
    folders: Mapping[str, Path] | None = None,
    models: Mapping[str, Path | HubRepository] | None = None,
) -> Iterator[Session]:
    """Start a browser with an empty profile.

    Args:
        extension: the built extension; the peers' server has its files under /extension.
        folders: more folders or files for the peers' pages, by name.
        models: repositories that a local hub serves.
    """
    with ExitStack() as stack:
        address = stack.enter_context(serve({"pages": PAGES, "extension": extension, **(folders or {})}))
        hub = stack.enter_context(LocalHub(dict(models or {})))
        options = BrowserOptions(extension=extension, hub=hub)
        browser = stack.enter_context(open_browser(options))
        yield Session(browser, address, hub)


def inside_archive(folder: Path) -> str:
    """Return an archive of tools/bench/inside for a runtime thread, in base64; `folder` is for its file."""
    here = Path(__file__).parent
    modules = [ROOT / "tools" / "__init__.py", here / "__init__.py", *sorted((here / "inside").glob("*.py"))]
    write_archive(folder / "inside.zip", {path.relative_to(ROOT).as_posix(): path for path in modules})
    return base64.b64encode((folder / "inside.zip").read_bytes()).decode("ascii")


def first_line(message: str) -> str:
    """Return the first line of a browser's message that says something, without its prefix."""
    line = next((line.strip() for line in message.splitlines() if line.strip()), "no reason was given")
    return line.removeprefix("Page.evaluate: ").removeprefix("Error: ")
