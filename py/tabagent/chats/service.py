"""Handles the requests about stored chats; what comes of each is the database's or the asking's."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import TypeVar

from tabagent.chat_messages import (
    AddMessage,
    AnswerAgain,
    AskQuestion,
    CreateSession,
    ExportChats,
    GetSession,
    ImportChats,
    InitializationComplete,
    NamedMessage,
    NamedSession,
    NewMessage,
    SearchChats,
    UpdateMessage,
)
from tabagent.chat_specs import Chat, ChatStatus, Message, MessageState
from tabagent.chats.asking import Asking
from tabagent.chats.export import ChatExport
from tabagent.chats.history import UNDO_MS, ChatHistory, OpenChat, later
from tabagent.chats.intake import ChatIntake
from tabagent.chats.recorder import CallLater
from tabagent.chats.records import title_of
from tabagent.chats.search import ChatSearch
from tabagent.chats.views import chat_view, starred_view
from tabagent.errors import InvalidState, JsonObject, JsonValue, wire_error
from tabagent.messages import Empty, Event
from tabagent.store_errors import StorageError

logger = logging.getLogger(__name__)

Payload = TypeVar("Payload")
Handler = Callable[[Payload], Awaitable[JsonObject]]


class ChatService:
    """Answers what pages ask of chats. Everything waits until the database is there and old answers are settled.

    Args:
        history: The one writer.
        asking: Has questions answered.
        search, export, intake: Do what their names say.
        publish: Sends events to the pages.
        call_later: Runs a function after so many seconds.
        new_id: Makes an id that nobody has.
    """

    def __init__(
        self,
        *,
        history: ChatHistory,
        asking: Asking,
        search: ChatSearch,
        export: ChatExport,
        intake: ChatIntake,
        publish: Callable[[Event], None],
        call_later: CallLater,
        new_id: Callable[[], str],
    ) -> None:
        self._history, self._asking, self._search = history, asking, search
        self._export, self._intake = export, intake
        self._publish, self._call_later, self._new_id = publish, call_later, new_id
        self._ready = asyncio.Event()
        self._purging: asyncio.Task[None] | None = None
        self._purges = False  # a purge waits for its time

    async def start(self, settle: Awaitable[None]) -> None:
        """Settle what an earlier thread left, then let requests in; never raises."""
        error: JsonObject | None = None
        chats: tuple[Chat, ...] = ()
        try:
            await settle
            chats = await self._purge()
        except Exception as failure:  # noqa: BLE001 - it is published, and each request meets it again
            error = wire_error(failure)
        self._ready.set()
        self._publish(
            InitializationComplete(
                success=error is None,
                error=error,
                db_status={"chats": len(chats)},
                session_ids=[chat.id for chat in chats],
            )
        )

    async def _purge(self) -> tuple[Chat, ...]:
        """Delete for good what cannot be brought back any more, now and when its time has come; return what is left."""
        left = await self._history.purge()
        if any(chat.deleted_at is not None for chat in left):
            self._purge_later()
        return tuple(chat for chat in left if chat.deleted_at is None)

    def _purge_later(self) -> None:
        if not self._purges:
            self._purges = True
            # Clocks are set; a second more than the time in which a chat can be brought back is enough for most.
            self._call_later(UNDO_MS / 1000 + 1, self._purge_now)

    def _purge_now(self) -> None:
        async def purge() -> None:
            self._purges = False
            try:
                await self._purge()
            except StorageError as error:
                logger.warning("deleted chats stay until the next start (%s)", error.code)

        self._purging = asyncio.ensure_future(purge())

    def when_ready(self, handler: Handler[Payload]) -> Handler[Payload]:
        """Return a handler that waits for the start."""

        async def waiting(request: Payload) -> JsonObject:
            await self._ready.wait()
            return await handler(request)

        return waiting

    async def ready_state(self, request: Empty) -> JsonObject:
        """Answer DbGetReadyStateRequest and GET_DB_READY_STATE; never waits."""
        return {"data": {"ready": self._ready.is_set()}, "ready": self._ready.is_set()}

    async def initialize(self, request: Empty) -> JsonObject:
        """Answer DbInitializeRequest and DbEnsureInitializedRequest."""
        ids: list[JsonValue] = [chat.id for chat in await self._history.chats()]
        return {"data": {"success": True, "dbStatus": {"chats": len(ids)}, "sessionIds": ids}}

    async def reset(self, request: Empty) -> JsonObject:
        """Answer DbResetDatabaseRequest: forget all chats."""
        for chat in await self._history.chats():
            await self._stop(chat)
        await self._history.clear()
        return {"data": True}

    async def session(self, request: GetSession) -> JsonObject:
        """Answer DbGetSessionRequest."""
        return await self._session(await self._history.open(request.session_id), request.before, request.limit)

    async def sessions(self, request: Empty) -> JsonObject:
        """Answer DbGetAllSessionsRequest."""
        return {"data": [chat_view(chat) for chat in await self._history.chats()]}

    async def starred(self, request: Empty) -> JsonObject:
        """Answer DbGetStarredSessionsRequest."""
        return {"data": [starred_view(chat) for chat in await self._history.chats() if chat.starred]}

    async def create(self, request: CreateSession) -> JsonObject:
        """Answer DbCreateSessionRequest."""
        now = self._history.time()
        chat = Chat(id=self._new_id(), title=title_of(request.message.text), created_at=now, changed_at=now)
        message = self._message(OpenChat(chat, {}), request.message)
        await self._history.take_in(replace(chat, path=(message.id,)), [message])
        return {"data": {"newSessionId": chat.id, "newMessageId": message.id}}

    async def add_message(self, request: AddMessage) -> JsonObject:
        """Answer DbAddMessageRequest."""
        async with self._history.writing():
            opened = await self._history.open(request.session_id)
            message = self._message(opened, request.message)
            await self._change(opened, path=(*opened.chat.path, message.id), put=[message])
        return {"data": {"newMessageId": message.id}}

    async def update_message(self, request: UpdateMessage) -> JsonObject:
        """Answer DbUpdateMessageRequest."""
        async with self._history.writing():
            opened = await self._history.open(request.session_id)
            before = _message_of(opened, request.message_id)
            content = before.content if request.text is None else request.text
            state = before.state
            if request.loading is not None:
                state = MessageState.STREAMING if request.loading else MessageState.COMPLETE
            after = replace(
                before,
                content=content + request.append,
                sender=request.sender or before.sender,
                state=state,
                metadata_json=before.metadata_json if request.metadata_json is None else request.metadata_json,
            )
            await self._change(opened, path=opened.chat.path, put=[after])
        return {"data": True}

    async def update_status(self, request: NamedSession) -> JsonObject:
        """Answer DbUpdateStatusRequest."""
        return await self._with_chat(request, lambda chat: replace(chat, status=ChatStatus(request.text)), "update")

    async def rename(self, request: NamedSession) -> JsonObject:
        """Answer DbRenameSessionRequest."""
        return await self._with_chat(request, lambda chat: replace(chat, title=request.text), "rename")

    async def toggle_star(self, request: NamedSession) -> JsonObject:
        """Answer DbToggleStarRequest."""
        return await self._with_chat(request, lambda chat: replace(chat, starred=not chat.starred), "update")

    async def delete(self, request: NamedSession) -> JsonObject:
        """Answer DbDeleteSessionRequest; what is being written is stopped first."""
        await self._stop((await self._history.open(request.session_id)).chat)
        now = self._history.time()
        await self._with_chat(request, lambda chat: replace(chat, deleted_at=now), "delete")
        self._purge_later()
        return {"data": True}

    async def restore(self, request: NamedSession) -> JsonObject:
        """Answer RESTORE_CHAT."""
        return await self._with_chat(request, lambda chat: replace(chat, deleted_at=None), "restore")

    async def delete_message(self, request: NamedMessage) -> JsonObject:
        """Answer DbDeleteMessageRequest; a message that is being written is stopped first.

        What follows the message follows the one before it from then on; where there is an alternative to it, that takes
        its place and the whole branch goes.
        """
        opened = await self._history.open(request.session_id)
        below = opened.tree.below(_message_of(opened, request.message_id).id)
        beside = len(opened.tree.siblings(request.message_id)) > 1
        for key in below if beside else (request.message_id,):
            if opened.messages[key].state is MessageState.STREAMING:
                await self._asking.stop(request.session_id, key)
        async with self._history.writing():
            opened = await self._history.open(request.session_id)
            _message_of(opened, request.message_id)
            if len(opened.tree.siblings(request.message_id)) > 1:
                await self._delete_branch(opened, request.message_id)
            else:
                await self._delete_alone(opened, request.message_id)
        return {"data": True}

    async def _delete_branch(self, opened: OpenChat, message_id: str) -> None:
        path = opened.chat.path
        if message_id in path:
            beside = [key for key in opened.tree.siblings(message_id) if key != message_id]
            path = opened.tree.path_to(opened.tree.newest_leaf(beside[-1]))
        await self._change(opened, path=path, gone=opened.tree.below(message_id))

    async def _delete_alone(self, opened: OpenChat, message_id: str) -> None:
        parent = opened.tree.parent(message_id)
        after = [message for message in opened.messages.values() if message.parent_id == message_id]
        moved = [replace(message, parent_id=parent) for message in after]
        path = [key for key in opened.chat.path if key != message_id]
        await self._change(opened, path=path, put=moved, gone=[message_id])

    async def select_branch(self, request: NamedMessage) -> JsonObject:
        """Answer SELECT_BRANCH."""
        async with self._history.writing():
            opened = await self._history.open(request.session_id)
            _message_of(opened, request.message_id)
            path = opened.tree.path_to(opened.tree.newest_leaf(request.message_id))
            if path != opened.chat.path:
                opened = await self._history.change(opened, replace(opened.chat, path=path))
        return await self._session(opened, "", None)

    async def ask(self, request: AskQuestion) -> JsonObject:
        """Answer ASK_QUESTION."""
        return await self._asking.ask(request)

    async def again(self, request: AnswerAgain) -> JsonObject:
        """Answer ANSWER_AGAIN."""
        return await self._asking.again(request)

    async def go_on(self, request: AnswerAgain) -> JsonObject:
        """Answer CONTINUE_ANSWER."""
        return await self._asking.go_on(request)

    async def search(self, request: SearchChats) -> JsonObject:
        """Answer SEARCH_CHATS."""
        return {"results": [*await self._search.search(request.query, request.limit)]}

    async def export(self, request: ExportChats) -> JsonObject:
        """Answer EXPORT_CHATS."""
        offered = await self._export.export(request.chat_ids, request.format)
        return {"address": offered.address, "name": offered.name, "size": offered.size}

    async def take_in(self, request: ImportChats) -> JsonObject:
        """Answer IMPORT_CHATS."""
        return await self._intake.take_in(request.files)

    async def measure(self) -> tuple[int, int]:
        """Return how many chats there are, and the characters of their messages."""
        chats, messages = await self._history.chats(), await self._history.messages()
        return len(chats), sum(len(json.dumps(message.content)) for message in messages)

    async def erase(self) -> None:
        """Forget all chats with what is attached to them."""
        await self.reset(Empty())

    async def _stop(self, chat: Chat) -> None:
        if chat.status is ChatStatus.PROCESSING:
            await self._asking.stop(chat.id)

    async def _with_chat(self, request: NamedSession, change: Callable[[Chat], Chat], kind: str) -> JsonObject:
        async with self._history.writing():
            opened = await self._history.open(request.session_id, deleted=kind == "restore")
            opened = await self._history.change(opened, change(opened.chat), kind=kind)
        return {"data": chat_view(opened.chat)}

    async def _change(
        self, opened: OpenChat, *, path: Sequence[str], put: Sequence[Message] = (), gone: Sequence[str] = ()
    ) -> None:
        chat = replace(opened.chat, path=tuple(path), changed_at=self._history.time())
        await self._history.change(opened, chat, put=put, gone=gone)

    def _message(self, opened: OpenChat, new: NewMessage) -> Message:
        return Message(
            id=self._new_id(),
            chat_id=opened.chat.id,
            timestamp=later(opened, new.timestamp if new.timestamp is not None else self._history.time()),
            sender=new.sender,
            content=new.text,
            parent_id=opened.chat.path[-1] if opened.chat.path else None,
            state=MessageState.STREAMING if new.loading else MessageState.COMPLETE,
            metadata_json=new.metadata_json,
        )

    async def _session(self, opened: OpenChat, before: str, limit: int | None) -> JsonObject:
        path = opened.chat.path
        end = path.index(before) if before in path else len(path)
        begin = 0 if limit is None else max(0, end - limit)
        messages: list[JsonValue] = [*await self._history.views(opened, path[begin:end])]
        return {"data": {**chat_view(opened.chat), "messages": messages, "more": begin > 0}}


def _message_of(opened: OpenChat, message_id: str) -> Message:
    message = opened.messages.get(message_id)
    if message is None:
        raise InvalidState("This message is not there any more.", messageId=message_id)
    return message
