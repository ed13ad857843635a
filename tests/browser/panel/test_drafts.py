"""Which chat is open, and what was being written into it, survive the panel."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tabagent.engine_errors import ContextOverflow
from tabagent.events import DBEventNames, ErrorCodes, ModelWorkerStates, RuntimeMessageTypes, UIEventNames
from tests.browser.panel.chatting import SEND, open_stored, requests, stored, with_model, write
from tests.browser.panel.conftest import OpenPanel
from tests.browser.panel.scripted_panel import ScriptedPanel
from tests.browser.panel.wire_models import Json, dtype, model, running

STORED = model(dtypes=[dtype("q8", status="downloaded")])
CHATS = [stored("one", "One"), stored("two", "Two")]


@pytest.fixture
def panel(open_panel: OpenPanel) -> ScriptedPanel:
    """A panel with two stored chats, of which the first is open."""
    opened = with_model(open_panel([STORED], chats=CHATS))
    open_stored(opened, "one")
    return opened


def _kept(panel: ScriptedPanel, text: str) -> None:
    panel.page.wait_for_function("text => (localStorage['tabagent.drafts'] ?? '').includes(text)", arg=text)


def test_each_chat_has_its_own_draft(panel: ScriptedPanel) -> None:
    panel.one("prompt").fill("For the first")
    open_stored(panel, "two")
    expect(panel.one("prompt")).to_have_value("")
    panel.one("prompt").fill("For the second")

    open_stored(panel, "one")

    expect(panel.one("prompt")).to_have_value("For the first")


def test_a_new_panel_opens_the_last_chat_with_its_draft(panel: ScriptedPanel, open_panel: OpenPanel) -> None:
    panel.one("prompt").fill("Half a")
    _kept(panel, "Half a")

    another = open_panel([STORED], chats=CHATS)
    another.press("tab-chat")

    expect(another.one("chat-title")).to_have_text("One")
    expect(another.one("message")).to_have_count(2)
    expect(another.one("prompt")).to_have_value("Half a")


def test_an_empty_chat_is_each_panels_own(panel: ScriptedPanel, open_panel: OpenPanel) -> None:
    panel.press("new-chat-button")
    expect(panel.one("message")).to_have_count(0)
    panel.page.wait_for_function("() => localStorage['tabagent.chat'] === '{}'")
    another = with_model(open_panel([STORED], chats=CHATS))
    for each in (panel, another):
        write(each, "Hello")

    first, second = (requests(each, 1)[0]["chatId"] for each in (panel, another))
    assert first != second


def test_a_draft_of_a_chat_that_is_gone_is_not_lost(panel: ScriptedPanel, open_panel: OpenPanel) -> None:
    panel.one("prompt").fill("Half a")
    _kept(panel, "Half a")

    another = open_panel([STORED])
    another.press("tab-chat")

    expect(another.one("prompt")).to_have_value("Half a")
    expect(another.one("message")).to_have_count(0)
    expect(another.one("chat-title")).to_have_count(0)


def test_state_of_earlier_versions_is_ignored(panel: ScriptedPanel) -> None:
    panel.page.evaluate('() => { sessionStorage[\'tabagent.panel\'] = \'{"chat": {"messages": 7}, "draft": "Old"}\'; }')
    panel.page.evaluate("() => { localStorage['tabagent.drafts'] = 'damaged'; }")
    panel.page.reload()
    panel.page.wait_for_selector("html[data-connected=true]")

    expect(panel.one("message")).to_have_count(2)
    expect(panel.one("prompt")).to_have_value("")


def test_a_refused_question_comes_back_with_its_attachments(panel: ScriptedPanel) -> None:
    error = ContextOverflow(900, 512)
    panel.reply(SEND, {"error": error.to_wire()})
    attached: Json = {
        "id": "a1",
        "name": "page.html",
        "mimeType": "text/html",
        "kind": "page",
        "size": 9,
        "characters": 9,
    }
    attached |= {"url": "", "note": "", "status": "ready", "error": None}
    drafts = {"one": {"text": "About this", "attachments": [attached], "held": [], "at": 1}}
    panel.page.evaluate("drafts => { localStorage['tabagent.drafts'] = JSON.stringify(drafts); }", drafts)
    open_stored(panel, "two")
    panel.page.evaluate("drafts => { localStorage['tabagent.drafts'] = JSON.stringify(drafts); }", drafts)
    open_stored(panel, "one")
    expect(panel.one("prompt")).to_have_value("About this")
    panel.one("prompt").press("Enter")

    assert requests(panel, 1)[0]["attachmentIds"] == ["a1"]
    expect(panel.one("error")).to_have_text(error.message)
    expect(panel.one("prompt")).to_have_value("About this")
    expect(panel.one("message")).to_have_count(2)
    panel.page.evaluate(
        "([name, attached]) => { delete background.replies[name]; background.attachments = {a1: attached}; }",
        [str(SEND), attached],
    )
    panel.publish(UIEventNames.WORKER_STATE_CHANGED, running())
    panel.one("prompt").press("Enter")

    assert requests(panel, 2)[1]["attachmentIds"] == ["a1"]
    expect(panel.one("message-attachments")).to_contain_text("page.html")
    expect(panel.one("prompt")).to_have_value("")


def test_a_chat_that_cannot_be_read_says_so_and_can_be_asked_for_again(panel: ScriptedPanel) -> None:
    error: Json = {"code": ErrorCodes.STORAGE, "message": "The database is closed.", "details": {}}
    get = DBEventNames.DB_GET_SESSION_REQUEST
    panel.reply(get, {"error": error})
    panel.press("tab-history")
    panel.page.locator('[data-chat="two"]').get_by_test_id("open-chat").click()
    expect(panel.one("chat-failed")).to_contain_text("The database is closed.")

    panel.page.evaluate("name => { delete background.replies[name]; }", get)
    panel.press("chat-retry")

    expect(panel.one("message")).to_have_count(2)


def test_an_answer_in_another_chat_goes_on_and_can_be_stopped_from_there(panel: ScriptedPanel) -> None:
    write(panel, "A long story")
    requests(panel, 1)
    open_stored(panel, "two")
    panel.publish(UIEventNames.WORKER_STATE_CHANGED, running() | {"state": ModelWorkerStates.GENERATING})

    panel.press("stop-button")

    assert panel.sent(RuntimeMessageTypes.INTERRUPT_GENERATION) == [{}]
