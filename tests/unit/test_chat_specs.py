"""Descriptions of chats."""

from dataclasses import FrozenInstanceError

import pytest

from tabagent.chat_specs import Attachment, AttachmentKind, Chat, ChatStatus, Message, MessageState


def test_descriptions_cannot_be_changed() -> None:
    message = Message(id="m", chat_id="c", timestamp=1, sender="user", content="text", parent_id=None)

    with pytest.raises(FrozenInstanceError):
        message.content = "other"  # type: ignore[misc]


def test_a_message_is_whole_and_a_chat_idle_unless_it_is_said_otherwise() -> None:
    message = Message(id="m", chat_id="c", timestamp=1, sender="user", content="text", parent_id=None)
    chat = Chat(id="c", title="t", created_at=1, changed_at=1)

    assert (message.state, message.base, message.error, message.cuts) == (MessageState.COMPLETE, 0, None, ())
    assert (chat.status, chat.path, chat.deleted_at) == (ChatStatus.IDLE, (), None)


def test_values_are_those_of_the_wire() -> None:
    assert {*ChatStatus} == {"idle", "processing", "complete", "error"}
    assert {*MessageState} == {"streaming", "complete", "stopped", "error"}
    assert {*AttachmentKind} == {"text", "image", "pdf", "page"}
    assert Attachment(id="a", name="n", mime_type="m", kind=AttachmentKind.PDF).message_id is None
