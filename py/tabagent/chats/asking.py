"""From a question to its answer.

Both are stored, the generation service is asked with the stored path, and what it refuses is taken back.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from typing import Protocol, cast

from tabagent.chat_messages import AnswerAgain, AskQuestion
from tabagent.chat_specs import Chat, Message, MessageState, Speaker
from tabagent.chats.history import ChatHistory, OpenChat, at_work, later
from tabagent.chats.records import title_of
from tabagent.errors import InvalidState, JsonObject
from tabagent.generation.attachments import Cut, with_attachments
from tabagent.messages import InterruptGeneration, SendChatMessage
from tabagent.ports.attachment_store import AttachmentStore
from tabagent.specs import ChatMessage

# Of what a model that is not loaded can read, when its context is not known: that of the default model.
USUAL_CONTEXT_TOKENS = 8192
# A token of usual text; attachments may have half of the context.
CHARACTERS_PER_TOKEN = 3
ROLES = {Speaker.USER: "user", Speaker.AI: "assistant", Speaker.SYSTEM: "system"}


class Generation(Protocol):
    """What writes answers; `tabagent.generation.service.GenerationService` is it."""

    async def send(self, request: SendChatMessage) -> JsonObject:
        """Accept a conversation, or refuse it with a `TabAgentError`."""

    async def interrupt(self, request: InterruptGeneration) -> JsonObject:
        """Stop an answer; `InvalidState` when it is not being written."""


class Asking:
    """Answers ASK_QUESTION, ANSWER_AGAIN and CONTINUE_ANSWER.

    Args:
        history: Stores questions and answers.
        attachments: Has the texts that go into questions.
        generation: Writes answers.
        context: Tokens of the loaded model's context, or None.
        model: The loaded model's id, or empty.
        written: Returns when the ends of answers of which pages have heard are stored: whoever asks right behind one
            must not be told that it is still being written.
    """

    def __init__(
        self,
        history: ChatHistory,
        attachments: AttachmentStore,
        generation: Generation,
        context: Callable[[], int | None],
        model: Callable[[], str],
        written: Callable[[], Awaitable[None]],
    ) -> None:
        self._history, self._attachments, self._generation = history, attachments, generation
        self._context, self._model, self._written = context, model, written

    async def ask(self, request: AskQuestion) -> JsonObject:
        """Store a question with the place of its answer, and have it answered.

        Raises:
            ChatNotFound: It was deleted.
            InvalidState: The message before it is gone, or an id is taken.
            TabAgentError: As of the generation service; then nothing stays stored.
        """
        texts = await self._attachments.texts(request.attachment_ids)
        content, cuts = with_attachments(request.text, texts, self._room())
        await self._written()
        async with self._history.writing():
            before = await self._opened(request)
            opened = await self._store_question(before, request, cuts)
        reply = await self._send(opened, request.answer_id, before, request, {request.question_id: content})
        return {**reply, "questionId": request.question_id}

    async def again(self, request: AnswerAgain) -> JsonObject:
        """Have another answer beside one.

        Raises:
            InvalidState: The answer is gone, is no answer, or an id is taken.
            TabAgentError: As of the generation service; then nothing stays stored.
        """
        async with self._history.writing():
            before = await self._history.open(request.chat_id)
            former = _answer(before, request.message_id)
            await self._require_free([request.answer_id])
            now = self._history.time()
            answer = self._answer_message(before, request.answer_id, former.parent_id)
            path = [*(before.tree.path_to(former.parent_id) if former.parent_id else ()), answer.id]
            chat = replace(at_work(before.chat, now), path=tuple(path), model_id=self._model())
            opened = await self._history.change(before, chat, put=[answer])
        return await self._send(opened, request.answer_id, before, request)

    async def go_on(self, request: AnswerAgain) -> JsonObject:
        """Go on with an answer, in the same message.

        Raises:
            InvalidState: It is gone, is no answer, or is being written.
            TabAgentError: As of the generation service; then it is as before.
        """
        await self._written()
        async with self._history.writing():
            before = await self._history.open(request.chat_id)
            former = _answer(before, request.message_id)
            if former.state is MessageState.STREAMING:
                raise InvalidState("This answer is being written. Wait for its end, or stop it.")
            going = replace(former, state=MessageState.STREAMING, base=len(former.content), error=None)
            path = before.tree.path_to(former.id)
            chat = replace(at_work(before.chat, self._history.time()), path=path, model_id=self._model())
            opened = await self._history.change(before, chat, put=[going])
        return await self._send(opened, former.id, before, request)

    async def stop(self, chat_id: str, message_id: str = "") -> None:
        """Stop what is being written in a chat, or one answer of it."""
        try:
            await self._generation.interrupt(InterruptGeneration(chat_id=chat_id, message_id=message_id))
        except InvalidState:
            return  # it has ended in the meantime, which is what was wanted

    async def _opened(self, request: AskQuestion) -> OpenChat:
        found = await self._history.find(request.chat_id)
        if found is None:
            now = self._history.time()
            chat = Chat(id=request.chat_id, title=title_of(request.text), created_at=now, changed_at=now)
            return OpenChat(chat, {})
        return await self._history.open(request.chat_id)

    async def _store_question(self, before: OpenChat, request: AskQuestion, cuts: Sequence[Cut]) -> OpenChat:
        await self._require_free([request.question_id, request.answer_id])
        path = before.chat.path
        if not request.at_end:
            parent = request.parent_id
            if parent is not None and parent not in before.messages:
                raise InvalidState("The message before this one is gone. Ask at the end of the chat.", messageId=parent)
            path = before.tree.path_to(parent) if parent is not None else ()
        if any(before.messages[key].state is MessageState.STREAMING for key in path):
            raise InvalidState("The answer before this question is being written. Wait for its end, or stop it.")
        question = Message(
            id=request.question_id,
            chat_id=request.chat_id,
            timestamp=later(before, self._history.time()),
            sender=Speaker.USER,
            content=request.text,
            parent_id=path[-1] if path else None,
            attachment_ids=request.attachment_ids,
            cuts=tuple({"name": cut.name, "kept": cut.kept, "total": cut.total} for cut in cuts),
        )
        answer = replace(self._answer_message(before, request.answer_id, question.id), timestamp=question.timestamp + 1)
        chat = replace(
            at_work(before.chat, self._history.time()),
            path=(*path, question.id, answer.id),
            model_id=self._model(),
        )
        return await self._history.change(
            before,
            chat,
            put=[question, answer],
            links=[(item, question.id) for item in request.attachment_ids],
            kind="" if before.messages else "create",
        )

    def _answer_message(self, before: OpenChat, answer_id: str, parent_id: str | None) -> Message:
        return Message(
            id=answer_id,
            chat_id=before.chat.id,
            timestamp=later(before, self._history.time()),
            sender=Speaker.AI,
            content="",
            parent_id=parent_id,
            state=MessageState.STREAMING,
        )

    async def _send(
        self,
        opened: OpenChat,
        answer_id: str,
        before: OpenChat,
        request: AskQuestion | AnswerAgain,
        known: Mapping[str, str] | None = None,
    ) -> JsonObject:
        """Ask; when that is refused, put the chat back as it was before."""
        try:
            messages = await self._conversation(opened, answer_id, known or {})
            reply = await self._generation.send(
                SendChatMessage(
                    chat_id=opened.chat.id,
                    message_id=answer_id,
                    messages=messages,
                    options=request.options if isinstance(request, AskQuestion) else {},
                    visible=request.visible,
                )
            )
        except BaseException:
            await self._take_back(before, answer_id, request)
            raise
        return {**reply, "chatId": opened.chat.id, "answerId": answer_id}

    async def _take_back(self, before: OpenChat, answer_id: str, request: AskQuestion | AnswerAgain) -> None:
        async with self._history.writing():
            now = await self._history.find(before.chat.id)
            if now is None or answer_id not in now.messages:
                return
            if not before.messages and len(now.messages) <= 2:
                # The attachments go back into the composer, and not with the question.
                bare = [replace(message, attachment_ids=()) for message in now.messages.values()]
                links = [(item, None) for item in _attached(request)]
                await self._history.change(now, now.chat, put=bare, links=links, quiet=True)
                await self._history.forget([before.chat.id])
                self._history.tell_session(before.chat, "delete")
                return
            former = before.messages.get(answer_id)
            added = [answer_id, *([request.question_id] if isinstance(request, AskQuestion) else [])]
            gone = [key for key in added if key not in before.messages]
            # The question's own attachments are not forgotten with it.
            kept = [replace(now.messages[key], attachment_ids=()) for key in gone if key in now.messages]
            now = now.changed(now.chat, kept, ())
            chat = replace(now.chat, path=before.chat.path, status=before.chat.status, model_id=before.chat.model_id)
            await self._history.change(
                now,
                chat,
                put=[former] if former is not None else [],
                gone=gone,
                links=[(item, None) for item in _attached(request)],
            )

    async def _conversation(
        self, opened: OpenChat, answer_id: str, known: Mapping[str, str]
    ) -> tuple[ChatMessage, ...]:
        """Return the path up to an answer as the model reads it; one that goes on is part of it.

        Args:
            opened: The chat.
            answer_id: The last message of the path.
            known: Contents with their attachments, by the message's id, that need not be made again.
        """
        turns = []
        room = self._room()
        for key in opened.tree.path_to(answer_id):
            message = opened.messages[key]
            content = known.get(key, message.content)
            if message.attachment_ids and key not in known:
                content, _ = with_attachments(content, await self._attachments.texts(message.attachment_ids), room)
            if content:
                # Old profiles have other senders: what is neither the person's nor the model's is told as the person's.
                turns.append(ChatMessage(ROLES.get(cast(Speaker, message.sender), "user"), content))
        return tuple(turns)

    async def _require_free(self, ids: Sequence[str]) -> None:
        taken = [key for key in ids if await self._history.message(key) is not None]
        if taken or len(set(ids)) < len(ids):
            raise InvalidState("A message with this id is there already.", messageId=(taken or list(ids))[0])

    def _room(self) -> int:
        """Return the characters that the attachments of one question may have."""
        return (self._context() or USUAL_CONTEXT_TOKENS) * CHARACTERS_PER_TOKEN // 2


def _attached(request: AskQuestion | AnswerAgain) -> tuple[str, ...]:
    return request.attachment_ids if isinstance(request, AskQuestion) else ()


def _answer(opened: OpenChat, message_id: str) -> Message:
    message = opened.messages.get(message_id)
    if message is None or message.sender != Speaker.AI:
        raise InvalidState("This answer is not there any more. Ask again.", messageId=message_id)
    return message
