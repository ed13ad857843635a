"""Several panels at once, and one that comes back."""

from __future__ import annotations

from tabagent.events import ModelWorkerStates, RuntimeMessageTypes
from tests.browser.conftest import LONG, open_panel
from tests.browser.panel_page import PanelPage
from tests.browser.wire import Wire
from tools.browser import ExtensionBrowser


def begin(panel: PanelPage, wire: Wire) -> None:
    """Let a person ask something whose answer is long."""
    wire.load_ready(LONG)
    panel.wait_for_state(ModelWorkerStates.MODEL_READY)
    panel.driver.choose(max_new_tokens=4000)
    panel.type_and_send("Hello")
    panel.wait(lambda: panel.look().answer, "the first words")


def test_two_panels_show_the_same_answer(panel: PanelPage, wire: Wire, browser: ExtensionBrowser) -> None:
    begin(panel, wire)
    second = open_panel(browser)
    second.wait(lambda: second.look().answer, "the answer in the second panel")
    seen = len(second.look().answer)
    second.wait(lambda: len(second.look().answer) > seen, "more of it in the second panel")
    second.one("stop-button").click()

    texts = [each.wait_for_answer("stopped") for each in (panel, second)]
    assert texts[0] == texts[1] != ""
    for each in (panel, second):
        each.wait_for_state(ModelWorkerStates.IDLE)


def test_a_load_shows_in_every_panel(panel: PanelPage, wire: Wire, browser: ExtensionBrowser) -> None:
    second = open_panel(browser)
    panel.choose_and_load(LONG)

    second.wait_for_state(ModelWorkerStates.MODEL_READY)
    assert panel.badge == second.badge != ""


def test_a_panel_opened_again_during_an_answer_shows_it_from_its_beginning(
    panel: PanelPage, wire: Wire, browser: ExtensionBrowser
) -> None:
    begin(panel, wire)
    before = panel.look().answer
    panel.page.close()
    again = open_panel(browser)
    again.wait(lambda: len(again.look().answer) > len(before), "the answer and more of it")

    assert again.look().answer.startswith(before)
    assert wire.ask(RuntimeMessageTypes.INTERRUPT_GENERATION)["stopped"]
    assert again.wait_for_answer("stopped") == wire.outcome(wire_message(wire)).payload["generatedText"]


def test_a_reloaded_panel_keeps_the_conversation(panel: PanelPage, wire: Wire) -> None:
    begin(panel, wire)
    panel.page.reload()
    panel.wait(lambda: panel.look().answer, "the answer")

    assert panel.questions == ["Hello"]
    assert wire.ask(RuntimeMessageTypes.INTERRUPT_GENERATION)["stopped"]
    panel.wait_for_answer("stopped")


def wire_message(wire: Wire) -> str:
    """Return the id of the last answer that was heard of."""
    return str([event for event in wire.events() if "messageId" in event.payload][-1].payload["messageId"])
