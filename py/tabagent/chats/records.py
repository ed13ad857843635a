"""Chats and messages as the database has them: the original's fields under its names, and ours beside them.

Old profiles have fields that are missing or mean something else; reading takes what makes sense, and writing keeps
what means nothing here. `linked` turns the original's lists of messages into branches.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import TypeVar, cast

from tabagent.chat_specs import Attachment, Chat, ChatStatus, Message, MessageState, Speaker
from tabagent.errors import JsonObject, JsonValue
from tabagent.sentences import said_from_wire, said_to_wire

# What the original showed until the answer came, and left in it when it never did.
PLACEHOLDERS = ("Thinking...", "⏳ Scraping ")
PREVIEW_CHARACTERS = 120
MAX_TITLE_CHARACTERS = 50
TITLE_WORDS = 7

Kind = TypeVar("Kind", bound=StrEnum)

_OF_CHATS = (
    *("id", "user_id", "chat_timestamp", "title", "isStarred", "status", "message_ids"),
    *("created_at", "deleted_at", "preview", "model_id"),
)
_OF_MESSAGES = (
    *("id", "chat_id", "timestamp", "sender", "content", "metadata_json", "attachment_ids", "starred"),
    *("parent_id", "state", "base", "stats", "error", "cuts"),
)


def chat_to_record(chat: Chat) -> JsonObject:
    """Return what the store `TabAgentChats` keeps."""
    return {
        **chat.more,
        "id": chat.id,
        "user_id": chat.user_id,
        "chat_timestamp": chat.changed_at,
        "title": chat.title,
        "isStarred": chat.starred,
        "status": str(chat.status),
        "message_ids": list(chat.path),
        "created_at": chat.created_at,
        "deleted_at": chat.deleted_at,
        "preview": chat.preview,
        "model_id": chat.model_id,
    }


def chat_from_record(record: Mapping[str, JsonValue]) -> Chat:
    """Return a stored chat; only its id must be right."""
    changed_at = _time(record.get("chat_timestamp"))
    deleted_at = record.get("deleted_at")
    return Chat(
        id=str(record["id"]),
        user_id=_text(record.get("user_id")),
        title=_text(record.get("title")),
        created_at=_time(record.get("created_at")) or changed_at,
        changed_at=changed_at,
        starred=record.get("isStarred") is True,
        status=_member(ChatStatus, record.get("status"), ChatStatus.IDLE),
        path=_texts(record.get("message_ids")),
        deleted_at=None if deleted_at is None else _time(deleted_at),
        preview=_text(record.get("preview")),
        model_id=_text(record.get("model_id")),
        more={name: value for name, value in record.items() if name not in _OF_CHATS},
    )


def message_to_record(message: Message) -> JsonObject:
    """Return what the store `TabAgentMessages` keeps."""
    return {
        "message_type": "text",
        **message.more,
        "id": message.id,
        "chat_id": message.chat_id,
        "timestamp": message.timestamp,
        "sender": message.sender,
        "content": message.content,
        "metadata_json": message.metadata_json,
        "attachment_ids": list(message.attachment_ids),
        "starred": message.starred,
        "parent_id": message.parent_id,
        "state": str(message.state),
        "base": message.base,
        "stats": message.stats,
        "error": message.error,
        "cuts": list(message.cuts),
    }


def message_from_record(record: Mapping[str, JsonValue]) -> Message:
    """Return a stored message; only the ids must be right."""
    content, state = _text(record.get("content")) or _text(record.get("text")), record.get("state")
    sender = _text(record.get("sender")) or Speaker.USER
    if state is None:
        content, state = _without_placeholder(content, sender, loading=record.get("isLoading") is True)
    parent_id = record.get("parent_id")
    stats, error, cuts = record.get("stats"), record.get("error"), record.get("cuts")
    base = record.get("base")
    return Message(
        id=str(record["id"]),
        chat_id=_text(record.get("chat_id")),
        timestamp=_time(record.get("timestamp")),
        sender=sender,
        content=content,
        parent_id=parent_id if isinstance(parent_id, str) else None,
        state=_member(MessageState, state, MessageState.COMPLETE),
        base=base if isinstance(base, int) and 0 <= base <= len(content) else 0,
        attachment_ids=_texts(record.get("attachment_ids")),
        starred=record.get("starred") is True,
        stats=stats if isinstance(stats, dict) else None,
        error=error if isinstance(error, dict) else None,
        cuts=tuple(item for item in cuts if isinstance(item, dict)) if isinstance(cuts, list) else (),
        metadata_json=_text(record.get("metadata_json")),
        more={name: value for name, value in record.items() if name not in _OF_MESSAGES},
    )


def attachment_to_record(attachment: Attachment) -> JsonObject:
    """Return what the store `TabAgentAttachments` keeps, without the text and the bytes."""
    return {
        "id": attachment.id,
        "message_id": attachment.message_id,
        "file_name": attachment.name,
        "mime_type": attachment.mime_type,
        "created_at": attachment.created_at,
        "updated_at": attachment.updated_at,
        "kind": attachment.kind,
        "url": attachment.url,
        "note": str(attachment.note),
        "note_said": said_to_wire(attachment.note),
        "size": attachment.size,
        "characters": attachment.characters,
    }


def attachment_from_record(record: Mapping[str, JsonValue]) -> Attachment:
    """Return a stored attachment; only its id must be right."""
    message_id, size, characters = record.get("message_id"), record.get("size"), record.get("characters")
    return Attachment(
        id=str(record["id"]),
        name=_text(record.get("file_name")),
        mime_type=_text(record.get("mime_type")),
        kind=_text(record.get("kind")),
        message_id=message_id if isinstance(message_id, str) and message_id else None,
        url=_text(record.get("url")),
        note=said_from_wire(record.get("note_said"), _text(record.get("note"))),
        size=size if isinstance(size, int) else 0,
        characters=characters if isinstance(characters, int) else 0,
        created_at=_time(record.get("created_at")),
        updated_at=_time(record.get("updated_at")),
    )


def linked(chat: JsonObject, messages: Sequence[JsonObject]) -> tuple[JsonObject, list[JsonObject]]:
    """Return an old chat and its messages as one branch: each message after the one before it.

    The chat's list counts. Messages that are missing in it, which the original lost there, come where their time is;
    ids that nothing is stored for go.

    Args:
        chat: A record of an old profile.
        messages: All records of its messages.
    """
    by_id = {str(message["id"]): message for message in messages}
    order = [by_id[message_id] for message_id in dict.fromkeys(_texts(chat.get("message_ids"))) if message_id in by_id]
    listed = {str(message["id"]) for message in order}
    lost = [message for message in messages if message["id"] not in listed]
    for message in sorted(lost, key=lambda item: (_time(item.get("timestamp")), str(item["id"]))):
        when = _time(message.get("timestamp"))
        earlier = [at for at, item in enumerate(order) if _time(item.get("timestamp")) <= when]
        order.insert(earlier[-1] + 1 if earlier else 0, message)
    found: list[JsonObject] = []
    before: JsonObject | None = None
    for message in order:
        whole = message_to_record(message_from_record({**message, "parent_id": before and before["id"]}))
        if before is not None:
            whole["timestamp"] = max(_time(whole["timestamp"]), _time(before["timestamp"]) + 1)
        found.append(whole)
        before = whole
    read = chat_from_record({**chat, "message_ids": [item["id"] for item in found]})
    last = _text(before.get("content")) if before is not None else ""
    changed = {
        # The original left it so after every answer.
        "status": str(ChatStatus.COMPLETE if read.status is ChatStatus.PROCESSING else read.status),
        "preview": preview_of(last),
    }
    return {**chat_to_record(read), **changed}, found


def preview_of(content: str) -> str:
    """Return how a message begins, in one line."""
    return " ".join(content[: 4 * PREVIEW_CHARACTERS].split())[:PREVIEW_CHARACTERS]


def title_of(question: str) -> str:
    """Return a chat's title: the question, or its first words where it is long, as in the original."""
    words = question[:2000].split()
    text = " ".join(words)
    if len(text) <= MAX_TITLE_CHARACTERS:
        return text
    # A language without spaces has one word.
    return " ".join(words[:TITLE_WORDS])[: 2 * MAX_TITLE_CHARACTERS] + "..."


def _without_placeholder(content: str, sender: str, *, loading: bool) -> tuple[str, MessageState]:
    """Return what came of an old answer, and how far it is: a placeholder in it says that it never ended."""
    if sender == Speaker.USER:
        return content, MessageState.COMPLETE
    thinking, scraping = PLACEHOLDERS
    if content.startswith(thinking):
        return content.removeprefix(thinking).lstrip(), MessageState.STOPPED
    if content.startswith(scraping):
        return "", MessageState.STOPPED
    return content, MessageState.STOPPED if loading else MessageState.COMPLETE


def _text(value: JsonValue) -> str:
    return value if isinstance(value, str) else ""


def _texts(value: JsonValue) -> tuple[str, ...]:
    return tuple(item for item in value if isinstance(item, str)) if isinstance(value, list) else ()


def _time(value: JsonValue) -> int:
    """Return milliseconds; some old records have a number with a fraction, or none."""
    usable = isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 2**53
    return int(cast(float, value)) if usable else 0


def _member(kind: type[Kind], value: JsonValue, other: Kind) -> Kind:
    return kind(value) if isinstance(value, str) and value in set(kind) else other
