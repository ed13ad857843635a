"""`ChunkStore` and `ManifestStore` on dicts."""

from __future__ import annotations

from collections.abc import Sequence

from tabagent.errors import StorageError
from tabagent.ports.buffers import ByteBuffer
from tabagent.specs import FileKey, FileRecord, ManifestEntry


class MemoryBytes:
    """Python bytes as a `ByteBuffer`."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    @property
    def size(self) -> int:
        """Number of bytes."""
        return len(self._data)

    def to_bytes(self) -> bytes:
        """Return the bytes."""
        return self._data


class MemoryChunkStore:
    """Chunks and records in dicts.

    Args:
        capacity: Bytes of chunks that fit; None for no limit.
    """

    def __init__(self, capacity: int | None = None) -> None:
        self._capacity = capacity
        self._chunks: dict[tuple[FileKey, int], bytes] = {}
        self._records: dict[FileKey, FileRecord] = {}

    async def write_chunks(self, key: FileKey, first: int, chunks: Sequence[ByteBuffer]) -> None:
        """Store chunks, all or none."""
        update = {(key, first + offset): chunk.to_bytes() for offset, chunk in enumerate(chunks)}
        merged = self._chunks | update
        if self._capacity is not None and sum(map(len, merged.values())) > self._capacity:
            raise StorageError("The storage is full.", capacity=self._capacity)
        self._chunks = merged

    async def read_chunk(self, key: FileKey, index: int) -> ByteBuffer | None:
        """Return a chunk, or None."""
        data = self._chunks.get((key, index))
        return None if data is None else MemoryBytes(data)

    async def write_record(self, record: FileRecord) -> None:
        """Store a record."""
        self._records[record.key] = record

    async def read_record(self, key: FileKey) -> FileRecord | None:
        """Return a record, or None."""
        return self._records.get(key)

    async def delete_record(self, key: FileKey) -> None:
        """Forget a record."""
        self._records.pop(key, None)

    async def delete_file(self, key: FileKey) -> None:
        """Delete record and chunks."""
        self._records.pop(key, None)
        self._chunks = {place: data for place, data in self._chunks.items() if place[0] != key}


class MemoryManifestStore:
    """Entries in a dict."""

    def __init__(self) -> None:
        self._entries: dict[str, ManifestEntry] = {}

    async def get(self, repo: str) -> ManifestEntry | None:
        """Return an entry, or None."""
        return self._entries.get(repo)

    async def put(self, entry: ManifestEntry) -> None:
        """Store an entry."""
        self._entries[entry.repo] = entry

    async def all(self) -> tuple[ManifestEntry, ...]:
        """Return all entries, ordered by repository."""
        return tuple(self._entries[repo] for repo in sorted(self._entries))

    async def delete(self, repo: str) -> None:
        """Delete an entry."""
        self._entries.pop(repo, None)
