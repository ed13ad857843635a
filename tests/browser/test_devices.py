"""Devices that are slow, fail, or hang: which one is taken, what the pages hear, and what works afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tabagent.events import ErrorCodes, ModelWorkerStates, RuntimeMessageTypes, WorkerEventNames
from tabagent.sentences import Sentence
from tests.browser.conftest import LONG, OTHER, TINY, browser_options, connected, forget
from tests.browser.test_states import begin_answer
from tests.browser.wire import Wire
from tools.browser import ExtensionBrowser, open_browser
from tools.hub import LocalHub

# The tests' adapter is a program; so that it is taken for a graphics card, until the thread ends, it must not say so.
LIKE_A_CARD = """
Object.defineProperty(GPUAdapterInfo.prototype, "isFallbackAdapter", { get: () => false });
Object.defineProperty(GPUAdapterInfo.prototype, "architecture", { get: () => "test" });
"""
NO_DEVICE = 'GPUAdapter.prototype.requestDevice = () => Promise.reject(new Error("the driver is broken"));'
LOSABLE = """
const request = GPUAdapter.prototype.requestDevice;
GPUAdapter.prototype.requestDevice = async function (...options) {
  return (globalThis.testDevice = await request.apply(this, options));
};
"""
# In a task of its own: Chromium ends no thread in the middle of what DevTools asked for.
HANG = "void setTimeout(() => { for (;;); })"


@pytest.fixture(scope="module")
def gpu_browser(extension: Path, session_hub: LocalHub) -> Iterator[ExtensionBrowser]:
    """A Chromium whose graphics adapter is a program, without f16."""
    with open_browser(browser_options(extension=extension, hub=session_hub, software_gpu=True)) as browser:
        yield browser


@pytest.fixture
def gpu(gpu_browser: ExtensionBrowser, hub: LocalHub) -> Wire:
    """A page's connection to a fresh background that has WebGPU."""
    forget(gpu_browser)
    return connected(gpu_browser.context.pages[0])


def limit(wire: Wire, **seconds_or_minutes: float) -> None:
    """Set what the background may take of the machine."""
    reply = wire.once(RuntimeMessageTypes.SAVE_SETTINGS, {"scope": "resources", "values": seconds_or_minutes})
    assert reply["success"], reply


# WebGPU


def test_an_adapter_in_software_is_not_chosen_but_can_be_named(gpu: Wire) -> None:
    devices = gpu.state()["devices"]
    ready = gpu.load_ready(TINY)
    assert (devices["webgpu"], devices["software"], devices["f16"]) == (True, True, False)
    assert (ready["executionProvider"], ready["dtype"], ready["warning"]) == ("wasm", "q8", "")

    ready = gpu.load_ready(TINY, "named", device="webgpu")
    assert (ready["executionProvider"], ready["dtype"]) == ("webgpu", "q4")
    assert gpu.answer("Hello")["numTokens"] == 8


def test_a_load_that_fails_on_webgpu_goes_on_with_the_cpu_by_itself(gpu: Wire, gpu_browser: ExtensionBrowser) -> None:
    gpu_browser.runtime_thread().evaluate(LIKE_A_CARD + NO_DEVICE)
    ready = gpu.load_ready(TINY)

    assert (ready["executionProvider"], ready["dtype"]) == ("wasm", "q8")
    assert "failed on WebGPU: Error" in ready["warning"]
    assert ready["warningSaid"]["code"] == Sentence.WEBGPU_FAILED.code
    assert [gpu.state()[name] for name in ("warning", "warningSaid")] == [ready["warning"], ready["warningSaid"]]
    percents = [step["progress"] for step in gpu.progress()]
    assert percents == sorted(percents)
    assert not gpu.events(WorkerEventNames.ERROR)
    assert len(gpu.events(WorkerEventNames.CREATING_WORKER)) == 1
    assert gpu.answer("Hello")["numTokens"] == 8


def test_webgpu_that_fails_by_name_is_an_error_and_the_next_load_works(
    gpu: Wire, gpu_browser: ExtensionBrowser
) -> None:
    gpu_browser.runtime_thread().evaluate(NO_DEVICE)
    error = gpu.load_error(TINY, "named", device="webgpu")

    assert (error["code"], error["details"]["device"]) == (ErrorCodes.LOAD_FAILED, "webgpu")
    assert gpu.load_ready(TINY, "again")["executionProvider"] == "wasm"


def test_a_device_that_is_lost_keeps_the_text_and_the_model_comes_back_on_the_cpu(
    gpu: Wire, gpu_browser: ExtensionBrowser
) -> None:
    gpu_browser.runtime_thread().evaluate(LOSABLE)
    gpu.load_ready(LONG, device="webgpu")
    since = begin_answer(gpu)
    gpu_browser.runtime_thread().evaluate("testDevice.destroy()")
    failed = gpu.outcome("running", since=since)

    assert failed.name == WorkerEventNames.GENERATION_ERROR
    assert failed.payload["error"]["code"] == ErrorCodes.DEVICE_LOST
    assert failed.payload["generatedText"] == gpu.streamed("running", since=since) != ""
    ready = gpu.wait_for(WorkerEventNames.WORKER_READY, since=failed.index).payload
    assert (ready["modelId"], ready["executionProvider"]) == (LONG, "wasm")
    assert "failed on WebGPU" in ready["warning"]
    assert gpu.answer("Hello", "after")["numTokens"] == 8


# A thread that hangs


def test_a_thread_that_hangs_in_an_answer_is_ended_and_the_next_prompt_works(
    wire: Wire, browser: ExtensionBrowser
) -> None:
    limit(wire, token_timeout_seconds=3)
    wire.load_ready(LONG)
    since = begin_answer(wire)
    browser.runtime_thread().evaluate(HANG)
    failed = wire.outcome("running", since=since)

    assert failed.name == WorkerEventNames.GENERATION_ERROR
    error = failed.payload["error"]
    assert (error["code"], error["details"]["seconds"]) == (ErrorCodes.TIMED_OUT, 3)
    restarted = wire.events(WorkerEventNames.CREATING_WORKER, since=since)[0].payload
    assert "no sign of life for 3 s" in restarted["reason"]
    assert wire.wait_for(WorkerEventNames.WORKER_READY, since=failed.index).payload["modelId"] == LONG
    assert wire.answer("Hello", "after")["numTokens"] == 8


def test_a_long_rest_after_an_answer_is_no_silence(wire: Wire) -> None:
    # Long enough for a machine that does other things, and shorter than the rest.
    limit(wire, token_timeout_seconds=3)
    wire.load_ready(TINY)
    wire.answer("Hello")
    since = wire.mark()
    wire.page.wait_for_timeout(4500)

    assert not wire.events(WorkerEventNames.CREATING_WORKER, since=since)
    assert wire.answer("Hello", "after")["numTokens"] == 8


# A model that nobody uses


def test_a_model_that_nobody_uses_is_given_back_and_the_next_prompt_brings_it(wire: Wire) -> None:
    limit(wire, idle_minutes=0.05, idle_minutes_open=0.05)
    wire.load_ready(TINY)
    wire.wait_for(WorkerEventNames.WORKER_SCRIPT_READY)
    limit(wire, idle_minutes=0, idle_minutes_open=0)
    state = wire.state()
    assert (state["state"], state["modelId"]) == (ModelWorkerStates.UNINITIALIZED, None)
    assert state["asleep"] == {"modelId": TINY, "dtype": "q8"}

    since = wire.mark()
    assert wire.answer("Hello")["numTokens"] == 8
    assert wire.events(WorkerEventNames.GENERATION_STATUS, since=since)[0].payload["phase"] == "loading"
    assert wire.state()["asleep"] is None


def test_an_open_page_keeps_the_model_for_its_own_time(wire: Wire) -> None:
    limit(wire, idle_minutes=0.02, idle_minutes_open=0)
    wire.load_ready(OTHER)
    since = wire.mark()
    wire.page.wait_for_timeout(3000)

    assert not wire.events(WorkerEventNames.CREATING_WORKER, since=since)
    assert wire.state()["modelId"] == OTHER
