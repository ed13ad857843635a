"""The one writer of chats: every change goes through here, one after the other, and every page hears of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

from tabagent.chat_messages import MessagesUpdated, SessionUpdated, StatusUpdated
from tabagent.chat_specs import Chat, ChatStatus, Message
from tabagent.chats.records import preview_of
from tabagent.chats.tree import MessageTree
from tabagent.chats.views import chat_view, message_view
from tabagent.errors import ChatNotFound, JsonObject
from tabagent.messages import Event
from tabagent.ports.attachment_store import AttachmentStore
from tabagent.ports.chat_store import ChatChange, ChatStore

# Chats whose messages are held in memory: those that are talked in, in as many panels.
HELD_CHATS = 4
# How long a deleted chat can be brought back.
UNDO_MS = 600_000


@dataclass(slots=True)
class OpenChat:
    """A chat with its messages by their ids.

    Attributes:
        tree: Of the messages; made anew where it is asked for after a change.
    """

    chat: Chat
    messages: dict[str, Message]
    _tree: MessageTree | None = field(default=None)

    @property
    def tree(self) -> MessageTree:
        """The messages as a tree."""
        if self._tree is None:
            self._tree = MessageTree(self.messages.values())
        return self._tree

    def owners(self) -> dict[str, str]:
        """Return the attachments of the messages, each with the message that has it."""
        return {item: message.id for message in self.messages.values() for item in message.attachment_ids}

    def changed(self, chat: Chat, put: Iterable[Message], gone: Iterable[str]) -> OpenChat:
        """Return it after a change."""
        lost = frozenset(gone)
        kept = {key: message for key, message in self.messages.items() if key not in lost}
        return OpenChat(chat, kept | {message.id: message for message in put})


class ChatHistory:
    """Reads and changes chats.

    Args:
        store: Keeps chats and messages.
        attachments: Keeps what was attached to them.
        publish: Sends events to the pages.
        now: Milliseconds since 1970.
    """

    def __init__(
        self, store: ChatStore, attachments: AttachmentStore, publish: Callable[[Event], None], now: Callable[[], int]
    ) -> None:
        self._store, self._attachments, self._publish, self._now = store, attachments, publish, now
        self._lock = asyncio.Lock()
        self._held: dict[str, OpenChat] = {}
        self._watchers: list[Callable[[str, Iterable[Message], Iterable[str]], None]] = []

    def watch(self, watcher: Callable[[str, Iterable[Message], Iterable[str]], None]) -> None:
        """Tell somebody of each change: the chat, messages that are new or changed, ids of those that are gone."""
        self._watchers.append(watcher)

    def time(self) -> int:
        """Return the time that changes are given."""
        return self._now()

    async def chats(self) -> tuple[Chat, ...]:
        """Return all chats that are not deleted, the one that changed last first."""
        return tuple(chat for chat in await self._store.chats() if chat.deleted_at is None)

    async def messages(self) -> tuple[Message, ...]:
        """Return all messages of all chats."""
        return await self._store.messages()

    async def unfinished(self) -> tuple[Message, ...]:
        """Return the answers that are being written, as the store has them."""
        return await self._store.unfinished()

    async def message(self, message_id: str) -> Message | None:
        """Return a message, or None."""
        return await self._store.message(message_id)

    async def open(self, chat_id: str, *, deleted: bool = False) -> OpenChat:
        """Return a chat with its messages.

        Raises:
            ChatNotFound: It is not there, or deleted and not asked for as such.
        """
        found = await self.find(chat_id)
        if found is None or (found.chat.deleted_at is not None and not deleted):
            raise ChatNotFound(chat_id)
        return found

    async def find(self, chat_id: str) -> OpenChat | None:
        """Return a chat with its messages, deleted or not, or None."""
        held = self._held.pop(chat_id, None)
        if held is None:
            chat = await self._store.chat(chat_id)
            if chat is None:
                return None
            held = OpenChat(chat, {message.id: message for message in await self._store.messages(chat_id)})
        self._hold(held)
        return held

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[None]:
        """Let nobody else change anything until the end."""
        async with self._lock:
            yield

    async def change(
        self,
        opened: OpenChat,
        chat: Chat,
        *,
        put: Sequence[Message] = (),
        gone: Sequence[str] = (),
        links: Sequence[tuple[str, str | None]] = (),
        kind: str = "",
        quiet: bool = False,
    ) -> OpenChat:
        """Store a change of one chat, within `writing`, and tell the pages.

        Args:
            opened: The chat as it was.
            chat: As it is from now on.
            put: Messages that are new or changed.
            gone: Ids of messages that go, with the attachments that no other message has.
            links: Attachments with the message that they belong to from now on; None stands for another message that
                has them, or none.
            kind: `update_type` of the event about the chat; empty for none unless the chat is another one.
            quiet: Only text came in that the pages have heard already.
        """
        path = [key for key in chat.path if key not in frozenset(gone)]
        result = opened.changed(replace(chat, path=tuple(path)), put, gone)
        if not quiet:
            last = result.messages[path[-1]].content if path else ""
            result.chat = replace(result.chat, preview=preview_of(last))
        left = [item for key in gone if key in opened.messages for item in opened.messages[key].attachment_ids]
        # A question that was changed has the attachments of the one beside it.
        owners = result.owners() if left or links else {}
        await self._store.apply(
            ChatChange(
                put_chats=(result.chat,),
                put_messages=tuple(put),
                delete_messages=tuple(gone),
                link_attachments={item: owners[item] for item in left if item in owners}
                | {item: owner or owners.get(item) for item, owner in links},
                delete_attachments=tuple(item for item in left if item not in owners),
            )
        )
        self._hold(result)
        for watcher in self._watchers:
            watcher(chat.id, put, gone)
        if not quiet:
            await self._tell(opened, result, put, gone, kind)
        return result

    async def forget(self, chat_ids: Sequence[str]) -> None:
        """Delete chats for good, within `writing`."""
        for chat_id in chat_ids:
            opened = await self.find(chat_id)
            if opened is None:
                continue
            items = [item for message in opened.messages.values() for item in message.attachment_ids]
            await self._store.apply(ChatChange(delete_chats=(chat_id,), delete_attachments=tuple(items)))
            self._held.pop(chat_id, None)
            for watcher in self._watchers:
                watcher(chat_id, (), tuple(opened.messages))

    async def purge(self) -> tuple[Chat, ...]:
        """Delete the chats for good that were deleted some minutes ago; return the others, deleted or not."""
        async with self.writing():
            limit = self._now() - UNDO_MS
            chats = await self._store.chats()
            gone = [chat.id for chat in chats if chat.deleted_at is not None and chat.deleted_at < limit]
            await self.forget(gone)
        return tuple(chat for chat in chats if chat.id not in gone)

    async def clear(self) -> None:
        """Forget everything, attachments included."""
        async with self.writing():
            gone = await self._store.chats()
            await self._store.clear()
            self._held.clear()
        for chat in gone:
            for watcher in self._watchers:
                watcher(chat.id, (), ())
            self.tell_session(chat, "delete")

    async def take_in(self, chat: Chat, messages: Sequence[Message]) -> None:
        """Store a whole new chat."""
        async with self.writing():
            await self.change(OpenChat(chat, {}), chat, put=messages, kind="create")

    async def views(self, opened: OpenChat, ids: Sequence[str]) -> list[JsonObject]:
        """Return messages as pages see them, in the order of their ids."""
        wanted = [opened.messages[key] for key in ids if key in opened.messages]
        items = [item for message in wanted for item in message.attachment_ids]
        found = {item.id: item for item in await self._attachments.get(items)} if items else {}
        return [
            message_view(
                message,
                opened.tree.siblings(message.id),
                [found[item] for item in message.attachment_ids if item in found],
            )
            for message in wanted
        ]

    def tell_session(self, chat: Chat, kind: str) -> None:
        """Publish what became of a chat."""
        self._publish(
            SessionUpdated(session_id=chat.id, timestamp=self._now(), session=chat_view(chat), update_type=kind)
        )

    async def _tell(
        self, before: OpenChat, after: OpenChat, put: Sequence[Message], gone: Sequence[str], kind: str
    ) -> None:
        chat = after.chat
        if chat.deleted_at is not None and not kind:
            # The end of an answer that its deletion stopped: pages have forgotten it.
            return
        if kind or before.chat != chat:
            self.tell_session(chat, kind or "update")
        if before.chat.status is not chat.status:
            self._publish(StatusUpdated(session_id=chat.id, timestamp=self._now(), status=str(chat.status)))
        if put or gone or before.chat.path != chat.path:
            # Their numbers of siblings changed with them.
            beside = [key for message in put for key in after.tree.siblings(message.id)]
            ids = list(dict.fromkeys([*(message.id for message in put), *beside]))
            self._publish(
                MessagesUpdated(
                    session_id=chat.id,
                    timestamp=self._now(),
                    messages=await self.views(after, ids),
                    message_ids=list(chat.path),
                    removed=list(gone),
                )
            )

    def _hold(self, opened: OpenChat) -> None:
        self._held.pop(opened.chat.id, None)
        self._held[opened.chat.id] = opened
        while len(self._held) > HELD_CHATS:
            del self._held[next(iter(self._held))]


def later(opened: OpenChat, now: int) -> int:
    """Return a time for a new message of a chat: after all that are there."""
    return max(now, 1 + max((message.timestamp for message in opened.messages.values()), default=0))


def at_work(chat: Chat, now: int) -> Chat:
    """Return a chat whose answer is being written."""
    return replace(chat, status=ChatStatus.PROCESSING, changed_at=now)
