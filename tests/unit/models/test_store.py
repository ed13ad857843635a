"""Whole files over chunks, and the manifest that follows them."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from tabagent.adapters.memory.chunk_store import MemoryBytes, MemoryManifestStore
from tabagent.errors import StorageError
from tabagent.models.chunks import CHUNK_BYTES, CHUNKS_PER_TRANSACTION
from tabagent.models.store import ModelStore
from tabagent.ports.buffers import ByteBuffer
from tabagent.specs import Dtype, FileKey, ManifestEntry, ModelFile, Quant, QuantStatus
from tests.unit.conftest import World

REPO = "acme/tiny"
CONFIG = ModelFile(path="config.json", size=2)
Q8 = ModelFile(path="onnx/model_quantized.onnx", size=4)
Q4 = ModelFile(path="onnx/model_q4.onnx", size=3)
Q4_DATA = ModelFile(path="onnx/model_q4.onnx_data", size=5)
KEY = FileKey(REPO, Q8.path)
ENTRY = ManifestEntry(
    repo=REPO,
    commit="c1",
    task="text-generation",
    common=(CONFIG,),
    quants=(Quant(dtype=Dtype.Q8, weights=(Q8,)), Quant(dtype=Dtype.Q4, weights=(Q4, Q4_DATA))),
)


class Whole:
    """A chunk of full size that holds nothing, so that the tests stay small."""

    size = CHUNK_BYTES

    def to_bytes(self) -> bytes:
        return b""


async def put(world: World, file: ModelFile, commit: str = "c1") -> None:
    """Store a file whole."""
    writer = await world.store.writer(FileKey(REPO, file.path), commit, "")
    await writer.append(MemoryBytes(bytes(file.size)))
    await writer.commit()


async def statuses(world: World) -> dict[Dtype, QuantStatus]:
    entry = await world.store.entry(REPO)
    assert entry is not None
    return {quant.dtype: quant.status for quant in entry.quants}


# Files


async def test_a_file_counts_as_stored_only_after_its_commit(world: World) -> None:
    writer = await world.store.writer(KEY, "c1", "e")
    await writer.append(MemoryBytes(b"abcd"))
    assert await world.store.record(KEY) is None

    record = await writer.commit()
    assert await world.store.record(KEY) == record
    assert (record.revision, record.size, record.chunk_size, record.etag) == ("c1", 4, CHUNK_BYTES, "e")


async def test_chunks_are_written_in_transactions_and_numbered_through(world: World) -> None:
    writer = await world.store.writer(KEY, "c1", "")
    chunks: list[ByteBuffer] = [Whole() for _ in range(CHUNKS_PER_TRANSACTION + 1)]
    for chunk in chunks:
        await writer.append(chunk)
    assert await world.chunks.read_chunk(KEY, CHUNKS_PER_TRANSACTION - 1) is not None
    assert await world.chunks.read_chunk(KEY, CHUNKS_PER_TRANSACTION) is None

    await writer.append(MemoryBytes(b"end"))
    record = await writer.commit()
    assert (await world.store.chunk(KEY, CHUNKS_PER_TRANSACTION + 1)).to_bytes() == b"end"
    assert record.chunk_count == CHUNKS_PER_TRANSACTION + 2
    assert record.size == (CHUNKS_PER_TRANSACTION + 1) * CHUNK_BYTES + 3


async def test_nothing_can_follow_a_short_chunk(world: World) -> None:
    writer = await world.store.writer(KEY, "c1", "")
    await writer.append(MemoryBytes(b"short"))

    with pytest.raises(ValueError, match="less than"):
        await writer.append(MemoryBytes(b"more"))


async def test_replacing_a_file_forgets_the_older_one_first(world: World) -> None:
    await put(world, Q8)
    await world.store.writer(KEY, "c2", "")

    assert await world.store.record(KEY) is None


async def test_a_missing_part_of_a_file_is_an_error_that_names_it(world: World) -> None:
    await put(world, Q8)

    with pytest.raises(StorageError) as failure:
        await world.store.chunk(KEY, 1)
    assert failure.value.details == {"repo": REPO, "file": Q8.path, "chunk": 1}


async def test_a_deleted_file_has_neither_record_nor_chunks(world: World) -> None:
    await put(world, Q8)
    await world.store.delete_file(KEY)

    assert await world.store.record(KEY) is None
    with pytest.raises(StorageError):
        await world.store.chunk(KEY, 0)


async def test_a_file_is_stored_when_commit_and_size_are_those_asked_for(world: World) -> None:
    assert not await world.store.is_stored(REPO, "c1", Q8)
    await put(world, Q8)

    assert await world.store.is_stored(REPO, "c1", Q8)
    assert not await world.store.is_stored(REPO, "c2", Q8)
    assert not await world.store.is_stored(REPO, "c1", replace(Q8, size=5))
    assert not await world.store.is_stored("acme/other", "c1", Q8)


# Manifest


async def test_an_unknown_repository_has_no_entry(world: World) -> None:
    assert await world.store.entry(REPO) is None
    assert await world.store.entries() == ()


async def test_a_new_listing_is_kept_with_nothing_downloaded(world: World) -> None:
    assert await world.store.update_entry(ENTRY) == ENTRY
    assert await world.store.entries() == (ENTRY,)


async def test_a_dtype_is_downloaded_when_all_its_files_are_stored(world: World) -> None:
    for file in (CONFIG, Q8, Q4):
        await put(world, file)
    await world.store.update_entry(ENTRY)
    assert await statuses(world) == {Dtype.Q8: QuantStatus.DOWNLOADED, Dtype.Q4: QuantStatus.AVAILABLE}

    await put(world, Q4_DATA)
    await world.store.update_entry(ENTRY)
    assert await statuses(world) == {Dtype.Q8: QuantStatus.DOWNLOADED, Dtype.Q4: QuantStatus.DOWNLOADED}


async def test_a_dtype_without_its_common_files_is_not_downloaded(world: World) -> None:
    await put(world, Q8)
    await world.store.update_entry(ENTRY)

    assert (await statuses(world))[Dtype.Q8] is QuantStatus.AVAILABLE


async def test_a_new_commit_of_the_repository_takes_the_status_back(world: World) -> None:
    for file in (CONFIG, Q8):
        await put(world, file)
    await world.store.update_entry(ENTRY)
    await world.store.update_entry(replace(ENTRY, commit="c2"))

    assert (await statuses(world))[Dtype.Q8] is QuantStatus.AVAILABLE


async def test_the_status_of_one_dtype_is_changed_and_no_other(world: World) -> None:
    await world.store.update_entry(ENTRY)
    await world.store.set_manifest_quant_status(REPO, Dtype.Q4, QuantStatus.FAILED, "broken")
    entry = await world.store.entry(REPO)

    assert entry is not None
    assert [(quant.status, quant.reason) for quant in entry.quants] == [
        (QuantStatus.AVAILABLE, ""),
        (QuantStatus.FAILED, "broken"),
    ]


async def test_the_status_of_an_unknown_repository_is_not_made_up(world: World) -> None:
    await world.store.set_manifest_quant_status(REPO, Dtype.Q4, QuantStatus.DOWNLOADED)

    assert await world.store.entry(REPO) is None


class SlowManifestStore(MemoryManifestStore):
    """Lets others work before it answers, as a database does."""

    async def get(self, repo: str) -> ManifestEntry | None:
        entry = await super().get(repo)
        await asyncio.sleep(0)
        return entry


async def test_changes_at_the_same_time_do_not_lose_one_another(world: World) -> None:
    world.store = ModelStore(world.chunks, SlowManifestStore())
    await world.store.update_entry(ENTRY)
    await asyncio.gather(
        world.store.set_manifest_quant_status(REPO, Dtype.Q8, QuantStatus.FAILED),
        world.store.set_manifest_quant_status(REPO, Dtype.Q4, QuantStatus.UNSUPPORTED),
    )

    assert await statuses(world) == {Dtype.Q8: QuantStatus.FAILED, Dtype.Q4: QuantStatus.UNSUPPORTED}
