"""What is stored of answers while they come."""

from __future__ import annotations

from tabagent.chat_messages import AnswerAgain
from tests.unit.chats.chat_desk import ChatDesk


async def reopened(desk: ChatDesk) -> ChatDesk:
    """Return the chats after the browser was ended and started again."""
    new = ChatDesk(profile=desk.profile)
    await new.service.start(new.recorder.settle(frozenset()))
    return new


async def test_text_is_stored_when_its_time_comes_and_not_for_every_token(desk: ChatDesk) -> None:
    await desk.ask("Why?", 1)
    writes = desk.profile.writes
    for piece in ("Be", "cau", "se"):
        desk.stream("a-1", piece)
    assert desk.profile.writes == writes

    await desk.elapse()

    assert desk.profile.writes == writes + 1
    assert await desk.texts() == ["Why?", "Because"]
    assert (await desk.messages())[1]["isLoading"] is True


async def test_the_end_is_stored_at_once_with_its_figures(desk: ChatDesk) -> None:
    await desk.ask("Why?", 1)
    desk.stream("a-1", "Because")
    await desk.complete("a-1", "Because")

    answer = (await desk.messages())[1]
    assert (answer["content"], answer["state"]) == ("Because", "complete")
    assert answer["stats"] == {
        "tps": 2.0,
        "numTokens": 3,
        "timeToFirstToken": 4.0,
        "prefillTps": 5.0,
        "promptTokens": 6,
        "cachedTokens": 1,
        "finishReason": "stop",
        "leftOut": 0,
    }
    assert (await desk.session())["status"] == "complete"
    assert (await desk.session())["preview"] == "Because"


async def test_an_answer_that_broke_off_keeps_its_text_and_says_why(desk: ChatDesk) -> None:
    await desk.ask("Why?", 1)
    desk.stream("a-1", "Beca")
    await desk.fail("a-1", "Beca")

    answer = (await desk.messages())[1]
    assert (answer["content"], answer["state"]) == ("Beca", "error")
    assert answer["error"] == {"code": "x", "message": "It broke.", "details": {}}


async def test_the_longer_text_counts_when_another_thread_reports_the_end(desk: ChatDesk) -> None:
    await desk.ask("Why?", 1)
    desk.stream("a-1", "Because of")
    await desk.elapse()
    await desk.fail("a-1", "Because")

    assert await desk.texts() == ["Why?", "Because of"]


async def test_what_the_thread_before_had_kept_counts_when_it_is_more(desk: ChatDesk) -> None:
    await desk.ask("Why?", 1)
    await desk.fail("a-1", "Because of that")

    assert await desk.texts() == ["Why?", "Because of that"]


async def test_after_a_start_no_answer_is_still_being_written(desk: ChatDesk) -> None:
    await desk.ask("Why?", 1)
    desk.stream("a-1", "Beca")
    await desk.elapse()
    desk.stream("a-1", "use")  # lost with the browser

    new = await reopened(desk)

    answer = (await new.messages())[1]
    assert (answer["content"], answer["state"]) == ("Beca", "error")
    error = answer["error"]
    assert isinstance(error, dict)
    assert error["code"] == "runtime_restarted"


async def test_an_answer_that_is_still_written_is_not_settled(desk: ChatDesk) -> None:
    await desk.ask("Why?", 1)
    await desk.recorder.settle({"a-1"})

    assert (await desk.messages())[1]["state"] == "streaming"


async def test_a_continued_answer_keeps_its_beginning_when_it_breaks_off(desk: ChatDesk) -> None:
    await desk.asked_and_answered(1)
    await desk.service.go_on(AnswerAgain(chat_id="chat", message_id="a-1", answer_id="a-1"))
    desk.stream("a-1", " and")
    await desk.elapse()
    await desk.fail("a-1", " and so")

    assert await desk.texts() == ["question 1", "answer 1 and so"]


async def test_text_that_could_not_be_stored_is_stored_the_next_time(desk: ChatDesk) -> None:
    await desk.ask("Why?", 1)
    desk.stream("a-1", "Be")
    desk.profile.refuses = True
    await desk.elapse()
    desk.stream("a-1", "cause")
    await desk.elapse()

    assert await desk.texts() == ["Why?", "Because"]


async def test_an_end_that_could_not_be_stored_is_stored_the_next_time(desk: ChatDesk) -> None:
    await desk.ask("Why?", 1)
    desk.profile.refuses = True
    await desk.complete("a-1", "Because")
    assert (await desk.messages())[1]["state"] == "streaming"
    await desk.elapse()

    assert (await desk.messages())[1]["state"] == "complete"
    assert await desk.texts() == ["Why?", "Because"]


async def test_answers_of_callers_with_their_own_conversation_are_not_stored(desk: ChatDesk) -> None:
    desk.stream("elsewhere", "text", chat="unknown")
    await desk.complete("elsewhere", "text", chat="unknown")

    assert desk.profile.messages == {}
