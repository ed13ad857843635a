"""Takes in chats from files that `tabagent.chats.export` made: each file wholly or not at all."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import cast

from tabagent.chat_specs import Attachment, Chat, ChatStatus, Message, MessageState
from tabagent.chats.export import FORMAT, VERSION
from tabagent.chats.history import ChatHistory
from tabagent.chats.records import attachment_from_record, chat_from_record, message_from_record
from tabagent.errors import JsonObject, JsonValue
from tabagent.model_messages import GivenFile
from tabagent.ports.attachment_store import AttachmentStore
from tabagent.ports.fetcher import Fetcher
from tabagent.store_errors import ImportFailed

# Larger than years of talk; what is read is held in memory for a moment.
LARGEST_FILE = 100_000_000


@dataclass(frozen=True, slots=True)
class Taken:
    """A chat of a file, with ids of its own."""

    chat: Chat
    messages: tuple[Message, ...]
    attachments: tuple[tuple[Attachment, str], ...]


class ChatIntake:
    """Reads files and stores what is in them.

    Args:
        history: Stores chats.
        attachments: Stores what was attached.
        fetcher: Reads what pages lend by an address.
        new_id: Makes an id that nobody has.
    """

    def __init__(
        self, history: ChatHistory, attachments: AttachmentStore, fetcher: Fetcher, new_id: Callable[[], str]
    ) -> None:
        self._history, self._attachments = history, attachments
        self._fetcher, self._new_id = fetcher, new_id

    async def take_in(self, files: Sequence[GivenFile]) -> JsonObject:
        """Store the chats of files; those that are there already, message for message, are skipped.

        Returns:
            `chats` and `messages` that are new, and `skipped` chats.

        Raises:
            ImportFailed: A file is no export of chats; those before it are in, nothing of it is.
        """
        counts = {"chats": 0, "messages": 0, "skipped": 0}
        for file in files:
            for taken in [self._with_own_ids(file.path, record) for record in await self._records(file)]:
                if await self._is_there(taken.chat):
                    counts["skipped"] += 1
                    continue
                await self._store(taken)
                counts["chats"] += 1
                counts["messages"] += len(taken.messages)
        return cast(JsonObject, counts)

    async def _records(self, file: GivenFile) -> list[JsonObject]:
        if file.size > LARGEST_FILE:
            raise ImportFailed(file.path, f"it has {file.size:,} bytes; the limit is {LARGEST_FILE:,}")
        response = await self._fetcher.get(file.address)
        try:
            whole = json.loads(await response.text())
        except (ValueError, RecursionError) as error:
            raise ImportFailed(file.path, "it is not JSON") from error
        if not isinstance(whole, dict) or whole.get("format") != FORMAT:
            raise ImportFailed(file.path, "it is not an export of chats that TabAgent made as JSON")
        if whole.get("version") != VERSION:
            raise ImportFailed(file.path, f"it has the version {whole.get('version')!r}; update TabAgent")
        chats = whole.get("chats")
        if not isinstance(chats, list) or not all(_is_chat(chat) for chat in chats):
            raise ImportFailed(file.path, "a chat in it is damaged")
        return cast(list[JsonObject], chats)

    def _with_own_ids(self, name: str, record: JsonObject) -> Taken:
        """Return a chat under new ids; the old one of the chat is kept, to know it again."""
        messages = [message_from_record(item) for item in _objects(record.get("messages"))]
        items = _objects(record.get("attachments"))
        ids = {
            key: self._new_id() for key in [*(message.id for message in messages), *(str(item["id"]) for item in items)]
        }
        chat = chat_from_record({key: value for key, value in record.items() if key not in ("messages", "attachments")})
        own = self._new_id()
        if any(message.parent_id is not None and message.parent_id not in ids for message in messages):
            raise ImportFailed(name, "a message in it follows one that is missing")
        return Taken(
            chat=replace(
                chat,
                id=own,
                path=tuple(ids[key] for key in chat.path if key in ids),
                deleted_at=None,
                status=ChatStatus.IDLE,
                more={**chat.more, "imported_from": chat.id},
            ),
            messages=tuple(self._own_message(message, own, ids) for message in messages),
            attachments=tuple(self._own_attachment(item, ids) for item in items),
        )

    def _own_message(self, message: Message, chat_id: str, ids: Mapping[str, str]) -> Message:
        ended = MessageState.STOPPED if message.state is MessageState.STREAMING else message.state
        return replace(
            message,
            id=ids[message.id],
            chat_id=chat_id,
            parent_id=ids[message.parent_id] if message.parent_id is not None else None,
            attachment_ids=tuple(ids[item] for item in message.attachment_ids if item in ids),
            state=ended,
            base=0,
        )

    def _own_attachment(self, record: JsonObject, ids: Mapping[str, str]) -> tuple[Attachment, str]:
        item, text = attachment_from_record(record), record.get("text")
        message_id = ids.get(item.message_id) if item.message_id is not None else None
        return replace(item, id=ids[item.id], message_id=message_id), text if isinstance(text, str) else ""

    async def _is_there(self, chat: Chat) -> bool:
        """Tell whether a chat was imported before, or never left."""
        origin = chat.more["imported_from"]
        known = await self._history.chats()
        return any(
            origin in (other.id, other.more.get("imported_from")) and len(other.path) >= len(chat.path)
            for other in known
        )

    async def _store(self, taken: Taken) -> None:
        # What is stored of a chat that fails is attached to nothing, and purged like anything that was never sent.
        for attachment, text in taken.attachments:
            await self._attachments.put(replace(attachment, message_id=None), text)
        await self._history.take_in(taken.chat, taken.messages)
        for message in taken.messages:
            if message.attachment_ids:
                await self._attachments.link(message.attachment_ids, message.id)


def _is_chat(record: JsonValue) -> bool:
    if not isinstance(record, dict) or not isinstance(record.get("id"), str):
        return False
    lists = (record.get("messages"), record.get("attachments", []))
    return all(
        isinstance(items, list)
        and all(isinstance(item, dict) and isinstance(item.get("id"), str) and item["id"] for item in items)
        for items in lists
    )


def _objects(value: JsonValue) -> list[JsonObject]:
    return cast(list[JsonObject], value) if isinstance(value, list) else []
