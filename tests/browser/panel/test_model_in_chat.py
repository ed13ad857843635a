"""What the chat tells of the model: where it computes, why there, and that it is asleep."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tabagent.events import ModelWorkerStates, RuntimeMessageTypes, UIEventNames, WorkerEventNames
from tests.browser.panel.chatting import SEND, ask, requests, with_model, write
from tests.browser.panel.conftest import OpenPanel
from tests.browser.panel.scripted_panel import ScriptedPanel
from tests.browser.panel.wire_models import TINY, Json, dtype, model, running, status

STORED = model(dtypes=[dtype("q8", status="downloaded")])
GENERATING = running(ModelWorkerStates.GENERATING)


@pytest.fixture
def chat(open_panel: OpenPanel) -> ScriptedPanel:
    """A conversation with a model that is loaded."""
    return with_model(open_panel([STORED]))


def test_the_badges_tell_device_and_precision_and_a_warning_says_why(chat: ScriptedPanel) -> None:
    expect(chat.one("device-badge")).to_have_text("CPU · 2 threads")
    expect(chat.one("dtype-badge")).to_have_text("q8")
    expect(chat.one("device-warning")).to_have_count(0)
    ready = {
        "modelId": TINY,
        "dtype": "q8",
        "task": "",
        "executionProvider": "wasm",
        "contextLength": 512,
        "loadId": "",
    }

    chat.publish(WorkerEventNames.WORKER_READY, ready | {"warning": "WebGPU failed: the device was lost."})
    expect(chat.one("device-warning")).to_have_text("WebGPU failed: the device was lost.")
    chat.publish(UIEventNames.WORKER_STATE_CHANGED, GENERATING)
    expect(chat.one("device-warning")).to_be_visible()
    chat.publish(WorkerEventNames.WORKER_READY, ready | {"executionProvider": "webgpu", "dtype": "q4", "warning": ""})
    expect(chat.one("device-badge")).to_have_text("WebGPU")
    expect(chat.one("dtype-badge")).to_have_text("q4")
    expect(chat.one("device-warning")).to_have_count(0)


def test_a_panel_that_opens_later_has_the_warning_too(open_panel: OpenPanel) -> None:
    state = running() | {"warning": "WebGPU failed.", "contextLength": 512, "loading": None, "generating": None}
    reply = state | {"devices": {"webgpu": True, "f16": False, "threads": 2}, "version": "0.1.0"}
    panel = open_panel([STORED], {RuntimeMessageTypes.GET_MODEL_WORKER_STATE: reply})
    panel.press("tab-chat")

    expect(panel.one("device-warning")).to_have_text("WebGPU failed.")


def test_a_model_that_is_asleep_says_so_and_can_be_asked(chat: ScriptedPanel) -> None:
    asleep: Json = {"asleep": {"modelId": TINY, "dtype": "q8"}}
    nothing: Json = {"modelId": None, "dtype": None, "executionProvider": None}
    chat.publish(UIEventNames.WORKER_STATE_CHANGED, running(ModelWorkerStates.UNINITIALIZED) | nothing | asleep)

    expect(chat.one("asleep")).to_have_text("Tiny · q8 is asleep: it comes back with the next message")
    expect(chat.one("status")).to_have_text("Tiny is asleep")
    expect(chat.one("device-badge")).to_be_hidden()
    answer = ask(chat, "Are you there?")
    chat.publish(WorkerEventNames.GENERATION_STATUS, status(answer, "loading", 0, 0))
    expect(chat.one("status")).to_have_text("Bringing the model back…")
    chat.publish(UIEventNames.WORKER_STATE_CHANGED, running())
    expect(chat.one("asleep")).to_have_count(0)


def test_what_is_asked_while_the_sleeping_models_thread_ends_is_asked_of_the_next_one(chat: ScriptedPanel) -> None:
    nothing: Json = {"modelId": None, "dtype": None, "executionProvider": None}
    asleep = {"asleep": {"modelId": TINY, "dtype": "q8"}}
    chat.publish(UIEventNames.WORKER_STATE_CHANGED, running(ModelWorkerStates.UNINITIALIZED) | nothing | asleep)
    state = {"contextLength": None, "loading": None, "generating": None, "version": "0.1.0"}
    devices: Json = {"devices": {"webgpu": False, "f16": False, "threads": 2}}
    snapshot = running(ModelWorkerStates.UNINITIALIZED) | nothing | asleep | state | devices
    chat.reply(RuntimeMessageTypes.GET_MODEL_WORKER_STATE, snapshot)
    chat.publish(WorkerEventNames.CREATING_WORKER, {"attempt": 1, "reason": "idle"})

    write(chat, "Are you there?")
    expect(chat.one("waiting")).to_contain_text("Bringing the model back…")
    assert chat.count(SEND) == 0
    chat.publish(WorkerEventNames.WORKER_SCRIPT_READY, {"bootMs": 1, "snapshot": True, "message": ""})

    assert requests(chat, 1)[0]["text"] == "Are you there?"


def test_nothing_can_be_asked_without_a_model(open_panel: OpenPanel) -> None:
    panel = open_panel([STORED])
    panel.press("tab-chat")
    write(panel, "Hello")

    expect(panel.one("send-button")).to_be_disabled()
    assert panel.count(SEND) == 0
