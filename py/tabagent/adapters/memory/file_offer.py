"""`FileOffer` over chunk stores, for a fetcher in memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tabagent.ports.chunk_store import ChunkStore
from tabagent.specs import Backend, FileRecord
from tabagent.store_errors import StorageError


class MemoryFileOffer:
    """Offers in a dict.

    Args:
        chunks: Where the bytes of records are, by backend.

    Attributes:
        offered: Contents by address.
    """

    def __init__(self, chunks: Mapping[Backend, ChunkStore]) -> None:
        self._chunks = chunks
        self._count = 0
        self.offered: dict[str, bytes] = {}

    async def offer(self, parts: Sequence[bytes | FileRecord]) -> str:
        """Put the parts together."""
        content = b"".join([part if isinstance(part, bytes) else await self._content(part) for part in parts])
        self._count += 1
        address = f"blob:memory/{self._count}"
        self.offered[address] = content
        return address

    async def withdraw(self, address: str) -> None:
        """Forget an offer."""
        self.offered.pop(address, None)

    async def _content(self, record: FileRecord) -> bytes:
        content = b""
        for index in range(record.chunk_count):
            chunk = await self._chunks[record.backend].read_chunk(record, index)
            if chunk is None:
                raise StorageError(f"{record.key.path} ({record.key.repo}) is not stored whole.", file=record.key.path)
            content += chunk.to_bytes()
        return content
