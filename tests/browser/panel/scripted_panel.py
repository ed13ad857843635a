"""One page of the panel whose background a test plays."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tabagent.events import UIEventNames
from tests.browser.panel.wire_models import Json
from tools.browser import ExtensionBrowser

if TYPE_CHECKING:
    from playwright.sync_api import Locator

SCRIPT = (Path(__file__).parent / "scripted_background.js").read_text(encoding="utf-8")


class ScriptedPanel:
    """The panel with a background that answers what it was told to answer.

    Args:
        browser: Where to open it.
        replies: Fields of the reply to each request, by type; `{"error": …}` refuses.
        granted: Whether the browser gives permissions that are asked for.
    """

    def __init__(self, browser: ExtensionBrowser, replies: dict[str, Json], *, granted: bool = True) -> None:
        self.page = browser.context.new_page()
        self.page.set_default_timeout(10_000)
        self.page.add_init_script(
            f"window.scenario = {json.dumps({'replies': replies, 'granted': granted})};\n{SCRIPT}"
        )
        self.page.goto(browser.panel_url)
        self.page.wait_for_selector("html[data-connected=true]")

    def one(self, name: str) -> Locator:
        """Return the elements with a test id."""
        return self.page.get_by_test_id(name)

    def row(self, dtype: str = "q8", model_id: str = "acme/tiny") -> Locator:
        """Return the row of a dtype."""
        return self.page.locator(f'[data-testid=dtype-row][data-model="{model_id}"][data-dtype="{dtype}"]')

    def press(self, name: str, *, within: Locator | None = None) -> None:
        """Press a button."""
        (within or self.page).get_by_test_id(name).click()

    def open_models(self) -> ScriptedPanel:
        """Go to the list of models."""
        self.press("tab-models")
        return self

    def sent(self, name: str) -> list[Json]:
        """Return the payloads of all requests of a type, as soon as there is one."""
        self.page.wait_for_function("name => background.sent.some(({type}) => type === name)", arg=str(name))
        payloads: list[Json] = self.page.evaluate(
            "name => background.sent.filter(({type}) => type === name).map(({payload}) => payload)", str(name)
        )
        return payloads

    def count(self, name: str) -> int:
        """Return how many requests of a type there were by now."""
        number: int = self.page.evaluate("name => background.sent.filter(({type}) => type === name).length", str(name))
        return number

    def noted(self, what: str) -> Any:
        """Return what the script noted: `asked`, `saved`, `revoked`."""
        return self.page.evaluate("what => background[what]", what)

    def reply(self, name: str, fields: Json) -> None:
        """Answer a type otherwise from now on."""
        self.page.evaluate("([name, fields]) => { background.replies[name] = fields; }", [str(name), fields])

    def answer(self, name: str, fields: Json) -> None:
        """Answer the last request of a type, which had no reply so far."""
        self.page.evaluate(
            """([type, fields]) => {
              const { requestId } = background.sent.findLast((sent) => sent.type === type);
              background.publish({ type: `${type}_RESPONSE`, requestId, success: true, ...fields });
            }""",
            [str(name), fields],
        )

    def publish(self, name: str, payload: Json) -> None:
        """Publish an event."""
        self.page.evaluate("event => background.publish(event)", {"type": str(name), "payload": payload})

    def report(self, transfer: Json) -> None:
        """Publish how far a transfer is."""
        self.publish(UIEventNames.MODEL_DOWNLOAD_PROGRESS, transfer)
