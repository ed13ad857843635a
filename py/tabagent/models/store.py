"""The model store: whole files over chunks, and the manifest that says which dtypes are stored.

A file is there only when its record is, and the record is written after the last chunk. Status in the manifest
follows the files, never runs ahead of them.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace

from tabagent.errors import StorageError
from tabagent.models.chunks import CHUNK_BYTES, CHUNKS_PER_TRANSACTION
from tabagent.ports.buffers import ByteBuffer
from tabagent.ports.chunk_store import ChunkStore
from tabagent.ports.manifest_store import ManifestStore
from tabagent.specs import Dtype, FileKey, FileRecord, ManifestEntry, ModelFile, Quant, QuantStatus


class FileWriter:
    """Takes a file's chunks in order and commits it at the end.

    Every chunk but the last must have `CHUNK_BYTES` bytes.
    """

    def __init__(self, chunks: ChunkStore, key: FileKey, revision: str, etag: str) -> None:
        self._chunks = chunks
        self._key, self._revision, self._etag = key, revision, etag
        self._pending: list[ByteBuffer] = []
        self._written = 0
        self.size = 0

    async def append(self, chunk: ByteBuffer) -> None:
        """Add the next chunk; it is stored when its transaction's worth is complete.

        Raises:
            StorageError: The storage refused.
        """
        if self.size % CHUNK_BYTES:
            raise ValueError(f"{self._key.path}: a chunk after one of less than {CHUNK_BYTES} bytes")
        self._pending.append(chunk)
        self.size += chunk.size
        if len(self._pending) == CHUNKS_PER_TRANSACTION:
            await self._flush()

    async def commit(self) -> FileRecord:
        """Store what is left, then the record that makes the file count as present."""
        await self._flush()
        record = FileRecord(
            key=self._key, revision=self._revision, size=self.size, chunk_size=CHUNK_BYTES, etag=self._etag
        )
        await self._chunks.write_record(record)
        return record

    async def _flush(self) -> None:
        if not self._pending:
            return
        await self._chunks.write_chunks(self._key, self._written, self._pending)
        self._written += len(self._pending)
        self._pending = []


class ModelStore:
    """Files and manifest of all models.

    Args:
        chunks: Where bytes live.
        manifest: Where entries live.
    """

    def __init__(self, chunks: ChunkStore, manifest: ManifestStore) -> None:
        self._chunks = chunks
        self._manifest = manifest
        # Entries are changed by read, modify, write; one at a time keeps two changes from losing one another.
        self._manifest_lock = asyncio.Lock()

    async def record(self, key: FileKey) -> FileRecord | None:
        """Return the record of a whole file, or None."""
        return await self._chunks.read_record(key)

    async def is_stored(self, repo: str, commit: str, file: ModelFile) -> bool:
        """Tell whether a file is whole, of this commit and of the announced size."""
        record = await self.record(FileKey(repo, file.path))
        return record is not None and record.revision == commit and record.size == file.size

    async def writer(self, key: FileKey, revision: str, etag: str) -> FileWriter:
        """Start to replace a file; from here until `commit` it does not count as present."""
        await self._chunks.delete_record(key)
        return FileWriter(self._chunks, key, revision, etag)

    async def chunk(self, key: FileKey, index: int) -> ByteBuffer:
        """Return a chunk of a whole file.

        Raises:
            StorageError: It is missing; the browser may have cleared it.
        """
        chunk = await self._chunks.read_chunk(key, index)
        if chunk is None:
            raise StorageError(
                f"Part {index} of {key.path} ({key.repo}) is missing in the browser's storage. "
                "Delete the model's data and download it again.",
                repo=key.repo,
                file=key.path,
                chunk=index,
            )
        return chunk

    async def delete_file(self, key: FileKey) -> None:
        """Delete a file with its chunks."""
        await self._chunks.delete_file(key)

    async def entry(self, repo: str) -> ManifestEntry | None:
        """Return what is known of a repository, or None."""
        return await self._manifest.get(repo)

    async def entries(self) -> tuple[ManifestEntry, ...]:
        """Return all known repositories."""
        return await self._manifest.all()

    async def update_entry(self, fresh: ManifestEntry) -> ManifestEntry:
        """Take a new listing in; a dtype keeps its status when its files are still those that are stored."""
        async with self._manifest_lock:
            quants = [replace(quant, status=await self._status(fresh, quant)) for quant in fresh.quants]
            entry = replace(fresh, quants=tuple(quants))
            await self._manifest.put(entry)
        return entry

    async def set_manifest_quant_status(self, repo: str, dtype: Dtype, status: QuantStatus, reason: str = "") -> None:
        """Change the status of one dtype; the plan's `setManifestQuantStatus`. No-op for an unknown repository."""
        async with self._manifest_lock:
            entry = await self._manifest.get(repo)
            if entry is None:
                return
            quants = tuple(
                replace(quant, status=status, reason=reason) if quant.dtype == dtype else quant
                for quant in entry.quants
            )
            await self._manifest.put(replace(entry, quants=quants))

    async def _status(self, entry: ManifestEntry, quant: Quant) -> QuantStatus:
        for file in (*entry.common, *quant.weights):
            if not await self.is_stored(entry.repo, entry.commit, file):
                return QuantStatus.AVAILABLE
        return QuantStatus.DOWNLOADED
