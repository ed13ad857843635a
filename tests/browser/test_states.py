"""What may follow on what: stop, busy, reset, switch, in every state of the model manager."""

from __future__ import annotations

import pytest

from tabagent.events import ErrorCodes, ModelWorkerStates, RuntimeMessageTypes, UIEventNames, WorkerEventNames
from tests.browser.conftest import LONG, OTHER, TINY
from tests.browser.panel_page import PanelPage
from tests.browser.wire import HeardEvent, Wire, chat
from tools.hub import LocalHub, Stall

WEIGHTS = "*/onnx/model_quantized.onnx"
# More tokens than any test waits for: an answer that is still being written.
ENDLESS = 15_000
LONG_PROMPT = "one two three four five six seven eight nine ten " * 150


def begin_answer(wire: Wire, message_id: str = "running") -> int:
    """Begin an answer that does not end by itself; returns the place before it."""
    since = wire.mark()
    assert wire.send("Hello", message_id, tokens=ENDLESS)["success"]
    wire.wait(lambda: wire.streamed(message_id, since=since), "the first words")
    return since


def test_stop_keeps_what_was_written_and_the_next_answer_is_whole(wire: Wire) -> None:
    wire.load_ready(LONG)
    since = begin_answer(wire)
    stopped = wire.ask(RuntimeMessageTypes.INTERRUPT_GENERATION, {"messageId": "running"})
    ended = wire.outcome("running", since=since)

    assert stopped["stopped"] is True
    assert ended.name == WorkerEventNames.GENERATION_STOPPED
    assert ended.payload["finishReason"] == "stopped"
    assert ended.payload["generatedText"] == wire.streamed("running", since=since) != ""
    assert wire.state()["state"] == ModelWorkerStates.IDLE
    assert wire.answer("Hello", "next", tokens=20)["numTokens"] == 20


def test_stop_while_the_prompt_is_read_ends_the_answer_before_its_first_token(wire: Wire) -> None:
    wire.load_ready(LONG)
    since = wire.mark()
    assert wire.send(LONG_PROMPT, "reading", tokens=ENDLESS)["success"]
    wire.wait_for(WorkerEventNames.GENERATION_STATUS, since=since)
    assert wire.ask(RuntimeMessageTypes.INTERRUPT_GENERATION)["stopped"]
    ended = wire.outcome("reading", since=since)

    read = wire.events(WorkerEventNames.GENERATION_STATUS, since=since)[-1].payload
    assert ended.name == WorkerEventNames.GENERATION_STOPPED
    assert ended.payload["numTokens"] == 0
    assert read["done"] < read["total"]
    assert wire.answer("Hello", "next", tokens=20)["numTokens"] == 20


def test_stop_of_another_message_or_with_nothing_to_stop_is_refused_and_changes_nothing(wire: Wire) -> None:
    def refusal(payload: dict[str, str]) -> str:
        return str(wire.ask(RuntimeMessageTypes.INTERRUPT_GENERATION, payload)["error"]["code"])

    assert refusal({}) == ErrorCodes.INVALID_STATE
    wire.load_ready(LONG)
    assert refusal({}) == ErrorCodes.INVALID_STATE
    begin_answer(wire)
    assert refusal({"messageId": "another"}) == ErrorCodes.INVALID_STATE
    assert wire.state()["generating"]["messageId"] == "running"


def test_while_an_answer_is_written_a_second_prompt_waits_and_a_load_is_refused(wire: Wire) -> None:
    wire.load_ready(LONG)
    since = begin_answer(wire)
    prompt, load = wire.send("Hello", "second", tokens=8), wire.load(TINY, "second")

    assert load["error"]["code"] == ErrorCodes.BUSY
    assert (prompt["success"], prompt["queued"]) == (True, 1)
    seen = len(wire.streamed("running", since=since))
    wire.wait(lambda: len(wire.streamed("running", since=since)) > seen, "more words")
    assert {event.name for event in wire.events(messageId="second")} == {WorkerEventNames.GENERATION_STATUS}
    assert not wire.events(loadId="second")
    assert wire.ask(RuntimeMessageTypes.INTERRUPT_GENERATION, {"messageId": "running"})["stopped"]
    assert wire.outcome("second", since=since).name == WorkerEventNames.GENERATION_COMPLETE


def test_a_question_is_answered_between_two_tokens_however_long_the_answer_is(wire: Wire) -> None:
    wire.load_ready(LONG)
    since = begin_answer(wire)

    def updates() -> list[HeardEvent]:
        return wire.events(WorkerEventNames.GENERATION_UPDATE, since=since)

    wire.wait(lambda: updates()[-1].payload["numTokens"] > 400, "a long answer", 90)
    before = len(updates())
    assert wire.state()["generating"]["messageId"] == "running"
    # Fifteen come in a second; what piles up behind a fast model would hold the question up for many of them.
    assert len(updates()) - before < 5


def test_while_a_load_runs_a_second_one_is_refused_and_a_prompt_waits_for_it(wire: Wire, hub: LocalHub) -> None:
    stall = hub.faults.add(WEIGHTS, Stall(after_bytes=1000))
    assert wire.load(TINY, "first")["success"]
    stall.wait_until_struck()
    refused, early = wire.load(OTHER, "second"), wire.send("Hello", "early", tokens=8)
    stall.release()

    assert refused["error"]["code"] == ErrorCodes.BUSY
    assert TINY in refused["error"]["message"]
    assert early["success"]
    assert wire.wait_for(WorkerEventNames.WORKER_READY).payload["loadId"] == "first"
    assert wire.outcome("early").name == WorkerEventNames.GENERATION_COMPLETE


def test_loading_the_model_that_is_loaded_says_so(wire: Wire) -> None:
    wire.load_ready(TINY)
    since = wire.mark()
    assert wire.load(TINY, "again")["success"]

    assert wire.wait_for(UIEventNames.MODEL_ALREADY_LOADED, since=since).payload["loadId"] == "again"
    assert wire.state()["state"] == ModelWorkerStates.MODEL_READY


def test_prompts_that_cannot_be_answered_are_refused_and_the_model_still_answers(wire: Wire) -> None:
    assert wire.send("Hello")["error"]["code"] == ErrorCodes.INVALID_STATE
    wire.load_ready(TINY)

    assert wire.send("  \n ", "empty")["error"]["code"] == ErrorCodes.EMPTY_PROMPT
    overflow = wire.send(LONG_PROMPT, "long")["error"]
    assert overflow["code"] == ErrorCodes.CONTEXT_OVERFLOW
    assert overflow["details"]["contextLength"] == 512
    assert overflow["details"]["tokens"] > 512
    assert wire.answer("Hello", "fine")["finishReason"] == "length"


def test_the_panel_says_why_a_prompt_was_refused_and_gives_it_back(panel: PanelPage, wire: Wire) -> None:
    wire.load_ready(TINY)
    panel.wait_for_state(ModelWorkerStates.MODEL_READY)
    panel.type_and_send(LONG_PROMPT)

    panel.wait_for_error("Shorten it, or choose a model with a longer context.")
    assert panel.one("prompt").input_value().strip() == LONG_PROMPT.strip()
    assert panel.questions == []


def test_an_answer_ends_where_the_context_ends(wire: Wire) -> None:
    wire.load_ready(TINY)
    answer = wire.answer("Hello", tokens=5000)

    assert answer["promptTokens"] + answer["numTokens"] <= 512
    assert answer["finishReason"] in {"length", "stop"}


@pytest.mark.parametrize("state", ["uninitialized", "loading", "ready", "generating", "reading", "error"])
def test_reset_gives_everything_back_in_any_state(wire: Wire, hub: LocalHub, state: str) -> None:
    stall = hub.faults.add(f"/{OTHER}/*/onnx/*", Stall(after_bytes=1000))
    if state in {"ready", "generating", "reading"}:
        wire.load_ready(LONG)
    if state == "loading":
        wire.load(OTHER)
        stall.wait_until_struck()
    elif state == "generating":
        begin_answer(wire)
    elif state == "reading":
        since = wire.mark()
        wire.ask(RuntimeMessageTypes.SEND_CHAT_MESSAGE, chat(LONG_PROMPT, "running", tokens=ENDLESS))
        wire.wait_for(WorkerEventNames.GENERATION_STATUS, since=since)
    elif state == "error":
        wire.load_error("tabagent-tests/nothing")
    wire.reset()

    after = wire.state()
    assert after["state"] == ModelWorkerStates.UNINITIALIZED
    assert after["modelId"] is after["loading"] is after["generating"] is after["error"] is None
    if state in {"generating", "reading"}:
        assert wire.outcome("running").name == WorkerEventNames.GENERATION_STOPPED
    hub.faults.clear()
    wire.load_ready(TINY, "after")
    assert wire.answer("Hello", "after")["numTokens"] == 8


def test_another_model_gets_a_thread_of_its_own_under_the_same_load(wire: Wire) -> None:
    wire.load_ready(TINY, "first")
    first = wire.answer("Hello", "first", tokens=40)["generatedText"]
    since = wire.mark()
    ready = wire.load_ready(OTHER, "second")
    percents = [step["progress"] for step in wire.progress("second")]

    # WebAssembly's memory never shrinks: only the end of the thread gives the old model's back.
    assert wire.events(WorkerEventNames.CREATING_WORKER, since=since)
    assert ready["loadId"] == "second"
    assert percents == sorted(percents)
    assert percents[-1] == 100
    assert wire.answer("Hello", "second", tokens=40)["generatedText"] != first
    assert wire.state()["modelId"] == OTHER


def test_switching_models_again_and_again_does_not_gather_memory(wire: Wire) -> None:
    wire.load_ready(TINY, "warm")
    heaps = []
    for number in range(3):
        wire.load_ready(OTHER if number % 2 == 0 else TINY, f"switch {number}")
        heaps.append(wire.ask(WorkerEventNames.REQUEST_MEMORY_STATS)["stats"]["pythonHeap"])

    assert heaps[-1] <= heaps[0] * 1.1
