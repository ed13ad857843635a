"""From a question to its answer."""

from __future__ import annotations

import pytest

from tabagent.chat_messages import AnswerAgain, NamedMessage
from tabagent.engine_errors import ContextOverflow
from tabagent.errors import ChatNotFound, InvalidState
from tabagent.generation.attachments import NOTE
from tabagent.messages import GenerationStopped
from tests.unit.chats.chat_desk import ChatDesk, finished

OVERFLOW = ContextOverflow(9, 8)


def roles(desk: ChatDesk) -> list[tuple[str, str]]:
    """Return what the model was asked last."""
    return [(message.role, message.content) for message in desk.generation.asked[-1].messages]


async def test_a_question_makes_its_chat_and_asks_the_model(desk: ChatDesk) -> None:
    reply = await desk.ask("What is the capital of France, and why is it called so?", 1)

    assert reply == {
        "chatId": "chat",
        "messageId": "a-1",
        "queued": 0,
        "promptTokens": 7,
        "answerId": "a-1",
        "questionId": "q-1",
    }
    session = await desk.session()
    assert session["title"] == "What is the capital of France, and..."
    assert session["status"] == "processing"
    assert [message["state"] for message in await desk.messages()] == ["complete", "streaming"]
    assert roles(desk) == [("user", "What is the capital of France, and why is it called so?")]


async def test_the_next_question_is_asked_with_the_path_before_it(desk: ChatDesk) -> None:
    await desk.asked_and_answered(1)
    await desk.ask("Why?", 2)

    assert roles(desk) == [("user", "question 1"), ("assistant", "answer 1"), ("user", "Why?")]


async def test_a_refused_first_question_leaves_nothing(desk: ChatDesk) -> None:
    desk.generation.refusal = OVERFLOW
    await desk.attach("file", "text")
    with pytest.raises(ContextOverflow):
        await desk.ask("Why?", 1, attachment_ids=("file",))

    assert (desk.profile.chats, desk.profile.messages) == ({}, {})
    assert [item.message_id for item in await desk.attachments.get(["file"])] == [None]


async def test_a_refused_later_question_leaves_the_chat_as_it_was(desk: ChatDesk) -> None:
    await desk.asked_and_answered(1)
    before = dict(desk.profile.messages)
    desk.generation.refusal = OVERFLOW
    await desk.attach("file", "text")
    with pytest.raises(ContextOverflow):
        await desk.ask("Why?", 2, attachment_ids=("file",))

    assert desk.profile.messages == before
    assert (await desk.session())["status"] == "complete"
    assert [item.message_id for item in await desk.attachments.get(["file"])] == [None]


async def test_an_edited_question_is_a_branch_beside_the_old_one(desk: ChatDesk) -> None:
    await desk.asked_and_answered(1)
    await desk.asked_and_answered(2)
    await desk.ask("another second", 3, at_end=False, parent_id="a-1")

    assert await desk.texts() == ["question 1", "answer 1", "another second", ""]
    assert (await desk.messages())[2]["siblings"] == ["q-2", "q-3"]
    assert roles(desk)[-1] == ("user", "another second")


async def test_another_first_question_is_a_branch_from_the_beginning(desk: ChatDesk) -> None:
    await desk.asked_and_answered(1)
    await desk.ask("another first", 2, at_end=False, parent_id=None)

    assert await desk.texts() == ["another first", ""]
    assert (await desk.messages())[0]["siblings"] == ["q-1", "q-2"]


async def test_an_answer_again_is_beside_the_former_one(desk: ChatDesk) -> None:
    await desk.asked_and_answered(1)
    await desk.again("a-1", "a-9")

    assert roles(desk) == [("user", "question 1")]
    assert (await desk.messages())[1]["siblings"] == ["a-1", "a-9"]


async def test_a_refused_answer_again_brings_the_former_one_back(desk: ChatDesk) -> None:
    await desk.asked_and_answered(1)
    desk.generation.refusal = OVERFLOW
    with pytest.raises(ContextOverflow):
        await desk.again("a-1", "a-9")

    assert await desk.texts() == ["question 1", "answer 1"]
    assert (await desk.messages())[1]["siblings"] == ["a-1"]


async def test_an_answer_goes_on_in_its_own_message(desk: ChatDesk) -> None:
    await desk.asked_and_answered(1)
    await desk.service.go_on(AnswerAgain(chat_id="chat", message_id="a-1", answer_id="a-1"))
    assert roles(desk) == [("user", "question 1"), ("assistant", "answer 1")]
    await desk.complete("a-1", " and more")

    assert await desk.texts() == ["question 1", "answer 1 and more"]


async def test_a_refused_continuation_leaves_the_answer_as_it_was(desk: ChatDesk) -> None:
    await desk.asked_and_answered(1)
    before = dict(desk.profile.messages)
    desk.generation.refusal = OVERFLOW
    with pytest.raises(ContextOverflow):
        await desk.service.go_on(AnswerAgain(chat_id="chat", message_id="a-1", answer_id="a-1"))

    assert desk.profile.messages == before


async def test_attachments_go_into_the_question_as_data_and_stay_with_it(desk: ChatDesk) -> None:
    await desk.attach("notes.txt", "Paris")
    await desk.ask("Where?", 1, attachment_ids=("notes.txt",))

    assert roles(desk)[0][1] == f"{NOTE}\n\nAttachment 1 of 1:\n```text\nnotes.txt\n\nParis\n```\n\nWhere?"
    question = (await desk.messages())[0]
    assert question["attachments"] == [
        {
            "id": "notes.txt",
            "name": "notes.txt",
            "mimeType": "text/plain",
            "kind": "text",
            "size": 0,
            "characters": 5,
            "url": "",
            "note": "",
            "noteSaid": None,
        }
    ]
    assert question["content"] == "Where?"


async def test_what_of_an_attachment_has_no_room_is_said(desk: ChatDesk) -> None:
    await desk.attach("long", "x" * 20_000)
    await desk.ask("Where?", 1, attachment_ids=("long",))

    cuts = (await desk.messages())[0]["cuts"]
    assert isinstance(cuts, list)
    assert [cut["name"] for cut in cuts if isinstance(cut, dict)] == ["long"]


async def test_a_question_behind_a_streaming_answer_is_refused(desk: ChatDesk) -> None:
    await desk.ask("first", 1)
    with pytest.raises(InvalidState, match="being written"):
        await desk.ask("second", 2)

    assert await desk.texts() == ["first", ""]


@pytest.mark.parametrize("how", ["asks", "goes on"])
async def test_what_comes_right_behind_an_end_that_is_still_to_be_stored_is_taken(desk: ChatDesk, how: str) -> None:
    await desk.ask("first", 1)
    desk.stream("a-1", "Be")
    for work in desk.timers:
        work()
    # The end comes while the text before it is being stored.
    desk.publish(finished(GenerationStopped, "chat", "a-1", "Because", "stopped"))

    if how == "asks":
        await desk.ask("second", 2)
        assert await desk.texts() == ["first", "Because", "second", ""]
    else:
        await desk.service.go_on(AnswerAgain(chat_id="chat", message_id="a-1", answer_id="a-1"))
        assert (await desk.messages())[1]["state"] == "streaming"


async def test_an_id_that_is_taken_is_refused_and_changes_nothing(desk: ChatDesk) -> None:
    await desk.asked_and_answered(1)
    with pytest.raises(InvalidState, match="id"):
        await desk.ask("again", 1, chat="another")

    assert await desk.texts() == ["question 1", "answer 1"]


async def test_a_deleted_chat_takes_no_question(desk: ChatDesk) -> None:
    await desk.asked_and_answered(1)
    await desk.history.purge()
    async with desk.history.writing():
        await desk.history.forget(["chat"])
    with pytest.raises(ChatNotFound):
        await desk.again("a-1", "a-9")


async def test_failed_answers_without_a_word_are_not_told_to_the_model(desk: ChatDesk) -> None:
    await desk.ask("first", 1)
    await desk.fail("a-1", "")
    await desk.ask("second", 2)

    assert roles(desk) == [("user", "first"), ("user", "second")]


async def owners(desk: ChatDesk) -> list[str | None]:
    """Return the question that the attachment belongs to, or nothing when it is gone."""
    return [item.message_id for item in await desk.attachments.get(["file"])]


async def test_a_changed_question_shares_the_attachments_of_the_old_one(desk: ChatDesk) -> None:
    await desk.attach("file", "text")
    await desk.asked_and_answered(1, attachment_ids=("file",))
    await desk.ask("changed", 2, at_end=False, attachment_ids=("file",))
    await desk.complete("a-2", "answer 2")
    await desk.service.delete_message(NamedMessage(session_id="chat", message_id="q-2"))
    assert await owners(desk) == ["q-1"]

    await desk.service.delete_message(NamedMessage(session_id="chat", message_id="q-1"))
    assert await owners(desk) == []


async def test_a_changed_question_that_is_refused_leaves_the_attachments_to_the_old_one(desk: ChatDesk) -> None:
    await desk.attach("file", "text")
    await desk.asked_and_answered(1, attachment_ids=("file",))
    desk.generation.refusal = OVERFLOW
    with pytest.raises(ContextOverflow):
        await desk.ask("changed", 2, at_end=False, attachment_ids=("file",))

    assert await owners(desk) == ["q-1"]
