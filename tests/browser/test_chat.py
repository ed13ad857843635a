"""Conversations through the real panel: the default model on the CPU, a small one on WebGPU."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tabagent.events import ErrorCodes, ModelWorkerStates, WorkerEventNames
from tests.browser.conftest import DEFAULT_MODEL, TINY, browser_options, connected, forget, open_panel, quiet
from tests.browser.panel_page import PanelPage
from tests.browser.wire import Wire
from tools.browser import ExtensionBrowser, open_browser
from tools.hub import LocalHub

STATISTICS = re.compile(r"\d.*(tok|token)", re.IGNORECASE)


@dataclass(frozen=True)
class Desk:
    """A panel in which a person works, and a page that hears the same messages."""

    wire: Wire
    panel: PanelPage


@pytest.fixture(scope="module")
def real(shared_browser: ExtensionBrowser, session_hub: LocalHub) -> Iterator[Desk]:
    """The panel with SmolLM2-135M-Instruct, loaded by a person, with greedy answers."""
    session_hub.faults.clear()
    forget(shared_browser)
    wire = connected(shared_browser.context.pages[0])
    panel = open_panel(shared_browser)
    panel.choose_and_load(DEFAULT_MODEL)
    yield Desk(wire, panel)
    forget(shared_browser)


@pytest.fixture(autouse=True)
def new_chat(request: pytest.FixtureRequest) -> None:
    """Begin each test of the default model with an empty conversation."""
    if "real" in request.fixturenames:
        desk: Desk = request.getfixturevalue("real")
        desk.panel.new_chat()


def test_the_panel_offers_the_default_model_at_once(panel: PanelPage) -> None:
    panel.driver.wait_until_started()
    panel.wait(lambda: panel.look().can_load, "a model that can be loaded")

    assert panel.one("model-select").input_value() == DEFAULT_MODEL


def test_the_default_model_knows_the_capital_of_france(real: Desk) -> None:
    panel, wire = real.panel, real.wire
    since = wire.mark()
    seen = list(panel.driver.ask("What is the capital of France?"))

    assert "Paris" in panel.answers[-1]
    assert panel.questions == ["What is the capital of France?"]
    ended = wire.wait_for(WorkerEventNames.GENERATION_COMPLETE, since=since).payload
    assert "".join(seen) == panel.answers[-1] == ended["generatedText"]
    assert wire.streamed(ended["messageId"], since=since) == ended["generatedText"]
    assert ended["finishReason"] == "stop"


def test_the_panel_shows_what_computes_and_how_fast(real: Desk) -> None:
    panel = real.panel
    "".join(panel.driver.ask("What is the capital of France?"))
    threads = real.wire.state()["devices"]["threads"]

    assert threads > 1, "WebAssembly must have threads here"
    assert panel.badge == f"CPU · {threads} threads"
    assert STATISTICS.search(panel.page.get_by_test_id("message-stats").last.inner_text())
    assert "q8" in panel.look().status


def test_a_second_question_is_answered_in_the_light_of_the_first(real: Desk) -> None:
    panel, wire = real.panel, real.wire
    "".join(panel.driver.ask("What is the capital of France?"))
    first = wire.events(WorkerEventNames.GENERATION_COMPLETE)[-1].payload["promptTokens"]
    since = wire.mark()
    "".join(panel.driver.ask("And of Italy?"))

    second = wire.wait_for(WorkerEventNames.GENERATION_COMPLETE, since=since).payload["promptTokens"]
    assert second > first + len(panel.answers[0]) // 8
    assert len(panel.answers) == 2


def test_stop_during_an_answer_keeps_the_text_and_the_next_question_is_answered(real: Desk) -> None:
    panel, wire = real.panel, real.wire
    panel.type_and_send("Write a long story about a fox.")
    panel.wait(lambda: len(panel.look().answer) > 40, "some of the story")
    before = panel.look().answer
    panel.one("stop-button").click()
    text = panel.wait_for_answer("stopped")

    assert text.startswith(before)
    assert wire.state()["state"] == ModelWorkerStates.IDLE
    panel.new_chat()
    "".join(panel.driver.ask("What is the capital of France?"))
    assert "Paris" in panel.answers[-1]


def test_stop_while_a_long_prompt_is_read_acts_before_the_first_word(real: Desk) -> None:
    panel, wire = real.panel, real.wire
    since = wire.mark()
    panel.type_and_send("Summarize this: " + "The fox walked over the hill and saw the sea. " * 60)
    reading = wire.wait_for(WorkerEventNames.GENERATION_STATUS, since=since).payload
    panel.one("stop-button").click()
    panel.wait_for_answer("stopped")

    stopped = wire.wait_for(WorkerEventNames.GENERATION_STOPPED, since=since).payload
    last = wire.events(WorkerEventNames.GENERATION_STATUS, since=since)[-1].payload
    assert reading["total"] > 600
    assert last["done"] < last["total"] - 32
    assert (stopped["numTokens"], stopped["generatedText"]) == (0, "")
    panel.new_chat()
    "".join(panel.driver.ask("What is the capital of France?"))
    assert "Paris" in panel.answers[-1]


@pytest.fixture(scope="module")
def gpu(extension: Path, session_hub: LocalHub) -> Iterator[Desk]:
    """A Chromium whose graphics adapter is a program: it computes like one, slowly, and without f16."""
    session_hub.faults.clear()
    with open_browser(browser_options(extension=extension, hub=session_hub, software_gpu=True)) as browser:
        yield Desk(connected(quiet(browser, browser.context.pages[0])), open_panel(browser))


def test_a_model_answers_on_webgpu_in_the_panel(gpu: Desk) -> None:
    panel = gpu.panel
    panel.driver.wait_until_started()
    panel.driver.choose(model=TINY, dtype="q4", device="webgpu", max_new_tokens=8)
    panel.driver.load()
    text = "".join(panel.driver.ask("Hello"))

    assert text != ""
    assert panel.badge == "WebGPU"
    state = gpu.wire.state()
    assert (state["executionProvider"], state["dtype"]) == ("webgpu", "q4")
    threads = state["devices"]["threads"]
    assert state["devices"] == {"webgpu": True, "f16": False, "threads": threads, "software": True}


def test_weights_that_the_adapter_cannot_compute_are_refused_before_a_byte_is_loaded(
    gpu: Desk, session_hub: LocalHub
) -> None:
    session_hub.requests.clear()
    error = gpu.wire.load_error(TINY, "f16", dtype="q4f16", device="webgpu")

    assert error["code"] == ErrorCodes.UNSUPPORTED_DTYPE
    gpu.panel.wait_for_error(error["message"])
    assert not session_hub.requests.matching("*/onnx/*")


def test_eight_bit_weights_go_to_the_cpu_even_where_webgpu_is(gpu: Desk) -> None:
    ready = gpu.wire.load_ready(TINY, "q8", dtype="q8")

    assert ready["executionProvider"] == "wasm"
    gpu.panel.wait(lambda: gpu.panel.badge.startswith("CPU"), "the badge to change")
