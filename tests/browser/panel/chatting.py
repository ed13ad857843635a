"""What the tests of a conversation say again and again."""

from __future__ import annotations

from playwright.sync_api import Locator, expect

from tabagent.events import RuntimeMessageTypes, UIEventNames, WorkerEventNames
from tests.browser.panel.scripted_panel import ScriptedPanel
from tests.browser.panel.wire_models import Json, finished, running, update

SEND = RuntimeMessageTypes.ASK_QUESTION
COMPLETE, STOPPED = WorkerEventNames.GENERATION_COMPLETE, WorkerEventNames.GENERATION_STOPPED


def with_model(panel: ScriptedPanel) -> ScriptedPanel:
    """Let a model be loaded, and show the conversation."""
    panel.publish(UIEventNames.WORKER_STATE_CHANGED, running())
    panel.press("tab-chat")
    return panel


def write(panel: ScriptedPanel, text: str) -> None:
    """Write a message and press Enter."""
    panel.one("prompt").fill(text)
    panel.one("prompt").press("Enter")


def requests(panel: ScriptedPanel, number: int, name: str = SEND) -> list[Json]:
    """Return what was sent, as soon as it is so many."""
    panel.page.wait_for_function(
        "([name, number]) => background.sent.filter(({type}) => type === name).length >= number",
        arg=[str(name), number],
    )
    return panel.sent(name)


def ask(panel: ScriptedPanel, text: str) -> str:
    """Ask something and return the answer's id."""
    before = panel.count(SEND)
    write(panel, text)
    return str(requests(panel, before + 1)[-1]["answerId"])


def answered(panel: ScriptedPanel, question: str, answer: str, reason: str = "stop", **changes: object) -> str:
    message_id = ask(panel, question)
    panel.publish(WorkerEventNames.GENERATION_UPDATE, update(message_id, answer))
    ended = STOPPED if reason == "stopped" else COMPLETE
    panel.publish(ended, finished(message_id, answer, reason, **changes))
    expect(panel.page.locator("[data-role=assistant]").last).not_to_have_attribute("data-status", "streaming")
    return message_id


def last(panel: ScriptedPanel) -> Locator:
    """Return the last answer."""
    return panel.page.locator("[data-role=assistant]").last


def shown(panel: ScriptedPanel) -> list[tuple[str, str]]:
    """Return the roles and texts of all messages on the page."""
    found: list[list[str]] = panel.page.evaluate(
        """() => [...document.querySelectorAll('[data-testid=message]')]
             .map((each) => [each.dataset.role, each.querySelector('[data-testid=message-text]')?.dataset.raw])"""
    )
    return [(role, text) for role, text in found]


def stored(chat_id: str, title: str = "", turns: int = 1, **changes: object) -> Json:
    """Return a stored chat of so many questions and answers, whose messages are called `chat_id` and their number."""
    messages = [
        {"id": f"{chat_id}-{number}", "sender": "ai" if number % 2 else "user", "content": _text(number)}
        for number in range(2 * turns)
    ]
    return {"id": chat_id, "title": title or chat_id, "messages": messages} | changes


def _text(number: int) -> str:
    """Return a text whose height differs from that of its neighbours."""
    if number % 2 == 0:
        return f"Question {number}?"
    return f"Answer {number}. " + "Some words to fill lines of it. " * (1 + number % 7)


def open_stored(panel: ScriptedPanel, chat_id: str) -> None:
    """Go to a chat by the list of all chats."""
    panel.press("tab-history")
    panel.page.locator(f'[data-chat="{chat_id}"]').get_by_test_id("open-chat").click()
    expect(panel.one("message").last).to_be_visible()
