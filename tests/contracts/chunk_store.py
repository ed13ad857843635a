"""The contract of `ChunkStore`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from tabagent.ports.buffers import ByteBuffer
from tabagent.ports.chunk_store import ChunkStore
from tabagent.specs import FileKey, FileRecord

FILE = FileKey("acme/tiny", "onnx/model.onnx")
SIBLING = FileKey("acme/tiny", "onnx/model.onnx_data")


@dataclass(frozen=True)
class World:
    """An empty store and the way to make buffers for it."""

    store: ChunkStore
    buffer: Callable[[bytes], ByteBuffer]


async def _content(world: World, key: FileKey, count: int) -> list[bytes | None]:
    chunks = [await world.store.read_chunk(key, index) for index in range(count)]
    return [None if chunk is None else chunk.to_bytes() for chunk in chunks]


async def missing_chunks_are_none(world: World) -> None:
    assert await world.store.read_chunk(FILE, 0) is None


async def chunks_come_back_as_they_were_written(world: World) -> None:
    await world.store.write_chunks(FILE, 0, [world.buffer(b"ab"), world.buffer(b"cd")])
    await world.store.write_chunks(FILE, 2, [world.buffer(b"e")])

    assert await _content(world, FILE, 4) == [b"ab", b"cd", b"e", None]


async def a_chunk_knows_its_size(world: World) -> None:
    await world.store.write_chunks(FILE, 0, [world.buffer(b"abc")])
    chunk = await world.store.read_chunk(FILE, 0)

    assert chunk is not None
    assert chunk.size == 3


async def a_written_chunk_replaces_the_older_one(world: World) -> None:
    await world.store.write_chunks(FILE, 0, [world.buffer(b"old")])
    await world.store.write_chunks(FILE, 0, [world.buffer(b"new!")])

    assert await _content(world, FILE, 1) == [b"new!"]


async def a_record_is_none_until_it_is_written(world: World) -> None:
    await world.store.write_chunks(FILE, 0, [world.buffer(b"ab")])

    assert await world.store.read_record(FILE) is None


async def a_record_comes_back_equal(world: World) -> None:
    record = FileRecord(key=FILE, revision="c0ffee", size=3 * 2**31, chunk_size=8, etag='"abc"')
    await world.store.write_record(record)

    assert await world.store.read_record(FILE) == record


async def deleting_a_record_keeps_the_chunks(world: World) -> None:
    await world.store.write_chunks(FILE, 0, [world.buffer(b"ab")])
    await world.store.write_record(FileRecord(key=FILE, revision="1", size=2, chunk_size=8))
    await world.store.delete_record(FILE)

    assert await world.store.read_record(FILE) is None
    assert await _content(world, FILE, 1) == [b"ab"]


async def deleting_a_file_takes_record_and_all_chunks(world: World) -> None:
    await world.store.write_chunks(FILE, 0, [world.buffer(b"%d" % index) for index in range(12)])
    await world.store.write_record(FileRecord(key=FILE, revision="1", size=14, chunk_size=1))
    await world.store.delete_file(FILE)

    assert await world.store.read_record(FILE) is None
    assert await _content(world, FILE, 12) == [None] * 12


async def deleting_a_file_leaves_one_whose_name_goes_on(world: World) -> None:
    await world.store.write_chunks(FILE, 0, [world.buffer(b"ab")])
    await world.store.write_chunks(SIBLING, 0, [world.buffer(b"cd")])
    await world.store.delete_file(FILE)

    assert await _content(world, SIBLING, 1) == [b"cd"]


async def deleting_what_is_not_there_does_nothing(world: World) -> None:
    await world.store.delete_file(FILE)
    await world.store.delete_record(FILE)

    assert await world.store.read_record(FILE) is None


Case = Callable[[World], Awaitable[None]]
CASES: tuple[Case, ...] = (
    missing_chunks_are_none,
    chunks_come_back_as_they_were_written,
    a_chunk_knows_its_size,
    a_written_chunk_replaces_the_older_one,
    a_record_is_none_until_it_is_written,
    a_record_comes_back_equal,
    deleting_a_record_keeps_the_chunks,
    deleting_a_file_takes_record_and_all_chunks,
    deleting_a_file_leaves_one_whose_name_goes_on,
    deleting_what_is_not_there_does_nothing,
)
