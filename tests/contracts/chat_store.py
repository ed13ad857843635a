"""The contract of `ChatStore`, profiles of earlier versions included."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace

from tabagent.chat_specs import Attachment, Chat, ChatStatus, Message, MessageState
from tabagent.errors import JsonObject
from tabagent.ports.attachment_store import AttachmentStore
from tabagent.ports.chat_store import ChatChange, ChatStore
from tabagent.store_errors import StorageError

CHAT = Chat(
    id="c-1",
    title="Where is the sea?",
    created_at=100,
    changed_at=300,
    user_id="me",
    starred=True,
    status=ChatStatus.COMPLETE,
    path=("m-1", "m-2"),
    preview="Over the hill.",
    model_id="acme/tiny",
    more={"tabId": 7, "topic": None, "summary_ids": []},
)
QUESTION = Message(
    id="m-1", chat_id="c-1", timestamp=200, sender="user", content="Where is the sea? é 漢 😀\x00", parent_id=None
)
ANSWER = Message(
    id="m-2",
    chat_id="c-1",
    timestamp=201,
    sender="ai",
    content="Over the hill.",
    parent_id="m-1",
    state=MessageState.STOPPED,
    base=5,
    attachment_ids=("a-1",),
    starred=True,
    stats={"tps": 1.5, "finishReason": "stopped", "leftOut": 0},
    error={"code": "x", "message": "y", "details": {"z": None}},
    cuts=({"name": "n", "kept": 1, "total": 2},),
    metadata_json='{"a": 1}',
    more={"upvotes": 3, "message_type": "text", "kgn_label": None},
)
WHOLE = ChatChange(put_chats=(CHAT,), put_messages=(QUESTION, ANSWER))


@dataclass(frozen=True)
class World:
    """An empty profile.

    Attributes:
        reopened: The same one as another thread opens it.
        old: Opens a profile in which version 2 left these chats and messages.
        spoil: Makes the next change fail in its middle.
    """

    store: ChatStore
    attachments: AttachmentStore
    reopened: Callable[[], ChatStore]
    old: Callable[[Sequence[JsonObject], Sequence[JsonObject]], Awaitable[ChatStore]]
    spoil: Callable[[ChatChange], ChatChange]


async def nothing_is_there_at_first(world: World) -> None:
    store = world.store

    assert await store.chats() == ()
    assert await store.messages("c-1") == await store.messages() == await store.unfinished() == ()
    assert await store.chat("c-1") is None
    assert await store.message("m-1") is None


async def a_chat_comes_back_as_it_was_written(world: World) -> None:
    await world.store.apply(WHOLE)
    store = world.reopened()

    assert await store.chats() == (CHAT,)
    assert await store.chat("c-1") == CHAT
    assert await store.messages("c-1") == (replace(QUESTION, more={"message_type": "text"}), ANSWER)
    assert await store.message("m-2") == ANSWER
    assert await store.messages("c-2") == ()


async def chats_come_with_the_newest_change_first_and_messages_with_the_oldest(world: World) -> None:
    chats = tuple(replace(CHAT, id=f"c-{time}", changed_at=time) for time in (2, 9, 5))
    messages = tuple(replace(QUESTION, id=f"m-{time}", timestamp=time) for time in (20, 9, 100))
    await world.store.apply(ChatChange(put_chats=chats, put_messages=messages))

    assert [chat.id for chat in await world.store.chats()] == ["c-9", "c-5", "c-2"]
    assert [message.id for message in await world.store.messages("c-1")] == ["m-9", "m-20", "m-100"]


async def answers_that_are_being_written_are_found(world: World) -> None:
    await world.store.apply(WHOLE)
    await world.store.apply(ChatChange(put_messages=(replace(ANSWER, state=MessageState.STREAMING),)))
    assert [message.id for message in await world.store.unfinished()] == ["m-2"]

    await world.store.apply(ChatChange(put_messages=(ANSWER,)))
    assert await world.store.unfinished() == ()


async def a_deleted_chat_takes_its_messages_along(world: World) -> None:
    other = replace(QUESTION, id="m-9", chat_id="c-2")
    await world.store.apply(WHOLE)
    await world.store.apply(ChatChange(put_messages=(other,)))
    await world.store.apply(ChatChange(delete_chats=("c-1", "unknown")))

    assert await world.store.chats() == ()
    assert [message.id for message in await world.store.messages()] == ["m-9"]


async def a_deleted_message_is_gone_and_the_others_stay(world: World) -> None:
    await world.store.apply(WHOLE)
    await world.store.apply(ChatChange(delete_messages=("m-2", "unknown")))

    assert [message.id for message in await world.store.messages("c-1")] == ["m-1"]


async def attachments_change_in_the_same_transaction(world: World) -> None:
    for number in (1, 2):
        await world.attachments.put(Attachment(id=f"a-{number}", name="n", mime_type="m", kind="text"), "text")
    await world.store.apply(replace(WHOLE, link_attachments={"a-1": "m-1", "unknown": "m-1"}))
    (linked,) = await world.attachments.get(["a-1", "unknown"])
    await world.store.apply(ChatChange(delete_attachments=("a-1",), link_attachments={"a-2": None}))

    assert linked.message_id == "m-1"
    assert [item.id for item in await world.attachments.get(["a-1", "a-2"])] == ["a-2"]


async def a_change_that_fails_changes_nothing(world: World) -> None:
    await world.store.apply(WHOLE)
    failing = ChatChange(put_chats=(replace(CHAT, title="new"),), delete_messages=("m-1",))
    try:
        await world.store.apply(world.spoil(failing))
    except StorageError:
        pass
    else:
        raise AssertionError("the change did not fail")

    assert await world.store.chats() == (CHAT,)
    assert len(await world.store.messages("c-1")) == 2


async def cleared_nothing_is_left(world: World) -> None:
    await world.attachments.put(Attachment(id="a-1", name="n", mime_type="m", kind="text"), "text")
    await world.store.apply(WHOLE)
    await world.store.clear()

    assert await world.store.chats() == ()
    assert await world.store.messages() == ()
    assert await world.attachments.get(["a-1"]) == ()


OLD_CHAT: JsonObject = {
    "id": "old",
    "user_id": "u",
    "tabId": 3,
    "chat_timestamp": 50,
    "title": "Old",
    "isStarred": True,
    "status": "processing",
    "message_ids": ["o-1", "o-2", "gone", "o-4"],
    "kgn_type": "chat",
    "topic": None,
}
OLD_MESSAGES: tuple[JsonObject, ...] = (
    {"id": "o-4", "chat_id": "old", "timestamp": 30, "sender": "ai", "content": "Thinking...So far", "upvotes": 1},
    {"id": "o-1", "chat_id": "old", "timestamp": 10, "sender": "user", "content": "One?", "attachment_ids": ["f"]},
    {"id": "o-2", "chat_id": "old", "timestamp": 10, "sender": "ai", "content": "Two."},
    {"id": "o-3", "chat_id": "old", "timestamp": 20.5, "sender": "user", "content": "Lost?"},
    {"id": "other", "chat_id": "nobody's", "timestamp": 20, "sender": "user", "content": "Alone"},
)


async def an_old_chat_is_one_branch(world: World) -> None:
    store = await world.old([OLD_CHAT, {"id": "bare"}], OLD_MESSAGES)
    chat = await store.chat("old")
    messages = await store.messages("old")

    assert chat is not None
    assert (chat.title, chat.starred, chat.changed_at, chat.created_at) == ("Old", True, 50, 50)
    assert (chat.path, chat.status, chat.preview) == (("o-1", "o-2", "o-3", "o-4"), ChatStatus.COMPLETE, "So far")
    assert chat.more["tabId"] == 3
    assert [(item.id, item.parent_id) for item in messages] == [
        ("o-1", None),
        ("o-2", "o-1"),
        ("o-3", "o-2"),
        ("o-4", "o-3"),
    ]
    assert [item.timestamp for item in messages] == [10, 11, 20, 30]
    assert (messages[3].content, messages[3].state, messages[3].more["upvotes"]) == ("So far", MessageState.STOPPED, 1)
    assert (messages[1].state, messages[0].attachment_ids) == (MessageState.COMPLETE, ("f",))
    assert await store.chat("bare") is not None


Case = Callable[[World], Awaitable[None]]
CASES: tuple[Case, ...] = (
    nothing_is_there_at_first,
    a_chat_comes_back_as_it_was_written,
    chats_come_with_the_newest_change_first_and_messages_with_the_oldest,
    answers_that_are_being_written_are_found,
    a_deleted_chat_takes_its_messages_along,
    a_deleted_message_is_gone_and_the_others_stay,
    attachments_change_in_the_same_transaction,
    a_change_that_fails_changes_nothing,
    cleared_nothing_is_left,
    an_old_chat_is_one_branch,
)
