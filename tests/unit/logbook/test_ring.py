"""The ring keeps the newest entries within its limits, whatever dies in between."""

import asyncio

import pytest

from tabagent.log_messages import AddLog, LogLevel
from tabagent.logbook import ring as module
from tabagent.logbook.ring import FLUSH_ERRORS_SECONDS, FLUSH_SECONDS, LogRing
from tabagent.store_errors import StorageError
from tests.unit.logbook.conftest import Rings, said


async def messages(ring: LogRing) -> list[str]:
    return [entry.message for entry in await ring.read()]


async def settle() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


async def test_entries_come_back_in_their_order(ring: LogRing, rings: Rings) -> None:
    for number in range(12):
        ring.add(said(str(number)))
        rings.clock.seconds += 0.001 * (number % 2)

    assert await messages(ring) == [str(number) for number in range(12)]


async def test_a_clock_that_is_set_back_does_not_change_the_order(ring: LogRing, rings: Rings) -> None:
    ring.add(said("first"))
    rings.clock.seconds -= 3600
    ring.add(said("second"))

    assert await messages(ring) == ["first", "second"]


async def test_entries_are_written_together_and_later(ring: LogRing, rings: Rings) -> None:
    for number in range(50):
        ring.add(said(str(number)))
    await settle()
    assert rings.store.changes == 0

    rings.clock.advance(FLUSH_SECONDS)
    await settle()
    assert (rings.store.changes, len(rings.store.records)) == (1, 50)


async def test_an_error_is_written_at_once_with_what_came_before(ring: LogRing, rings: Rings) -> None:
    ring.add(said("before"))
    ring.add(said("broke", LogLevel.ERROR))
    rings.clock.advance(FLUSH_ERRORS_SECONDS)
    await settle()

    assert len(rings.store.records) == 2


async def test_the_oldest_go_when_there_are_too_many(
    ring: LogRing, rings: Rings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MAX_ENTRIES", 10)
    for batch in range(4):
        for number in range(7):
            ring.add(said(f"{batch}.{number}"))
        await ring.flush()
        assert len(rings.store.records) <= 10

    assert await messages(ring) == ["2.4", "2.5", "2.6", *(f"3.{number}" for number in range(7))]


async def test_the_oldest_go_when_they_are_too_large(
    ring: LogRing, rings: Rings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MAX_BYTES", 10_000)
    for number in range(30):
        ring.add(said(f"{number} " + "x" * 900))
        await ring.flush()

    kept = await messages(ring)
    assert kept[-1].startswith("29 ")
    assert 7 <= len(kept) <= 10


async def test_the_limits_hold_over_threads_that_die(rings: Rings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_ENTRIES", 10)
    for thread in range(6):
        ring = rings.thread()
        for number in range(4):
            ring.add(said(f"{thread}.{number}"))
        await ring.flush()
        ring.add(said("lost with its thread"))
        rings.clock.seconds += 1

    assert len(rings.store.records) == 10
    assert (await messages(rings.thread()))[-1] == "5.3"


async def test_a_batch_that_is_over_the_limit_by_itself_loses_its_oldest(
    ring: LogRing, rings: Rings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MAX_ENTRIES", 5)
    for number in range(20):
        ring.add(said(str(number)))

    assert await messages(ring) == ["15", "16", "17", "18", "19"]


async def test_an_entry_that_is_too_large_loses_its_details(ring: LogRing) -> None:
    ring.add(AddLog(level=LogLevel.INFO, message="m" * 5_000, component="models", details={"text": "x" * 50_000}))
    entry = (await ring.read())[0]

    assert len(entry.message) == 2_000
    assert list(entry.details or {}) == ["leftOut"]


async def test_what_a_refusing_storage_did_not_take_is_written_later(ring: LogRing, rings: Rings) -> None:
    rings.store.refuses = True
    ring.add(said("first"))
    rings.clock.advance(FLUSH_SECONDS)
    await settle()
    with pytest.raises(StorageError):
        await ring.flush()

    rings.store.refuses = False
    ring.add(said("second"))
    rings.clock.advance(FLUSH_SECONDS)
    await settle()
    assert [record["message"] for record in rings.store.records.values()] == ["first", "second"]


async def test_the_next_thread_writes_down_what_this_one_did_not(rings: Rings) -> None:
    first = rings.thread()
    first.add(said("last words"))
    rings.clock.seconds += 1
    second = rings.thread()
    second.add(said("hello"))
    second.take_over([record for record in first.unwritten() if isinstance(record, dict)])

    assert await messages(second) == ["last words", "hello"]


async def test_an_entry_that_is_added_while_others_are_written_is_not_lost(ring: LogRing) -> None:
    ring.add(said("first"))
    writing = asyncio.create_task(ring.flush())
    await asyncio.sleep(0)
    ring.add(said("second"))
    await writing

    assert await messages(ring) == ["first", "second"]


async def test_records_that_are_not_ours_are_removed(ring: LogRing, rings: Rings) -> None:
    rings.store.records["3f0a-old"] = {"id": "3f0a-old", "text": "of somebody else"}
    ring.add(said("mine"))

    assert await messages(ring) == ["mine"]
    assert len(rings.store.records) == 1


async def test_deleted_entries_do_not_come_back(ring: LogRing) -> None:
    ring.add(said("first"))
    second = ring.add(said("second"))
    await ring.flush()
    await ring.delete([second.id])

    assert await messages(ring) == ["first"]


async def test_whoever_listens_hears_of_each_entry_at_once(ring: LogRing) -> None:
    heard: list[str] = []
    ring.added = lambda entry: heard.append(entry.message)
    ring.add(said("one"))

    assert heard == ["one"]


async def test_entries_between_two_ids_are_read_alone(ring: LogRing) -> None:
    ids = [ring.add(said(str(number))).id for number in range(6)]

    assert [entry.message for entry in await ring.read(after=ids[3])] == ["4", "5"]
    assert [entry.message for entry in await ring.read(after=ids[0], before=ids[3])] == ["1", "2"]
    assert await ring.read(after=ids[5]) == []
