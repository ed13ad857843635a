"""Threads and browsers that end at any moment: what is stored of an answer is a beginning of what was streamed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

from hypothesis import given
from hypothesis import strategies as st

from tabagent.adapters.memory.user_data import MemoryUserData
from tabagent.messages import GenerationFault
from tests.unit.chats.chat_desk import ChatDesk

# Text that comes, time that passes until what came is due, and turns of the event loop in which a write goes on.
STEPS = st.lists(st.sampled_from(["text", "text", "text", "due", "turn"]), max_size=30)


@dataclass
class MortalUserData(MemoryUserData):
    """A profile over which a thread dies: from some write on, nothing is stored any more.

    Attributes:
        left: How many changes are still stored.
    """

    left: int = 10**9

    def begin_write(self) -> None:
        super().begin_write()
        if self.left == 0:
            raise asyncio.CancelledError("the thread has died")
        self.left -= 1


@dataclass
class Life:
    """A thread that streams an answer, and what it streamed.

    Attributes:
        streamed: All of it.
        due: What must be stored by now: it was streamed before a time that has passed, and its write has ended.
    """

    profile: MortalUserData
    streamed: str = ""
    due: str = ""
    desk: ChatDesk = field(init=False)

    def __post_init__(self) -> None:
        self.desk = ChatDesk(profile=self.profile)

    async def take(self, step: str, number: int) -> None:
        """Do one thing."""
        if step == "text":
            text = f"{number} "
            self.streamed += text
            self.desk.stream("a-1", text)
        elif step == "due":
            streamed = self.streamed
            await self.desk.elapse()
            self.due = streamed
        else:
            await asyncio.sleep(0)


@asynccontextmanager
async def thread(profile: MortalUserData) -> AsyncIterator[Life]:
    """Live until the end of the block, and leave nothing running."""
    before = asyncio.all_tasks()
    yield Life(profile)
    left = asyncio.all_tasks() - before
    for task in left:
        task.cancel()
    await asyncio.gather(*left, return_exceptions=True)


async def restarted(profile: MortalUserData, kept: str | None) -> ChatDesk:
    """Start the next thread, which hears what the baton had of the answer, where there is one."""
    profile.left = 10**9
    desk = ChatDesk(profile=profile)
    if kept is not None:
        error = {"code": "x", "message": "It ended.", "details": {}}
        desk.publish(GenerationFault(chat_id="chat", message_id="a-1", error=error, generated_text=kept))  # type: ignore[arg-type]
    await desk.service.start(desk.recorder.settle(frozenset()))
    return desk


@given(steps=STEPS, writes=st.integers(0, 6), kept=st.none() | st.integers(0, 80))
async def test_whenever_a_thread_dies_a_beginning_of_the_answer_is_stored(
    steps: list[str], writes: int, kept: int | None
) -> None:
    profile = MortalUserData()
    async with thread(profile) as life:
        await life.desk.ask("Why?", 1)
        profile.left = writes
        with suppress(asyncio.CancelledError):
            for number, step in enumerate(steps):
                await life.take(step, number)
        due, streamed = life.due, life.streamed
    baton = None if kept is None else streamed[:kept]
    desk = await restarted(profile, baton)
    question, answer = await desk.messages()

    assert question["content"] == "Why?"
    assert streamed.startswith(str(answer["content"]))
    assert len(str(answer["content"])) >= max(len(due), len(baton or ""))
    assert answer["state"] == "error"
    assert (await desk.session())["status"] == "error"


@given(writes=st.integers(0, 3))
async def test_a_question_is_stored_with_the_place_of_its_answer_or_not_at_all(writes: int) -> None:
    profile = MortalUserData()
    async with thread(profile) as life:
        profile.left = writes
        with suppress(asyncio.CancelledError):
            await life.desk.ask("Why?", 1)
    desk = await restarted(profile, None)
    chats = await desk.history.chats()

    assert [len(await desk.messages(chat.id)) for chat in chats] == [2] * len(chats)
    assert len(chats) == (1 if writes else 0)
