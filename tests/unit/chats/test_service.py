"""What pages can ask of chats."""

from __future__ import annotations

import pytest

from tabagent.chat_messages import (
    AddMessage,
    CreateSession,
    InitializationComplete,
    MessagesUpdated,
    NamedMessage,
    NamedSession,
    NewMessage,
    SessionUpdated,
    UpdateMessage,
)
from tabagent.chats.history import UNDO_MS
from tabagent.errors import ChatNotFound
from tabagent.messages import Empty
from tests.unit.chats.chat_desk import ChatDesk

CHAT = NamedSession(session_id="chat")


def new_message(text: str, sender: str = "user") -> NewMessage:
    return NewMessage(sender=sender, text=text, timestamp=None, loading=False, metadata_json="")


def updates(desk: ChatDesk) -> list[str]:
    """Return the kinds of changes that pages heard of chats."""
    return [event.update_type for event in desk.events if isinstance(event, SessionUpdated)]


async def test_a_session_is_created_with_its_first_message(desk: ChatDesk) -> None:
    reply = await desk.service.create(CreateSession(message=new_message("Hello there")))

    assert reply == {"data": {"newSessionId": "new-1", "newMessageId": "new-2"}}
    session = await desk.session("new-1")
    assert (session["title"], session["message_ids"], session["preview"]) == ("Hello there", ["new-2"], "Hello there")
    assert updates(desk) == ["create"]


async def test_a_message_is_added_at_the_end_and_told_with_the_whole_path(desk: ChatDesk) -> None:
    await desk.asked_and_answered(1)
    await desk.service.add_message(AddMessage(session_id="chat", message=new_message("one more")))

    assert await desk.texts() == ["question 1", "answer 1", "one more"]
    told = [event for event in desk.events if isinstance(event, MessagesUpdated)][-1]
    assert told.message_ids == ["q-1", "a-1", "new-1"]
    assert [message["content"] for message in told.messages] == ["one more"]


async def test_a_message_is_updated(desk: ChatDesk) -> None:
    await desk.asked_and_answered(1)
    await desk.service.update_message(
        UpdateMessage(
            session_id="chat",
            message_id="a-1",
            text="new",
            append=" text",
            sender=None,
            loading=True,
            metadata_json="{}",
        )
    )

    message = (await desk.messages())[1]
    assert (message["content"], message["isLoading"], message["metadata_json"]) == ("new text", True, "{}")


async def test_chats_are_listed_the_newest_first_and_starred_ones_apart(desk: ChatDesk) -> None:
    await desk.asked_and_answered(1, "old")
    await desk.asked_and_answered(2, "new")
    await desk.service.toggle_star(NamedSession(session_id="old"))

    listed = (await desk.service.sessions(Empty()))["data"]
    assert isinstance(listed, list)
    assert [chat["id"] for chat in listed if isinstance(chat, dict)] == ["new", "old"]
    starred = (await desk.service.starred(Empty()))["data"]
    assert isinstance(starred, list)
    assert [chat["sessionId"] for chat in starred if isinstance(chat, dict)] == ["old"]


async def test_a_chat_gets_another_name(desk: ChatDesk) -> None:
    await desk.asked_and_answered(1)
    await desk.service.rename(NamedSession(session_id="chat", text="Better"))

    assert (await desk.session())["title"] == "Better"
    assert updates(desk)[-1] == "rename"


async def test_a_deleted_chat_is_gone_and_can_be_brought_back(desk: ChatDesk) -> None:
    await desk.asked_and_answered(1)
    await desk.service.delete(CHAT)
    assert (await desk.service.sessions(Empty()))["data"] == []
    with pytest.raises(ChatNotFound):
        await desk.session()
    await desk.service.restore(CHAT)

    assert await desk.texts() == ["question 1", "answer 1"]
    assert updates(desk)[-2:] == ["delete", "restore"]


async def test_a_deleted_chat_is_purged_when_its_time_is_over(desk: ChatDesk) -> None:
    await desk.attach("file", "text")
    await desk.asked_and_answered(1, attachment_ids=("file",))
    await desk.service.delete(CHAT)
    desk.clock += UNDO_MS / 1000 - 1
    await desk.history.purge()
    assert desk.profile.chats != {}
    desk.clock += 2
    await desk.history.purge()

    assert (desk.profile.chats, desk.profile.messages, desk.profile.attachments) == ({}, {}, {})


async def test_a_deleted_chat_goes_for_good_while_the_background_stays_up(desk: ChatDesk) -> None:
    await desk.asked_and_answered(1)
    await desk.service.delete(CHAT)
    desk.clock += UNDO_MS / 1000 + 1
    await desk.elapse()

    assert desk.profile.chats == {}
    assert desk.timers == [], "nothing is left to wait for"


async def test_chats_that_are_deleted_together_wait_for_one_time_and_later_ones_for_another(desk: ChatDesk) -> None:
    await desk.asked_and_answered(1)
    await desk.asked_and_answered(2, chat="other")
    await desk.elapse()
    await desk.service.delete(CHAT)
    desk.clock += UNDO_MS / 2000
    await desk.service.delete(NamedSession(session_id="other"))
    assert len(desk.timers) == 1
    desk.clock += UNDO_MS / 2000 + 1
    await desk.elapse()

    assert [*desk.profile.chats] == ["other"]
    desk.clock += UNDO_MS / 1000
    await desk.elapse()
    assert desk.profile.chats == {}


async def test_a_chat_that_was_deleted_before_the_start_goes_when_its_time_has_come(desk: ChatDesk) -> None:
    await desk.asked_and_answered(1)
    await desk.service.delete(CHAT)
    after = ChatDesk(profile=desk.profile, clock=desk.clock + 10)
    await after.service.start(after.recorder.settle(()))
    after.clock += UNDO_MS / 1000
    await after.elapse()

    assert after.profile.chats == {}


async def test_a_purge_that_the_storage_refuses_loses_nothing(desk: ChatDesk) -> None:
    await desk.asked_and_answered(1)
    await desk.service.delete(CHAT)
    desk.clock += UNDO_MS / 1000 + 1
    desk.profile.refuses = True
    await desk.elapse()

    assert [*desk.profile.chats] == ["chat"]
    await desk.history.purge()
    assert desk.profile.chats == {}


async def test_deleting_a_chat_stops_its_answer_first(desk: ChatDesk) -> None:
    await desk.ask("Why?", 1)
    await desk.service.delete(CHAT)
    await desk.recorder.written()
    await desk.service.restore(CHAT)

    assert desk.generation.alive == set()
    assert (await desk.messages())[1]["state"] == "stopped"


async def test_what_followed_a_deleted_message_follows_the_one_before_it(desk: ChatDesk) -> None:
    await desk.asked_and_answered(1)
    await desk.asked_and_answered(2)
    await desk.service.delete_message(NamedMessage(session_id="chat", message_id="a-1"))

    assert await desk.texts() == ["question 1", "question 2", "answer 2"]
    assert [message["parent_id"] for message in await desk.messages()] == [None, "q-1", "q-2"]
    told = [event for event in desk.events if isinstance(event, MessagesUpdated)][-1]
    assert told.removed == ["a-1"]


async def test_an_alternative_takes_the_place_of_a_deleted_message(desk: ChatDesk) -> None:
    await desk.asked_and_answered(1)
    await desk.again("a-1", "a-9")
    await desk.complete("a-9", "other answer")
    await desk.service.delete_message(NamedMessage(session_id="chat", message_id="a-9"))

    assert await desk.texts() == ["question 1", "answer 1"]


async def test_deleting_an_answer_that_is_written_stops_it(desk: ChatDesk) -> None:
    await desk.ask("Why?", 1)
    await desk.service.delete_message(NamedMessage(session_id="chat", message_id="a-1"))

    assert desk.generation.alive == set()
    assert await desk.texts() == ["Why?"]


async def test_another_branch_is_shown_to_its_newest_end(desk: ChatDesk) -> None:
    await desk.asked_and_answered(1)
    await desk.asked_and_answered(2)
    await desk.ask("other first", 3, at_end=False, parent_id=None)
    await desk.complete("a-3", "other answer")
    reply = await desk.service.select_branch(NamedMessage(session_id="chat", message_id="q-1"))

    assert await desk.texts() == ["question 1", "answer 1", "question 2", "answer 2"]
    data = reply["data"]
    assert isinstance(data, dict)
    assert data["message_ids"] == ["q-1", "a-1", "q-2", "a-2"]


async def test_messages_come_in_pages_from_the_end(desk: ChatDesk) -> None:
    for number in range(1, 4):
        await desk.asked_and_answered(number)
    last = await desk.session(limit=2)
    earlier = await desk.session(before="q-3", limit=3)

    assert [message["id"] for message in last["messages"]] == ["q-3", "a-3"]  # type: ignore[index, union-attr, call-overload]
    assert last["more"] is True
    assert [message["id"] for message in earlier["messages"]] == ["a-1", "q-2", "a-2"]  # type: ignore[index, union-attr, call-overload]
    assert earlier["more"] is True


async def test_requests_wait_for_the_start_and_hear_of_it(desk: ChatDesk) -> None:
    assert (await desk.service.ready_state(Empty()))["ready"] is False
    await desk.service.start(desk.recorder.settle(frozenset()))

    assert (await desk.service.ready_state(Empty()))["ready"] is True
    told = desk.events[-1]
    assert isinstance(told, InitializationComplete)
    assert told.success


async def test_a_reset_forgets_everything(desk: ChatDesk) -> None:
    await desk.attach("file", "text")
    await desk.asked_and_answered(1, attachment_ids=("file",))
    assert (await desk.service.measure())[0] == 1
    await desk.service.erase()

    assert (desk.profile.chats, desk.profile.messages, desk.profile.attachments) == ({}, {}, {})
    with pytest.raises(ChatNotFound):
        await desk.session()


async def test_the_end_of_an_answer_does_not_bring_its_deleted_chat_back(desk: ChatDesk) -> None:
    await desk.ask("Why?", 1)
    desk.stream("a-1", "Beca")
    await desk.service.delete(NamedSession(session_id="chat"))
    await desk.recorder.written()

    told = [event.update_type for event in desk.events if isinstance(event, SessionUpdated)]
    assert told[-1] == "delete"
    await desk.service.restore(NamedSession(session_id="chat"))
    assert await desk.texts() == ["Why?", "Beca"]
    assert (await desk.messages())[1]["state"] == "stopped"
