"""`ChunkStore` and `ManifestStore` on IndexedDB, in the database and stores of TabAgent.

`TabAgentModels` has the stores `files` (key `url`), `manifest` (key `repo`) and `inferenceSettings` (key `id`). Older
profiles have version 1 or 2; version 3 adds what is missing and changes nothing that is there.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import js
from pyodide.ffi import JsException, JsProxy

from tabagent.adapters.browser.ffi import JsBytes, describe, js_json, js_object, owned_proxies, settled
from tabagent.errors import JsonObject, StorageError
from tabagent.models.chunks import chunk_key, chunk_key_range, record_key
from tabagent.models.records import entry_from_record, entry_to_record, file_from_record, file_to_record
from tabagent.ports.buffers import ByteBuffer
from tabagent.specs import FileKey, FileRecord, ManifestEntry

DATABASE = "TabAgentModels"
VERSION = 3
FILES, MANIFEST, SETTINGS = "files", "manifest", "inferenceSettings"
KEY_PATHS = {FILES: "url", MANIFEST: "repo", SETTINGS: "id"}


async def open_database(name: str = DATABASE) -> Any:
    """Open the database, creating the stores that are missing.

    Raises:
        StorageError: The browser refused.
    """
    js_request = js.indexedDB.open(name, VERSION)

    def upgrade(js_event: JsProxy) -> None:
        js_database = js_request.result
        for store, key_path in KEY_PATHS.items():
            if not js_database.objectStoreNames.contains(store):
                js_database.createObjectStore(store, js_json({"keyPath": key_path}))

    with owned_proxies(upgrade) as (js_upgrade,):
        js_request.addEventListener("upgradeneeded", js_upgrade)
        try:
            await settled(js_request, "success", ["error", "blocked"])
        except (JsException, RuntimeError) as error:
            raise _storage_error("open", error) from error
    return js_request.result


class _Store:
    """Runs requests on one object store, each in a transaction of its own."""

    def __init__(self, js_database: JsProxy, name: str) -> None:
        self._js_database = js_database
        self._name = name

    async def read(self, method: str, *arguments: object) -> Any:
        try:
            js_store = self._js_database.transaction(self._name, "readonly").objectStore(self._name)
            js_request = getattr(js_store, method)(*arguments)
            await settled(js_request, "success", ["error"])
        except (JsException, RuntimeError) as error:
            raise _storage_error("read", error) from error
        return js_request.result

    async def write(self, *operations: tuple[str, object]) -> None:
        """Run methods in one transaction and return when it is complete on disk."""
        try:
            # "relaxed" waits for the operating system, not for the disk's own cache: a quarter faster, and a power cut
            # loses a record together with the chunks before it, never chunks alone after their record.
            options = js_json({"durability": "relaxed"})
            js_transaction = self._js_database.transaction(self._name, "readwrite", options)
            js_store = js_transaction.objectStore(self._name)
            for method, argument in operations:
                getattr(js_store, method)(argument)
            await settled(js_transaction, "complete", ["error", "abort"])
        except (JsException, RuntimeError) as error:
            raise _storage_error("write", error) from error


class IndexedDbChunkStore:
    """Chunks as `{url, data}` and records as TabAgent's chunk manifests, in the store `files`.

    Args:
        js_database: From `open_database`.
    """

    def __init__(self, js_database: JsProxy) -> None:
        self._files = _Store(js_database, FILES)

    async def write_chunks(self, key: FileKey, first: int, chunks: Sequence[ByteBuffer]) -> None:
        """Store chunks in one transaction."""
        await self._files.write(
            *(
                ("put", js_object({"url": chunk_key(key, first + offset), "data": cast(JsBytes, chunk).js_array}))
                for offset, chunk in enumerate(chunks)
            )
        )

    async def read_chunk(self, key: FileKey, index: int) -> ByteBuffer | None:
        """Return a chunk, or None."""
        js_record = await self._files.read("get", chunk_key(key, index))
        return JsBytes(js_record.data) if js_record else None

    async def write_record(self, record: FileRecord) -> None:
        """Store the record of a file."""
        await self._files.write(("put", js_json(file_to_record(record))))

    async def read_record(self, key: FileKey) -> FileRecord | None:
        """Return the record of a file, or None."""
        js_record = await self._files.read("get", record_key(key))
        return file_from_record(key, _plain(js_record)) if js_record else None

    async def delete_record(self, key: FileKey) -> None:
        """Forget that the file is whole."""
        await self._files.write(("delete", record_key(key)))

    async def delete_file(self, key: FileKey) -> None:
        """Delete record and chunks."""
        low, high = chunk_key_range(key)
        await self._files.write(("delete", record_key(key)), ("delete", js.IDBKeyRange.bound(low, high)))


class IndexedDbManifestStore:
    """Entries in the store `manifest`, in the shape of TabAgent's.

    Args:
        js_database: From `open_database`.
    """

    def __init__(self, js_database: JsProxy) -> None:
        self._manifest = _Store(js_database, MANIFEST)

    async def get(self, repo: str) -> ManifestEntry | None:
        """Return an entry, or None."""
        js_record = await self._manifest.read("get", repo)
        return entry_from_record(_plain(js_record)) if js_record else None

    async def put(self, entry: ManifestEntry) -> None:
        """Store an entry."""
        await self._manifest.write(("put", js_json(entry_to_record(entry))))

    async def all(self) -> tuple[ManifestEntry, ...]:
        """Return all entries that this version understands, ordered by repository."""
        js_records = await self._manifest.read("getAll")
        entries = (entry_from_record(_plain(js_record)) for js_record in js_records)
        return tuple(entry for entry in entries if entry is not None)

    async def delete(self, repo: str) -> None:
        """Delete an entry."""
        await self._manifest.write(("delete", repo))


def _plain(js_record: JsProxy) -> JsonObject:
    return cast(JsonObject, js_record.to_py())


def _storage_error(action: str, error: BaseException) -> StorageError:
    return StorageError(
        f"The browser's storage refused to {action}: {describe(error)}. Free some disk space and try again.",
        action=action,
        cause=describe(error),
    )
