"""The contract of `FileOffer`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from tabagent.ports.buffers import ByteBuffer
from tabagent.ports.chunk_store import ChunkStore
from tabagent.ports.file_offer import FileOffer
from tabagent.specs import Backend, FileKey, FileRecord
from tabagent.store_errors import StorageError

CONTENT = bytes(range(256)) * 5
CHUNK = 500


@dataclass(frozen=True)
class World:
    """An offer over empty chunk stores, the way to make buffers, and the way to read an address (None: nothing)."""

    offers: FileOffer
    chunks: Mapping[Backend, ChunkStore]
    buffer: Callable[[bytes], ByteBuffer]
    read: Callable[[str], Awaitable[bytes | None]]

    async def stored(self, backend: Backend, content: bytes = CONTENT, path: str = "onnx/model.onnx") -> FileRecord:
        record = FileRecord(
            key=FileKey("acme/tiny", path),
            revision="",
            size=len(content),
            chunk_size=CHUNK,
            backend=backend,
            whole=True,
        )
        pieces = [self.buffer(content[start : start + CHUNK]) for start in range(0, len(content), CHUNK)]
        await self.chunks[backend].write_chunks(record, 0, pieces)
        return record


async def parts_are_read_one_after_the_other(world: World) -> None:
    for backend in world.chunks:
        record = await world.stored(backend)
        address = await world.offers.offer([b"before ", record, b" between ", record, b" after"])

        assert await world.read(address) == b"before " + CONTENT + b" between " + CONTENT + b" after"


async def files_of_all_backends_go_together(world: World) -> None:
    records = [await world.stored(backend, str(backend).encode() * 90) for backend in world.chunks]
    address = await world.offers.offer(records)

    assert await world.read(address) == b"".join(str(backend).encode() * 90 for backend in world.chunks)


async def an_empty_offer_has_no_bytes(world: World) -> None:
    assert await world.read(await world.offers.offer([])) == b""


async def an_empty_file_adds_nothing(world: World) -> None:
    for backend in world.chunks:
        record = FileRecord(
            key=FileKey("acme/tiny", "empty"), revision="", size=0, chunk_size=CHUNK, backend=backend, whole=True
        )
        assert await world.read(await world.offers.offer([b"a", record, b"b"])) == b"ab"


async def a_file_that_is_not_stored_whole_is_not_offered(world: World) -> None:
    for backend in world.chunks:
        whole = await world.stored(backend)
        absent = FileRecord(key=FileKey("acme/none", "x"), revision="", size=700, chunk_size=CHUNK, backend=backend)
        longer = FileRecord(key=whole.key, revision="", size=len(CONTENT) + 1, chunk_size=CHUNK, backend=backend)
        for record in (absent, longer):
            caught: StorageError | None = None
            try:
                await world.offers.offer([b"a", record])
            except StorageError as error:
                caught = error

            assert caught is not None
            assert caught.details["file"] == record.key.path


async def two_offers_are_two_addresses_and_one_withdrawn_leaves_the_other(world: World) -> None:
    first, second = await world.offers.offer([b"one"]), await world.offers.offer([b"two"])
    await world.offers.withdraw(first)
    await world.offers.withdraw(first)

    assert await world.read(first) is None
    assert await world.read(second) == b"two"


async def withdrawing_what_was_never_offered_does_nothing(world: World) -> None:
    await world.offers.withdraw("")
    await world.offers.withdraw("blob:nobody")


Case = Callable[[World], Awaitable[None]]
CASES: tuple[Case, ...] = (
    parts_are_read_one_after_the_other,
    files_of_all_backends_go_together,
    an_empty_offer_has_no_bytes,
    an_empty_file_adds_nothing,
    a_file_that_is_not_stored_whole_is_not_offered,
    two_offers_are_two_addresses_and_one_withdrawn_leaves_the_other,
    withdrawing_what_was_never_offered_does_nothing,
)
