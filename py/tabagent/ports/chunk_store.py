"""Where the bytes of model files live."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from tabagent.ports.buffers import ByteBuffer
from tabagent.specs import FileKey, FileRecord


class ChunkStore(Protocol):
    """Files in numbered chunks, and a record a file that says the file is whole.

    The store does not judge: the model store above it writes a record only after every chunk is in.
    """

    async def write_chunks(self, key: FileKey, first: int, chunks: Sequence[ByteBuffer]) -> None:
        """Store `chunks` as numbers `first`, `first + 1`, … in one transaction, replacing what is there.

        Raises:
            StorageError: The storage refused; none of the chunks was stored.
        """

    async def read_chunk(self, key: FileKey, index: int) -> ByteBuffer | None:
        """Return a chunk, or None when it is missing."""

    async def write_record(self, record: FileRecord) -> None:
        """Store the record of a file, replacing an older one."""

    async def read_record(self, key: FileKey) -> FileRecord | None:
        """Return the record of a file, or None when the file is not whole."""

    async def delete_record(self, key: FileKey) -> None:
        """Forget that the file is whole; no-op without a record. Its chunks stay until they are replaced."""

    async def delete_file(self, key: FileKey) -> None:
        """Delete record and chunks in one transaction; no-op when there are none."""
