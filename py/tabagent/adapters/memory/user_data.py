"""`ChatStore` and `AttachmentStore` on dicts that hold records as JSON, as the database of a profile has them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from tabagent.adapters.memory.chunk_store import MemoryBytes
from tabagent.chat_specs import Attachment, Chat, Message, MessageState
from tabagent.chats.records import (
    attachment_from_record,
    attachment_to_record,
    chat_from_record,
    chat_to_record,
    linked,
    message_from_record,
    message_to_record,
)
from tabagent.errors import JsonObject
from tabagent.ports.buffers import ByteBuffer
from tabagent.ports.chat_store import ChatChange
from tabagent.specs import AttachedText
from tabagent.store_errors import StorageError


@dataclass
class MemoryUserData:
    """What lies in a profile; outlives the stores that are made over it.

    Attributes:
        chats, messages, attachments: Records as JSON by id.
        texts, contents: Of attachments.
        refuses: The next change is refused, as a full disk would.
        writes: How many changes were made.
    """

    chats: dict[str, str] = field(default_factory=dict)
    messages: dict[str, str] = field(default_factory=dict)
    attachments: dict[str, str] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    contents: dict[str, bytes] = field(default_factory=dict)
    refuses: bool = False
    writes: int = 0

    def migrate(self) -> None:
        """Link the messages of old chats, as the browser's database does when it is opened."""
        for chat_id, text in list(self.chats.items()):
            messages = [json.loads(item) for item in self.messages.values() if json.loads(item)["chat_id"] == chat_id]
            chat, found = linked(json.loads(text), messages)
            self.chats[chat_id] = json.dumps(chat)
            self.messages |= {str(record["id"]): json.dumps(record) for record in found}

    def begin_write(self) -> None:
        """Count a change, or refuse it.

        Raises:
            StorageError: It was asked to refuse.
        """
        if self.refuses:
            self.refuses = False
            raise StorageError("The browser's storage refused to write: it is full. Free some disk space.")
        self.writes += 1


class MemoryChatStore:
    """Chats and messages of a profile.

    Args:
        profile: Where they lie.
    """

    def __init__(self, profile: MemoryUserData | None = None) -> None:
        self.profile = profile or MemoryUserData()

    async def chats(self) -> tuple[Chat, ...]:
        """Read all."""
        found = (chat_from_record(json.loads(text)) for text in self.profile.chats.values())
        return tuple(sorted(found, key=lambda chat: (-chat.changed_at, chat.id)))

    async def chat(self, chat_id: str) -> Chat | None:
        """Read one."""
        text = self.profile.chats.get(chat_id)
        return None if text is None else chat_from_record(json.loads(text))

    async def messages(self, chat_id: str | None = None) -> tuple[Message, ...]:
        """Read those of a chat."""
        found = (message_from_record(json.loads(text)) for text in self.profile.messages.values())
        chosen = (message for message in found if chat_id in (None, message.chat_id))
        return tuple(sorted(chosen, key=lambda message: (message.timestamp, message.id)))

    async def message(self, message_id: str) -> Message | None:
        """Read one."""
        text = self.profile.messages.get(message_id)
        return None if text is None else message_from_record(json.loads(text))

    async def unfinished(self) -> tuple[Message, ...]:
        """Look through all."""
        return tuple(message for message in await self.messages() if message.state is MessageState.STREAMING)

    async def apply(self, change: ChatChange) -> None:
        """Make all changes in one turn of the event loop."""
        await asyncio.sleep(0)
        profile = self.profile
        profile.begin_write()
        for chat_id in change.delete_chats:
            profile.chats.pop(chat_id, None)
            for message in await self.messages(chat_id):
                del profile.messages[message.id]
        for message_id in change.delete_messages:
            profile.messages.pop(message_id, None)
        drop_attachments(profile, change.delete_attachments)
        profile.chats |= {chat.id: json.dumps(chat_to_record(chat)) for chat in change.put_chats}
        profile.messages |= {message.id: json.dumps(message_to_record(message)) for message in change.put_messages}
        for attachment_id, owner in change.link_attachments.items():
            link_attachment(profile, attachment_id, owner)

    async def clear(self) -> None:
        """Empty the dicts."""
        profile = self.profile
        profile.begin_write()
        for kept in (profile.chats, profile.messages, profile.attachments, profile.texts):
            kept.clear()
        profile.contents.clear()


class MemoryAttachmentStore:
    """Attachments of a profile.

    Args:
        profile: Where they lie.
    """

    def __init__(self, profile: MemoryUserData | None = None) -> None:
        self.profile = profile or MemoryUserData()

    async def put(self, attachment: Attachment, text: str, data: ByteBuffer | None = None) -> Attachment:
        """Keep one."""
        self.profile.begin_write()
        kept = replace(attachment, characters=len(text))
        drop_attachments(self.profile, [kept.id])
        self.profile.attachments[kept.id] = json.dumps(attachment_to_record(kept))
        self.profile.texts[kept.id] = text
        if data is not None:
            self.profile.contents[kept.id] = data.to_bytes()
        return kept

    async def get(self, ids: Sequence[str]) -> tuple[Attachment, ...]:
        """Read some."""
        kept = self.profile.attachments
        return tuple(attachment_from_record(json.loads(kept[item])) for item in ids if item in kept)

    async def texts(self, ids: Sequence[str]) -> tuple[AttachedText, ...]:
        """Read texts."""
        return tuple(
            AttachedText(name=item.name, text=self.profile.texts.get(item.id, ""), url=item.url)
            for item in await self.get(ids)
        )

    async def data(self, attachment_id: str) -> ByteBuffer | None:
        """Read bytes."""
        content = self.profile.contents.get(attachment_id)
        return None if content is None else MemoryBytes(content)

    async def link(self, ids: Sequence[str], message_id: str | None) -> None:
        """Link some."""
        self.profile.begin_write()
        for attachment_id in ids:
            link_attachment(self.profile, attachment_id, message_id)

    async def delete(self, ids: Sequence[str]) -> None:
        """Forget some."""
        self.profile.begin_write()
        drop_attachments(self.profile, ids)

    async def orphans(self, before: int) -> tuple[Attachment, ...]:
        """Look through all."""
        found = await self.get(tuple(self.profile.attachments))
        alone = (item for item in found if item.message_id is None and item.updated_at < before)
        return tuple(sorted(alone, key=lambda item: (item.updated_at, item.id)))


def link_attachment(profile: MemoryUserData, attachment_id: str, message_id: str | None) -> None:
    """Say which question an attachment belongs to."""
    text = profile.attachments.get(attachment_id)
    if text is not None:
        record: JsonObject = json.loads(text)
        profile.attachments[attachment_id] = json.dumps({**record, "message_id": message_id})


def drop_attachments(profile: MemoryUserData, ids: Sequence[str]) -> None:
    """Forget attachments with what they hold."""
    for attachment_id in ids:
        profile.attachments.pop(attachment_id, None)
        profile.texts.pop(attachment_id, None)
        profile.contents.pop(attachment_id, None)
