"""How long nobody has to use a model until it is given back."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from tabagent.models.idleness import LOOK_EVERY_SECONDS, Idleness
from tabagent.parameters import ResourceSettings
from tests.unit.conftest import Clock


class Room:
    """A model, a clock and panels."""

    def __init__(self, idle_minutes: float = 5, idle_minutes_open: float = 30) -> None:
        self.clock = Clock()
        self.pages = 0
        self.settings = replace(ResourceSettings(), idle_minutes=idle_minutes, idle_minutes_open=idle_minutes_open)
        self.given_back: list[float] = []
        self.idleness = Idleness(
            resources=self._resources,
            open_pages=self._pages,
            call_later=self.clock.call_later,
            give_back=lambda: self.given_back.append(self.clock.seconds),
        )

    async def _resources(self) -> ResourceSettings:
        return self.settings

    async def _pages(self) -> int:
        return self.pages

    async def rest(self, seconds: float) -> None:
        """Let time pass, second by second, with a turn for everybody in each."""
        for _ in range(int(seconds)):
            for _ in range(4):
                await asyncio.sleep(0)
            self.clock.advance(1)
        for _ in range(4):
            await asyncio.sleep(0)


async def test_a_model_is_given_back_once_when_its_time_is_over() -> None:
    room = Room()
    room.idleness.begin()
    await room.rest(299)
    assert room.given_back == []

    await room.rest(2)
    assert len(room.given_back) == 1
    await room.rest(3600)
    assert len(room.given_back) == 1


async def test_a_use_in_between_begins_the_time_anew() -> None:
    room = Room()
    room.idleness.begin()
    await room.rest(290)
    room.idleness.end()
    await room.rest(1000)
    room.idleness.begin()
    await room.rest(290)
    assert room.given_back == []

    await room.rest(20)
    assert len(room.given_back) == 1


async def test_an_open_panel_gives_more_time() -> None:
    room = Room()
    room.pages = 1
    room.idleness.begin()
    await room.rest(30 * 60 - 1)
    assert room.given_back == []

    await room.rest(2)
    assert len(room.given_back) == 1


async def test_a_panel_that_is_closed_late_is_noticed_soon() -> None:
    room = Room()
    room.pages = 1
    room.idleness.begin()
    await room.rest(20 * 60)
    room.pages = 0
    await room.rest(LOOK_EVERY_SECONDS + 1)

    assert len(room.given_back) == 1


@pytest.mark.parametrize("pages", [0, 1])
async def test_zero_minutes_keep_the_model(pages: int) -> None:
    room = Room(idle_minutes=0, idle_minutes_open=0)
    room.pages = pages
    room.idleness.begin()
    await room.rest(24 * 3600)

    assert room.given_back == []


async def test_a_time_that_is_changed_counts_from_the_last_use() -> None:
    room = Room(idle_minutes=0)
    room.idleness.begin()
    await room.rest(20 * 60)
    room.settings = replace(room.settings, idle_minutes=10)
    await room.rest(LOOK_EVERY_SECONDS + 1)

    assert len(room.given_back) == 1


async def test_a_time_of_seconds_is_kept_as_it_is() -> None:
    room = Room(idle_minutes=0.05)
    room.idleness.begin()
    await room.rest(2)
    assert room.given_back == []

    await room.rest(2)
    assert len(room.given_back) == 1


async def test_an_end_without_a_beginning_does_nothing() -> None:
    room = Room()
    room.idleness.end()
    await room.rest(600)

    assert room.given_back == []
