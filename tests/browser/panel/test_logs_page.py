"""The page of logs, and the menu that opens the panel elsewhere, over a background that a test plays."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tabagent.events import DBEventNames, RuntimeMessageTypes, UIEventNames
from tests.browser.panel.conftest import OpenPanel
from tests.browser.panel.scripted_panel import ScriptedPanel
from tests.browser.panel.test_account_and_files import AXE
from tests.browser.panel.wire_models import Json, replies, settings
from tools.browser import ExtensionBrowser

GET = RuntimeMessageTypes.GET_LOG_ENTRIES
REQUEST = "2f1c7e0a-1111-4222-8333-444455556666"


def entry(number: int, level: str = "info", message: str = "", **more: object) -> Json:
    """Return an entry as the background tells it."""
    fields: Json = {
        "id": f"{number:05d}",
        "timestamp": 1_700_000_000_000 + number,
        "level": level,
        "message": message or f"step {number}",
        "component": "models.downloads",
        "extensionSessionId": "start-2",
    }
    return fields | more


ENTRIES = [
    entry(1, "debug"),
    entry(2, "info", "read 1,234 tokens of the prompt", correlationId=REQUEST, details={"tokens": 1234}),
    entry(3, "warn", "a load or a model failed: out_of_memory"),
    entry(
        4, "error", "request loadModel failed", details={"error": "ValueError", "frames": ["tabagent/main.py:1 start"]}
    ),
]
STARTS: Json = {
    "sessions": [
        {"id": "start-2", "first": 1_700_000_000_000, "last": 1_700_000_000_009, "entries": 4},
        {"id": "start-1", "first": 1_690_000_000_000, "last": 1_690_000_000_009, "entries": 9},
    ],
    "currentLogSessionId": "start-2",
    "previousLogSessionId": "start-1",
}
CHANGES: dict[str, Json] = {
    GET: {"entries": ENTRIES, "more": False},
    RuntimeMessageTypes.GET_LOG_SESSIONS: STARTS,
    DBEventNames.DB_GET_UNIQUE_LOG_VALUES_REQUEST: {"data": ["generation", "models.downloads"]},
    DBEventNames.DB_CLEAR_LOGS_REQUEST: {"data": {"deletedCount": 4}},
    RuntimeMessageTypes.EXPORT_LOGS: {"address": "blob:logs", "name": "tabagent-logs-2026-01-02.jsonl", "size": 9},
    RuntimeMessageTypes.DETACH_SIDE_PANEL: {"tabId": 7, "windowId": 8, "opened": True},
}


@pytest.fixture
def logs(open_panel: OpenPanel) -> ScriptedPanel:
    """The page of logs, reached as a person reaches it."""
    return opened(open_panel)


def opened(open_panel: OpenPanel, changes: dict[str, Json] | None = None) -> ScriptedPanel:
    panel = open_panel([], CHANGES | (changes or {}))
    panel.press("tab-settings")
    panel.press("open-logs")
    expect(panel.one("logs")).to_be_visible()
    return panel


def asked(panel: ScriptedPanel, **filters: object) -> None:
    """Wait until the background was asked with exactly these filters, beside the limit."""
    panel.page.wait_for_function(
        """([name, wanted]) => background.sent.some(({type, payload}) => {
             const {limit, ...filters} = payload.filters ?? {};
             return type === name && JSON.stringify(filters) === JSON.stringify(wanted);
           })""",
        arg=[str(GET), filters],
    )


def at_end(panel: ScriptedPanel) -> bool:
    return bool(
        panel.one("log-scroller").evaluate(
            "element => element.scrollHeight - element.scrollTop - element.clientHeight < 24"
        )
    )


def test_entries_are_shown_with_level_part_and_details(logs: ScriptedPanel) -> None:
    rows = logs.one("log")
    expect(rows).to_have_count(4)
    expect(rows.nth(3)).to_contain_text("request loadModel failed")
    expect(rows.nth(3)).to_contain_text("error")
    details = rows.nth(3).locator("pre")
    expect(details).not_to_be_visible()
    rows.nth(3).locator("summary").click()
    expect(details).to_contain_text("ValueError")


def test_logs_that_hold_content_name_the_setting_that_lets_them(open_panel: OpenPanel) -> None:
    kept = settings(resources={"debug_content": True})
    panel = opened(open_panel, {RuntimeMessageTypes.GET_SETTINGS: kept})

    expect(panel.one("logs-about")).to_contain_text("the setting “Debug content” is on")


def test_filters_are_asked_of_the_background(logs: ScriptedPanel) -> None:
    logs.press("level-error")
    asked(logs, levels=["error"])
    logs.press("level-warn")
    asked(logs, levels=["error", "warn"])
    logs.press("level-error")
    logs.press("level-warn")
    logs.one("logs-component").select_option("generation")
    asked(logs, components=["generation"])
    logs.one("logs-session").select_option("start-1")
    asked(logs, components=["generation"], sessionId="start-1")
    logs.one("logs-search").fill(" memory ")
    asked(logs, components=["generation"], sessionId="start-1", text="memory")


def test_one_request_is_followed_by_its_id_and_left_again(logs: ScriptedPanel) -> None:
    logs.press("log-correlation")
    asked(logs, correlationId=REQUEST)
    expect(logs.one("logs-all-requests")).to_contain_text(REQUEST[:8])
    logs.press("logs-all-requests")
    expect(logs.one("logs-all-requests")).to_have_count(0)


def test_new_entries_come_in_at_the_end_until_the_reader_scrolls_up(open_panel: OpenPanel) -> None:
    many = [entry(number, message="a line that is long enough to wrap " * 3) for number in range(100)]
    panel = opened(open_panel, {GET: {"entries": many, "more": True}})
    expect(panel.one("log")).to_have_count(100)
    panel.page.wait_for_function("document.querySelector('.log-scroller').scrollTop > 500")
    assert at_end(panel)

    panel.reply(GET, {"entries": [entry(200)], "more": False})
    panel.publish(UIEventNames.LOG_ENTRIES_ADDED, {"entries": [entry(200)]})
    expect(panel.one("log")).to_have_count(101)
    asked(panel, after="00099")
    assert at_end(panel)

    panel.one("log-scroller").evaluate("element => { element.scrollTop = 300; }")
    expect(panel.one("logs-newest")).to_be_visible()
    before = panel.count(GET)
    panel.publish(UIEventNames.LOG_ENTRIES_ADDED, {"entries": [entry(201)]})
    panel.page.wait_for_timeout(100)
    assert panel.count(GET) == before
    assert panel.one("log-scroller").evaluate("element => element.scrollTop") == 300

    panel.reply(GET, {"entries": [entry(201)], "more": True})
    panel.press("logs-newest")
    expect(panel.one("log")).to_have_count(1)
    expect(panel.one("logs-newest")).to_have_count(0)


def test_earlier_entries_come_in_above_and_what_is_drawn_is_bounded(open_panel: OpenPanel) -> None:
    newest = [entry(number) for number in range(5_000, 5_200)]
    panel = opened(open_panel, {GET: {"entries": newest, "more": True}})
    first = 5_000
    for _ in range(3):
        earlier = [entry(number) for number in range(first - 200, first)]
        panel.reply(GET, {"entries": earlier, "more": True})
        panel.press("logs-earlier")
        expect(panel.page.locator(".log-message").first).to_have_text(f"step {first - 200}")
        asked(panel, before=f"{first:05d}")
        first -= 200

    expect(panel.one("log")).to_have_count(600)
    expect(panel.page.locator(".log-message").last).to_have_text("step 4999")


def test_the_logs_are_downloaded_and_deleted(logs: ScriptedPanel) -> None:
    logs.press("logs-download")
    logs.sent(RuntimeMessageTypes.EXPORT_LOGS)
    logs.page.wait_for_function("background.saved.length")
    assert logs.noted("saved") == [{"address": "blob:logs", "name": "tabagent-logs-2026-01-02.jsonl"}]

    logs.press("clear-logs-button")
    logs.reply(GET, {"entries": [], "more": False})
    logs.press("confirm-clear-logs")
    expect(logs.one("logs-empty")).to_contain_text("Nothing has been logged yet")


def test_what_does_not_fit_can_be_shown_again(logs: ScriptedPanel) -> None:
    logs.reply(GET, {"entries": [], "more": False})
    logs.one("logs-search").fill("nowhere")
    expect(logs.one("logs-nothing")).to_be_visible()
    logs.reply(GET, {"entries": ENTRIES, "more": False})
    logs.press("logs-reset")

    expect(logs.one("log")).to_have_count(4)
    expect(logs.one("logs-search")).to_have_value("")


def test_escape_and_the_arrow_lead_back_to_the_settings(logs: ScriptedPanel) -> None:
    logs.one("logs-search").press("Escape")
    expect(logs.one("settings")).to_be_visible()
    expect(logs.one("tab-settings")).to_be_focused()
    logs.press("open-logs")
    logs.press("logs-back")
    expect(logs.one("settings")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_on_the_page_of_logs(logs: ScriptedPanel, scheme: str) -> None:
    logs.page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    logs.page.set_viewport_size({"width": 320, "height": 640})
    logs.press("level-error")
    logs.one("log").last.locator("summary").click()
    logs.press("menu-button")
    logs.page.evaluate(AXE.read_text(encoding="utf-8"))

    assert (
        logs.page.evaluate("axe.run().then(({violations}) => violations.map(({id, nodes}) => [id, nodes[0].html]))")
        == []
    )
    assert logs.page.evaluate("document.documentElement.scrollWidth") <= 320


def test_arrow_keys_go_on_from_the_tab_that_is_marked_while_logs_are_shown(logs: ScriptedPanel) -> None:
    logs.one("tab-settings").press("ArrowLeft")

    expect(logs.one("tab-models")).to_be_focused()
    expect(logs.one("tab-models")).to_have_attribute("aria-selected", "true")


def test_the_menu_opens_the_panel_elsewhere_with_its_chat(logs: ScriptedPanel) -> None:
    button = logs.one("menu-button")
    button.focus()
    button.press("Enter")
    expect(logs.one("open-tab")).to_be_focused()
    logs.page.keyboard.press("ArrowDown")
    expect(logs.one("open-window")).to_be_focused()
    logs.page.keyboard.press("Escape")
    expect(button).to_be_focused()
    expect(logs.one("open-window")).to_have_count(0)

    logs.press("menu-button")
    logs.press("open-window")
    sent = logs.sent(RuntimeMessageTypes.DETACH_SIDE_PANEL)[0]
    assert (sent["place"], bool(sent["chatId"])) == ("window", True)


@pytest.fixture
def in_window(panel_browser: ExtensionBrowser) -> Iterator[ScriptedPanel]:
    """The panel in a window of its own, opened with a chat."""
    state: Json = {"detached": [], "browserWindowId": 3}
    panel = ScriptedPanel(panel_browser, replies([]) | {RuntimeMessageTypes.GET_DETACHED_STATE: state})
    panel.page.goto(f"{panel_browser.panel_url}?detached=window&chat=chat-7")
    panel.page.wait_for_selector("html[data-connected=true]")
    yield panel
    if not panel.page.is_closed():
        panel.page.evaluate("localStorage.clear()")
        panel.page.close()


def test_a_panel_in_a_window_offers_the_way_back_alone(in_window: ScriptedPanel) -> None:
    in_window.page.evaluate(
        """() => Object.defineProperty(chrome, "sidePanel", { configurable: true, value: {
             open: async (options) =>
               console.log(JSON.stringify({ ...options, inAClick: navigator.userActivation.isActive })),
           } })"""
    )
    in_window.press("menu-button")
    expect(in_window.one("open-window")).to_have_count(0)
    said: list[str] = []
    in_window.page.on("console", lambda message: said.append(message.text))
    with in_window.page.expect_event("close"):
        in_window.press("attach")

    assert [json.loads(line) for line in said] == [{"windowId": 3, "inAClick": True}]


def test_the_model_of_last_time_is_chosen_where_nothing_is(in_window: ScriptedPanel) -> None:
    in_window.page.evaluate("localStorage.clear()")
    last: Json = {"modelRestored": False, "lastModel": {"repoId": "acme/last", "dtype": "q4"}, "lastChatSession": None}
    in_window.page.add_init_script(
        f"window.scenario.replies[{str(RuntimeMessageTypes.RESTORE_LAST_STATE)!r}] = "
        + str(last).replace("False", "false").replace("None", "null")
    )
    in_window.page.reload()
    in_window.page.wait_for_selector("html[data-connected=true]")

    expect(in_window.page.get_by_test_id("model-select").locator("option:checked")).to_contain_text("last")
