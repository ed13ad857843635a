"""The button in the browser's toolbar, in the extension as it ships: the click is all that the person allows."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tabagent.events import ErrorCodes
from tests.browser.conftest import browser_options
from tools.browser import open_browser
from tools.devtools import TargetSession
from tools.hub import LocalHub

PAGE = "<!doctype html><title>Winter wheat</title><p>" + "The field was sown in October. " * 20
# It can be looked at before it has a document.
CONNECTED = "document.documentElement?.dataset.connected"
ATTACHMENTS = "JSON.stringify(document.querySelector('tabagent-app')?.commands.store.state.attachments ?? [])"


def attachments(panel: TargetSession) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(panel.evaluate(ATTACHMENTS))
    return [each for each in found if each["status"] != "reading"]


def test_a_click_opens_the_panel_and_lets_it_read_the_page_and_no_other(extension: Path, session_hub: LocalHub) -> None:
    with open_browser(browser_options(extension=extension, hub=session_hub)) as browser:
        browser.context.route("https://*.example/*", lambda route: route.fulfill(body=PAGE, content_type="text/html"))
        other, shown = browser.context.new_page(), browser.context.new_page()
        other.goto("https://barley.example/field")
        shown.goto("https://wheat.example/field")
        shown.bring_to_front()
        browser.press_toolbar_button(shown.url)
        panel = browser.side_panel()
        browser.wait_until(lambda: panel.evaluate(CONNECTED) == "true", timeout_s=30)
        attach = "document.querySelector('[data-testid=attach-page]').click()"
        panel.evaluate(attach)
        browser.wait_until(lambda: len(attachments(panel)) == 1, timeout_s=30)
        [wheat] = attachments(panel)

        assert (wheat["status"], wheat["name"]) == ("ready", "Winter wheat"), wheat

        other.bring_to_front()
        panel.evaluate(attach)
        browser.wait_until(lambda: len(attachments(panel)) == 2, timeout_s=30)
        barley = attachments(panel)[1]

        assert (barley["status"], barley["error"]["code"]) == ("failed", ErrorCodes.PAGE_ACCESS_NEEDED), barley
        assert "press its button in the toolbar" in barley["error"]["message"]
