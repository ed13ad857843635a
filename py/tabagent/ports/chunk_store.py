"""Where the bytes of model files live."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from tabagent.ports.buffers import ByteBuffer
from tabagent.specs import FileKey, FileRecord


class ChunkStore(Protocol):
    """Files in numbered chunks; knows nothing of which chunks ought to be there.

    A record gives the file's key, size and chunk size, so that a chunk has a place. The store does not judge: the model
    store above it writes a record only after the chunks that it names are in.
    """

    async def write_chunks(self, record: FileRecord, first: int, chunks: Sequence[ByteBuffer]) -> None:
        """Store `chunks` as numbers `first`, `first + 1`, …, replacing what is there.

        When it returns, the operating system has them: an end of the browser takes nothing, a power cut may.

        Raises:
            StorageFull: There is no room.
            StorageError: The storage refused.
        """

    async def read_chunk(self, record: FileRecord, index: int) -> ByteBuffer | None:
        """Return a chunk, or None when it is missing or shorter than the record says.

        Raises:
            StorageError: The storage refused.
        """

    async def delete_file(self, key: FileKey) -> None:
        """Delete all chunks of a file and give their space back; no-op when there are none."""

    async def files(self) -> tuple[FileKey, ...]:
        """Return the files of which there are chunks, in any order."""
