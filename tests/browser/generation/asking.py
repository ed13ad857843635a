"""Questions to the loaded model, each with ids of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count, cycle
from typing import Any

from tabagent.events import RuntimeMessageTypes, WorkerEventNames
from tests.browser.wire import HeardEvent, Payload, Wire

Message = dict[str, str]

# Answers take milliseconds; machines that compute other things at the same time are waited for.
PATIENCE_S = 90
_NUMBERS = count(1)


@dataclass(frozen=True, slots=True)
class Asked:
    """A question that was sent.

    Attributes:
        since: The place in what the page heard before it.
        reply: What came back at once.
    """

    chat_id: str
    message_id: str
    since: int
    reply: Payload


def talk(*texts: str, system: str = "") -> list[Message]:
    """Return a conversation of the user and the assistant in turn."""
    turns = [{"role": role, "content": text} for role, text in zip(cycle(("user", "assistant")), texts, strict=False)]
    return [{"role": "system", "content": system}, *turns] if system else turns


def new_id(kind: str) -> str:
    """Return an id that nothing had before."""
    return f"{kind}-{next(_NUMBERS)}"


def question(messages: str | Sequence[Message], *, chat_id: str, message_id: str, **options: Any) -> Payload:
    """Return a payload of SEND_CHAT_MESSAGE; `visible` is a field of it, all else are options."""
    visible = options.pop("visible", True)
    said = talk(messages) if isinstance(messages, str) else [*messages]
    return {"chatId": chat_id, "messageId": message_id, "messages": said, "visible": visible, "options": options}


class Asker:
    """Somebody at one page.

    Args:
        wire: The page's connection.
    """

    def __init__(self, wire: Wire) -> None:
        self.wire = wire

    def ask(self, messages: str | Sequence[Message], *, chat_id: str = "", **options: Any) -> Asked:
        """Send a question in a chat, by default a new one, and wait for the reply alone."""
        chat_id, message_id, since = chat_id or new_id("chat"), new_id("message"), self.wire.mark()
        payload = question(messages, chat_id=chat_id, message_id=message_id, **options)
        reply = self.wire.ask(RuntimeMessageTypes.SEND_CHAT_MESSAGE, payload, timeout_s=PATIENCE_S)
        return Asked(chat_id, message_id, since, reply)

    def outcome(self, asked: Asked) -> HeardEvent:
        """Wait for the end of an answer, however it ends."""
        assert asked.reply["success"], asked.reply
        return self.wire.outcome(asked.message_id, since=asked.since, timeout_s=PATIENCE_S)

    def finished(self, asked: Asked) -> Payload:
        """Wait for the whole of an answer."""
        outcome = self.outcome(asked)
        assert outcome.name == WorkerEventNames.GENERATION_COMPLETE, outcome
        return outcome.payload

    def answer(self, messages: str | Sequence[Message], *, chat_id: str = "", **options: Any) -> Payload:
        """Ask and wait for the whole answer."""
        return self.finished(self.ask(messages, chat_id=chat_id, **options))

    def text(self, messages: str | Sequence[Message], *, chat_id: str = "", **options: Any) -> str:
        """Ask and return the whole answer's text."""
        return str(self.answer(messages, chat_id=chat_id, **options)["generatedText"])

    def refusal(self, messages: str | Sequence[Message], **options: Any) -> Payload:
        """Ask what must be refused at once, and return the error."""
        reply = self.ask(messages, **options).reply
        assert not reply["success"], reply
        error: Payload = reply["error"]
        return error

    def rest(self) -> None:
        """Wait until the last answer has been read again for its chat's next question."""
        self.wire.wait(lambda: not self.wire.state()["rereading"], "an answer that was read again", PATIENCE_S)

    def updates(self, asked: Asked) -> list[Payload]:
        """Return the payloads of an answer's updates."""
        return self._payloads(WorkerEventNames.GENERATION_UPDATE, asked)

    def statuses(self, asked: Asked) -> list[Payload]:
        """Return the payloads of what an answer waited for."""
        return self._payloads(WorkerEventNames.GENERATION_STATUS, asked)

    def wait_for_tokens(self, asked: Asked, number: int = 1) -> None:
        """Wait until an answer has so many tokens."""

        def enough() -> bool:
            updates = self.updates(asked)
            return bool(updates) and updates[-1]["numTokens"] >= number

        self.wire.wait(enough, f"{number} tokens of {asked}", PATIENCE_S)

    def _payloads(self, name: str, asked: Asked) -> list[Payload]:
        return [event.payload for event in self.wire.events(name, since=asked.since, messageId=asked.message_id)]
