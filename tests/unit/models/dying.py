"""Stores that a thread dies over, and what must hold whenever it did.

A thread that is ended by the browser ends between two writes: what was written is there, nothing comes after it, and no
`finally` is reached. Here every write takes a turn of the event loop, so that several are on their way at a time.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from tabagent.adapters.memory.chunk_store import MemoryBytes, MemoryChunkStore
from tabagent.adapters.memory.hasher import MemoryHasher
from tabagent.adapters.memory.model_index import MemoryModelIndex
from tabagent.models.manifest import holds
from tabagent.models.store import ModelStore
from tabagent.ports.buffers import ByteBuffer
from tabagent.ports.chunk_store import ChunkStore
from tabagent.ports.model_index import IndexChange
from tabagent.specs import Backend, FileKey, FileRecord, ManifestEntry, QuantStatus
from tests.unit.conftest import git_blob_id


class Life:
    """Counts the writes of a thread, and ends it after some of them."""

    def __init__(self) -> None:
        self.writes = 0
        self.over = asyncio.Event()
        self._limit: int | None = None

    def begin(self, limit: int | None = None) -> None:
        """Begin another thread, which dies after `limit` writes."""
        self.writes, self._limit = 0, limit
        self.over.clear()

    @asynccontextmanager
    async def write(self) -> AsyncIterator[None]:
        """Make a write, and never come back from the last one."""
        await asyncio.sleep(0)
        self._end_when_due()
        yield
        self.writes += 1
        self._end_when_due()
        await asyncio.sleep(0)
        self._end_when_due()

    def _end_when_due(self) -> None:
        if self.writes == self._limit:
            self.over.set()
        if self.over.is_set():
            raise asyncio.CancelledError("the thread has died")


class MortalChunkStore(MemoryChunkStore):
    """Chunks in memory, written one at a time."""

    def __init__(self, life: Life) -> None:
        super().__init__()
        self._life = life

    async def write_chunks(self, record: FileRecord, first: int, chunks: Sequence[ByteBuffer]) -> None:
        async with self._life.write():
            await super().write_chunks(record, first, chunks)

    async def delete_file(self, key: FileKey) -> None:
        async with self._life.write():
            await super().delete_file(key)


class MortalModelIndex(MemoryModelIndex):
    """An index in memory whose every change must be true when it is made.

    Attributes:
        check: Looks at what the index says.
    """

    def __init__(self, life: Life) -> None:
        super().__init__()
        self._life = life
        self.check: Callable[[], Awaitable[None]] | None = None

    async def apply(self, change: IndexChange) -> None:
        async with self._life.write():
            await super().apply(change)
            if self.check is not None:
                await self.check()


@dataclass
class Disk:
    """What stays when a thread dies."""

    life: Life = field(default_factory=Life)

    def __post_init__(self) -> None:
        self.index = MortalModelIndex(self.life)
        self.chunks = {backend: MortalChunkStore(self.life) for backend in (Backend.INDEXED_DB, Backend.OPFS)}
        self.index.check = self.must_be_true

    @property
    def usage(self) -> int:
        """Bytes of all chunks."""
        return sum(chunks.usage for chunks in self.chunks.values())

    def store(self, default: Backend = Backend.INDEXED_DB) -> ModelStore:
        """Return the model store of a new thread."""
        chunks: Mapping[Backend, ChunkStore] = self.chunks
        return ModelStore(index=self.index, chunks=chunks, hasher=MemoryHasher(), default=default)

    async def must_be_true(self) -> None:
        """Look that what the index says is stored is stored, and that the manifest agrees with it."""
        records = await self.index.records()
        for record in records:
            await self._record_must_be_true(record)
        for entry in await self.index.entries():
            _entry_must_be_true(entry, [record for record in records if record.key.repo == entry.repo])

    async def must_be_tidy(self) -> None:
        """Look that no byte is stored that no record names."""
        await self.must_be_true()
        named = sum(record.stored_bytes for record in await self.index.records())
        assert self.usage == named

    async def _record_must_be_true(self, record: FileRecord) -> None:
        content = b""
        for index, digest in enumerate(record.chunks):
            chunk = await self.chunks[record.backend].read_chunk(record, index) if digest else None
            assert not digest or chunk is not None, f"chunk {index} of {record} is not there"
            assert chunk is None or MemoryHasher().chunk_digest(chunk) == digest, f"chunk {index} of {record}"
            content += chunk.to_bytes() if chunk is not None else b""
        if record.whole:
            assert not record.missing
            assert record.digest == digest_of(content, str(record.digest)), f"{record} has another content"


def _entry_must_be_true(entry: ManifestEntry, records: Sequence[FileRecord]) -> None:
    by_path = {record.key.path: record for record in records}
    for quant in entry.quants:
        whole = all(holds(by_path.get(file.path), file, entry.commit) for file in entry.files_of(quant))
        assert whole or quant.status is not QuantStatus.DOWNLOADED, f"{quant} is ahead of the store"
        assert not whole or quant.status is not QuantStatus.AVAILABLE, f"{quant} is behind the store"


def digest_of(content: bytes, like: str = "sha256:") -> str:
    """Return a content's digest of the kind of another one."""
    return f"git:{git_blob_id(content)}" if like.startswith("git:") else f"sha256:{hashlib.sha256(content).hexdigest()}"


def reader(content: bytes) -> Callable[[int, int], Awaitable[ByteBuffer]]:
    """Return what `save_chunked_file` reads a content with."""

    async def read(offset: int, length: int) -> ByteBuffer:
        return MemoryBytes(content[offset : offset + length])

    return read


async def until_death(life: Life, work: Coroutine[None, None, object]) -> bool:
    """Let a thread work to its end, or to its death; returns whether it came to its end.

    Whatever else it had begun is dropped.
    """
    before = asyncio.all_tasks()
    working, dying = asyncio.ensure_future(work), asyncio.ensure_future(life.over.wait())
    await asyncio.wait({working, dying}, return_when=asyncio.FIRST_COMPLETED)
    lived = not life.over.is_set()
    left = asyncio.all_tasks() - before
    for task in left:
        task.cancel()
    await asyncio.gather(*left, return_exceptions=True)
    if lived:
        await working
    return lived
