"""Files that change on the hub or on the disk while they come, repairs, and downloads that are given up."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from tabagent.adapters.memory.chunk_store import MemoryBytes
from tabagent.adapters.memory.fetcher import Answer
from tabagent.models.chunks import Span
from tabagent.models.downloader import CONNECTIONS, FileListener
from tabagent.models.retry import ATTEMPTS
from tabagent.ports.buffers import ByteBuffer
from tabagent.specs import FileRecord
from tabagent.store_errors import ConnectionLost, FileDamaged, IncompleteFile, StorageError, StorageFull
from tests.unit.conftest import COMMIT, REPO
from tests.unit.models.conftest import CHUNK
from tests.unit.models.download_desk import ADDRESS, BODY, ETAG, FILE, HUBS, KEY, NEWER, PATH, Desk, desk_with
from tests.unit.models.dying import digest_of

pytestmark = pytest.mark.usefixtures("small_chunks")

NEWER_FILE = replace(FILE, digest=digest_of(NEWER))
NEWER_HUBS = Answer(body=NEWER, headers={"etag": '"newer"'})


@pytest.fixture
def desk() -> Desk:
    return desk_with()


async def stop_after(desk: Desk, chunks: int) -> int:
    """Download until so many chunks are stored, then drop the thread's work; return the bytes that are stored."""
    task = asyncio.ensure_future(desk.download())
    await desk.world.until(lambda: len(desk.stored) > chunks)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    record = await desk.world.store.record(KEY)
    assert record is not None
    desk.line.carried.clear()
    desk.line.sent.clear()
    return record.stored_bytes


# Given up and gone on with


@pytest.mark.parametrize("chunks", range(1, 10))
async def test_a_download_that_was_dropped_goes_on_from_the_stored_chunks(desk: Desk, chunks: int) -> None:
    stored = await stop_after(desk, chunks)
    assert stored >= chunks * CHUNK - 2

    await desk.download()
    assert await desk.content() == BODY
    assert desk.line.carried.total() == len(BODY) - stored
    assert all(sent.headers.get("If-Range") == ETAG for sent in desk.line.sent)


# Changes on the hub


async def test_a_file_that_changes_between_two_parts_is_begun_again(desk: Desk) -> None:
    """What came first is of the older content; the listing already tells of the newer one."""
    desk = desk_with([HUBS, HUBS, NEWER_HUBS], NEWER_FILE)
    record = await desk.download()

    assert await desk.content() == NEWER
    assert record.etag == '"newer"'


async def test_a_file_that_has_changed_since_the_last_try_is_begun_again(desk: Desk) -> None:
    await stop_after(desk, 5)
    desk.line.answers[ADDRESS] = NEWER_HUBS
    record = await desk.world.store.record(KEY)
    assert record is not None
    # Of the same commit and without a digest, nothing but the validator tells them apart.
    desk.file = replace(FILE, digest=None)
    await desk.world.store.delete_file(KEY)
    await desk.world.store.begin_file(record.key.repo, desk.file, revision=record.revision, etag=ETAG)
    done = await desk.download()

    assert await desk.content() == NEWER
    assert (done.etag, done.digest) == ('"newer"', digest_of(NEWER))


async def test_a_part_of_another_file_is_a_change_even_when_the_hub_ignores_the_validator(desk: Desk) -> None:
    """It answers 206 with the newer file's bytes and validator, whatever `If-Range` said."""
    record = await desk.world.store.begin_file(REPO, FILE, revision=COMMIT, etag=ETAG)
    for index in set(range(10)) - {4}:
        chunk = MemoryBytes(BODY[index * CHUNK : (index + 1) * CHUNK])
        await desk.world.store.write_chunk(record, index, chunk)
    newer = {"etag": '"newer"', "content-range": f"bytes 16-19/{len(BODY)}"}
    desk.line.answers[ADDRESS] = [Answer(body=NEWER[16:20], status=206, headers=newer), HUBS]
    await desk.download()

    assert await desk.content() == BODY
    # All of it is of one file again, and not a byte of the other one was read.
    assert {place for _, place in desk.line.carried} == set(range(len(BODY)))
    assert desk.line.carried.total() == len(BODY)


async def test_a_file_that_keeps_changing_is_given_up() -> None:
    answers = [replace(HUBS, headers={"etag": f'"{number}"'}) for number in range(50)]

    with pytest.raises(IncompleteFile):
        await desk_with(answers).download()


# Changes on the disk


async def test_a_chunk_that_does_not_come_back_from_the_disk_is_fetched_again(desk: Desk) -> None:
    task = asyncio.ensure_future(desk.download())
    await desk.world.until(lambda: desk.world.chunks.usage == CHUNK)
    [place] = desk.world.chunks._chunks
    desk.world.chunks.damage(*place)
    await task

    assert await desk.content() == BODY
    # That chunk, and what was on its way over the connections that are closed for the next try.
    assert desk.line.again(ADDRESS) <= CHUNK * (1 + CONNECTIONS)


async def test_a_disk_that_loses_everything_at_once_is_an_error_that_names_the_file(desk: Desk) -> None:
    class Forgetful(type(desk.world.chunks)):  # type: ignore[misc]
        async def read_chunk(self, record: FileRecord, index: int) -> None:
            return None

    desk.world.chunks.__class__ = Forgetful
    with pytest.raises(FileDamaged) as failure:
        await desk.download()

    assert failure.value.details["file"] == PATH


async def test_a_full_disk_ends_the_download_and_keeps_what_came(desk: Desk) -> None:
    desk.world.chunks.capacity = 5 * CHUNK
    with pytest.raises(StorageFull):
        await desk.download()
    record = await desk.world.store.record(KEY)
    assert record is not None
    assert record.stored_bytes == 5 * CHUNK
    assert desk.world.pauses == []

    desk.world.chunks.capacity = None
    desk.line.carried.clear()
    await desk.download()
    assert await desk.content() == BODY
    assert desk.line.carried.total() == len(BODY) - 5 * CHUNK


async def test_an_index_that_refuses_ends_the_download(desk: Desk) -> None:
    task = asyncio.ensure_future(desk.download())
    await desk.world.until(lambda: len(desk.stored) > 3)
    desk.world.index.refuses = True
    with pytest.raises(StorageError):
        await task
    desk.world.index.refuses = False

    await desk.download()
    assert await desk.content() == BODY


async def test_a_file_that_is_deleted_while_it_comes_is_begun_again(desk: Desk) -> None:
    task = asyncio.ensure_future(desk.download())
    await desk.world.until(lambda: len(desk.stored) > 3)
    await desk.world.store.delete_file(KEY)
    await task

    assert await desk.content() == BODY


# Repair


async def whole(desk: Desk) -> FileRecord:
    record = await desk.download()
    desk.line.carried.clear()
    desk.line.sent.clear()
    return record


@pytest.mark.parametrize("damaged", [[0], [9], [4, 5], [1, 8], list(range(10))])
async def test_only_damaged_chunks_are_fetched_again(desk: Desk, damaged: list[int]) -> None:
    record = await whole(desk)
    for index in damaged:
        desk.world.chunks.damage(KEY, index)
    await desk.world.downloader.repair(record, reversed(damaged))

    assert await desk.content() == BODY
    assert await desk.world.store.record(KEY) == record
    assert {place // CHUNK for _, place in desk.line.carried} == set(damaged)
    assert desk.line.again(ADDRESS) == 0
    assert all(sent.headers["If-Range"] == ETAG for sent in desk.line.sent)


async def test_a_repair_goes_on_after_a_cut(desk: Desk) -> None:
    record = await whole(desk)
    desk.world.chunks.lose(KEY, 4)
    desk.line.cuts.add((ADDRESS, 17))
    await desk.world.downloader.repair(record, [4])

    assert await desk.content() == BODY


async def test_a_line_that_breaks_in_every_chunk_of_one_request_brings_them_all(desk: Desk) -> None:
    """Each chunk that comes gives new patience: there are more cuts than tries."""
    record = await whole(desk)
    desk.line.cuts = {(ADDRESS, place) for place in range(1, len(BODY), CHUNK)}
    came: list[bytes] = []

    async def put(index: int, chunk: ByteBuffer) -> None:
        assert index == len(came)
        came.append(chunk.to_bytes())

    await desk.world.downloader.bring(record, Span(0, 9), put, FileListener())
    assert b"".join(came) == BODY
    assert len(desk.world.pauses) == 10 > ATTEMPTS


@pytest.mark.parametrize(
    ("answers", "cause"),
    [
        # The same validator and length, other bytes.
        ([replace(HUBS, body=NEWER)], "the hub has other bytes now"),
        ([NEWER_HUBS], "the file has changed on the hub"),
        ([replace(HUBS, gives_parts=False)], "gives no parts"),
        ([Answer(status=404)], "has no model"),
        ([], "cannot be reached"),
    ],
)
async def test_a_repair_that_cannot_be_made_counts_the_chunks_as_missing(
    desk: Desk, answers: list[Answer], cause: str
) -> None:
    record = await whole(desk)
    desk.world.chunks.damage(KEY, 4)
    desk.line.answers = {ADDRESS: answers} if answers else {}

    with pytest.raises(FileDamaged, match=cause) as failure:
        await desk.world.downloader.repair(record, [4])
    assert (failure.value.details["file"], failure.value.details["chunks"]) == (PATH, [4])
    after = await desk.world.store.record(KEY)
    assert after is not None
    assert (after.missing, after.whole) == ((4,), False)

    # With the network back, these parts alone are downloaded.
    desk.line.answers = {ADDRESS: HUBS}
    desk.line.carried.clear()
    await desk.download()
    assert await desk.content() == BODY
    assert {place // CHUNK for _, place in desk.line.carried} == {4}


async def test_a_repair_during_a_lost_connection_is_given_up_after_some_tries(desk: Desk) -> None:
    record = await whole(desk)
    desk.world.chunks.damage(KEY, 4)
    desk.line.down = True

    with pytest.raises(FileDamaged) as failure:
        await desk.world.downloader.repair(record, [4])
    assert isinstance(failure.value.__cause__, ConnectionLost)
    assert len(desk.line.sent) == len(desk.world.pauses) + 1
