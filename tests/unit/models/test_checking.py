"""A check reads every byte, names what is wrong, and leaves the store so that the next download repairs it."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from tabagent.adapters.memory.fetcher import MemoryFetcher
from tabagent.errors import Busy
from tabagent.events import ErrorCodes
from tabagent.events import TransferStates as State
from tabagent.messages import DownloadProgress, ManifestUpdated
from tabagent.models.checking import ModelChecks
from tabagent.models.store import ModelStore
from tabagent.ports.model_index import IndexChange
from tabagent.specs import Backend, Dtype, FileKey, Quant, QuantStatus
from tests.unit.conftest import Clock, World, hub_answers
from tests.unit.models.dying import Disk, digest_of
from tests.unit.models.tiny_model import CONFIG, ENTRY, Q4, Q4_DATA, Q8, REPO, put, statuses

pytestmark = pytest.mark.usefixtures("small_chunks")

Q4_SIZE = sum(file.size for file in (CONFIG, Q4, Q4_DATA))


class Desk:
    """A store with a model, and checks of it."""

    def __init__(self) -> None:
        self.disk = Disk()
        self.disk.index.check = None
        self.store: ModelStore = self.disk.store()
        self.events: list[DownloadProgress | ManifestUpdated] = []
        self.checks = ModelChecks(self.store, self.events.append, Clock().now)

    def damage(self, path: str, index: int) -> None:
        self.disk.chunks[Backend.INDEXED_DB].damage(FileKey(REPO, path), index)

    async def check(self, dtype: Dtype = Dtype.Q4) -> DownloadProgress:
        """Check a dtype and return what the pages hear of it last."""
        self.checks.start(ENTRY, quant(dtype))
        return await self.outcome()

    async def outcome(self) -> DownloadProgress:
        """Wait for the end of a check."""
        for _ in range(5000):
            if isinstance(self.events[-1:] and self.events[-1], ManifestUpdated):
                break
            await asyncio.sleep(0)
        *_, last = [event for event in self.events if isinstance(event, DownloadProgress)]
        return last

    async def missing(self, path: str) -> tuple[int, ...]:
        record = await self.store.record(FileKey(REPO, path))
        assert record is not None
        return record.missing


def quant(dtype: Dtype) -> Quant:
    found = ENTRY.quant(dtype)
    assert found is not None
    return found


@pytest.fixture
async def desk() -> Desk:
    desk = Desk()
    await desk.store.put_entry(ENTRY)
    await put(desk.store, CONFIG, Q8, Q4, Q4_DATA)
    return desk


async def test_a_whole_model_is_said_to_be_whole(desk: Desk) -> None:
    last = await desk.check()

    assert (last.model_id, last.dtype, last.status, last.error) == (REPO, "q4", State.DONE, None)
    assert last.loaded == last.total == Q4_SIZE
    assert {file["file"]: file["status"] for file in last.files} == dict.fromkeys(
        (CONFIG.path, Q4.path, Q4_DATA.path), State.DONE.value
    )
    assert (await statuses(desk.store))[Dtype.Q4] is QuantStatus.DOWNLOADED


async def test_a_check_says_at_once_that_it_runs(desk: Desk) -> None:
    desk.checks.start(ENTRY, quant(Dtype.Q4))
    await asyncio.sleep(0)
    first = desk.events[0]

    assert isinstance(first, DownloadProgress)
    assert first.status is State.VERIFYING
    assert REPO in first.message


@pytest.mark.parametrize("index", [0, 1])
async def test_a_damaged_chunk_is_named_and_counts_as_missing(desk: Desk, index: int) -> None:
    desk.damage(Q4.path, index)
    last = await desk.check()

    assert (last.status, last.message) == (State.FAILED, str(last.error and last.error["message"]))
    assert last.error is not None
    assert last.error["code"] == ErrorCodes.FILE_DAMAGED.value
    details = last.error["details"]
    assert isinstance(details, dict)
    assert (details["file"], details["chunks"]) == (Q4.path, [index])
    assert await desk.missing(Q4.path) == (index,)
    assert await statuses(desk.store) == {Dtype.Q8: QuantStatus.DOWNLOADED, Dtype.Q4: QuantStatus.AVAILABLE}
    assert {file["file"]: file["status"] for file in last.files} == {
        CONFIG.path: State.DONE.value,
        Q4.path: State.FAILED.value,
        Q4_DATA.path: State.DONE.value,
    }


async def test_all_damage_of_all_files_is_found(desk: Desk) -> None:
    desk.damage(CONFIG.path, 1)
    desk.damage(Q4.path, 0)
    desk.damage(Q4.path, 1)
    desk.disk.chunks[Backend.INDEXED_DB].lose(FileKey(REPO, Q4_DATA.path), 0)
    await desk.check()

    assert [await desk.missing(file.path) for file in (CONFIG, Q4, Q4_DATA)] == [(1,), (0, 1), (0,)]


async def test_damage_of_another_dtype_is_not_looked_for(desk: Desk) -> None:
    desk.damage(Q8.path, 0)

    assert (await desk.check()).status is State.DONE
    assert await desk.missing(Q8.path) == ()


async def test_chunks_that_were_changed_together_with_their_digests_are_found_by_the_files_digest(desk: Desk) -> None:
    record = await desk.store.record(FileKey(REPO, Q4_DATA.path))
    assert record is not None
    forged = replace(record, digest=digest_of(b"abc"))
    await desk.disk.index.apply(IndexChange(put_records=(forged,)))
    last = await desk.check()

    assert last.status is State.FAILED
    assert await desk.missing(Q4_DATA.path) == (0,)


async def test_a_model_that_is_not_whole_cannot_be_checked(desk: Desk) -> None:
    await desk.store.drop_chunks(FileKey(REPO, Q4.path), [0])
    last = await desk.check()

    assert last.status is State.FAILED
    assert last.error is not None
    assert last.error["code"] == ErrorCodes.INVALID_STATE.value


async def test_a_model_is_checked_once_at_a_time_and_again_later(desk: Desk) -> None:
    desk.checks.start(ENTRY, quant(Dtype.Q4))
    with pytest.raises(Busy):
        desk.checks.start(ENTRY, quant(Dtype.Q4))
    desk.checks.start(ENTRY, quant(Dtype.Q8))
    await desk.outcome()
    await asyncio.sleep(0)
    desk.events.clear()

    assert (await desk.check()).status is State.DONE


async def test_a_model_that_is_deleted_during_its_check_ends_it(desk: Desk) -> None:
    for turns in range(0, 40, 3):
        desk.events.clear()
        desk.checks.start(ENTRY, quant(Dtype.Q4))
        for _ in range(turns):
            await asyncio.sleep(0)
        await desk.store.delete_model(REPO)
        last = await desk.outcome()
        await asyncio.sleep(0)

        assert last.status in (State.FAILED, State.DONE)
        assert await desk.store.records() == ()
        await desk.store.put_entry(ENTRY)
        await put(desk.store, CONFIG, Q8, Q4, Q4_DATA)


async def test_a_storage_that_refuses_ends_the_check_with_its_error(desk: Desk) -> None:
    desk.damage(Q4.path, 0)
    desk.disk.index.refuses = True
    last = await desk.check()

    assert last.error is not None
    assert last.error["code"] == ErrorCodes.STORAGE.value


async def test_after_a_check_only_the_damaged_chunks_are_downloaded_again() -> None:
    world = World(MemoryFetcher(hub_answers()))
    listing = await world.loader.refresh(REPO)
    download = await world.downloads.start(listing, Dtype.Q4)
    await download.outcome
    key = FileKey(REPO, "onnx/model_q4.onnx_data")
    world.chunks.damage(key, 2)
    found = listing.quant(Dtype.Q4)
    assert found is not None
    ModelChecks(world.store, world.events.append, world.clock.now).start(listing, found)
    await world.until(lambda: world.of(DownloadProgress)[-1].status is State.FAILED)
    world.fetcher.sent.clear()
    await (await world.downloads.start(listing, Dtype.Q4)).outcome

    assert [sent.headers.get("Range") for sent in world.fetcher.sent] == ["bytes=8-11"]
    assert await world.store.assemble_chunks(key) == b"data" * 4
