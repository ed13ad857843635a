"""`ChunkStore` on a dict."""

from __future__ import annotations

from collections.abc import Sequence

from tabagent.ports.buffers import ByteBuffer
from tabagent.specs import FileKey, FileRecord
from tabagent.store_errors import StorageFull


class MemoryBytes:
    """Python bytes as a `ByteBuffer`."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    @property
    def size(self) -> int:
        """Number of bytes."""
        return len(self._data)

    def release(self) -> None:
        """Forget the bytes, so that whoever uses them afterwards is found out."""
        del self._data

    def to_bytes(self) -> bytes:
        """Return the bytes."""
        return self._data


class MemoryChunkStore:
    """Chunks by file and number.

    Args:
        capacity: Bytes of chunks that fit; None for no limit.
    """

    def __init__(self, capacity: int | None = None) -> None:
        self.capacity = capacity
        self._chunks: dict[tuple[FileKey, int], bytes] = {}

    @property
    def usage(self) -> int:
        """Bytes of all chunks together."""
        return sum(map(len, self._chunks.values()))

    async def write_chunks(self, record: FileRecord, first: int, chunks: Sequence[ByteBuffer]) -> None:
        """Store chunks, all or none."""
        update = {(record.key, first + offset): chunk.to_bytes() for offset, chunk in enumerate(chunks)}
        needed = sum(map(len, update.values())) - sum(len(self._chunks.get(place, b"")) for place in update)
        if self.capacity is not None and self.usage + needed > self.capacity:
            raise StorageFull(needed, max(0, self.capacity - self.usage))
        self._chunks |= update

    async def read_chunk(self, record: FileRecord, index: int) -> ByteBuffer | None:
        """Return a chunk, or None when it is missing or too short."""
        data = self._chunks.get((record.key, index))
        return None if data is None or len(data) < record.length_of(index) else MemoryBytes(data)

    async def delete_file(self, key: FileKey) -> None:
        """Delete all chunks of a file."""
        self._chunks = {place: data for place, data in self._chunks.items() if place[0] != key}

    async def files(self) -> tuple[FileKey, ...]:
        """Return the files that have chunks."""
        return tuple({key for key, _ in self._chunks})

    def damage(self, key: FileKey, index: int) -> None:
        """Flip one bit of a stored chunk, as a failing disk does."""
        data = self._chunks[key, index]
        self._chunks[key, index] = bytes([data[0] ^ 1]) + data[1:]

    def lose(self, key: FileKey, index: int) -> None:
        """Forget one stored chunk, as a browser does that cleared a part."""
        del self._chunks[key, index]
