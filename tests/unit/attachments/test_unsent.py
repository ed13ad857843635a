"""Attachments that nobody sent are forgotten, and those that a panel may still show are not."""

from __future__ import annotations

import asyncio

import pytest

from tabagent.adapters.memory.user_data import MemoryAttachmentStore, MemoryUserData
from tabagent.attachments.unsent import KEPT_MS, LOOK_SECONDS, UnsentAttachments
from tabagent.chat_specs import Attachment, AttachmentKind
from tests.unit.conftest import Clock

WEEK = KEPT_MS / 1000


class Desk:
    """Attachments in memory, and the pages that are open."""

    def __init__(self) -> None:
        self.clock, self.pages, self.profile = Clock(), 0, MemoryUserData()
        self.store = MemoryAttachmentStore(self.profile)
        self.unsent = UnsentAttachments(self.store, self.clock.now, self.clock.call_later, self.open_pages)

    async def open_pages(self) -> int:
        return self.pages

    async def attach(self, name: str, question: str | None = None) -> None:
        now = int(self.clock.now() * 1000)
        attachment = Attachment(
            id=name, name=name, mime_type="", kind=AttachmentKind.TEXT, created_at=now, updated_at=now
        )
        await self.store.put(attachment, "text")
        await self.store.link([name], question)

    async def pass_time(self, seconds: float) -> None:
        """Let time pass, hour by hour, and what is begun meanwhile come to its end."""
        end = self.clock.seconds + seconds
        while self.clock.seconds < end:
            self.clock.advance(min(LOOK_SECONDS, end - self.clock.seconds))
            for _ in range(5):
                await asyncio.sleep(0)

    async def left(self) -> list[str]:
        return [kept.id for kept in await self.store.get(["old", "new", "sent"])]


@pytest.fixture
def desk() -> Desk:
    return Desk()


async def test_a_start_forgets_what_no_question_got_for_a_week(desk: Desk) -> None:
    await desk.attach("old")
    await desk.attach("sent", "question")
    desk.clock.advance(WEEK + 1)
    await desk.attach("new")
    desk.pages = 1
    await desk.unsent.watch()

    assert await desk.left() == ["new", "sent"]


async def test_what_gets_too_old_while_the_background_stays_up_is_forgotten_then(desk: Desk) -> None:
    await desk.unsent.watch()
    await desk.attach("old")
    await desk.attach("sent", "question")
    await desk.pass_time(WEEK)
    assert await desk.left() == ["old", "sent"]
    await desk.attach("new")
    await desk.pass_time(LOOK_SECONDS)

    assert await desk.left() == ["new", "sent"]


async def test_what_an_open_panel_may_show_stays_until_it_is_closed(desk: Desk) -> None:
    await desk.unsent.watch()
    await desk.attach("old")
    desk.pages = 1
    await desk.pass_time(2 * WEEK)
    assert await desk.left() == ["old"]
    desk.pages = 0
    await desk.pass_time(LOOK_SECONDS)

    assert await desk.left() == []


async def test_a_storage_that_refuses_is_asked_again_an_hour_later(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    await desk.unsent.watch()
    await desk.attach("old")
    desk.profile.refuses = True
    await desk.pass_time(WEEK + LOOK_SECONDS)
    assert await desk.left() == ["old"]
    assert "stay for now" in caplog.text
    await desk.pass_time(LOOK_SECONDS)

    assert await desk.left() == []
