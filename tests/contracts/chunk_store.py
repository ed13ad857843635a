"""The contract of `ChunkStore`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from tabagent.ports.buffers import ByteBuffer
from tabagent.ports.chunk_store import ChunkStore
from tabagent.specs import FileKey, FileRecord

SIZE, CHUNK = 11, 4
CHUNKS = (b"abcd", b"efgh", b"ijk")


def _record(repo: str = "acme/tiny", path: str = "onnx/model.onnx", size: int = SIZE, chunk: int = CHUNK) -> FileRecord:
    return FileRecord(key=FileKey(repo, path), revision="1", size=size, chunk_size=chunk)


FILE = _record()


@dataclass(frozen=True)
class World:
    """An empty store and the way to make buffers for it."""

    store: ChunkStore
    buffer: Callable[[bytes], ByteBuffer]

    async def write(self, record: FileRecord, first: int, *chunks: bytes) -> None:
        """Store chunks."""
        await self.store.write_chunks(record, first, [self.buffer(chunk) for chunk in chunks])

    async def read(self, record: FileRecord) -> list[bytes | None]:
        """Return the content of all chunks."""
        chunks = [await self.store.read_chunk(record, index) for index in range(record.chunk_count)]
        return [None if chunk is None else chunk.to_bytes() for chunk in chunks]


async def missing_chunks_are_none(world: World) -> None:
    assert await world.read(FILE) == [None, None, None]


async def chunks_come_back_as_they_were_written(world: World) -> None:
    await world.write(FILE, 0, *CHUNKS[:2])
    await world.write(FILE, 2, CHUNKS[2])

    assert await world.read(FILE) == list(CHUNKS)


async def a_chunk_knows_its_size(world: World) -> None:
    await world.write(FILE, 0, *CHUNKS)
    chunk = await world.store.read_chunk(FILE, 1)
    last = await world.store.read_chunk(FILE, 2)

    assert chunk is not None
    assert last is not None
    assert (chunk.size, last.size) == (4, 3)


async def a_read_chunk_is_the_readers_own(world: World) -> None:
    await world.write(FILE, 0, *CHUNKS)
    first = await world.store.read_chunk(FILE, 0)
    await world.store.read_chunk(FILE, 1)

    assert first is not None
    assert first.to_bytes() == CHUNKS[0]


async def a_written_buffer_stays_the_writers_own(world: World) -> None:
    buffer = world.buffer(CHUNKS[0])
    await world.store.write_chunks(FILE, 0, [buffer])

    assert buffer.to_bytes() == CHUNKS[0]


async def a_part_of_a_larger_buffer_is_stored_alone(world: World) -> None:
    record = _record(size=2, chunk=4)
    await world.write(record, 0, b"ab")

    assert await world.read(record) == [b"ab"]


async def a_written_chunk_replaces_the_older_one_and_no_other(world: World) -> None:
    await world.write(FILE, 0, *CHUNKS)
    await world.write(FILE, 1, b"EFGH")

    assert await world.read(FILE) == [CHUNKS[0], b"EFGH", CHUNKS[2]]


async def the_order_of_writing_does_not_matter(world: World) -> None:
    for index in (2, 0, 1):
        await world.write(FILE, index, CHUNKS[index])

    assert await world.read(FILE) == list(CHUNKS)


async def chunks_after_the_last_stored_one_are_none(world: World) -> None:
    await world.write(FILE, 0, CHUNKS[0])

    assert await world.read(FILE) == [CHUNKS[0], None, None]


async def a_chunk_that_is_shorter_than_the_record_says_is_none(world: World) -> None:
    await world.write(_record(size=6), 0, b"abcd", b"ef")

    assert await world.read(FILE) == [b"abcd", None, None]


async def writing_nothing_stores_nothing(world: World) -> None:
    await world.write(FILE, 0)

    assert await world.read(FILE) == [None, None, None]


async def deleting_a_file_takes_all_chunks(world: World) -> None:
    record = _record(size=24, chunk=2)
    await world.write(record, 0, *(b"%02d" % index for index in range(12)))
    await world.store.delete_file(record.key)

    assert await world.read(record) == [None] * 12
    assert await world.store.files() == ()


async def a_deleted_file_can_be_written_again(world: World) -> None:
    await world.write(FILE, 0, *CHUNKS)
    await world.store.delete_file(FILE.key)
    await world.write(FILE, 0, b"ABCD")

    assert await world.read(FILE) == [b"ABCD", None, None]


async def files_whose_names_begin_or_join_alike_are_different(world: World) -> None:
    records = [
        FILE,
        _record(path="onnx/model.onnx_data"),
        _record(path="onnx"),
        _record(repo="acme", path="tiny/onnx/model.onnx"),
        _record(repo="acme/tiny/onnx", path="model.onnx"),
        _record(path="onnx/model.ONNX"),
        _record(path="onnx%2Fmodel.onnx"),
        _record(path="../tiny/onnx/model.onnx"),
        _record(path="été 漢 😀?.onnx"),
    ]
    for index, record in enumerate(records):
        await world.write(record, 0, b"%04d" % index)
    await world.store.delete_file(FILE.key)

    assert set(await world.store.files()) == {record.key for record in records[1:]}
    for index, record in enumerate(records[1:], 1):
        assert await world.read(record) == [b"%04d" % index, None, None]


async def each_file_is_told_once(world: World) -> None:
    other = _record(repo="beta/b", path="config.json")
    await world.write(FILE, 0, *CHUNKS)
    await world.write(other, 0, *CHUNKS)

    files = await world.store.files()

    assert len(files) == 2
    assert set(files) == {FILE.key, other.key}


async def many_files_can_be_written_and_read_in_turn(world: World) -> None:
    records = [_record(path=f"onnx/part_{index}") for index in range(20)]
    for turn in range(3):
        for record in records:
            await world.write(record, turn, CHUNKS[turn])

    assert [await world.read(record) for record in records] == [list(CHUNKS)] * 20


async def deleting_what_is_not_there_does_nothing(world: World) -> None:
    await world.store.delete_file(FILE.key)
    await world.write(_record(path="config.json"), 0, *CHUNKS)
    await world.store.delete_file(FILE.key)

    assert await world.read(_record(path="config.json")) == list(CHUNKS)


Case = Callable[[World], Awaitable[None]]
CASES: tuple[Case, ...] = (
    missing_chunks_are_none,
    chunks_come_back_as_they_were_written,
    a_chunk_knows_its_size,
    a_read_chunk_is_the_readers_own,
    a_written_buffer_stays_the_writers_own,
    a_part_of_a_larger_buffer_is_stored_alone,
    a_written_chunk_replaces_the_older_one_and_no_other,
    the_order_of_writing_does_not_matter,
    chunks_after_the_last_stored_one_are_none,
    a_chunk_that_is_shorter_than_the_record_says_is_none,
    writing_nothing_stores_nothing,
    deleting_a_file_takes_all_chunks,
    a_deleted_file_can_be_written_again,
    files_whose_names_begin_or_join_alike_are_different,
    each_file_is_told_once,
    many_files_can_be_written_and_read_in_turn,
    deleting_what_is_not_there_does_nothing,
)
