"""The thread ends in a load, a prompt or an answer: what had come is told, and the next answer is right."""

from __future__ import annotations

import pytest

from tabagent.events import WorkerEventNames
from tests.browser.generation.asking import PATIENCE_S, Asked, Asker, talk
from tests.browser.generation.conftest import LIVELY, OTHER
from tests.browser.test_recovery import KEPT_AFTER_SECONDS, crash
from tests.browser.wire import HeardEvent
from tools.browser import ExtensionBrowser
from tools.hub import LocalHub, Stall

TOKENS, ENDLESS = 16, 15_000
LONG = talk("The fox walked over the hill and saw the sea. " * 110)


@pytest.fixture(scope="module")
def expected(lively: Asker) -> str:
    """What the model answers before anything went wrong."""
    return lively.text("Hello", max_new_tokens=TOKENS)


@pytest.fixture(autouse=True)
def settled(lively: Asker, expected: str) -> None:
    """Begin each test with the model loaded, and a thread that has been well for a while."""
    assert lively.text("Hello", max_new_tokens=TOKENS) == expected


def broken_off(asker: Asker, asked: Asked) -> HeardEvent:
    """Wait for the report of an answer that the thread did not survive."""
    outcome = asker.outcome(asked)
    assert outcome.name == WorkerEventNames.GENERATION_ERROR, outcome
    assert outcome.payload["error"]["code"] == "runtime_restarted"
    assert (outcome.payload["chatId"], outcome.payload["messageId"]) == (asked.chat_id, asked.message_id)
    return outcome


def comes_back(asker: Asker, since: int, expected: str) -> None:
    """Check that the model is loaded again by itself and answers as before."""
    ready = asker.wire.wait_for(WorkerEventNames.WORKER_READY, since=since, timeout_s=PATIENCE_S)
    assert ready.payload["modelId"] == LIVELY
    assert asker.text("Hello", max_new_tokens=TOKENS) == expected
    state = asker.wire.state()
    assert state["generating"] is state["error"] is None
    assert state["queued"] == []


def test_a_crash_in_an_answer_tells_its_text_and_that_the_one_that_waited_is_lost(
    lively: Asker, lively_browser: ExtensionBrowser, expected: str
) -> None:
    running = lively.ask("Tell me everything.", max_new_tokens=ENDLESS)
    waiting = lively.ask("Hello", max_new_tokens=TOKENS)

    def old_enough() -> bool:
        updates = [update for update in lively.updates(running) if update["tps"] > 0]
        return bool(updates) and updates[-1]["numTokens"] / updates[-1]["tps"] > KEPT_AFTER_SECONDS

    lively.wire.wait(old_enough, "words that are old enough to have been kept", PATIENCE_S)
    since = lively.wire.mark()
    crash(lively_browser)
    failed = broken_off(lively, running).payload
    lost = broken_off(lively, waiting).payload

    streamed = lively.wire.streamed(running.message_id, since=running.since)
    tokens = lively.updates(running)[-1]["numTokens"]
    assert lost["generatedText"] == ""
    comes_back(lively, since, expected)
    whole = lively.text("Tell me everything.", max_new_tokens=2 * tokens)
    # Either may be ahead of the other: the page hears, and the supervisor keeps, only from time to time.
    assert len(failed["generatedText"]) > 1
    assert whole.startswith(streamed)
    assert whole.startswith(failed["generatedText"])


def test_a_crash_while_a_prompt_is_read_is_told_with_an_empty_text(
    lively: Asker, lively_browser: ExtensionBrowser, expected: str
) -> None:
    running = lively.ask(LONG, max_new_tokens=ENDLESS)
    waiting = lively.ask("Hello", max_new_tokens=TOKENS)
    lively.wire.wait(lambda: lively.statuses(running), "the first piece", PATIENCE_S)
    since = lively.wire.mark()
    crash(lively_browser)

    assert broken_off(lively, running).payload["generatedText"] == ""
    assert broken_off(lively, waiting).payload["generatedText"] == ""
    comes_back(lively, since, expected)


def test_a_crash_in_a_load_brings_the_load_to_its_end(
    lively: Asker, lively_browser: ExtensionBrowser, lively_hub: LocalHub, expected: str
) -> None:
    stall = lively_hub.faults.add(f"/{OTHER}/*/onnx/*", Stall(after_bytes=1000))
    since = lively.wire.mark()
    assert lively.wire.load(OTHER, "crashed", dtype="fp32")["success"]
    stall.wait_until_struck()
    refused = lively.refusal("Hello", max_new_tokens=TOKENS)
    crash(lively_browser)
    lively_hub.faults.clear()
    ended = lively.wire.wait_for(
        *(WorkerEventNames.WORKER_READY, WorkerEventNames.ERROR),
        since=since,
        timeout_s=PATIENCE_S,
        loadId="crashed",
    )

    assert refused["code"] in {"busy", "invalid_state"}
    assert (ended.name, ended.payload["modelId"]) == (WorkerEventNames.WORKER_READY, OTHER)
    assert lively.text("Hello", max_new_tokens=TOKENS) != expected
    lively.wire.load_ready(LIVELY, "back", dtype="fp32", timeout_s=PATIENCE_S)
    assert lively.text("Hello", max_new_tokens=TOKENS) == expected


def test_a_crash_between_answers_costs_no_chat_its_next_answer(
    lively: Asker, lively_browser: ExtensionBrowser, expected: str
) -> None:
    first = lively.text("Where is the sea?", chat_id="goes on", max_new_tokens=TOKENS)
    said = talk("Where is the sea?", first, "And the hill?")
    whole = lively.text(said, max_new_tokens=TOKENS, use_cache=False)
    since = lively.wire.mark()
    crash(lively_browser)
    comes_back(lively, since, expected)

    after = lively.answer(said, chat_id="goes on", max_new_tokens=TOKENS)
    assert after["generatedText"] == whole
    assert after["cachedTokens"] == 0
