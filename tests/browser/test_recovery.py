"""Parts that end unexpectedly: the service worker, the runtime thread, the offscreen document."""

from __future__ import annotations

from tabagent.events import ErrorCodes, ModelWorkerStates, RuntimeMessageTypes, WorkerEventNames
from tests.browser.conftest import LONG, OTHER, TINY
from tests.browser.panel_page import PanelPage
from tests.browser.test_states import ENDLESS, LONG_PROMPT, WEIGHTS, begin_answer
from tests.browser.wire import HeardEvent, Wire
from tools.browser import ExtensionBrowser
from tools.hub import LocalHub, Stall

# `KEEP_SECONDS` of tabagent.generation.service, and some more.
KEPT_AFTER_SECONDS = 1.5
# An error that nobody catches, in a task of its own: what a bug in the thread's JavaScript would be.
BOOM = "void setTimeout(() => { throw new Error('boom'); })"


def crash(browser: ExtensionBrowser) -> None:
    """Make the runtime thread fail as a bug would."""
    browser.runtime_thread().evaluate(BOOM)


def decoding_seconds(wire: Wire) -> float:
    """Return how long the last answer has been written, by its own numbers."""
    updates = [event.payload for event in wire.events(WorkerEventNames.GENERATION_UPDATE) if event.payload["tps"] > 0]
    return updates[-1]["numTokens"] / updates[-1]["tps"] if updates else 0.0


def close_offscreen(wire: Wire) -> None:
    """End the offscreen document, as Chrome may when memory is short."""
    before = wire.page.evaluate("() => wire.closed")
    wire.page.evaluate("() => { chrome.offscreen.closeDocument(); }")
    wire.wait(lambda: wire.page.evaluate("() => wire.closed") > before, "the port to close")


def test_an_answer_goes_on_without_the_service_worker_which_comes_back_for_the_next_message(
    wire: Wire, browser: ExtensionBrowser
) -> None:
    wire.load_ready(LONG)
    since = begin_answer(wire)
    browser.stop_service_worker()
    seen = len(wire.streamed("running", since=since))
    wire.wait(lambda: len(wire.streamed("running", since=since)) > seen, "more words")

    # This one needs the service worker, and must find the same background.
    state = wire.once(RuntimeMessageTypes.GET_MODEL_WORKER_STATE)
    assert state["generating"]["messageId"] == "running"
    assert wire.once(RuntimeMessageTypes.INTERRUPT_GENERATION)["stopped"] is True
    ended = wire.outcome("running", since=since)
    assert ended.payload["generatedText"] == wire.streamed("running", since=since)
    assert not wire.events(WorkerEventNames.CREATING_WORKER, since=since)


def test_a_crash_while_an_answer_is_written_keeps_the_text_and_the_model_comes_back(
    panel: PanelPage, wire: Wire, browser: ExtensionBrowser
) -> None:
    wire.load_ready(LONG)
    panel.wait_for_state(ModelWorkerStates.MODEL_READY)
    panel.driver.choose(max_new_tokens=4000)
    panel.type_and_send("Hello")
    panel.wait(lambda: decoding_seconds(wire) > KEPT_AFTER_SECONDS, "words that are old enough to have been kept")
    shown = panel.look().answer
    since = wire.mark()
    crash(browser)

    restarted = wire.wait_for(WorkerEventNames.CREATING_WORKER, since=since).payload
    assert "boom" in restarted["reason"]
    failed = wire.wait_for(WorkerEventNames.GENERATION_ERROR, since=since).payload
    assert failed["error"]["code"] == ErrorCodes.RUNTIME_RESTARTED
    assert failed["generatedText"] != ""
    # The panel loses nothing that it showed, though the background keeps the text only from time to time.
    text = panel.wait_for_answer("error")
    assert text.startswith(shown)
    assert text.startswith(failed["generatedText"])
    panel.wait_for_error(failed["error"]["message"])
    assert wire.wait_for(WorkerEventNames.WORKER_READY, since=since).payload["modelId"] == LONG
    panel.wait_for_state(ModelWorkerStates.MODEL_READY)
    assert wire.answer("Hello", "after")["numTokens"] == 8
    # Nor when it hears what is stored.
    assert panel.look().answer.startswith(shown)


def test_a_crash_while_a_prompt_is_read_is_told_and_the_model_comes_back(wire: Wire, browser: ExtensionBrowser) -> None:
    wire.load_ready(LONG)
    since = wire.mark()
    wire.send(LONG_PROMPT, "reading", tokens=ENDLESS)
    wire.wait_for(WorkerEventNames.GENERATION_STATUS, since=since)
    crash(browser)

    failed = wire.outcome("reading", since=since)
    assert failed.name == WorkerEventNames.GENERATION_ERROR
    assert (failed.payload["error"]["code"], failed.payload["generatedText"]) == (ErrorCodes.RUNTIME_RESTARTED, "")
    wire.wait_for(WorkerEventNames.WORKER_READY, since=failed.index)
    assert wire.answer("Hello", "after")["numTokens"] == 8


def crash_while_loading(wire: Wire, browser: ExtensionBrowser, hub: LocalHub, model_id: str) -> HeardEvent:
    """Begin a load, crash the thread in its download, and return the event that tells how the load ended."""
    stall = hub.faults.add(WEIGHTS, Stall(after_bytes=1000))
    assert wire.load(model_id)["success"]
    stall.wait_until_struck()
    since = wire.mark()
    crash(browser)
    hub.faults.clear()
    return wire.wait_for(WorkerEventNames.WORKER_READY, WorkerEventNames.ERROR, since=since, loadId="load")


def test_a_load_goes_on_by_itself_after_a_crash_in_its_download(
    panel: PanelPage, wire: Wire, browser: ExtensionBrowser, hub: LocalHub
) -> None:
    outcome = crash_while_loading(wire, browser, hub, TINY)

    assert outcome.name == WorkerEventNames.WORKER_READY
    percents = [step["progress"] for step in wire.progress()]
    assert percents == sorted(percents)
    panel.wait_for_state(ModelWorkerStates.MODEL_READY)
    assert panel.look().error == ""
    assert wire.answer("Hello")["numTokens"] == 8


def test_a_switch_goes_on_by_itself_after_a_crash_in_its_download(
    wire: Wire, browser: ExtensionBrowser, hub: LocalHub
) -> None:
    wire.load_ready(TINY, "before")
    outcome = crash_while_loading(wire, browser, hub, OTHER)

    assert (outcome.name, outcome.payload.get("modelId")) == (WorkerEventNames.WORKER_READY, OTHER)
    assert wire.answer("Hello")["numTokens"] == 8


def test_a_model_that_is_loaded_comes_back_after_a_crash_while_nothing_happens(
    wire: Wire, browser: ExtensionBrowser
) -> None:
    wire.load_ready(TINY)
    since = wire.mark()
    crash(browser)

    assert wire.wait_for(WorkerEventNames.WORKER_READY, since=since).payload["modelId"] == TINY
    assert not wire.events(WorkerEventNames.GENERATION_ERROR, WorkerEventNames.ERROR, since=since)
    assert wire.answer("Hello")["numTokens"] == 8


def test_a_request_during_the_restart_is_answered_by_the_next_thread(wire: Wire, browser: ExtensionBrowser) -> None:
    since = wire.mark()
    crash(browser)
    wire.wait_for(WorkerEventNames.CREATING_WORKER, since=since)

    assert wire.state()["success"]


def test_a_thread_that_keeps_crashing_is_given_up_and_a_page_that_asks_starts_it_again(
    panel: PanelPage, wire: Wire, browser: ExtensionBrowser
) -> None:
    since = wire.mark()
    for number in range(5):
        crash(browser)
        if number < 4:
            started = wire.wait_for(WorkerEventNames.WORKER_SCRIPT_READY, since=since)
            since = started.index + 1

    fatal = wire.wait_for(WorkerEventNames.FATAL_ERROR).payload["error"]
    assert fatal["code"] == ErrorCodes.RUNTIME_FAILED
    panel.wait_for_error(fatal["message"])
    assert wire.ask(RuntimeMessageTypes.GET_MODEL_WORKER_STATE)["error"]["code"] == ErrorCodes.RUNTIME_FAILED

    assert wire.once(RuntimeMessageTypes.CHECK_BACKGROUND_READY)["ready"] is True
    wire.load_ready(TINY)
    assert wire.answer("Hello")["numTokens"] == 8
    panel.wait_for_state(ModelWorkerStates.IDLE)
    assert panel.look().error == ""


def test_the_next_message_makes_an_offscreen_document_that_is_gone(panel: PanelPage, wire: Wire) -> None:
    wire.load_ready(TINY)
    close_offscreen(wire)

    assert wire.once(RuntimeMessageTypes.GET_MODEL_WORKER_STATE)["state"] == ModelWorkerStates.UNINITIALIZED
    wire.page.evaluate("() => wire.connect()")
    wire.load_ready(TINY, "again")
    assert wire.answer("Hello")["numTokens"] == 8
    # The panel finds its way back by itself.
    panel.wait_for_state(ModelWorkerStates.IDLE)


def test_a_panel_brings_the_background_back_by_itself(panel: PanelPage, wire: Wire) -> None:
    close_offscreen(wire)
    panel.choose_and_load(OTHER)

    assert panel.state == ModelWorkerStates.MODEL_READY
