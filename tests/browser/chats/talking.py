"""Chats over the messages, as a page asks for them."""

from __future__ import annotations

from itertools import count
from typing import Any

from tabagent.events import DBEventNames, RuntimeMessageTypes, WorkerEventNames
from tests.browser.wire import Payload, Wire

LIVELY = "tabagent-tests/lively"
# Answers take milliseconds; machines that compute other things at the same time are waited for.
PATIENCE_S = 90
TOKENS, ENDLESS = 16, 15_000
_NUMBERS = count(1)


class Talk:
    """One chat, as one page asks in it.

    Args:
        wire: The page's connection.
        chat_id: The chat's; a new one where it is empty.
    """

    def __init__(self, wire: Wire, chat_id: str = "") -> None:
        self.wire, self.id = wire, chat_id or f"chat-{next(_NUMBERS)}"

    def ask(self, text: str, *, tokens: int = TOKENS, **fields: Any) -> Payload:
        """Ask at the end of the chat and return the reply."""
        number = next(_NUMBERS)
        payload = {
            "chatId": self.id,
            "questionId": f"question-{number}",
            "answerId": f"answer-{number}",
            "text": text,
            "attachmentIds": [],
            "visible": True,
            "options": {"max_new_tokens": tokens, "do_sample": False},
        }
        return self.wire.ask(RuntimeMessageTypes.ASK_QUESTION, payload | fields, timeout_s=PATIENCE_S)

    def asked(self, text: str, *, tokens: int = TOKENS, **fields: Any) -> str:
        """Ask and return the answer's id."""
        reply = self.ask(text, tokens=tokens, **fields)
        assert reply["success"], reply
        return str(reply["answerId"])

    def answered(self, text: str, **fields: Any) -> Payload:
        """Ask, wait for the end, and return the answer as it is stored."""
        since = self.wire.mark()
        answer = self.asked(text, **fields)
        self.wire.outcome(answer, since=since, timeout_s=PATIENCE_S)
        return self.settled(answer)

    def settled(self, answer: str) -> Payload:
        """Wait until an answer is stored as having ended."""

        def look() -> Payload | None:
            message = self.message(answer)
            return None if message["isLoading"] else message

        found: Payload = self.wire.wait(look, f"{answer} to be settled", PATIENCE_S)
        return found

    def session(self) -> Payload:
        """Return the chat with its messages."""
        reply = self.wire.ask(DBEventNames.DB_GET_SESSION_REQUEST, {"sessionId": self.id})
        assert (reply["type"], reply["success"]) == (DBEventNames.DB_GET_SESSION_RESPONSE, True), reply
        data: Payload = reply["data"]
        return data

    def message(self, message_id: str) -> Payload:
        """Return a message of its path."""
        found: Payload = next(message for message in self.session()["messages"] if message["id"] == message_id)
        return found

    def seconds(self, answer: str) -> float:
        """Return how long an answer has been written, by its own numbers."""
        updates = self.wire.events(WorkerEventNames.GENERATION_UPDATE, messageId=answer)
        told = [event.payload for event in updates if event.payload["tps"] > 0]
        return float(told[-1]["numTokens"] / told[-1]["tps"]) if told else 0.0

    def wait_until_written_for(self, seconds: float, answer: str) -> None:
        """Wait until an answer has been written for so long."""
        self.wire.wait(lambda: self.seconds(answer) >= seconds, f"{seconds} s of {answer}", PATIENCE_S)
