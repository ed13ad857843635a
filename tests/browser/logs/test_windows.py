"""The panel in a tab and in a window of real Chromium, and what is offered again after its start."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Page, expect

from tabagent.events import RuntimeMessageTypes
from tests.browser.conftest import TINY, browser_options, connected, quiet
from tests.browser.panel_page import PanelPage
from tests.browser.wire import Payload, Wire
from tools.browser import ExtensionBrowser, open_browser
from tools.hub import LocalHub


def state(wire: Wire) -> Payload:
    """Return the reply to GET_DETACHED_STATE."""
    reply = wire.ask(RuntimeMessageTypes.GET_DETACHED_STATE)
    assert reply["success"], reply
    return reply


def opened_by(panel: PanelPage, browser: ExtensionBrowser, item: str) -> Page:
    with browser.context.expect_page() as opened:
        panel.one("menu-button").click()
        panel.one(item).click()
    page: Page = opened.value
    page.wait_for_selector("html[data-connected=true]")
    return page


def test_the_panel_opens_once_in_a_window_and_once_in_a_tab(
    wire: Wire, panel: PanelPage, browser: ExtensionBrowser
) -> None:
    kept = "chrome.storage.local.get().then((all) => Object.keys(all).sort())"
    before = wire.page.evaluate(kept)
    window = opened_by(panel, browser, "open-window")
    # Its size is Playwright's here; the contract of the port tells what the browser is asked for.
    assert window.evaluate("chrome.windows.getCurrent().then(({type}) => type)") == "popup"
    has_way_back = bool(window.evaluate("!!chrome.sidePanel?.open"))
    expect(window.get_by_test_id("menu-button")).to_be_visible(visible=has_way_back)
    tab = opened_by(panel, browser, "open-tab")
    assert "detached=tab" in tab.url

    found = state(wire)
    assert [each["place"] for each in found["detached"]] in (["window", "tab"], ["tab", "window"])
    assert all(each["chatId"] for each in found["detached"])
    assert found["browserWindowId"] is not None
    again = wire.ask(RuntimeMessageTypes.DETACH_SIDE_PANEL, {"place": "window"})
    assert again["opened"] is False
    assert again["tabId"] in [each["tabId"] for each in found["detached"] if each["place"] == "window"]

    window.close()
    wire.wait(lambda: [each["place"] for each in state(wire)["detached"]] == ["tab"], "the window to be gone")
    tab.close()
    wire.wait(lambda: state(wire)["detached"] == [], "the tab to be gone")
    assert wire.page.evaluate(kept) == before


def test_the_last_model_and_chat_are_offered_after_a_start_of_the_browser(
    extension: Path, hub: LocalHub, tmp_path: Path
) -> None:
    options = browser_options(extension=extension, hub=hub, profile=tmp_path / "profile")
    with open_browser(options) as browser:
        wire = connected(quiet(browser, browser.context.pages[0]))
        wire.load_ready(TINY)
        wire.answer("Hello")
        wire.wait(lambda: _last(wire)["lastChatSession"] == "chat" and _last(wire)["lastModel"], "both to be kept")
    with open_browser(options) as browser:
        wire = connected(quiet(browser, browser.context.pages[0]))
        for reply in (_last(wire), _last(wire)):
            assert (reply["modelRestored"], reply["lastChatSession"]) == (False, "chat")
            assert reply["lastModel"]["repoId"] == TINY
            assert reply["currentModel"] == {"id": None, "dtype": None, "ready": False}


def _last(wire: Wire) -> Payload:
    return wire.ask(RuntimeMessageTypes.RESTORE_LAST_STATE)
