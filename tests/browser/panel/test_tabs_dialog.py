"""The dialog of open tabs: what it lists and asks for, keys, and what becomes of the tabs that are chosen."""

from __future__ import annotations

from playwright.sync_api import expect

from tabagent.attachment_errors import PageAccessNeeded, PageNotReadable
from tabagent.events import RuntimeMessageTypes
from tests.browser.panel.conftest import OpenPanel
from tests.browser.panel.scripted_panel import ScriptedPanel
from tests.browser.panel.wire_models import Json, model

WANTED: Json = {"permissions": ["tabs"], "inAClick": True}
REFUSED = PageNotReadable("chrome://settings/", "the browser lets no extension read its own pages")


def _tab(tab_id: int, title: str, url: str, **changes: object) -> Json:
    known = {"tabId": tab_id, "windowId": 2, "title": title, "url": url, "active": False, "refused": None}
    return known | {"origin": "/".join(url.split("/")[:3])} | changes


TABS = [
    _tab(1, "Winter wheat", "https://valley.example/wheat", active=True),
    _tab(2, "Costs by region", "https://numbers.example/costs?year=1900"),
    _tab(3, "Plain", "http://plain.example/", origin=""),
    _tab(4, "Settings", "chrome://settings/", origin="", refused=REFUSED.to_wire()),
    _tab(5, "A title that is far too long for any line of a panel, in one window or the other", "https://a.example/"),
]


def listing(*tabs: Json, hidden: int = 0) -> Json:
    return {RuntimeMessageTypes.LIST_TABS: {"tabs": list(tabs or TABS), "hidden": hidden}}


def open_dialog(panel: ScriptedPanel) -> ScriptedPanel:
    """Open the dialog as a person does."""
    panel.press("tab-chat")
    panel.press("attach-button")
    panel.press("attach-tabs")
    expect(panel.one("tabs-dialog")).to_be_visible()
    return panel


def _scrapes(panel: ScriptedPanel, number: int) -> list[Json]:
    panel.page.wait_for_function(
        "([type, number]) => background.sent.filter((each) => each.type === type).length === number",
        arg=[str(RuntimeMessageTypes.SCRAPE_REQUEST), number],
    )
    return panel.sent(RuntimeMessageTypes.SCRAPE_REQUEST)


def test_tabs_are_listed_with_title_and_host_and_those_that_no_extension_may_read_with_the_reason(
    open_panel: OpenPanel,
) -> None:
    panel = open_dialog(open_panel([model()], listing()))

    rows = panel.page.locator("[data-testid=tabs-dialog] label")
    expect(rows).to_have_count(5)
    expect(panel.one("tabs-count")).to_have_text("Tabs: 5")
    expect(rows.nth(0)).to_contain_text("Winter wheat")
    expect(rows.nth(0)).to_contain_text("valley.example · shown now")
    expect(rows.nth(3)).to_contain_text("The browser lets no extension read its own pages")
    expect(panel.one("tab").nth(3)).to_be_disabled()
    expect(panel.one("tabs-hidden")).to_have_count(0)


def test_chosen_tabs_are_asked_for_in_one_question_and_read_each_by_itself(open_panel: OpenPanel) -> None:
    panel = open_dialog(open_panel([model()], listing() | {RuntimeMessageTypes.SCRAPE_REQUEST: {}}))
    for place in (1, 0, 2):
        panel.one("tab").nth(place).click()
    expect(panel.one("tabs-chosen")).to_have_text("Chosen: 3")
    panel.press("tabs-attach")

    # Of the page without TLS the browser cannot be asked; it may have been granted by the toolbar's button.
    origins = ["https://numbers.example/*", "https://valley.example/*"]
    requests = _scrapes(panel, 3)
    assert panel.noted("asked") == [{"origins": origins, "inAClick": True}]
    assert [request["tabId"] for request in requests] == [2, 1, 3]
    expect(panel.one("attachment")).to_have_count(3)
    expect(panel.one("attachment").first).to_contain_text("Costs by region")
    expect(panel.one("tabs-dialog")).to_have_count(0)
    expect(panel.one("prompt")).to_be_focused()


def test_a_page_that_was_refused_can_be_allowed_at_its_attachment(open_panel: OpenPanel) -> None:
    error = PageAccessNeeded("https://valley.example/wheat", "https://valley.example").to_wire()
    panel = open_panel([model()], listing() | {RuntimeMessageTypes.SCRAPE_REQUEST: {"error": error}}, granted=False)
    open_dialog(panel).one("tab").first.click()
    panel.press("tabs-attach")
    expect(panel.one("attachment-error")).to_contain_text("Allow TabAgent to read https://valley.example")

    panel.page.evaluate("background.granted = true")
    panel.reply(RuntimeMessageTypes.SCRAPE_REQUEST, {})
    panel.press("attachment-allow")

    first, again = _scrapes(panel, 2)
    assert (again["tabId"], again["attachmentId"]) == (1, first["attachmentId"])
    assert panel.noted("asked")[-1] == {"origins": ["https://valley.example/*"], "inAClick": True}
    expect(panel.one("attachment")).to_have_attribute("data-status", "reading")
    expect(panel.one("prompt")).to_be_focused()


def test_titles_of_all_tabs_are_asked_for_in_a_click_and_given_back(open_panel: OpenPanel) -> None:
    panel = open_dialog(open_panel([model()], listing(TABS[0], hidden=4)))
    expect(panel.one("tabs-hidden")).to_contain_text("Tabs that are not listed: 4")
    expect(panel.one("tabs-hidden")).to_contain_text("Read your browsing history")
    panel.reply(RuntimeMessageTypes.LIST_TABS, {"tabs": TABS, "hidden": 0})
    panel.press("tabs-show-all")

    expect(panel.one("tabs-count")).to_have_text("Tabs: 5")
    expect(panel.one("tabs-hidden")).to_have_count(0)
    expect(panel.one("tabs-filter")).to_be_focused()
    assert panel.noted("asked") == [WANTED]

    panel.reply(RuntimeMessageTypes.LIST_TABS, {"tabs": TABS[:1], "hidden": 4})
    panel.press("tabs-show-fewer")
    expect(panel.one("tabs-hidden")).to_be_visible()
    expect(panel.one("tabs-filter")).to_be_focused()
    assert panel.noted("asked")[-1] == {"remove": {"permissions": ["tabs"]}}


def test_without_that_permission_the_dialog_says_what_can_be_done(open_panel: OpenPanel) -> None:
    panel = open_panel([model()], {RuntimeMessageTypes.LIST_TABS: {"tabs": [], "hidden": 3}}, granted=False)
    open_dialog(panel).press("tabs-show-all")

    expect(panel.one("tabs-refused")).to_contain_text("Without your permission only tabs of pages that you allowed")
    expect(panel.one("tabs-attach")).to_be_disabled()
    assert panel.count(RuntimeMessageTypes.LIST_TABS) == 1


def test_the_dialog_is_used_with_keys_alone(open_panel: OpenPanel) -> None:
    panel = open_panel([model()], listing() | {RuntimeMessageTypes.SCRAPE_REQUEST: {}})
    panel.press("tab-chat")
    expect(panel.one("attach-button")).to_be_visible()
    panel.one("attach-button").focus()
    for key in ("Enter", "Tab", "Tab", "Tab", "Enter"):
        panel.page.keyboard.press(key)
    expect(panel.one("tabs-filter")).to_be_focused()

    panel.page.keyboard.type("EXAMPLE  c")
    expect(panel.one("tabs-count")).to_have_text("Tabs: 1")
    panel.page.keyboard.press("Escape")
    expect(panel.one("tabs-filter")).to_have_value("")
    expect(panel.one("tabs-count")).to_have_text("Tabs: 5")
    panel.page.keyboard.type("nothing of the kind")
    expect(panel.one("tabs-empty")).to_have_text("No tab has these words.")
    panel.page.keyboard.press("Escape")

    # Over the one that cannot be read, and not beyond the last.
    for key in ("ArrowDown", "ArrowDown", "ArrowDown", "ArrowDown", "ArrowDown", "Space", "Home", "Space", "Enter"):
        panel.page.keyboard.press(key)
    assert [request["tabId"] for request in _scrapes(panel, 2)] == [5, 1]


def test_escape_closes_the_dialog_and_the_focus_goes_back_to_the_menus_button(open_panel: OpenPanel) -> None:
    panel = open_dialog(open_panel([model()], listing()))
    panel.page.keyboard.press("Escape")
    expect(panel.one("tabs-dialog")).to_have_count(0)
    expect(panel.one("attach-button")).to_be_focused()

    open_dialog(panel).press("tabs-close")
    expect(panel.one("tabs-dialog")).to_have_count(0)
    expect(panel.one("attach-button")).to_be_focused()


def test_tabs_of_other_windows_stand_below_those_of_the_panels_own(open_panel: OpenPanel) -> None:
    panel = open_panel([model()])
    panel.reply(RuntimeMessageTypes.LIST_TABS, {"tabs": TABS[:1], "hidden": 0})
    panel.press("tab-chat")
    own = panel.page.evaluate("chrome.windows.getCurrent().then(({ id }) => id)")
    here = _tab(9, "Here", "https://here.example/", windowId=own)
    panel.reply(RuntimeMessageTypes.LIST_TABS, {"tabs": [here, *TABS], "hidden": 0})
    open_dialog(panel)

    expect(panel.page.locator(".dialog-group")).to_have_text(["This window", "Other windows"])
    expect(panel.page.locator("[data-testid=tabs-dialog] ul").first.locator("label")).to_have_count(1)
    assert panel.sent(RuntimeMessageTypes.LIST_TABS)[-1] == {"windowId": own}


def test_a_background_that_does_not_answer_with_tabs_says_why(open_panel: OpenPanel) -> None:
    error = {"code": "internal", "message": "TabAgent made a mistake."}
    panel = open_dialog(open_panel([model()], {RuntimeMessageTypes.LIST_TABS: {"error": error}}))

    expect(panel.one("tabs-failure")).to_have_text("TabAgent made a mistake.")
    expect(panel.one("tabs-count")).to_have_text("")
