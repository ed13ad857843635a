"""Chats and messages as pages see them: the original's field names, and ours beside them."""

from __future__ import annotations

from collections.abc import Sequence

from tabagent.attachments.codec import encode_attachment
from tabagent.chat_specs import Attachment, Chat, Message, MessageState
from tabagent.chats.records import chat_to_record, message_to_record
from tabagent.errors import JsonObject


def chat_view(chat: Chat) -> JsonObject:
    """Return a chat without its messages."""
    return chat_to_record(chat)


def starred_view(chat: Chat) -> JsonObject:
    """Return a chat as the original lists its library."""
    return {"sessionId": chat.id, "name": chat.title, "lastUpdated": chat.changed_at, "isStarred": chat.starred}


def message_view(message: Message, siblings: Sequence[str], attachments: Sequence[Attachment]) -> JsonObject:
    """Return a message.

    Args:
        message: It.
        siblings: Ids of all alternatives at its place.
        attachments: Those of its attachments that are still there.
    """
    return {
        **message_to_record(message),
        "text": message.content,
        "isLoading": message.state is MessageState.STREAMING,
        "siblings": list(siblings),
        "attachments": [encode_attachment(item) for item in attachments],
    }
