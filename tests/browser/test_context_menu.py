"""The entries of the context menu, from Chrome's event to the panel of the window.

Chrome draws the menu outside every page and DevTools has no command that runs an entry, so the event is dispatched in
the service worker, with what Chrome states of the click and of the tab. What this leaves out: that Chrome draws the
entries, that a click on one grants `activeTab` and opens the side panel, and that the event wakes the service worker.
Pages may be read here by an origin in the manifest, and in one test by a press on the toolbar's button. Which entries
Chrome has is read from its own record of them, for no call lists them. That they outlast an end of the browser is
Chrome's promise: an unpacked extension is installed anew at each start.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tabagent.events import ErrorCodes, RuntimeMessageTypes
from tests.browser.conftest import browser_options, connected, forget, quiet
from tests.browser.panel_page import PanelPage
from tests.browser.store.altered_extension import altered
from tests.browser.test_toolbar import ATTACHMENTS, CONNECTED, attachments
from tests.browser.wire import Wire
from tools.browser import ExtensionBrowser, open_browser
from tools.build.locales import texts_of
from tools.hub import LocalHub

if TYPE_CHECKING:
    from playwright.sync_api import Page, Route

LOCALES = Path(__file__).parents[2] / "extension" / "locales"
READABLE = "https://*.example/*"
WHEAT, BARLEY = "https://wheat.example/field", "https://barley.example/field"
FRAMED, PRIVATE = "https://framed.example/field", "https://private.test/field"
SOWN = "The field was sown in October."
# What a frame shows belongs to another origin than the page.
SOURCES = {
    WHEAT: f"<!doctype html><title>Winter wheat</title><p>{SOWN * 20}</p><h2>Costs</h2><p>42\nper ton</p>",
    BARLEY: f"<!doctype html><title>Spring barley</title><p>{'It was sown in March. ' * 20}</p>",
    FRAMED: f"<!doctype html><title>Two fields</title><p>{SOWN}</p><iframe src='{BARLEY}'></iframe>",
    PRIVATE: f"<!doctype html><title>Diary</title><textarea>{SOWN}</textarea>",
}
ENTRIES = ("page", "selection")
# An entry that can be changed is there, and there can be no second one with its id.
THERE = """async () => {
  const said = (call) => new Promise((done) => call(() => done(chrome.runtime.lastError?.message ?? "")));
  const found = {};
  for (const id of ["page", "selection", "other"]) {
    const changed = await said((tell) => chrome.contextMenus.update(id, {}, tell));
    const second = await said((tell) => chrome.contextMenus.create({ id, title: id }, tell));
    if (!second) await chrome.contextMenus.remove(id);
    found[id] = !changed && second.includes("duplicate id");
  }
  return found;
}"""
# `chrome.tabs` keeps address and title of most tabs to itself; with the click Chrome states them.
CLICK = """(async ({ tabId, info, shown }) => {
  const tab = await chrome.tabs.get(tabId);
  chrome.contextMenus.onClicked.dispatch(info, { ...tab, ...shown });
})"""

OPEN_BESIDE = """(async ({ tabId, url }) => {
  const { windowId } = await chrome.tabs.get(tabId);
  await chrome.tabs.create({ windowId, url });
})"""


def serve(route: Route) -> None:
    route.fulfill(body=SOURCES.get(route.request.url, ""), content_type="text/html")


class Menu:
    """A browser with pages to click on.

    Args:
        browser: It.
    """

    def __init__(self, browser: ExtensionBrowser) -> None:
        self.browser = browser
        self._tab_ids: dict[Page, int] = {}

    def visit(self, url: str, *, new_window: bool = False) -> Page:
        """Open an address in a new tab and return it, in front."""
        before = self._tabs()
        if new_window:
            with self.browser.context.expect_page() as opened:
                self.browser.service_worker().evaluate("chrome.windows.create({ url: 'about:blank' }).then(() => null)")
            page: Page = opened.value
        else:
            page = self.browser.context.new_page()
        [self._tab_ids[page]] = self._tabs() - before
        page.goto(url)
        page.bring_to_front()
        return page

    def click(self, page: Page, entry: str, **more: Any) -> None:
        """Click on an entry of the menu of a page; `more` is what Chrome states beyond that."""
        info = {"menuItemId": entry, "editable": False, "frameId": 0, "pageUrl": page.url, **more}
        shown = {"url": page.url, "title": page.title()}
        told = {"tabId": self._tab_ids[page], "info": info, "shown": shown}
        self.browser.service_worker().evaluate(f"{CLICK}({json.dumps(told)})")

    def frame_of(self, page: Page, url: str) -> int:
        """Return Chrome's id of a frame of a page that may be read."""
        target = json.dumps({"target": {"tabId": self._tab_ids[page], "allFrames": True}})
        script = f"chrome.scripting.executeScript({{ ...{target}, func: () => location.href }})"
        frames = self.browser.service_worker().evaluate(script)
        return next(int(frame["frameId"]) for frame in frames if frame["result"] == url)

    def panel(self, page: Page) -> PanelPage:
        """Open a panel in the window of a page, and wait until it knows the background."""
        told = json.dumps({"tabId": self._tab_ids[page], "url": self.browser.panel_url})
        script = f"{OPEN_BESIDE}({told})"
        with self.browser.context.expect_page() as opened:
            self.browser.service_worker().evaluate(script)
        panel = PanelPage(opened.value)
        panel.wait(lambda: panel.state != "", "the panel to know the state")
        return panel

    def _tabs(self) -> set[int]:
        script = "chrome.tabs.query({}).then((tabs) => tabs.map(({ id }) => id))"
        return set(self.browser.service_worker().evaluate(script))


def taken(panel: PanelPage, count: int = 1) -> list[dict[str, Any]]:
    """Wait until so many attachments in a panel are settled, and return them."""

    def all_of_them() -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = json.loads(panel.page.evaluate(ATTACHMENTS))
        return found

    panel.wait(lambda: [each["status"] != "reading" for each in all_of_them()] == [True] * count, f"{count} settled")
    return all_of_them()


def text_of(wire: Wire, attachment: dict[str, Any]) -> str:
    reply = wire.ask(RuntimeMessageTypes.GET_ATTACHMENT, {"attachmentId": attachment["id"]})
    assert reply["success"], reply
    return str(reply["text"])


@pytest.fixture(scope="module")
def reading_browser(
    extension: Path, session_hub: LocalHub, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ExtensionBrowser]:
    """The built extension, which may read some pages without being pointed at them."""

    def allow(manifest: dict[str, Any]) -> None:
        manifest["host_permissions"].append(READABLE)

    copy = altered(extension, tmp_path_factory.mktemp("menu") / "extension", "manifest.json", allow)
    with open_browser(browser_options(extension=copy, hub=session_hub)) as browser:
        for address in (READABLE, PRIVATE):
            browser.context.route(address, serve)
        yield browser


@pytest.fixture
def menu(reading_browser: ExtensionBrowser) -> Menu:
    forget(reading_browser)
    return Menu(reading_browser)


@pytest.fixture
def wire(menu: Menu) -> Wire:
    """The background, which runs already."""
    return connected(menu.browser.context.pages[0])


def kept_entries(profile: Path, extension_id: str) -> list[dict[str, Any]]:
    """Return the entries that Chrome keeps for an extension, which are the last ones that it wrote to its log."""
    log = b"".join(path.read_bytes() for path in sorted(profile.glob("Default/Extension State/*.log")))
    _, _, after = log.rpartition(f"{extension_id}.context_menus".encode())
    _, bracket, text = after.partition(b"[")
    try:
        found: list[dict[str, Any]] = json.JSONDecoder().raw_decode((bracket + text).decode(errors="replace"))[0]
    except ValueError:  # they have just been removed
        return []
    return found


def in_language(language: str) -> dict[str, str]:
    texts = texts_of(LOCALES, language)
    return {entry: texts[f"extension_menu_{entry}"] for entry in ENTRIES}


@dataclass(frozen=True, slots=True)
class Starts:
    """Starts of one browser, each in a language."""

    extension: Path
    hub: LocalHub
    profile: Path

    @contextmanager
    def start(self, language: str) -> Iterator[ExtensionBrowser]:
        arguments = (f"--lang={language}",)
        options = browser_options(extension=self.extension, hub=self.hub, profile=self.profile, arguments=arguments)
        with open_browser(options) as browser:
            self.wait_for(browser, in_language(language))
            yield browser

    def wait_for(self, browser: ExtensionBrowser, titles: dict[str, str]) -> None:
        """Wait until Chrome keeps entries with these texts and no others."""

        def kept() -> list[tuple[str, str]]:
            entries = kept_entries(self.profile, browser.extension_id)
            return [(entry["string_uid"], entry["title"]) for entry in entries]

        browser.wait_until(lambda: kept() == [*titles.items()], timeout_s=30)


@pytest.fixture
def starts(extension: Path, session_hub: LocalHub, tmp_path: Path) -> Starts:
    return Starts(extension, session_hub, tmp_path / "profile")


def test_each_entry_is_there_once_in_the_browsers_language_whatever_starts_again(starts: Starts) -> None:
    for language in ("de", "ar"):
        with starts.start(language) as browser:
            for entry in kept_entries(starts.profile, browser.extension_id):
                assert (entry["enabled"], entry["visible"]) == (True, True)
                assert entry["document_url_patterns"] == ["file:///*", "http://*/*", "https://*/*"]
            page = quiet(browser, browser.context.pages[0])
            assert page.evaluate(THERE) == {"page": True, "selection": True, "other": False}
            browser.stop_service_worker()
            connected(page)
            assert page.evaluate(THERE) == {"page": True, "selection": True, "other": False}
            starts.wait_for(browser, in_language(language))


def test_a_browser_that_starts_in_another_language_changes_the_entries(starts: Starts) -> None:
    with starts.start("en") as browser:
        worker = browser.service_worker()
        # As they would be kept from an earlier start.
        for entry, title in in_language("fr").items():
            worker.evaluate(f"chrome.contextMenus.update({json.dumps(entry)}, {json.dumps({'title': title})})")
        starts.wait_for(browser, in_language("fr"))
        worker.evaluate("chrome.runtime.onStartup.dispatch()")

        starts.wait_for(browser, in_language("en"))


def test_the_page_that_was_clicked_is_attached_and_not_the_one_in_front(menu: Menu, wire: Wire) -> None:
    wheat = menu.visit(WHEAT)
    panel = menu.panel(wheat)
    menu.visit(BARLEY)
    menu.click(wheat, "page")
    [attached] = taken(panel)

    assert (attached["status"], attached["name"], attached["url"]) == ("ready", "Winter wheat", WHEAT), attached
    assert SOWN in text_of(wire, attached)


def test_a_selection_is_attached_as_it_stands_on_the_page_with_its_address(menu: Menu, wire: Wire) -> None:
    wheat = menu.visit(WHEAT)
    wheat.evaluate("getSelection().setBaseAndExtent(document.querySelector('h2'), 0, document.body.lastChild, 1)")
    # Chrome states a selection on one line.
    menu.click(wheat, "selection", selectionText="Costs 42 per ton")
    [attached] = taken(menu.panel(wheat))

    assert (attached["status"], attached["name"], attached["url"]) == ("ready", "Selection: Winter wheat", WHEAT)
    assert text_of(wire, attached).split("\n") == ["Costs", "42 per ton"]


def test_a_selection_in_a_frame_is_that_of_the_frame(menu: Menu, wire: Wire) -> None:
    framed = menu.visit(FRAMED)
    [inner] = framed.main_frame.child_frames
    for frame in (framed.main_frame, inner):
        frame.evaluate("getSelection().selectAllChildren(document.querySelector('p'))")
    frame_id = menu.frame_of(framed, BARLEY)
    menu.click(framed, "selection", frameId=frame_id, frameUrl=BARLEY, selectionText="It was sown in March. " * 20)
    [attached] = taken(menu.panel(framed))

    assert (attached["status"], attached["url"]) == ("ready", FRAMED), attached
    assert text_of(wire, attached) == ("It was sown in March. " * 20).strip()


@pytest.mark.parametrize("url", [WHEAT, PRIVATE])
def test_a_selection_that_no_script_finds_is_attached_as_chrome_states_it(menu: Menu, wire: Wire, url: str) -> None:
    # In a field for text, or on a page whose scripts are out of reach.
    page = menu.visit(url)
    menu.click(page, "selection", selectionText=SOWN, editable=True)
    [attached] = taken(menu.panel(page))

    title = {WHEAT: "Winter wheat", PRIVATE: "Diary"}[url]
    assert (attached["status"], attached["name"], attached["url"]) == ("ready", f"Selection: {title}", url), attached
    assert text_of(wire, attached) == SOWN


def test_a_page_of_the_browser_says_why_it_cannot_be_read(menu: Menu, wire: Wire) -> None:
    version = menu.visit("chrome://version/")
    menu.click(version, "page")
    panel = menu.panel(version)
    [refused] = taken(panel)

    assert (refused["status"], refused["url"]) == ("failed", "chrome://version/"), refused
    assert refused["error"]["code"] == ErrorCodes.PAGE_NOT_READABLE
    assert "the browser lets no extension read its own pages" in panel.one("attachment-error").inner_text()


def test_the_panel_of_the_window_takes_what_was_clicked_there_and_no_other(menu: Menu, wire: Wire) -> None:
    here, there = menu.visit(BARLEY), menu.visit(WHEAT, new_window=True)
    panels = [menu.panel(here), menu.panel(there)]
    menu.click(there, "page")
    menu.click(here, "page")

    assert [[each["name"] for each in taken(panel)] for panel in panels] == [["Spring barley"], ["Winter wheat"]]


def test_a_click_starts_the_background_and_waits_for_a_panel(menu: Menu) -> None:
    wheat = menu.visit(WHEAT)
    menu.click(wheat, "page")
    menu.click(wheat, "selection", selectionText=SOWN)
    panel = menu.panel(wheat)

    assert [each["name"] for each in taken(panel, 2)] == ["Winter wheat", "Selection: Winter wheat"]
    # It is handed out once, and stays in the question.
    window_id = panel.page.evaluate("chrome.windows.getCurrent().then(({ id }) => id)")
    wire = connected(menu.browser.context.pages[0])
    assert wire.ask(RuntimeMessageTypes.TAKE_ATTACHMENTS, {"windowId": window_id})["attachments"] == []
    panel.page.reload()
    assert len(taken(panel, 2)) == 2


def test_a_page_that_the_toolbars_button_allows_is_attached_in_the_side_panel(
    extension: Path, session_hub: LocalHub
) -> None:
    with open_browser(browser_options(extension=extension, hub=session_hub)) as browser:
        browser.context.route(READABLE, serve)
        menu = Menu(browser)
        barley, wheat = menu.visit(BARLEY), menu.visit(WHEAT)
        browser.press_toolbar_button(wheat.url)
        panel = browser.side_panel()
        browser.wait_until(lambda: panel.evaluate(CONNECTED) == "true", timeout_s=30)
        menu.click(wheat, "page")
        browser.wait_until(lambda: len(attachments(panel)) == 1, timeout_s=30)
        menu.click(barley, "page")
        browser.wait_until(lambda: len(attachments(panel)) == 2, timeout_s=30)
        allowed, refused = attachments(panel)

        assert (allowed["status"], allowed["name"], allowed["url"]) == ("ready", "Winter wheat", WHEAT), allowed
        # It was only the event that named it: no click of a person has allowed it.
        assert (refused["status"], refused["error"]["code"]) == ("failed", ErrorCodes.PAGE_ACCESS_NEEDED), refused
