"""Stop, pressed while a question waits for a setting to be saved."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import expect

from tabagent.events import RuntimeMessageTypes, UIEventNames
from tests.browser.panel.chatting import SEND, requests, write
from tests.browser.panel.conftest import OpenPanel
from tests.browser.panel.wire_models import dtype, model, running, settings

SAVE = RuntimeMessageTypes.SAVE_SETTINGS
# The save gets no reply until the test gives one.
UNANSWERED: Any = None


def test_a_question_that_was_stopped_while_a_setting_was_saved_is_never_asked(open_panel: OpenPanel) -> None:
    panel = open_panel([model(dtypes=[dtype("q8", status="downloaded")])], {SAVE: UNANSWERED})
    panel.publish(UIEventNames.WORKER_STATE_CHANGED, running())
    panel.press("tab-settings")
    panel.one("top-k").fill("3")
    panel.press("tab-chat")
    write(panel, "Hello")
    assert len(panel.sent(SAVE)) == 1
    panel.press("stop-button")

    panel.answer(SAVE, settings(**{"global": {"top_k": 3}}))
    expect(panel.one("prompt")).to_have_value("Hello")
    write(panel, "Anybody there?")
    [question] = requests(panel, 1)
    assert question["text"] == "Anybody there?"
    assert (panel.count(SEND), panel.count(RuntimeMessageTypes.INTERRUPT_GENERATION)) == (1, 0)
