"""Writes answers down while they come: what the pages hear of an answer is stored within half a second, and at its end.

It listens to the events, so nothing that is stored can differ from what was streamed. On the token path it only keeps
a text; writing happens in a task of its own.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection
from dataclasses import dataclass, field, replace

from tabagent.chat_specs import ChatStatus, Message, MessageState
from tabagent.chats.history import ChatHistory, OpenChat
from tabagent.errors import JsonObject, RuntimeRestarted
from tabagent.messages import Event, GenerationComplete, GenerationFault, GenerationStopped, GenerationUpdate
from tabagent.store_errors import StorageError

logger = logging.getLogger(__name__)

# No text that was streamed is lost for longer than half a second, whatever ends the browser. While the engine computes
# on the CPU a timer may be heard 0.2 s late.
WRITE_SECONDS = 0.3

CallLater = Callable[[float, Callable[[], None]], object]


@dataclass(slots=True)
class Heard:
    """What came of an answer since it was last written down.

    Attributes:
        parts: New text.
        end: How it ended, or None.
    """

    chat_id: str
    parts: list[str] = field(default_factory=list)
    end: GenerationComplete | GenerationStopped | GenerationFault | None = None


class AnswerRecorder:
    """Listens to the events of answers.

    Args:
        history: Stores.
        call_later: Runs a function after so many seconds.
    """

    def __init__(self, history: ChatHistory, call_later: CallLater) -> None:
        self._history, self._call_later = history, call_later
        self._heard: dict[str, Heard] = {}
        self._scheduled = False
        self._writing: asyncio.Task[None] | None = None

    def hear(self, event: Event) -> None:
        """Take in an event; cheap, since it is called for every token."""
        if isinstance(event, GenerationUpdate):
            if event.token:
                self._of(event.chat_id, event.message_id).parts.append(event.token)
                self._schedule()
        elif isinstance(event, GenerationComplete | GenerationStopped | GenerationFault):
            self._of(event.chat_id, event.message_id).end = event
            self._begin()

    async def settle(self, alive: Collection[str]) -> None:
        """End the answers that the store has as being written and that nobody writes any more.

        Args:
            alive: Ids of answers that are written or wait.
        """
        await self.written()
        for message in await self._history.unfinished():
            if message.id in alive:
                continue
            error = RuntimeRestarted("The browser was closed").to_wire()
            async with self._history.writing():
                opened = await self._history.find(message.chat_id)
                if opened is not None and message.id in opened.messages:
                    ended = replace(opened.messages[message.id], state=MessageState.ERROR, error=error, base=0)
                    await self._store(opened, ended)

    async def written(self) -> None:
        """Return when everything that was heard so far is stored."""
        self._begin()
        while self._writing is not None:
            await asyncio.shield(self._writing)

    def _of(self, chat_id: str, message_id: str) -> Heard:
        return self._heard.setdefault(message_id, Heard(chat_id))

    def _schedule(self) -> None:
        if not self._scheduled:
            self._scheduled = True
            self._call_later(WRITE_SECONDS, self._due)

    def _due(self) -> None:
        self._scheduled = False
        self._begin()

    def _begin(self) -> None:
        if self._writing is None and self._heard:
            self._writing = asyncio.ensure_future(self._write())

    async def _write(self) -> None:
        """Write all that was heard, also what comes meanwhile if it ends an answer."""
        try:
            while self._heard:
                heard, self._heard = self._heard, {}
                stored = [await self._write_one(message_id, what) for message_id, what in heard.items()]
                # What the storage refused waits for its time like new text.
                if not all(stored) or not any(what.end for what in self._heard.values()):
                    break
        finally:
            self._writing = None
            if self._heard:
                self._schedule()

    async def _write_one(self, message_id: str, heard: Heard) -> bool:
        """Store what was heard of an answer; tell whether the storage took it."""
        try:
            async with self._history.writing():
                opened = await self._history.find(heard.chat_id)
                message = opened.messages.get(message_id) if opened is not None else None
                # Callers that keep their own conversation ask for answers as well.
                if opened is not None and message is not None:
                    await self._store(opened, _after(message, heard))
        except StorageError as error:
            logger.info("what came of an answer could not be stored yet: %s", error.code)
            later = self._heard.setdefault(message_id, Heard(heard.chat_id))
            later.parts[:0] = heard.parts
            later.end = later.end or heard.end
            return False
        return True

    async def _store(self, opened: OpenChat, message: Message) -> None:
        ended = message.state is not MessageState.STREAMING
        chat = opened.chat
        if ended:
            status = ChatStatus.ERROR if message.state is MessageState.ERROR else ChatStatus.COMPLETE
            chat = replace(chat, status=status, changed_at=self._history.time())
        await self._history.change(opened, chat, put=[message], quiet=not ended)


def _after(message: Message, heard: Heard) -> Message:
    """Return a message with what was heard of it."""
    content = message.content + "".join(heard.parts)
    end = heard.end
    if end is None:
        return replace(message, content=content)
    begun, written = message.content[: message.base], content[message.base :]
    # The events say it all; a thread that took over from another one knows what that had kept, which may be less.
    text = end.generated_text if len(end.generated_text) >= len(written) else written
    if isinstance(end, GenerationFault):
        return replace(message, content=begun + text, state=MessageState.ERROR, error=end.error, base=0)
    state = MessageState.STOPPED if isinstance(end, GenerationStopped) else MessageState.COMPLETE
    return replace(message, content=begun + text, state=state, stats=_stats(end), error=None, base=0)


def _stats(end: GenerationComplete | GenerationStopped) -> JsonObject:
    return {
        "tps": end.tps,
        "numTokens": end.num_tokens,
        "timeToFirstToken": end.time_to_first_token,
        "prefillTps": end.prefill_tps,
        "promptTokens": end.prompt_tokens,
        "cachedTokens": end.cached_tokens,
        "finishReason": end.finish_reason,
        "leftOut": end.left_out,
    }
