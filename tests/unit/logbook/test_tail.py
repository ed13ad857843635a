"""Pages hear of new entries while one of them follows, and of nothing otherwise."""

import pytest

from tabagent.log_messages import LogEntriesAdded
from tabagent.logbook.ring import LogRing
from tabagent.logbook.tail import FOLLOW_SECONDS, MAX_ENTRIES, PUBLISH_SECONDS, LogTail
from tests.unit.logbook.conftest import Rings, said


class Following:
    def __init__(self, rings: Rings) -> None:
        self.events: list[LogEntriesAdded] = []
        self.tail = LogTail(self.events.append, rings.clock.now, rings.clock.call_later)
        self.ring = rings.thread()
        self.ring.added = self.tail.add

    @property
    def heard(self) -> list[list[object]]:
        return [[entry["message"] for entry in event.entries if isinstance(entry, dict)] for event in self.events]


@pytest.fixture
def following(rings: Rings) -> Following:
    return Following(rings)


async def test_nothing_is_sent_when_nobody_follows(following: Following, rings: Rings) -> None:
    following.ring.add(said())
    rings.clock.advance(10)

    assert following.events == []


async def test_entries_are_sent_together(following: Following, rings: Rings) -> None:
    following.tail.follow()
    following.ring.add(said("one"))
    following.ring.add(said("two"))
    rings.clock.advance(PUBLISH_SECONDS)
    following.ring.add(said("three"))
    rings.clock.advance(PUBLISH_SECONDS)

    assert following.heard == [["one", "two"], ["three"]]


async def test_a_page_that_says_nothing_more_hears_nothing_more(following: Following, rings: Rings) -> None:
    following.tail.follow()
    rings.clock.advance(FOLLOW_SECONDS + 1)
    following.ring.add(said())
    rings.clock.advance(1)

    assert following.events == []


async def test_a_flood_is_cut_to_its_newest(following: Following, rings: Rings) -> None:
    following.tail.follow()
    ring: LogRing = following.ring
    for number in range(MAX_ENTRIES + 5):
        ring.add(said(str(number)))
    rings.clock.advance(PUBLISH_SECONDS)

    assert following.heard[0][0] == "5"
    assert len(following.heard[0]) == MAX_ENTRIES
