"""The one writer."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from tabagent.chats.history import HELD_CHATS
from tabagent.store_errors import StorageError
from tests.unit.chats.chat_desk import ChatDesk


async def test_changes_at_the_same_time_lose_nothing(desk: ChatDesk) -> None:
    await desk.asked_and_answered(1)

    async def star() -> None:
        async with desk.history.writing():
            opened = await desk.history.open("chat")
            await asyncio.sleep(0)
            await desk.history.change(opened, replace(opened.chat, starred=True))

    async def rename() -> None:
        async with desk.history.writing():
            opened = await desk.history.open("chat")
            await desk.history.change(opened, replace(opened.chat, title="new"))

    await asyncio.gather(star(), rename())

    session = await desk.session()
    assert (session["isStarred"], session["title"]) == (True, "new")


async def test_a_refused_change_leaves_what_is_held_as_it_was(desk: ChatDesk) -> None:
    await desk.asked_and_answered(1)
    desk.profile.refuses = True
    opened = await desk.history.open("chat")
    with pytest.raises(StorageError):
        async with desk.history.writing():
            await desk.history.change(opened, replace(opened.chat, title="new"))

    assert (await desk.session())["title"] == "question 1"


async def test_only_some_chats_are_held_and_all_can_be_read(desk: ChatDesk) -> None:
    for number in range(HELD_CHATS + 2):
        await desk.asked_and_answered(number, f"chat-{number}")

    assert len(desk.history._held) == HELD_CHATS
    assert await desk.texts("chat-0") == ["question 0", "answer 0"]
