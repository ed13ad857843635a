"""The logs of the real background: kept over threads and starts, from the click to the token, shown as they come."""

from __future__ import annotations

import json

from playwright.sync_api import expect

from tabagent.events import DBEventNames, RuntimeMessageTypes, UIEventNames, WorkerEventNames
from tests.browser.conftest import TINY, connected
from tests.browser.panel_page import PanelPage
from tests.browser.wire import Payload, Wire
from tools.browser import ExtensionBrowser

SECRET = "Xylophon7391"


def entries(wire: Wire, **filters: object) -> list[Payload]:
    """Return the entries that fit."""
    reply = wire.ask(RuntimeMessageTypes.GET_LOG_ENTRIES, {"filters": {"limit": 1000, **filters}})
    assert reply["success"], reply
    found: list[Payload] = reply["entries"]
    return found


def test_an_answer_is_followed_from_the_click_to_its_end_over_threads_and_starts(
    wire: Wire, browser: ExtensionBrowser
) -> None:
    wire.load_ready(TINY)
    request = wire.envelope(RuntimeMessageTypes.SEND_CHAT_MESSAGE, _question())
    wire.post(request)
    wire.outcome("m")

    told = [entry["message"] for entry in entries(wire, correlationId=request["requestId"])]
    assert told[0] == f"request {RuntimeMessageTypes.SEND_CHAT_MESSAGE}"
    assert any("of the prompt" in text for text in told)
    assert any(text.startswith("the first token came after") for text in told)
    assert any(text.startswith("the answer ended (length): 8 tokens") for text in told)
    assert SECRET not in json.dumps(entries(wire))

    session = wire.ask(RuntimeMessageTypes.GET_LOG_SESSIONS)["currentLogSessionId"]
    wire.reset()
    after = wire.ask(RuntimeMessageTypes.GET_LOG_SESSIONS)
    assert (after["currentLogSessionId"], len(after["sessions"])) == (session, 1)
    starts = [entry for entry in entries(wire) if entry["message"].startswith("a thread of the background starts")]
    assert len(starts) == 2
    # What was said right before the thread ended was not written down by it.
    assert any(entry["message"] == f"request {RuntimeMessageTypes.RESET_WORKER}" for entry in entries(wire))

    page = browser.context.pages[0]
    page.evaluate("chrome.offscreen.closeDocument()")
    page.reload()
    later = connected(page)
    ids = later.ask(DBEventNames.DB_GET_CURRENT_AND_LAST_LOG_SESSION_IDS_REQUEST)
    assert ids["type"] == DBEventNames.DB_GET_CURRENT_AND_LAST_LOG_SESSION_IDS_RESPONSE
    assert ids["data"]["previousLogSessionId"] == session
    assert entries(later, sessionId=session)


def _question() -> Payload:
    messages = [{"role": "user", "content": f"Hello {SECRET}"}]
    return {"chatId": "chat", "messageId": "m", "messages": messages, "options": {"max_new_tokens": 8}}


def test_errors_of_every_context_are_told_without_their_texts(
    wire: Wire, panel: PanelPage, browser: ExtensionBrowser
) -> None:
    script = f"void setTimeout(() => {{ throw new TypeError('{SECRET}'); }})"
    browser.offscreen().evaluate(script)
    browser.service_worker().evaluate(script)
    panel.page.evaluate(script)
    wire.wait(lambda: len(entries(wire, levels=["error"])) >= 3, "the three errors")
    found = entries(wire, levels=["error"])

    assert {entry["component"] for entry in found} == {"offscreen", "service-worker", "sidepanel"}
    assert {entry["message"] for entry in found} == {"an uncaught TypeError"}
    assert SECRET not in json.dumps(found)
    browser.console.clear()


def test_the_page_of_logs_shows_what_happens_and_downloads_it(wire: Wire, panel: PanelPage) -> None:
    since = wire.mark()
    wire.ask(RuntimeMessageTypes.LIST_MODELS)
    wire.page.wait_for_timeout(400)
    assert wire.events(UIEventNames.LOG_ENTRIES_ADDED, since=since) == []

    panel.one("tab-settings").click()
    panel.one("open-logs").click()
    expect(panel.page.get_by_test_id("log").last).to_be_visible()
    wire.ask(WorkerEventNames.REQUEST_MEMORY_STATS)
    expect(
        panel.page.locator(".log-message", has_text=f"request {WorkerEventNames.REQUEST_MEMORY_STATS}")
    ).not_to_have_count(0)

    with panel.page.expect_download() as download:
        panel.one("logs-download").click()
    lines = download.value.path().read_text(encoding="utf-8").splitlines()
    assert {"id", "timestamp", "level", "message"} <= json.loads(lines[0]).keys()
    panel.one("clear-logs-button").click()
    panel.one("confirm-clear-logs").click()
    expect(panel.page.locator(".log-message", has_text="thread of the background")).to_have_count(0)
