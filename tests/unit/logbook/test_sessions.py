"""Starts of the background."""

from tabagent.adapters.memory.browser_state import MemoryBrowserState
from tabagent.logbook.sessions import CURRENT, PREVIOUS, LogSessions


async def test_a_new_start_makes_the_last_one_the_previous() -> None:
    kept = MemoryBrowserState()
    assert await LogSessions("a", kept).begin() is True
    assert kept.values == {CURRENT: "a", PREVIOUS: None}

    assert await LogSessions("b", kept).begin() is True
    assert await LogSessions("b", kept).both() == {CURRENT: "b", PREVIOUS: "a"}


async def test_another_thread_of_the_same_start_changes_nothing() -> None:
    kept = MemoryBrowserState()
    await LogSessions("a", kept).begin()
    await LogSessions("b", kept).begin()

    assert await LogSessions("b", kept).begin() is False
    assert kept.values == {CURRENT: "b", PREVIOUS: "a"}


async def test_a_browser_that_keeps_nothing_does_not_stop_the_start() -> None:
    kept = MemoryBrowserState()
    kept.refuses = True

    assert await LogSessions("a", kept).begin() is False
