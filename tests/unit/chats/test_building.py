"""The parts together: what one of them does, the others see."""

from __future__ import annotations

from tests.unit.chats.chat_desk import ChatDesk


async def test_answers_that_are_heard_are_found_in_the_history(desk: ChatDesk) -> None:
    await desk.asked_and_answered(1)

    assert [chat.preview for chat in await desk.history.chats()] == ["answer 1"]


async def test_without_a_loaded_model_the_usual_context_counts(desk: ChatDesk) -> None:
    await desk.attach("long", "x" * 12_000)
    await desk.ask("Why?", 1, attachment_ids=("long",))

    assert (await desk.messages())[0]["cuts"] == []
