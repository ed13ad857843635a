"""What pages see."""

from __future__ import annotations

from tabagent.chat_specs import Chat, Message, MessageState
from tabagent.chats.views import chat_view, message_view, starred_view

CHAT = Chat(id="c", title="T", created_at=1, changed_at=2, starred=True, path=("m",), more={"topic": "kept"})


def test_a_chat_has_the_originals_names() -> None:
    view = chat_view(CHAT)

    assert (view["chat_timestamp"], view["isStarred"], view["message_ids"], view["topic"]) == (2, True, ["m"], "kept")
    assert starred_view(CHAT) == {"sessionId": "c", "name": "T", "lastUpdated": 2, "isStarred": True}


def test_a_message_has_its_text_under_both_names_and_says_whether_it_is_written() -> None:
    message = Message(
        id="m", chat_id="c", timestamp=1, sender="ai", content="x", parent_id=None, state=MessageState.STREAMING
    )
    view = message_view(message, ["m", "n"], [])

    assert (view["content"], view["text"], view["isLoading"], view["siblings"]) == ("x", "x", True, ["m", "n"])
