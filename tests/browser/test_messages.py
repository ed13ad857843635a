"""The edge: what a page may send, what comes back, and how often."""

from __future__ import annotations

import pytest

from tabagent.events import DBEventNames, ErrorCodes, ModelWorkerStates, RuntimeMessageTypes, WorkerEventNames
from tests.browser.conftest import LONG, TINY
from tests.browser.panel_page import PanelPage
from tests.browser.test_states import begin_answer
from tests.browser.wire import Wire, chat
from tools.browser import ExtensionBrowser

STATE = str(RuntimeMessageTypes.GET_MODEL_WORKER_STATE)
LOAD = str(RuntimeMessageTypes.LOAD_MODEL)
SEND = str(RuntimeMessageTypes.SEND_CHAT_MESSAGE)

MALFORMED: dict[str, object] = {
    "null": None,
    "a text": "hello",
    "a number": 42,
    "a list": [STATE],
    "nothing in it": {},
    "no requestId": {"type": STATE, "payload": {}},
    "an empty requestId": {"type": STATE, "requestId": "", "payload": {}},
    "a number as requestId": {"type": STATE, "requestId": 7, "payload": {}},
    "no type": {"requestId": "id", "payload": {}},
    "a number as type": {"type": 5, "requestId": "id"},
    "a list as payload": {"type": STATE, "requestId": "id", "payload": []},
    "a text as payload": {"type": STATE, "requestId": "id", "payload": "all"},
    "a model that is no text": {"type": LOAD, "requestId": "id", "payload": {"modelId": 5, "loadId": "x"}},
    "a model outside the hub": {"type": LOAD, "requestId": "id", "payload": {"modelId": "../../etc", "loadId": "x"}},
    "a precision that nobody knows": {
        "type": LOAD,
        "requestId": "id",
        "payload": {"modelId": TINY, "dtype": "q99", "loadId": "x"},
    },
    "a conversation that is no list": {
        "type": SEND,
        "requestId": "id",
        "payload": {"chatId": "c", "messageId": "m", "messages": "hello"},
    },
    "options that are no numbers": {
        "type": SEND,
        "requestId": "id",
        "payload": {**chat("hello"), "options": {"max_new_tokens": "many"}},
    },
}


@pytest.mark.parametrize("name", MALFORMED)
def test_a_malformed_message_gets_one_typed_reply_each_way_and_changes_nothing(wire: Wire, name: str) -> None:
    message = MALFORMED[name]
    since = wire.mark()
    once = wire.once_raw(message)
    wire.post(message)
    replied = wire.wait(lambda: wire.page.evaluate("() => wire.replies"), "a reply on the port")

    for reply in (once, replied[0]):
        assert reply["success"] is False
        assert reply["error"]["code"] == ErrorCodes.BAD_REQUEST, reply
        assert reply["error"]["message"]
    known = message.get("requestId") if isinstance(message, dict) else None
    if isinstance(known, str) and known:
        assert once["requestId"] == replied[0]["requestId"] == known
    assert wire.state()["state"] == ModelWorkerStates.UNINITIALIZED
    assert len(wire.page.evaluate("() => wire.replies")) == 2, "the state's reply and no second one"
    # The chats of a fresh background may be ready at any moment.
    heard = [event for event in wire.events(since=since) if event.name != DBEventNames.DB_INITIALIZATION_COMPLETE]
    assert heard == []


def test_an_unknown_name_gets_a_typed_reply(wire: Wire) -> None:
    for reply in (wire.once("tabagent:nothing"), wire.ask("tabagent:nothing")):
        assert reply["type"] == "tabagent:nothing_RESPONSE"
        assert reply["error"]["code"] == ErrorCodes.UNKNOWN_MESSAGE


@pytest.mark.parametrize("way", ["once", "port"])
def test_fifty_megabytes_are_refused_with_the_size_and_the_background_goes_on(wire: Wire, way: str) -> None:
    # Made in the page: the test's own way there is not what is tested.
    wire.page.evaluate(
        """([way, envelope]) => {
          envelope.payload.messages[0].content = "x".repeat(50_000_000);
          if (way === "once") wire.once("large", envelope);
          else wire.port.postMessage(envelope);
        }""",
        [way, {"type": SEND, "requestId": "large", "payload": chat("")}],
    )
    look = "() => wire.answers.large?.[0] ?? wire.replies[0]"
    reply = wire.wait(lambda: wire.page.evaluate(look), "a reply to 50 MB", 60)

    assert reply["requestId"] == "large"
    assert reply["error"]["code"] == ErrorCodes.PAYLOAD_TOO_LARGE
    assert reply["error"]["details"]["size"] > 50_000_000
    assert wire.state()["state"] == ModelWorkerStates.UNINITIALIZED


def test_a_web_page_cannot_reach_the_extension(wire: Wire, browser: ExtensionBrowser) -> None:
    page = browser.context.new_page()
    page.goto("https://huggingface.co/api/models/tabagent-tests/tiny")

    assert page.evaluate("() => location.protocol") == "https:"
    assert page.evaluate("() => typeof globalThis.chrome?.runtime?.sendMessage") == "undefined"


def test_nobody_can_claim_to_be_another_sender(wire: Wire, browser: ExtensionBrowser) -> None:
    inner = wire.envelope(STATE)
    stranger = {"id": "abcdefghijklmnopabcdefghijklmnop", "url": "https://example.com/", "tabUrl": ""}
    own = {"id": browser.extension_id, "url": browser.panel_url, "tabUrl": ""}
    for claimed in (stranger, own):
        reply = wire.once_raw({"relayed": inner, "from": claimed})
        assert reply["success"] is False
        assert reply["error"]["code"] == ErrorCodes.BAD_REQUEST, (
            "the envelope itself is the message, and it has no type"
        )
        assert reply["requestId"] is None


def test_a_script_in_a_web_page_is_a_foreign_sender(wire: Wire, browser: ExtensionBrowser) -> None:
    # What a content script's message looks like when it arrives: the same extension, another site's address.
    inner = wire.envelope(STATE)
    sender = {"id": browser.extension_id, "url": "https://example.com/", "tabUrl": "https://example.com/"}
    reply = browser.service_worker().evaluate(
        f"chrome.runtime.sendMessage({{relayed: {_json(inner)}, from: {_json(sender)}}})"
    )

    assert reply["error"]["code"] == ErrorCodes.FORBIDDEN_SENDER
    assert reply["requestId"] == inner["requestId"]


def test_every_request_gets_exactly_one_reply(wire: Wire) -> None:
    envelopes = [wire.envelope(STATE if number % 2 else "tabagent:nothing") for number in range(40)]
    wire.page.evaluate("(all) => all.forEach((each) => wire.port.postMessage(each))", envelopes)
    wire.wait(lambda: wire.page.evaluate("() => wire.replies.length") >= 40, "forty replies")
    wire.state()

    for envelope in envelopes:
        assert len(wire.replies(envelope["requestId"])) == 1


def test_a_fast_model_sends_few_batches_and_loses_nothing(wire: Wire) -> None:
    wire.load_ready(LONG)
    since = begin_answer(wire, "fast")
    first = wire.page.evaluate("() => wire.batches.length")
    wire.wait_for_tokens(300, "fast", since=since)
    times = wire.page.evaluate("(first) => wire.batches.slice(first).map(({ at }) => at)", first)
    wire.ask(RuntimeMessageTypes.INTERRUPT_GENERATION)
    ended = wire.outcome("fast", since=since).payload
    updates = wire.events(WorkerEventNames.GENERATION_UPDATE, since=since, messageId="fast")

    seconds = (times[-1] - times[0]) / 1000
    assert (len(times) - 1) / seconds <= 35
    assert len(updates) < ended["numTokens"]
    assert "".join(update.payload["token"] for update in updates) == ended["generatedText"]
    counts = [update.payload["numTokens"] for update in updates]
    assert counts == sorted(counts)
    assert ended["numTokens"] - counts[-1] <= 1


def test_the_panel_still_works_after_all_kinds_of_nonsense(panel: PanelPage, wire: Wire) -> None:
    for message in MALFORMED.values():
        wire.post(message)
    wire.wait(lambda: wire.page.evaluate("() => wire.replies.length") >= len(MALFORMED), "all refusals")
    panel.choose_and_load(TINY)

    assert "".join(panel.driver.ask("Hello")) == panel.answers[-1]


def _json(value: object) -> str:
    import json

    return json.dumps(value)
