"""Whole, verified files over chunks.

A file's record names the chunks that are on disk, and is written after them. It is marked whole after the content's
digest was right, and the manifest's statuses change in the same transaction. So whatever ends in the middle, what is
written down is there.

Plan counterparts (`idbModel.ts`): `get_chunk_info` is `getChunkInfo`, `save_chunked_file` is `saveChunkedFileSafe`,
`assemble_chunks` is `assembleChunks`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import replace
from typing import cast

from tabagent.models import manifest
from tabagent.models.chunks import CHUNK_BYTES
from tabagent.ports.buffers import ByteBuffer
from tabagent.ports.chunk_store import ChunkStore
from tabagent.ports.hasher import DigestKind, Hasher
from tabagent.ports.model_index import IndexChange, ModelIndex
from tabagent.specs import Backend, ChunkInfo, FileKey, FileRecord, ModelFile
from tabagent.store_errors import FileDamaged, IntegrityFailed

OnBytes = Callable[[int], None]


class FileStore:
    """Files of all models.

    Args:
        index: Where records and entries live.
        chunks: Where bytes live, by backend.
        hasher: Digests.
        default: Backend of new files.
    """

    def __init__(
        self, *, index: ModelIndex, chunks: Mapping[Backend, ChunkStore], hasher: Hasher, default: Backend
    ) -> None:
        self._index, self._chunks, self._hasher, self.default = index, chunks, hasher, default
        # Records and entries are changed by read, modify, write: one at a time, so that no change is lost.
        self._lock = asyncio.Lock()
        # Records of files that are coming in, as the index has them: each of their chunks would ask it twice.
        self._begun: dict[FileKey, FileRecord] = {}
        # Files that somebody has worked on since this thread began.
        self._touched: set[FileKey] = set()

    async def record(self, key: FileKey) -> FileRecord | None:
        """Return what is stored of a file, or None."""
        return self._begun.get(key) or await self._index.record(key)

    async def records(self, repo: str | None = None) -> tuple[FileRecord, ...]:
        """Return the records of a repository, or all."""
        return await self._index.records(repo)

    async def is_stored(self, repo: str, commit: str, file: ModelFile) -> bool:
        """Tell whether a file is whole and has this content."""
        return manifest.holds(await self.record(FileKey(repo, file.path)), file, commit)

    async def begin_file(self, repo: str, file: ModelFile, *, revision: str, etag: str = "") -> FileRecord:
        """Go on with a file of the same content, or start it anew; another content that is stored is given up.

        A whole file of the same content is returned as it is.
        """
        key = FileKey(repo, file.path)
        self._touched.add(key)
        await self._hasher.prepare()
        old = await self.record(key)
        if old is not None and manifest.same_content(old, file, revision):
            return await self._alter(
                key, lambda record: replace(record, revision=revision, digest=file.digest or record.digest)
            )
        if old is not None:
            await self.delete_file(key)
        record = FileRecord(
            key=key,
            revision=revision,
            size=file.size,
            chunk_size=CHUNK_BYTES,
            etag=etag,
            digest=file.digest,
            backend=self.default,
        )
        async with self._lock:
            await self._apply(await self._with_entries(record))
        return record

    async def set_etag(self, key: FileKey, etag: str) -> None:
        """Keep the validator of the bytes that are about to be stored."""
        async with self._lock:
            record = await self.known(key)
            await self._apply(IndexChange(put_records=(replace(record, etag=etag),)))

    async def write_chunk(self, record: FileRecord, index: int, chunk: ByteBuffer) -> FileRecord:
        """Store a chunk, then the record that names it; returns that record.

        Raises:
            StorageFull, StorageError: The storage refused; the chunk counts as missing.
        """
        if chunk.size != record.length_of(index):
            raise ValueError(f"{record.key.path}: chunk {index} has {chunk.size} bytes, not {record.length_of(index)}")
        digest = self._hasher.chunk_digest(chunk)
        await self._chunks[record.backend].write_chunks(record, index, [chunk])
        async with self._lock:
            fresh = (await self.known(record.key)).with_chunks({index: digest})
            await self._apply(IndexChange(put_records=(fresh,)))
        return fresh

    async def finish_file(self, key: FileKey, digest: str | None = None) -> FileRecord:
        """Mark a file whole, after its content's digest was found right.

        Args:
            key: Of the file; all chunks must be there.
            digest: Of the content, when somebody has computed it already.

        Raises:
            IntegrityFailed: The content is another; nothing of the file is kept.
            FileDamaged: A chunk is not as it was written; it counts as missing now.
        """
        record = await self.known(key)
        if record.whole:
            return record
        found = digest or await self.content_digest(record)
        if record.digest is not None and found != record.digest:
            damaged = await self.damaged_chunks(await self.known(key))
            if damaged:
                await self.drop_chunks(key, damaged)
                raise FileDamaged(key.repo, key.path, damaged)
            await self.delete_file(key)
            raise IntegrityFailed(key.path, record.digest, found)
        return await self._alter(key, lambda record: replace(record, whole=True, digest=found), retried=True)

    async def content_digest(
        self,
        record: FileRecord,
        *,
        before: Callable[[int], Awaitable[None]] | None = None,
        on_bytes: OnBytes | None = None,
    ) -> str:
        """Read a file and return its content's digest, of the kind that its record has (else SHA-256).

        Args:
            record: Of the file.
            before: Waits until a chunk is stored; for a file that is still coming in.
            on_bytes: Hears the bytes of each chunk that was read.

        Raises:
            FileDamaged: A chunk is missing or is not as it was written; it counts as missing now.
        """
        await self._hasher.prepare()
        kind = DigestKind(manifest.digest_kind(record.digest)) if record.digest else DigestKind.SHA256
        content = self._hasher.content_hash(kind, record.size)
        try:
            for index in range(record.chunk_count):
                if before is not None:
                    await before(index)
                    record = await self.known(record.key)
                # Of a file that is coming in, the digest of the whole judges the chunks as well.
                chunk = await (self.chunk if before is None else self._raw)(record, index)
                await content.update(chunk)
                if on_bytes is not None:
                    on_bytes(chunk.size)
                chunk.release()
            return await content.digest()
        except FileDamaged as error:
            await self.drop_chunks(record.key, cast("list[int]", error.details["chunks"]))
            raise
        finally:
            content.close()

    async def chunk(self, record: FileRecord, index: int) -> ByteBuffer:
        """Return a chunk that is as it was written.

        Raises:
            FileDamaged: It is missing or has changed.
        """
        await self._hasher.prepare()
        chunk = await self._read(record, index)
        if chunk is None:
            # Whoever reads a file for long may have its record from before it was moved.
            current = await self.record(record.key)
            if current is not None and current.backend is not record.backend:
                chunk = await self._read(current, index)
        if chunk is not None:
            return chunk
        raise FileDamaged(record.key.repo, record.key.path, [index])

    async def _raw(self, record: FileRecord, index: int) -> ByteBuffer:
        """Return a chunk as it lies there.

        Raises:
            FileDamaged: It is missing.
        """
        chunk = await self._chunks[record.backend].read_chunk(record, index)
        if chunk is None:
            raise FileDamaged(record.key.repo, record.key.path, [index])
        return chunk

    async def replace_chunk(self, record: FileRecord, index: int, chunk: ByteBuffer) -> bool:
        """Store a chunk again, when it is the one that the record names; returns whether it is."""
        await self._hasher.prepare()
        if index >= len(record.chunks) or self._hasher.chunk_digest(chunk) != record.chunks[index]:
            return False
        await self._chunks[record.backend].write_chunks(record, index, [chunk])
        return True

    async def drop_chunks(self, key: FileKey, numbers: Iterable[int]) -> None:
        """Count chunks as missing, so that the next download brings them."""
        async with self._lock:
            record = await self.record(key)
            if record is None:
                return
            fresh = replace(record.with_chunks(dict.fromkeys(numbers, "")), whole=False)
            await self._apply(await self._with_entries(fresh))

    async def restart_file(self, key: FileKey) -> FileRecord:
        """Forget all chunks of a file whose content has changed; the next ones replace them."""
        return await self._alter(key, lambda record: replace(record, chunks=(), whole=False, etag=""))

    async def delete_file(self, key: FileKey) -> int:
        """Delete a file and return the bytes that it had. It counts as missing before its first chunk goes."""
        record = await self.record(key)
        if record is None:
            return 0
        try:
            await self._alter(key, lambda record: replace(record, chunks=(), whole=False))
        except FileDamaged:
            # Somebody else has deleted it meanwhile.
            return 0
        await self._chunks[record.backend].delete_file(key)
        await self._apply(IndexChange(delete_records=(key,)))
        return record.stored_bytes

    async def delete_unfinished(self, repo: str, path: str) -> None:
        """Delete what is stored of a file that is not whole; a whole one stays."""
        record = await self.record(FileKey(repo, path))
        if record is not None and not record.whole:
            await self.delete_file(record.key)

    async def damaged_chunks(self, record: FileRecord) -> list[int]:
        """Read a file and return the numbers of all chunks that are missing or not as they were written."""
        found = []
        for index in range(record.chunk_count):
            try:
                (await self.chunk(record, index)).release()
            except FileDamaged:
                found.append(index)
        return found

    async def move_file(self, record: FileRecord, to: Backend) -> bool:
        """Move a whole file to another backend; it is read from the old one until the new one has all of it.

        Returns:
            False when the file was changed or deleted meanwhile: then that counts.

        Raises:
            FileDamaged: A chunk is not as it was written; the file stays where it is.
            StorageFull, StorageError: The storage refused; the file stays where it is.
        """
        moved = replace(record, backend=to)
        for index in range(record.chunk_count):
            chunk = await self.chunk(record, index)
            await self._chunks[to].write_chunks(moved, index, [chunk])
            chunk.release()
        async with self._lock:
            current = await self.record(record.key)
            if current == record:
                await self._apply(IndexChange(put_records=(moved,)))
        if current == record:
            await self._chunks[record.backend].delete_file(record.key)
        elif current is None or current.backend is not to:
            await self._chunks[to].delete_file(record.key)
        return current == record

    async def sweep(self) -> int:
        """Delete bytes that no record names, as a kill in the middle of a deletion or a move leaves them.

        Returns:
            How many files that were.
        """
        swept = 0
        for record in await self.records():
            # Nothing of it counts as stored, and it is not about to come either.
            if not record.whole and not any(record.chunks) and record.key not in self._touched:
                await self.delete_file(record.key)
                swept += 1
        known = {(record.backend, record.key) for record in await self.records()}
        for backend, chunks in self._chunks.items():
            for key in await chunks.files():
                # A file that was begun since the records were read has its record by now.
                current = None if (backend, key) in known else await self.record(key)
                if (backend, key) not in known and (current is None or current.backend is not backend):
                    await chunks.delete_file(key)
                    swept += 1
        return swept

    async def get_chunk_info(self, key: FileKey) -> ChunkInfo | None:
        """Return how a file is stored, or None; the plan's `getChunkInfo`."""
        record = await self.record(key)
        if record is None:
            return None
        stored = record.chunk_count - len(record.missing)
        return ChunkInfo(record.chunk_count, stored, record.size, record.stored_bytes, record.whole)

    async def save_chunked_file(
        self,
        repo: str,
        file: ModelFile,
        read: Callable[[int, int], Awaitable[ByteBuffer]],
        *,
        revision: str,
        on_bytes: OnBytes = lambda count: None,
    ) -> FileRecord:
        """Store a file that somebody has: the plan's `saveChunkedFileSafe`. Goes on where an earlier call ended.

        Args:
            repo: Model's id.
            file: Path, size, and the digest that the content must have, if known.
            read: Gives (offset, length) of the content.
            revision: Commit, or empty.
            on_bytes: Hears the bytes of each chunk that is stored, those from before included.

        Raises:
            IntegrityFailed: The content has another digest; nothing is kept.
            StorageFull, StorageError: The storage refused; what is stored stays.
        """
        record = await self.begin_file(repo, file, revision=revision)
        on_bytes(record.stored_bytes)
        for index in record.missing:
            chunk = await read(index * record.chunk_size, record.length_of(index))
            record = await self.write_chunk(record, index, chunk)
            on_bytes(chunk.size)
            chunk.release()
        return await self.finish_file(record.key)

    async def assemble_chunks(self, key: FileKey) -> bytes | None:
        """Return a whole file's content, for small files only; None when it is not whole. The plan's `assembleChunks`.

        Raises:
            FileDamaged: A chunk is not as it was written.
        """
        record = await self.record(key)
        if record is None or not record.whole:
            return None
        return b"".join([(await self.chunk(record, index)).to_bytes() for index in range(record.chunk_count)])

    async def _read(self, record: FileRecord, index: int) -> ByteBuffer | None:
        """Return a chunk that is as it was written, or None."""
        chunk = await self._chunks[record.backend].read_chunk(record, index)
        if chunk is None or index >= len(record.chunks):
            return None
        return chunk if self._hasher.chunk_digest(chunk) == record.chunks[index] else None

    async def _alter(
        self, key: FileKey, change: Callable[[FileRecord], FileRecord], *, retried: bool = False
    ) -> FileRecord:
        """Change a record, and what follows from it in the manifest, in one transaction."""
        async with self._lock:
            record = await self.known(key)
            fresh = change(record)
            if fresh != record:
                await self._apply(await self._with_entries(fresh, retried=retried))
        return fresh

    async def _apply(self, change: IndexChange) -> None:
        try:
            await self._index.apply(change)
        except BaseException:
            # Also when the task was cancelled: the change may have been made all the same, so the index is asked again.
            for record in change.put_records:
                self._begun.pop(record.key, None)
            raise
        self._begun |= {record.key: record for record in change.put_records}
        for key in (*(record.key for record in change.put_records if record.whole), *change.delete_records):
            self._begun.pop(key, None)

    async def _with_entries(self, record: FileRecord, *, retried: bool = False) -> IndexChange:
        """Return the change of a record together with what follows from it for the manifest."""
        entry = await self._index.entry(record.key.repo)
        if entry is None:
            return IndexChange(put_records=(record,))
        records = manifest.by_path(await self._index.records(record.key.repo)) | {record.key.path: record}
        fresh = manifest.update_model_status(entry, records, retried=retried)
        return IndexChange(put_records=(record,), put_entries=() if fresh == entry else (fresh,))

    async def known(self, key: FileKey) -> FileRecord:
        """Return the record of a file that must have one.

        Raises:
            FileDamaged: It was deleted meanwhile.
        """
        record = await self.record(key)
        if record is None:
            raise FileDamaged(key.repo, key.path, [], "it was deleted meanwhile")
        return record
