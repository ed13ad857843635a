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
