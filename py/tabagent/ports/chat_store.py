"""Where chats and their messages are kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from tabagent.chat_specs import Chat, Message


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatChange:
    """Changes that happen together or not at all.

    Attributes:
        delete_chats: By their ids, with all of their messages.
        link_attachments: Ids of attachments with the question that each belongs to from now on, or None for none.
        delete_attachments: By their ids.
    """

    put_chats: tuple[Chat, ...] = ()
    put_messages: tuple[Message, ...] = ()
    delete_chats: tuple[str, ...] = ()
    delete_messages: tuple[str, ...] = ()
    link_attachments: Mapping[str, str | None] = field(default_factory=dict)
    delete_attachments: tuple[str, ...] = ()


class ChatStore(Protocol):
    """Chats and messages by their ids. Every method may raise `StorageError`; then nothing was changed."""

    async def chats(self) -> tuple[Chat, ...]:
        """Return all chats, deleted ones included, the one that changed last first."""

    async def chat(self, chat_id: str) -> Chat | None:
        """Return a chat, or None."""

    async def messages(self, chat_id: str | None = None) -> tuple[Message, ...]:
        """Return all messages of a chat, of all branches, or of all chats; oldest first."""

    async def message(self, message_id: str) -> Message | None:
        """Return a message, or None."""

    async def unfinished(self) -> tuple[Message, ...]:
        """Return the messages whose answers are still being written, or were when the browser ended."""

    async def apply(self, change: ChatChange) -> None:
        """Make all changes in one transaction, deletions first; returns when they are stored."""

    async def clear(self) -> None:
        """Forget everything that the person's database holds, attachments included."""
