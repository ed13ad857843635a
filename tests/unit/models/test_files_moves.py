"""Files between two backends, and bytes that nobody names."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from tabagent.adapters.memory.chunk_store import MemoryBytes
from tabagent.models.store import ModelStore
from tabagent.specs import Backend, FileKey, FileRecord, ModelFile
from tabagent.store_errors import FileDamaged, StorageFull
from tests.unit.models.conftest import CHUNK
from tests.unit.models.dying import Disk, digest_of, reader

pytestmark = pytest.mark.usefixtures("small_chunks")

REPO = "acme/tiny"
KEY = FileKey(REPO, "onnx/model.onnx")
BODY = b"0123456789"
FILE = ModelFile(path=KEY.path, size=len(BODY), digest=digest_of(BODY))
OLD, NEW = Backend.INDEXED_DB, Backend.OPFS


@pytest.fixture
def disk() -> Disk:
    return Disk()


@pytest.fixture
def store(disk: Disk) -> ModelStore:
    return disk.store(OLD)


async def put(store: ModelStore) -> FileRecord:
    return await store.save_chunked_file(REPO, FILE, reader(BODY), revision="c1")


async def test_a_new_file_goes_to_the_default_backend(disk: Disk) -> None:
    assert (await put(disk.store(NEW))).backend is NEW
    assert (disk.chunks[NEW].usage, disk.chunks[OLD].usage) == (len(BODY), 0)


async def test_a_file_that_was_begun_stays_where_it_is(disk: Disk, store: ModelStore) -> None:
    record = await store.begin_file(REPO, FILE, revision="c1")
    await store.write_chunk(record, 0, MemoryBytes(BODY[:CHUNK]))

    assert (await put(disk.store(NEW))).backend is OLD
    await disk.must_be_tidy()


async def test_a_moved_file_is_whole_in_its_new_place_and_gone_from_the_old(disk: Disk, store: ModelStore) -> None:
    record = await put(store)

    assert await store.move_file(record, NEW)
    assert await store.record(KEY) == replace(record, backend=NEW)
    assert await store.assemble_chunks(KEY) == BODY
    assert disk.chunks[OLD].usage == 0


async def test_who_reads_a_file_while_it_is_moved_reads_on(disk: Disk, store: ModelStore) -> None:
    record = await put(store)
    assert (await store.chunk(record, 0)).to_bytes() == b"0123"
    await store.move_file(record, NEW)

    assert (await store.chunk(record, 1)).to_bytes() == b"4567"
    disk.chunks[NEW].damage(KEY, 2)
    with pytest.raises(FileDamaged):
        await store.chunk(record, 2)


async def test_a_damaged_file_stays_where_it_is(disk: Disk, store: ModelStore) -> None:
    record = await put(store)
    disk.chunks[OLD].damage(KEY, 1)

    with pytest.raises(FileDamaged):
        await store.move_file(record, NEW)
    assert await store.record(KEY) == record
    assert disk.chunks[OLD].usage == len(BODY)
    # What was copied goes with the next tidying up.
    await store.sweep()
    assert disk.chunks[NEW].usage == 0


async def test_a_file_that_finds_no_room_in_its_new_place_stays_in_the_old(disk: Disk, store: ModelStore) -> None:
    record = await put(store)
    disk.chunks[NEW].capacity = CHUNK

    with pytest.raises(StorageFull):
        await store.move_file(record, NEW)
    assert await store.assemble_chunks(KEY) == BODY


async def test_a_file_that_is_deleted_while_it_moves_does_not_come_back(disk: Disk, store: ModelStore) -> None:
    """Deletion begins at every turn of the move."""
    for turns in range(40):
        record = await put(store)
        moving = asyncio.ensure_future(store.move_file(record, NEW))
        for _ in range(turns):
            await asyncio.sleep(0)
        await store.delete_file(KEY)
        await asyncio.gather(moving, return_exceptions=True)

        assert await store.record(KEY) is None
        await store.sweep()
        assert disk.usage == 0


async def test_chunks_that_are_dropped_while_a_file_moves_stay_missing(disk: Disk, store: ModelStore) -> None:
    for turns in range(40):
        record = await put(store)
        moving = asyncio.ensure_future(store.move_file(record, NEW))
        for _ in range(turns):
            await asyncio.sleep(0)
        await store.drop_chunks(KEY, [1])
        await asyncio.gather(moving, return_exceptions=True)

        after = await store.record(KEY)
        assert after is not None
        assert (after.missing, after.whole) == ((1,), False)
        await disk.must_be_true()
        await store.delete_file(KEY)


# Bytes that nobody names


async def test_bytes_without_a_record_are_swept_and_the_others_stay(disk: Disk, store: ModelStore) -> None:
    record = await put(store)
    stray = FileRecord(key=FileKey(REPO, "stray"), revision="", size=4, chunk_size=4)
    for backend in Backend:
        await disk.chunks[backend].write_chunks(stray, 0, [MemoryBytes(b"lost")])
    # Left in the old place by a kill at the end of a move.
    await disk.chunks[NEW].write_chunks(record, 0, [MemoryBytes(b"0123")])

    assert await store.sweep() == 3
    assert await store.assemble_chunks(KEY) == BODY
    await disk.must_be_tidy()


async def test_a_file_that_is_begun_while_others_are_swept_keeps_its_bytes(disk: Disk, store: ModelStore) -> None:
    for turns in range(30):
        stray = FileRecord(key=FileKey(REPO, "stray"), revision="", size=4, chunk_size=4)
        await disk.chunks[OLD].write_chunks(stray, 0, [MemoryBytes(b"lost")])
        sweeping = asyncio.ensure_future(store.sweep())
        for _ in range(turns):
            await asyncio.sleep(0)
        await put(store)
        await sweeping

        assert await store.assemble_chunks(KEY) == BODY
        await store.delete_file(KEY)


async def test_a_file_that_was_begun_and_has_nothing_yet_is_not_swept(disk: Disk, store: ModelStore) -> None:
    record = await store.begin_file(REPO, FILE, revision="c1")
    assert await store.sweep() == 0
    await store.write_chunk(record, 0, MemoryBytes(BODY[:CHUNK]))

    # The next thread does not work on it any more, and keeps what came.
    assert await disk.store(OLD).sweep() == 0
    assert (await store.begin_file(REPO, FILE, revision="c1")).missing == (1, 2)


async def test_an_empty_file_that_is_whole_is_not_swept(disk: Disk, store: ModelStore) -> None:
    empty = ModelFile(path="empty", size=0, digest=digest_of(b""))
    await store.save_chunked_file(REPO, empty, reader(b""), revision="c1")

    assert await disk.store(OLD).sweep() == 0
    assert await store.is_stored(REPO, "c1", empty)


async def test_a_partial_file_is_no_stray(disk: Disk, store: ModelStore) -> None:
    record = await store.begin_file(REPO, FILE, revision="c1")
    await store.write_chunk(record, 1, MemoryBytes(b"4567"))

    assert await store.sweep() == 0
    assert (await store.begin_file(REPO, FILE, revision="c1")).missing == (0, 2)


async def test_with_nothing_stored_there_is_nothing_to_sweep(store: ModelStore) -> None:
    assert await store.sweep() == 0
