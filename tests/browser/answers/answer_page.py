"""The panel's real page, into which a test writes answers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.browser.panel.scripted_panel import NAMES, SCRIPT
from tests.browser.panel.wire_models import replies
from tools.browser import ExtensionBrowser

if TYPE_CHECKING:
    from playwright.sync_api import Locator

WATCHER = (Path(__file__).parent / "watcher.js").read_text(encoding="utf-8")


class AnswerPage:
    """The panel with a view of an answer in its conversation.

    Args:
        browser: Where to open it.
        variant: A name of `walls.PANELS`.
    """

    def __init__(self, browser: ExtensionBrowser, variant: str = "sidepanel") -> None:
        self.page = browser.context.new_page()
        self.page.set_default_timeout(10_000)
        scenario = json.dumps({"replies": replies([]), "granted": True, "names": NAMES, "chats": []})
        self.page.add_init_script(f"window.scenario = {scenario};\n{SCRIPT}\n{WATCHER}")
        self.page.goto(browser.panel_url.replace("/sidepanel/", f"/{variant}/"))
        self.page.wait_for_selector("html[data-connected=true]")

    @property
    def view(self) -> Locator:
        """The newest answer."""
        return self.page.locator("tabagent-markdown").last

    def one(self, selector: str) -> Locator:
        """Return elements of the newest answer."""
        return self.view.locator(selector)

    def new(self, text: str = "", *, complete: bool = True) -> Locator:
        """Begin another answer."""
        self.page.evaluate("watcher.begin()")
        self.show(text, complete=complete)
        return self.view

    def show(self, text: str, *, complete: bool = False) -> None:
        """Let the newest answer have this text."""
        self.page.evaluate("([text, complete]) => watcher.show(text, complete)", [text, complete])

    def call(self, name: str, *values: object) -> Any:
        """Call a function of watcher.js."""
        return self.page.evaluate("([name, values]) => watcher[name](...values)", [name, list(values)])
