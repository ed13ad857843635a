"""The messages of the background, sent and heard by a page of the extension, as a test sees them.

Nothing here waits inside the page: a promise that never settles would hang the test. The page notes what arrives, and
the test looks.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING, Any

from tabagent.events import PortNames, RuntimeMessageTypes, UIEventNames, WorkerEventNames

if TYPE_CHECKING:
    from playwright.sync_api import Page

Payload = dict[str, Any]
POLL_S = 0.02

_SCRIPT = """([portName]) => {
  if (globalThis.wire) return;
  const wire = { events: [], replies: [], batches: [], answers: {}, answeredAt: [], port: null, closed: 0 };
  const take = (batch) => {
    const replies = wire.replies.length;
    for (const envelope of batch) (envelope.requestId === undefined ? wire.events : wire.replies).push(envelope);
    const isEvents = wire.replies.length === replies;
    wire.batches.push({ at: performance.now(), count: batch.length, isEvents });
  };
  wire.connect = () => {
    wire.port = chrome.runtime.connect({ name: portName });
    wire.port.onMessage.addListener(take);
    wire.port.onDisconnect.addListener(() => { void chrome.runtime.lastError; wire.port = null; wire.closed += 1; });
  };
  wire.once = (key, message) => {
    chrome.runtime.sendMessage(message).then(
      (reply) => { (wire.answers[key] ??= []).push(reply ?? null); },
      (error) => { (wire.answers[key] ??= []).push({ thrown: String(error) }); },
    );
  };
  wire.inTurn = (messages) => {
    const waiting = messages.values();
    const next = () => wire.port.postMessage(waiting.next().value);
    const ids = new Set(messages.map(({ requestId }) => requestId));
    wire.port.onMessage.addListener((batch) => {
      if (!batch.some(({ requestId }) => ids.delete(requestId))) return;
      wire.answeredAt.push(performance.now());
      if (ids.size) next();
    });
    next();
  };
  globalThis.wire = wire;
}"""


@dataclass(frozen=True)
class HeardEvent:
    """An event with its place in what the page heard."""

    index: int
    name: str
    payload: Payload


class Wire:
    """One page's connection to the background.

    Args:
        page: Any page of the extension.
    """

    def __init__(self, page: Page) -> None:
        self.page = page
        self._keys = count(1)
        self._heard: list[HeardEvent] = []
        page.evaluate(_SCRIPT, [PortNames.PANEL])

    def wake(self) -> Payload:
        """Ask whether the background is there, which starts it, and open the port."""
        reply = self.once(RuntimeMessageTypes.CHECK_BACKGROUND_READY)
        self.page.evaluate("() => wire.port ?? void wire.connect()")
        return reply

    def listen_to_the_start(self) -> None:
        """Wake the background and open the port while Python still starts, to hear how that goes."""
        self.page.evaluate("(message) => wire.once('start', message)", self._check())

        def connect() -> bool:
            self.page.evaluate("() => wire.port ?? void wire.connect()")
            self.page.wait_for_timeout(5 * POLL_S * 1000)  # a port that nobody listens to closes at once
            return bool(self.page.evaluate("() => wire.port !== null"))

        self.wait(connect, "the offscreen document to listen")

    def _check(self) -> Payload:
        return self.envelope(RuntimeMessageTypes.CHECK_BACKGROUND_READY)

    def once(self, name: str, payload: Payload | None = None, *, timeout_s: float = 30) -> Payload:
        """Send a request as a one-shot message and return the reply."""
        return self.once_raw(self.envelope(name, payload), timeout_s=timeout_s)

    def once_raw(self, message: object, *, timeout_s: float = 30) -> Payload:
        """Send anything as a one-shot message and return what came back; `{"thrown": …}` when Chrome refused."""
        key = str(next(self._keys))
        self.page.evaluate("([key, message]) => wire.once(key, message)", [key, message])
        found: list[Payload] = self.wait(
            lambda: self.page.evaluate("(key) => wire.answers[key]", key), f"a reply to {str(message)[:200]}", timeout_s
        )
        return found[0]

    def ask_in_turn(self, name: str, number: int) -> None:
        """Ask so often, each time as soon as the one before is answered, while the test goes on."""
        self.page.evaluate("(all) => void wire.inTurn(all)", [self.envelope(name) for _ in range(number)])

    def answered_among(self, batches: int) -> int:
        """Return how many of these were answered between the first and the last of the newest batches of events."""
        return int(
            self.page.evaluate(
                """(count) => {
                  const times = wire.batches.filter(({ isEvents }) => isEvents).slice(-count).map(({ at }) => at);
                  return wire.answeredAt.filter((at) => times[0] < at && at < times.at(-1)).length;
                }""",
                batches,
            )
        )

    def envelope(self, name: str, payload: Payload | None = None) -> Payload:
        """Return an envelope with a fresh request id."""
        return {"type": str(name), "requestId": f"request-{next(self._keys)}", "payload": payload or {}}

    def ask(self, name: str, payload: Payload | None = None, *, timeout_s: float = 30) -> Payload:
        """Send a request over the port and return its reply."""
        envelope = self.envelope(name, payload)
        self.post(envelope)
        return self.reply(envelope["requestId"], timeout_s=timeout_s)

    def post(self, message: object) -> None:
        """Put anything on the port."""
        self.page.evaluate("(message) => wire.port.postMessage(message)", message)

    def reply(self, request_id: str | None, *, timeout_s: float = 30) -> Payload:
        """Wait for the reply to a request on the port."""
        found: list[Payload] = self.wait(lambda: self.replies(request_id), f"a reply to {request_id}", timeout_s)
        return found[0]

    def replies(self, request_id: str | None) -> list[Payload]:
        """Return all replies with a request id that came on the port."""
        found: list[Payload] = self.page.evaluate(
            "(id) => wire.replies.filter(({ requestId }) => requestId === id)", request_id
        )
        return found

    def mark(self) -> int:
        """Return the place after the last event that was heard."""
        return int(self.page.evaluate("() => wire.events.length"))

    def events(self, *names: str, since: int = 0, **fields: object) -> list[HeardEvent]:
        """Return the events from a place on, of some names, with these payload fields."""
        # Only what is new comes out of the page: whoever waits looks fifty times a second.
        for envelope in self.page.evaluate("(known) => wire.events.slice(known)", len(self._heard)):
            self._heard.append(HeardEvent(len(self._heard), envelope["type"], envelope["payload"]))
        return [
            event
            for event in self._heard[since:]
            if (not names or event.name in names) and _matches(event.payload, fields)
        ]

    def wait_for(self, *names: str, since: int = 0, timeout_s: float = 60, **fields: object) -> HeardEvent:
        """Return the first event of some names, with these payload fields, from a place on."""
        found: list[HeardEvent] = self.wait(
            lambda: self.events(*names, since=since, **fields), f"{names} {fields}", timeout_s, self._told
        )
        return found[0]

    def wait(
        self, look: Callable[[], Any], what: str, timeout_s: float = 30, told: Callable[[], str] = lambda: ""
    ) -> Any:
        """Look again and again until there is something; `TimeoutError` when there is nothing in time."""
        limit = time.monotonic() + timeout_s
        while not (found := look()):
            if time.monotonic() > limit:
                raise TimeoutError(f"waited {timeout_s} s for {what}{told()}")
            self.page.wait_for_timeout(POLL_S * 1000)
        return found

    def _told(self) -> str:
        return "; the last events: " + ", ".join(f"{event.name} {event.payload}"[:300] for event in self.events()[-5:])

    # What tests say again and again.

    def load(self, model_id: str, load_id: str = "load", **options: object) -> Payload:
        """Ask for a model and return the reply."""
        return self.ask(RuntimeMessageTypes.LOAD_MODEL, {"modelId": model_id, "loadId": load_id, **options})

    def load_ready(self, model_id: str, load_id: str = "load", *, timeout_s: float = 90, **options: object) -> Payload:
        """Load a model and return WORKER_READY's payload; an assertion fails when the load does."""
        since = self.mark()
        reply = self.load(model_id, load_id, **options)
        assert reply["success"], reply
        outcome = self.wait_for(
            WorkerEventNames.WORKER_READY, WorkerEventNames.ERROR, since=since, loadId=load_id, timeout_s=timeout_s
        )
        assert outcome.name == WorkerEventNames.WORKER_READY, outcome
        return outcome.payload

    def load_error(self, model_id: str, load_id: str = "load", **options: object) -> Payload:
        """Load a model that must fail, and return the error."""
        since = self.mark()
        reply = self.load(model_id, load_id, **options)
        assert reply["success"], reply
        outcome = self.wait_for(WorkerEventNames.WORKER_READY, WorkerEventNames.ERROR, since=since, loadId=load_id)
        assert outcome.name == WorkerEventNames.ERROR, outcome
        error: Payload = outcome.payload["error"]
        return error

    def send(self, text: str, message_id: str = "m", *, tokens: int = 8, chat_id: str = "chat") -> Payload:
        """Ask the model something and return the reply."""
        return self.ask(RuntimeMessageTypes.SEND_CHAT_MESSAGE, chat(text, message_id, tokens=tokens, chat_id=chat_id))

    def outcome(self, message_id: str = "m", *, since: int = 0, timeout_s: float = 60) -> HeardEvent:
        """Wait for the end of an answer, however it ends."""
        ends = (
            WorkerEventNames.GENERATION_COMPLETE,
            WorkerEventNames.GENERATION_STOPPED,
            WorkerEventNames.GENERATION_ERROR,
        )
        return self.wait_for(*ends, since=since, timeout_s=timeout_s, messageId=message_id)

    def answer(self, text: str, message_id: str = "m", *, tokens: int = 8) -> Payload:
        """Ask the model something and return GENERATION_COMPLETE's payload."""
        since = self.mark()
        reply = self.send(text, message_id, tokens=tokens)
        assert reply["success"], reply
        outcome = self.outcome(message_id, since=since)
        assert outcome.name == WorkerEventNames.GENERATION_COMPLETE, outcome
        return outcome.payload

    def streamed(self, message_id: str = "m", *, since: int = 0) -> str:
        """Return the text of an answer as its updates brought it."""
        updates = self.events(WorkerEventNames.GENERATION_UPDATE, since=since, messageId=message_id)
        return "".join(update.payload["token"] for update in updates)

    def wait_for_tokens(self, number: int, message_id: str = "m", *, since: int = 0) -> None:
        """Wait until an answer has so many tokens."""
        self.wait(lambda: self._tokens(message_id, since) >= number, f"{number} tokens of {message_id}", 60, self._told)

    def state(self) -> Payload:
        """Return the reply to GET_MODEL_WORKER_STATE."""
        return self.ask(RuntimeMessageTypes.GET_MODEL_WORKER_STATE)

    def reset(self) -> None:
        """Give the model back and wait for the fresh thread."""
        since = self.mark()
        assert self.ask(RuntimeMessageTypes.RESET_WORKER)["success"]
        done = self.wait_for(WorkerEventNames.RESET_COMPLETE, since=since)
        self.wait_for(WorkerEventNames.WORKER_SCRIPT_READY, since=done.index)

    def progress(self, load_id: str = "load") -> list[Payload]:
        """Return the payloads of a load's progress."""
        return [event.payload for event in self.events(UIEventNames.MODEL_WORKER_LOADING_PROGRESS, loadId=load_id)]

    def _tokens(self, message_id: str, since: int) -> int:
        updates = self.events(WorkerEventNames.GENERATION_UPDATE, since=since, messageId=message_id)
        return int(updates[-1].payload["numTokens"]) if updates else 0


def chat(text: str, message_id: str = "m", *, tokens: int = 8, chat_id: str = "chat") -> Payload:
    """Return a payload of SEND_CHAT_MESSAGE with one question."""
    messages = [{"role": "user", "content": text}]
    return {
        "chatId": chat_id,
        "messageId": message_id,
        "messages": messages,
        "options": {"max_new_tokens": tokens, "do_sample": True, "temperature": 1.5, "top_k": 50},
    }


def _matches(payload: Payload, fields: dict[str, object]) -> bool:
    return all(payload.get(name) == value for name, value in fields.items())
