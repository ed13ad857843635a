"""Plain descriptions of what people say and keep: chats, messages, attachments. No behaviour, no I/O."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from tabagent.errors import JsonObject, JsonValue


class ChatStatus(StrEnum):
    """What a chat is at; values as in TabAgent's databases."""

    IDLE = "idle"
    PROCESSING = "processing"
    COMPLETE = "complete"
    ERROR = "error"


class MessageState(StrEnum):
    """How far a message is."""

    STREAMING = "streaming"
    COMPLETE = "complete"
    STOPPED = "stopped"
    ERROR = "error"


class Speaker(StrEnum):
    """Who says a message; others that old profiles have are kept as they are."""

    USER = "user"
    AI = "ai"
    SYSTEM = "system"


class AttachmentKind(StrEnum):
    """What an attachment is."""

    TEXT = "text"
    IMAGE = "image"
    PDF = "pdf"
    PAGE = "page"


@dataclass(frozen=True, slots=True, kw_only=True)
class Chat:
    """A conversation without its messages.

    Attributes:
        changed_at, created_at: Milliseconds since 1970.
        path: Ids of the messages that are shown, oldest first: one branch of the tree from its root to a leaf.
        deleted_at: When the person deleted it, or None; it is purged some minutes later.
        preview: How the last message of the path begins.
        model_id: That gave the last answer; empty when none did.
        more: Fields of the stored record that mean nothing here and are kept.
    """

    id: str
    title: str
    created_at: int
    changed_at: int
    user_id: str = ""
    starred: bool = False
    status: ChatStatus = ChatStatus.IDLE
    path: tuple[str, ...] = ()
    deleted_at: int | None = None
    preview: str = ""
    model_id: str = ""
    more: Mapping[str, JsonValue] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message of a chat.

    Attributes:
        timestamp: Milliseconds since 1970; no two of a chat have the same when they are written here.
        sender: A `Speaker`, or what an old profile has.
        parent_id: The message before it; None for the first of a chat.
        base: Characters of the content that were there before the answer that is being written into it.
        stats: Figures of the answer, as GENERATION_COMPLETE has them, or None.
        error: Why the answer broke off, as on the wire, or None.
        cuts: Attachments of which a part had no room: `{name, kept, total}`.
        more: Fields of the stored record that mean nothing here and are kept.
    """

    id: str
    chat_id: str
    timestamp: int
    sender: str
    content: str
    parent_id: str | None
    state: MessageState = MessageState.COMPLETE
    base: int = 0
    attachment_ids: tuple[str, ...] = ()
    starred: bool = False
    stats: JsonObject | None = None
    error: JsonObject | None = None
    cuts: tuple[JsonObject, ...] = ()
    metadata_json: str = ""
    more: Mapping[str, JsonValue] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """Something that was attached to a question, without its bytes and its text.

    Attributes:
        message_id: The question, or None while it is in the composer.
        kind: An `AttachmentKind`, or empty where an old profile does not tell.
        url: A page's address; empty for files.
        note: What the person should know of how it was read (see `tabagent.sentences`); may be empty.
        size: Bytes of the file.
        characters: Of the text that could be read.
        created_at, updated_at: Milliseconds since 1970.
    """

    id: str
    name: str
    mime_type: str
    kind: str
    message_id: str | None = None
    url: str = ""
    note: str = ""
    size: int = 0
    characters: int = 0
    created_at: int = 0
    updated_at: int = 0
