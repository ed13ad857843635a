"""`FileOffer` on Blobs: pieces of files on the disk put one after the other, under an address of this extension's own.

The address ends with the thread; a download that has begun goes on.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import js

from tabagent.adapters.browser.ffi import JsBytes, js_bytes, js_json
from tabagent.adapters.browser.indexed_db import IndexedDbChunkStore
from tabagent.adapters.browser.opfs import OpfsChunkStore
from tabagent.specs import Backend, FileRecord
from tabagent.store_errors import StorageError


class BrowserFileOffer:
    """Offers of what lies in the chunk stores.

    Args:
        indexed_db: Gives its chunks one by one; the browser keeps them until the offer is withdrawn.
        opfs: Gives its files as they lie on the disk; None where there is no such store.
    """

    def __init__(self, indexed_db: IndexedDbChunkStore, opfs: OpfsChunkStore | None) -> None:
        self._indexed_db, self._opfs = indexed_db, opfs
        self._addresses: set[str] = set()

    async def offer(self, parts: Sequence[bytes | FileRecord]) -> str:
        """Compose a Blob and return its address."""
        js_parts: list[Any] = []
        for part in parts:
            if isinstance(part, bytes):
                js_parts.append(js_bytes(part).js_array)
            elif part.size and part.backend is Backend.OPFS:
                js_parts.append(await self._on_disk(part))
            else:
                js_parts += await self._chunks(part)
        js_blob = js.Blob.new(js_json(js_parts), js_json({"type": "application/octet-stream"}))
        address = str(js.URL.createObjectURL(js_blob))
        self._addresses.add(address)
        return address

    async def withdraw(self, address: str) -> None:
        """Revoke an address of an offer."""
        if address in self._addresses:
            self._addresses.remove(address)
            js.URL.revokeObjectURL(address)

    async def _on_disk(self, record: FileRecord) -> Any:
        js_file = await self._opfs.js_file(record.key) if self._opfs is not None else None
        if js_file is None or js_file.size < record.size:
            raise _absent(record)
        return js_file.slice(0, record.size)

    async def _chunks(self, record: FileRecord) -> list[Any]:
        js_parts = []
        for index in range(record.chunk_count):
            chunk = await self._indexed_db.read_chunk(record, index)
            if chunk is None:
                raise _absent(record)
            # A Blob's bytes are the browser's to keep, in memory or on the disk; this thread's copy can go.
            js_parts.append(js.Blob.new(js_json([cast(JsBytes, chunk).js_array])))
        return js_parts


def _absent(record: FileRecord) -> StorageError:
    return StorageError(
        f"{record.key.path} ({record.key.repo}) is not stored whole. Check the model, then try again.",
        file=record.key.path,
        modelId=record.key.repo,
    )
