"""Whole files over chunks: what counts as stored, and what does not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tabagent.adapters.memory.chunk_store import MemoryBytes
from tabagent.models import files
from tabagent.models.store import ModelStore
from tabagent.ports.buffers import ByteBuffer
from tabagent.specs import Backend, ChunkInfo, FileKey, FileRecord, ModelFile
from tabagent.store_errors import FileDamaged, IntegrityFailed, StorageError, StorageFull
from tests.unit.models.conftest import CHUNK
from tests.unit.models.dying import Disk, digest_of, reader

pytestmark = pytest.mark.usefixtures("small_chunks")

REPO = "acme/tiny"
PATH = "onnx/model.onnx"
KEY = FileKey(REPO, PATH)
BODY = b"0123456789"
SHA, GIT = digest_of(BODY), digest_of(BODY, "git:")
FILE = ModelFile(path=PATH, size=len(BODY), digest=SHA)
OTHER_CONTENT = b"9876543210"


@pytest.fixture
def disk() -> Disk:
    return Disk()


@pytest.fixture
def store(disk: Disk) -> ModelStore:
    return disk.store()


async def put(store: ModelStore, file: ModelFile = FILE, body: bytes = BODY, revision: str = "c1") -> FileRecord:
    return await store.save_chunked_file(REPO, file, reader(body), revision=revision)


async def put_part(store: ModelStore, *indexes: int, file: ModelFile = FILE, revision: str = "c1") -> FileRecord:
    """Begin the file and store some of its chunks."""
    record = await store.begin_file(REPO, file, revision=revision)
    for index in indexes:
        record = await store.write_chunk(record, index, MemoryBytes(BODY[index * CHUNK : (index + 1) * CHUNK]))
    return record


def damage(disk: Disk, *indexes: int) -> None:
    for index in indexes:
        disk.chunks[Backend.INDEXED_DB].damage(KEY, index)


# Writing


async def test_a_file_is_written_chunk_by_chunk_and_whole_at_the_end(store: ModelStore, disk: Disk) -> None:
    record = await put(store)

    assert (record.whole, record.digest, record.revision, record.chunk_size) == (True, SHA, "c1", CHUNK)
    assert await store.record(KEY) == record
    assert await store.assemble_chunks(KEY) == BODY
    assert [(await store.chunk(record, index)).to_bytes() for index in range(3)] == [b"0123", b"4567", b"89"]
    await disk.must_be_tidy()


@pytest.mark.parametrize("size", [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 3 * CHUNK - 1])
async def test_files_of_every_size_come_back_as_they_were(store: ModelStore, size: int) -> None:
    body = bytes(range(size))
    record = await put(store, ModelFile(path=PATH, size=size, digest=digest_of(body)), body)

    assert record.chunk_count == len(record.chunks) == -(-size // CHUNK)
    assert await store.assemble_chunks(KEY) == body


async def test_a_file_has_no_content_before_it_is_whole(store: ModelStore) -> None:
    record = await put_part(store, 0, 1, 2)

    assert not record.missing
    assert not record.whole
    assert await store.assemble_chunks(KEY) is None
    assert not await store.is_stored(REPO, "c1", FILE)


async def test_chunks_may_come_in_any_order(store: ModelStore) -> None:
    record = await put_part(store, 2, 0)
    assert (record.missing, record.stored_bytes) == ((1,), 6)

    assert (await put(store)).whole
    assert await store.assemble_chunks(KEY) == BODY


@pytest.mark.parametrize("size", [0, 3, 5])
async def test_a_chunk_of_another_size_than_its_place_is_refused(store: ModelStore, size: int) -> None:
    record = await store.begin_file(REPO, FILE, revision="c1")

    with pytest.raises(ValueError, match="chunk 0"):
        await store.write_chunk(record, 0, MemoryBytes(b"x" * size))


async def test_a_chunk_that_found_no_room_counts_as_missing(store: ModelStore, disk: Disk) -> None:
    record = await put_part(store, 0)
    disk.chunks[Backend.INDEXED_DB].capacity = CHUNK

    with pytest.raises(StorageFull):
        await store.write_chunk(record, 1, MemoryBytes(b"4567"))
    assert (await put_part(store)).missing == (1, 2)
    await disk.must_be_tidy()


async def test_a_chunk_whose_record_was_refused_counts_as_missing(store: ModelStore, disk: Disk) -> None:
    record = await put_part(store, 0)
    disk.index.refuses = True
    with pytest.raises(StorageError):
        await store.write_chunk(record, 1, MemoryBytes(b"4567"))
    disk.index.refuses = False

    assert (await put_part(store)).missing == (1, 2)
    await disk.must_be_true()


async def test_a_chunk_of_a_file_that_was_deleted_meanwhile_is_refused(store: ModelStore, disk: Disk) -> None:
    record = await put_part(store, 0)
    await store.delete_file(KEY)

    with pytest.raises(FileDamaged, match="deleted meanwhile"):
        await store.write_chunk(record, 1, MemoryBytes(b"4567"))
    assert await store.record(KEY) is None


# Going on


async def test_a_file_that_was_begun_goes_on_where_it_was(store: ModelStore) -> None:
    await put_part(store, 0, 2)
    asked: list[tuple[int, int]] = []

    async def read(offset: int, length: int) -> ByteBuffer:
        asked.append((offset, length))
        return MemoryBytes(BODY[offset : offset + length])

    heard: list[int] = []
    await store.save_chunked_file(REPO, FILE, read, revision="c1", on_bytes=heard.append)
    assert asked == [(4, 4)]
    assert heard == [6, 4]


async def test_a_file_keeps_its_chunk_size_when_a_later_version_has_another(
    store: ModelStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    await put_part(store, 0)
    monkeypatch.setattr(files, "CHUNK_BYTES", 5)

    record = await put(store)
    assert record.chunk_size == CHUNK
    assert await store.assemble_chunks(KEY) == BODY


@pytest.mark.parametrize("whole", [False, True])
async def test_a_commit_that_did_not_change_the_file_keeps_what_is_stored(store: ModelStore, *, whole: bool) -> None:
    before = await put(store) if whole else await put_part(store, 0, 1)

    assert await store.begin_file(REPO, FILE, revision="c2") == replace(before, revision="c2")


@pytest.mark.parametrize(
    ("file", "revision"),
    [
        (replace(FILE, digest=digest_of(OTHER_CONTENT)), "c1"),
        (replace(FILE, digest=digest_of(OTHER_CONTENT)), "c2"),
        (replace(FILE, size=11), "c1"),
        # Nobody knows whether it is the same.
        (replace(FILE, digest=None), "c2"),
        (replace(FILE, digest=digest_of(OTHER_CONTENT, "git:")), "c2"),
    ],
)
async def test_another_content_replaces_what_is_stored(
    store: ModelStore, disk: Disk, file: ModelFile, revision: str
) -> None:
    await put(store)
    record = await store.begin_file(REPO, file, revision=revision)

    assert (record.missing, record.whole, record.size, record.revision) == ((0, 1, 2), False, file.size, revision)
    assert disk.usage == 0


async def test_a_content_that_is_known_by_another_kind_of_digest_is_compared_by_the_hubs(store: ModelStore) -> None:
    await put(store)
    record = await store.begin_file(REPO, replace(FILE, digest=GIT), revision="c2")

    assert (record.whole, record.digest, record.revision) == (True, GIT, "c2")


async def test_a_file_without_a_digest_is_the_same_at_the_same_commit(store: ModelStore) -> None:
    before = await put_part(store, 0, file=replace(FILE, digest=None))

    assert await store.begin_file(REPO, replace(FILE, digest=None), revision="c1") == before
    # What the hub says of it later is what it must be.
    assert (await store.begin_file(REPO, FILE, revision="c1")).digest == SHA


async def test_the_validator_of_a_file_is_kept(store: ModelStore) -> None:
    await put_part(store, 0)
    await store.set_etag(KEY, '"abc"')

    assert (await put_part(store)).etag == '"abc"'
    assert (await store.restart_file(KEY)).etag == ""


# Verifying


@pytest.mark.parametrize("digest", [SHA, GIT])
async def test_a_file_is_verified_by_the_digest_that_the_hub_tells(store: ModelStore, digest: str) -> None:
    record = await put(store, replace(FILE, digest=digest))

    assert (record.whole, record.digest) == (True, digest)


async def test_a_file_of_which_the_hub_tells_no_digest_gets_its_own(store: ModelStore) -> None:
    assert (await put(store, replace(FILE, digest=None))).digest == SHA


@pytest.mark.parametrize("digest", [digest_of(OTHER_CONTENT), digest_of(OTHER_CONTENT, "git:")])
async def test_nothing_is_kept_of_a_file_with_another_digest(store: ModelStore, disk: Disk, digest: str) -> None:
    with pytest.raises(IntegrityFailed) as failure:
        await put(store, replace(FILE, digest=digest))

    assert failure.value.details["expected"] == digest
    assert await store.record(KEY) is None
    assert disk.usage == 0


async def test_a_file_that_does_not_come_back_as_it_was_written_is_not_whole(store: ModelStore, disk: Disk) -> None:
    await put_part(store, 0, 1, 2)
    damage(disk, 1)

    with pytest.raises(FileDamaged) as failure:
        await store.finish_file(KEY)
    assert failure.value.details["chunks"] == [1]
    assert (await put_part(store)).missing == (1,)


async def test_a_whole_file_is_not_verified_again(store: ModelStore, disk: Disk) -> None:
    record = await put(store)
    damage(disk, 0)

    assert await store.finish_file(KEY) == record


async def test_a_content_digest_tells_how_far_it_is(store: ModelStore) -> None:
    heard: list[int] = []

    assert await store.content_digest(await put(store), on_bytes=heard.append) == SHA
    assert heard == [4, 4, 2]


# Reading


async def test_a_damaged_chunk_is_never_handed_out(store: ModelStore, disk: Disk) -> None:
    record = await put(store)
    damage(disk, 1)

    assert (await store.chunk(record, 0)).to_bytes() == b"0123"
    with pytest.raises(FileDamaged) as failure:
        await store.chunk(record, 1)
    assert (failure.value.details["file"], failure.value.details["chunks"]) == (PATH, [1])
    with pytest.raises(FileDamaged):
        await store.assemble_chunks(KEY)


@pytest.mark.parametrize("index", [0, 2])
async def test_a_chunk_that_has_gone_is_damage(store: ModelStore, disk: Disk, index: int) -> None:
    record = await put(store)
    disk.chunks[Backend.INDEXED_DB].lose(KEY, index)

    with pytest.raises(FileDamaged):
        await store.chunk(record, index)


@pytest.mark.parametrize("index", [1, 3, 99])
async def test_a_chunk_that_was_never_stored_is_damage(store: ModelStore, index: int) -> None:
    record = await put_part(store, 0)

    with pytest.raises(FileDamaged):
        await store.chunk(record, index)


async def test_all_damaged_chunks_are_found_and_no_others(store: ModelStore, disk: Disk) -> None:
    record = await put(store)
    assert await store.damaged_chunks(record) == []

    damage(disk, 0)
    disk.chunks[Backend.INDEXED_DB].lose(KEY, 2)
    assert await store.damaged_chunks(record) == [0, 2]


async def test_how_a_file_is_stored_is_told(store: ModelStore) -> None:
    assert await store.get_chunk_info(KEY) is None
    await put_part(store, 2)
    assert await store.get_chunk_info(KEY) == ChunkInfo(3, 1, 10, 2, whole=False)
    await put(store)
    assert await store.get_chunk_info(KEY) == ChunkInfo(3, 3, 10, 10, whole=True)


@pytest.mark.parametrize(
    ("commit", "file", "stored"),
    [
        ("c1", FILE, True),
        # A commit that did not change the file.
        ("c2", FILE, True),
        ("c1", replace(FILE, digest=GIT), True),
        ("c2", replace(FILE, digest=GIT), False),
        ("c2", replace(FILE, digest=None), False),
        ("c1", replace(FILE, size=11), False),
        ("c1", replace(FILE, digest=digest_of(OTHER_CONTENT)), False),
        ("c1", replace(FILE, path="other"), False),
    ],
)
async def test_a_file_is_stored_when_it_is_whole_and_the_one_asked_for(
    store: ModelStore, commit: str, file: ModelFile, *, stored: bool
) -> None:
    await put(store)

    assert await store.is_stored(REPO, commit, file) is stored


# Repair


async def test_a_chunk_is_replaced_by_the_one_that_it_was(store: ModelStore, disk: Disk) -> None:
    record = await put(store)
    damage(disk, 1)

    assert await store.replace_chunk(record, 1, MemoryBytes(b"4567"))
    assert await store.record(KEY) == record
    assert await store.assemble_chunks(KEY) == BODY


@pytest.mark.parametrize(("index", "chunk"), [(1, b"5555"), (1, b"456"), (0, b"4567"), (3, b"4567")])
async def test_a_chunk_is_not_replaced_by_another_one(store: ModelStore, disk: Disk, index: int, chunk: bytes) -> None:
    record = await put(store)

    assert not await store.replace_chunk(record, index, MemoryBytes(chunk))
    assert await store.assemble_chunks(KEY) == BODY


async def test_dropped_chunks_are_missing_from_then_on(store: ModelStore) -> None:
    await put(store)
    await store.drop_chunks(KEY, [0, 2])
    record = await store.record(KEY)

    assert record is not None
    assert (record.missing, record.whole) == ((0, 2), False)
    assert (await put(store)).whole


async def test_chunks_of_a_file_that_is_not_there_cannot_be_dropped(store: ModelStore) -> None:
    await store.drop_chunks(KEY, [0])

    assert await store.record(KEY) is None


async def test_a_restarted_file_has_no_chunks_and_is_written_anew(store: ModelStore, disk: Disk) -> None:
    await put_part(store, 0, 1)
    assert (await store.restart_file(KEY)).missing == (0, 1, 2)

    await put(store)
    assert await store.assemble_chunks(KEY) == BODY
    await disk.must_be_tidy()


# Deleting


async def test_a_deleted_file_leaves_neither_record_nor_bytes(store: ModelStore, disk: Disk) -> None:
    await put(store)

    assert await store.delete_file(KEY) == len(BODY)
    assert (await store.record(KEY), disk.usage) == (None, 0)
    assert await store.delete_file(KEY) == 0


async def test_only_what_is_not_whole_is_given_up(store: ModelStore, disk: Disk) -> None:
    await put(store)
    await store.delete_unfinished(REPO, PATH)
    assert disk.usage == len(BODY)

    await store.drop_chunks(KEY, [0])
    await store.delete_unfinished(REPO, PATH)
    assert (disk.usage, await store.record(KEY)) == (0, None)
    await store.delete_unfinished(REPO, PATH)
