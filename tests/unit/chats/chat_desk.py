"""The chats over a profile in memory, with a generation service that answers what it is told."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable
from dataclasses import dataclass, field

from tabagent.adapters.memory.fetcher import MemoryFetcher
from tabagent.adapters.memory.file_offer import MemoryFileOffer
from tabagent.adapters.memory.user_data import MemoryAttachmentStore, MemoryChatStore, MemoryUserData
from tabagent.chat_messages import AnswerAgain, AskQuestion, GetSession
from tabagent.chat_specs import Attachment
from tabagent.chats.building import ChatSystem, build_chats
from tabagent.errors import InvalidState, JsonObject, TabAgentError
from tabagent.messages import (
    Event,
    GenerationComplete,
    GenerationFault,
    GenerationStopped,
    GenerationUpdate,
    InterruptGeneration,
    SendChatMessage,
)


class ScriptedGeneration:
    """Takes every conversation, or refuses it."""

    def __init__(self, publish: Callable[[Event], None]) -> None:
        self._publish = publish
        self.asked: list[SendChatMessage] = []
        self.refusal: TabAgentError | None = None
        self.alive: set[str] = set()

    async def send(self, request: SendChatMessage) -> JsonObject:
        await asyncio.sleep(0)
        self.asked.append(request)
        if self.refusal is not None:
            raise self.refusal
        self.alive.add(request.message_id)
        return {"chatId": request.chat_id, "messageId": request.message_id, "queued": 0, "promptTokens": 7}

    async def interrupt(self, request: InterruptGeneration) -> JsonObject:
        meant = {answer for answer in self.alive if request.message_id in ("", answer)}
        if not meant:
            raise InvalidState("No answer is being written, so there is nothing to stop.")
        for answer in meant:
            self._publish(finished(GenerationStopped, request.chat_id, answer, "", "stopped"))
        self.alive -= meant
        return {"stopped": True}


@dataclass
class ChatDesk:
    """What a test works at.

    Attributes:
        events: All that pages heard.
        timers: Functions that wait for their time.
        clock: Seconds since 1970.
    """

    profile: MemoryUserData = field(default_factory=MemoryUserData)
    events: list[Event] = field(default_factory=list)
    timers: list[Callable[[], None]] = field(default_factory=list)
    clock: float = 1_000_000.0
    context: int | None = None

    def __post_init__(self) -> None:
        self.generation = ScriptedGeneration(self.publish)
        self.fetcher, self.offers = MemoryFetcher({}), MemoryFileOffer({})
        self.attachments = MemoryAttachmentStore(self.profile)
        ids = itertools.count(1)
        self.chats: ChatSystem = build_chats(
            store=MemoryChatStore(self.profile),
            attachments=self.attachments,
            generation=self.generation,
            loaded=lambda: None,
            publish=self.publish,
            call_later=lambda seconds, work: self.timers.append(work),
            fetcher=self.fetcher,
            offers=self.offers,
            now=self.now,
            new_id=lambda: f"new-{next(ids)}",
        )
        self.service, self.history, self.recorder = self.chats.service, self.chats.history, self.chats.recorder

    def publish(self, event: Event) -> None:
        self.events.append(event)
        self.recorder.hear(event)

    def now(self) -> float:
        self.clock += 0.001
        return self.clock

    async def ask(self, text: str, number: int, chat: str = "chat", **more: object) -> JsonObject:
        """Ask question q-number, whose answer is a-number, at the end of a chat."""
        fields = {"parent_id": None, "at_end": True, "attachment_ids": ()} | more
        return await self.service.ask(
            AskQuestion(
                chat_id=chat,
                question_id=f"q-{number}",
                answer_id=f"a-{number}",
                text=text,
                **fields,  # type: ignore[arg-type]
            )
        )

    async def asked_and_answered(self, number: int, chat: str = "chat", **more: object) -> None:
        """Ask a question and give its answer."""
        await self.ask(f"question {number}", number, chat, **more)
        await self.complete(f"a-{number}", f"answer {number}", chat)

    async def again(self, former: str, answer: str, chat: str = "chat") -> JsonObject:
        return await self.service.again(AnswerAgain(chat_id=chat, message_id=former, answer_id=answer))

    async def complete(self, answer: str, text: str, chat: str = "chat") -> None:
        """Let an answer come to its end."""
        self.generation.alive.discard(answer)
        self.publish(finished(GenerationComplete, chat, answer, text, "stop"))
        await self.recorder.written()

    async def fail(self, answer: str, text: str, chat: str = "chat") -> None:
        """Let an answer break off."""
        self.generation.alive.discard(answer)
        error: JsonObject = {"code": "x", "message": "It broke.", "details": {}}
        self.publish(GenerationFault(chat_id=chat, message_id=answer, error=error, generated_text=text))
        await self.recorder.written()

    def stream(self, answer: str, text: str, chat: str = "chat") -> None:
        """Let a part of an answer come."""
        self.publish(
            GenerationUpdate(
                chat_id=chat,
                message_id=answer,
                token=text,
                tps=1.0,
                num_tokens=1,
                time_to_first_token=1.0,
                prefill_tps=1.0,
            )
        )

    async def elapse(self) -> None:
        """Let every timer's time come."""
        due, self.timers[:] = list(self.timers), []
        for work in due:
            work()
        while self.recorder._writing is not None:
            await asyncio.shield(self.recorder._writing)
        if self.service._purging is not None:
            await self.service._purging

    async def session(self, chat: str = "chat", **more: object) -> JsonObject:
        """Return a chat as pages see it."""
        reply = await self.service.session(GetSession(session_id=chat, **more))  # type: ignore[arg-type]
        data = reply["data"]
        assert isinstance(data, dict)
        return data

    async def texts(self, chat: str = "chat") -> list[str]:
        """Return the texts of a chat's path."""
        return [str(message["content"]) for message in await self.messages(chat)]

    async def messages(self, chat: str = "chat") -> list[JsonObject]:
        """Return the messages of a chat's path."""
        messages = (await self.session(chat))["messages"]
        assert isinstance(messages, list)
        return [message for message in messages if isinstance(message, dict)]

    async def attach(self, name: str, text: str) -> None:
        """Put something into the composer under its name."""
        await self.attachments.put(Attachment(id=name, name=name, mime_type="text/plain", kind="text"), text)


def finished(
    kind: type[GenerationComplete | GenerationStopped], chat: str, answer: str, text: str, reason: str
) -> GenerationComplete | GenerationStopped:
    """Return the event of an answer's end."""
    return kind(
        chat_id=chat,
        message_id=answer,
        generated_text=text,
        output=text,
        tps=2.0,
        num_tokens=3,
        time_to_first_token=4.0,
        prefill_tps=5.0,
        prompt_tokens=6,
        cached_tokens=1,
        left_out=0,
        finish_reason=reason,
    )
