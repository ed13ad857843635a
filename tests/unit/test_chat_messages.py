"""Payloads about chats."""

from __future__ import annotations

from tabagent.chat_messages import MessagesUpdated
from tabagent.codec import encode_event


def test_a_change_of_messages_is_encoded_under_the_originals_name() -> None:
    event = MessagesUpdated(session_id="s", timestamp=1, messages=[], message_ids=["m"], removed=[])

    assert encode_event(event) == {
        "type": "DbMessagesUpdatedNotification",
        "payload": {"sessionId": "s", "timestamp": 1, "messages": [], "messageIds": ["m"], "removed": []},
    }
