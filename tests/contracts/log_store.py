"""The contract of `LogStore`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from tabagent.errors import JsonObject
from tabagent.log_messages import LogEntry, LogLevel
from tabagent.ports.log_store import LogStore


@dataclass(frozen=True)
class World:
    """No entries, the same store as another thread opens it, and a way to put a strange record in."""

    store: LogStore
    reopened: Callable[[], LogStore]
    put_record: Callable[[JsonObject], Awaitable[None]]


def entry(key: str) -> LogEntry:
    """Return an entry whose texts are not plain ASCII."""
    return LogEntry(
        id=key,
        timestamp=1_700_000_000_123,
        level=LogLevel.WARN,
        message="été 漢 😀 \n",
        component="models.downloads",
        extension_session_id="start-1",
        chat_session_id="chat-1",
        correlation_id="r-1",
        details={"tokens": 3, "nothing": None, "frames": ["a", {"b": 1.5}]},
    )


async def a_new_store_is_empty(world: World) -> None:
    assert await world.store.ids() == []
    assert await world.store.read("", "z") == []


async def entries_come_back_as_they_were_written(world: World) -> None:
    await world.store.change([entry("b"), entry("a")], [])

    assert await world.store.ids() == ["a", "b"]
    assert await world.store.read("a", "b") == [entry("a"), entry("b")]


async def entries_outlive_the_thread_that_wrote_them(world: World) -> None:
    await world.store.change([entry("a")], [])

    assert await world.reopened().read("a", "a") == [entry("a")]


async def both_ends_of_a_range_are_in_it(world: World) -> None:
    await world.store.change([entry(key) for key in "abcd"], [])

    assert [found.id for found in await world.store.read("b", "c")] == ["b", "c"]
    assert await world.store.read("c", "b") == []


async def one_change_writes_and_deletes(world: World) -> None:
    await world.store.change([entry("a"), entry("b")], [])
    await world.store.change([entry("c")], ["a", "unknown"])

    assert await world.store.ids() == ["b", "c"]


async def what_cannot_be_read_is_left_out_and_can_be_deleted(world: World) -> None:
    await world.put_record({"id": "m", "level": "deafening"})
    await world.store.change([entry("a"), entry("z")], [])

    assert await world.store.ids() == ["a", "m", "z"]
    assert [found.id for found in await world.store.read("a", "z")] == ["a", "z"]
    await world.store.change([], ["m"])
    assert await world.store.ids() == ["a", "z"]


async def thousands_are_written_and_deleted_at_once(world: World) -> None:
    keys = [f"{number:05d}" for number in range(3_000)]
    await world.store.change([entry(key) for key in keys], [])
    await world.store.change([], keys[:2_999])

    assert await world.store.ids() == ["02999"]


Case = Callable[[World], Awaitable[None]]
CASES: tuple[Case, ...] = (
    a_new_store_is_empty,
    entries_come_back_as_they_were_written,
    entries_outlive_the_thread_that_wrote_them,
    both_ends_of_a_range_are_in_it,
    one_change_writes_and_deletes,
    what_cannot_be_read_is_left_out_and_can_be_deleted,
    thousands_are_written_and_deleted_at_once,
)
