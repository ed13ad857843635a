"""`ModelIndex` and `ChunkStore` on IndexedDB, in the database of TabAgent.

Profiles come with versions 1 to 3 of `TabAgentModels`, whose stores `files`, `manifest` and `inferenceSettings` stay as
they are; version 4 adds the stores that are missing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, cast

import js
from pyodide.ffi import JsException, JsProxy, create_once_callable, create_proxy

from tabagent.adapters.browser.ffi import JsBytes, js_json, owned_array, settled
from tabagent.adapters.browser.storage_space import storage_refusal
from tabagent.errors import JsonObject
from tabagent.models.records import digest_blocks, entry_from_record, entry_to_record, file_from_record, file_to_record
from tabagent.ports.buffers import ByteBuffer
from tabagent.ports.model_index import IndexChange
from tabagent.specs import FileKey, FileRecord, ManifestEntry
from tabagent.store_errors import StorageError

DATABASE = "TabAgentModels"
VERSION = 4
FILES, MANIFEST, SETTINGS = "files", "manifest", "inferenceSettings"
RECORDS, DIGESTS, CHUNKS, VAULT = "fileRecords", "chunkDigests", "chunks", "vault"
STORES: dict[str, JsonObject] = {
    FILES: {"keyPath": "url"},
    MANIFEST: {"keyPath": "repo"},
    SETTINGS: {"keyPath": "id"},
    RECORDS: {"keyPath": ["repo", "path"]},
    DIGESTS: {},
    CHUNKS: {},
    VAULT: {"keyPath": "name"},
}
# An older version's thread that is being ended holds the database open for a moment.
BLOCKED_S = 10.0


async def open_database(name: str = DATABASE) -> Any:
    """Open the database of models, creating the stores that are missing.

    Raises:
        StorageError: As of `open_upgraded`.
    """

    def upgrade(js_database: Any, js_transaction: Any, old_version: int) -> None:
        for store, options in STORES.items():
            if not js_database.objectStoreNames.contains(store):
                js_database.createObjectStore(store, js_json(options))

    return await open_upgraded(name, VERSION, upgrade)


async def open_upgraded(name: str, version: int, upgrade: Callable[[Any, Any, int], None]) -> Any:
    """Open a database of this version; it closes by itself when a newer version wants it.

    Args:
        name: The database's.
        version: Wanted; only ever higher than before.
        upgrade: Brings an older one up, in one transaction: gets the database, the transaction, and the version that
            it had, 0 for none.

    Raises:
        StorageError: The browser refused, or another page keeps an older version open.
    """
    js_request = js.indexedDB.open(name, version)

    def needed(js_event: Any) -> None:
        upgrade(js_request.result, js_request.transaction, int(js_event.oldVersion))

    js_upgrade = create_proxy(needed)
    js_request.onupgradeneeded = js_upgrade
    try:
        await asyncio.wait_for(settled(js_request, "success", ["error"]), BLOCKED_S)
    except TimeoutError as error:
        # The browser goes on when it can, with the upgrade as well, which therefore keeps its function.
        js_request.onsuccess = create_once_callable(lambda js_event: js_request.result.close())
        raise StorageError(
            "Another page of TabAgent keeps what is stored open. Close all of its pages and try again.",
            action="open",
            cause="blocked",
        ) from error
    except (JsException, RuntimeError) as error:
        js_upgrade.destroy()
        raise await storage_refusal("open", error) from error
    js_upgrade.destroy()
    js_database = js_request.result
    js_database.onversionchange = js_database.close.bind(js_database)
    return js_database


async def read_stored(js_database: Any, store: str, method: str, *arguments: object) -> Any:
    """Return the result of one request of an object store; None for undefined.

    Raises:
        StorageError: The browser refused.
    """
    try:
        js_request = getattr(js_database.transaction(store, "readonly").objectStore(store), method)(*arguments)
        await settled(js_request, "success", ["error"])
    except (JsException, RuntimeError) as error:
        raise await storage_refusal("read", error) from error
    return js_request.result


async def change_stored(js_database: Any, stores: Sequence[str], work: Callable[[Any], None], needed: int = 0) -> None:
    """Make the requests of `work`, which gets the transaction; returns when all are done, raises when none is.

    Raises:
        StorageFull: `needed` bytes do not fit.
        StorageError: The browser refused.
    """
    try:
        # "relaxed" waits for the operating system, not for the disk's own cache: a quarter faster. What a power cut
        # takes is noticed by the chunks' digests.
        options = js_json({"durability": "relaxed"})
        js_transaction = js_database.transaction(js_json(list(stores)), "readwrite", options)
        try:
            work(js_transaction)
        except BaseException:
            # A request that throws at once leaves those before it to be completed.
            js_transaction.abort()
            raise
        # A failed request's "error" comes before the transaction knows its error; its "abort" follows always.
        await settled(js_transaction, "complete", ["abort"])
    except (JsException, RuntimeError) as error:
        raise await storage_refusal("write", error, needed) from error


class IndexedDbModelIndex:
    """Entries in the store `manifest`, in TabAgent's shape with more in it, and records in `fileRecords`.

    The digests of a file's chunks lie in `chunkDigests`, some in a text, by the key `[repo, path, number of the text]`.

    Args:
        js_database: From `open_database`.
    """

    def __init__(self, js_database: Any) -> None:
        self._js_database = js_database
        # What is stored of files that are coming in, so that a new chunk writes one text and not all.
        self._blocks: dict[FileKey, list[str]] = {}

    async def entry(self, repo: str) -> ManifestEntry | None:
        """Return an entry, or None; also for an entry that an earlier version wrote."""
        js_record = await read_stored(self._js_database, MANIFEST, "get", repo)
        return None if js_record is None else entry_from_record(_plain(js_record))

    async def entries(self) -> tuple[ManifestEntry, ...]:
        """Return all entries of this version, ordered by repository."""
        js_records = await read_stored(self._js_database, MANIFEST, "getAll")
        entries = (entry_from_record(_plain(js_record)) for js_record in js_records)
        return tuple(entry for entry in entries if entry is not None)

    async def record(self, key: FileKey) -> FileRecord | None:
        """Return a record, or None."""
        digests = _beginning_with(key.repo, key.path)
        js_record, js_blocks = await self._read((RECORDS, "get", (_file_key(key),)), (DIGESTS, "getAll", (digests,)))
        return None if js_record is None else file_from_record(_plain(js_record), js_blocks.to_py())

    async def records(self, repo: str | None = None) -> tuple[FileRecord, ...]:
        """Return the records of a repository, or all, ordered by repository and path."""
        query = () if repo is None else (_beginning_with(repo),)
        js_records, js_keys, js_blocks = await self._read(
            (RECORDS, "getAll", query), (DIGESTS, "getAllKeys", query), (DIGESTS, "getAll", query)
        )
        blocks: dict[tuple[str, str], list[str]] = {}
        for (repo_of, path, _), block in zip(js_keys.to_py(), js_blocks.to_py(), strict=True):
            blocks.setdefault((repo_of, path), []).append(block)
        plain = (_plain(js_record) for js_record in js_records)
        return tuple(file_from_record(item, blocks.get((str(item["repo"]), str(item["path"])), ())) for item in plain)

    async def apply(self, change: IndexChange) -> None:
        """Make all changes in one transaction over all stores."""
        blocks = {record.key: digest_blocks(record) for record in change.put_records}

        def work(js_transaction: Any) -> None:
            js_manifest, js_records = js_transaction.objectStore(MANIFEST), js_transaction.objectStore(RECORDS)
            js_digests = js_transaction.objectStore(DIGESTS)
            for repo in change.delete_entries:
                js_manifest.delete(repo)
            for key in change.delete_records:
                js_records.delete(_file_key(key))
                js_digests.delete(_beginning_with(key.repo, key.path))
            for entry in change.put_entries:
                js_manifest.put(js_json(entry_to_record(entry)))
            for record in change.put_records:
                js_records.put(js_json(file_to_record(record)))
                self._put_blocks(js_digests, record.key, blocks[record.key])

        await change_stored(self._js_database, (MANIFEST, RECORDS, DIGESTS), work)
        self._blocks |= blocks
        for key in (*change.delete_records, *(record.key for record in change.put_records if record.whole)):
            self._blocks.pop(key, None)

    def _put_blocks(self, js_digests: Any, key: FileKey, blocks: list[str]) -> None:
        stored = self._blocks.get(key)
        if stored is None or len(stored) > len(blocks):
            js_digests.delete(_beginning_with(key.repo, key.path))
            stored = []
        for number, block in enumerate(blocks):
            if number >= len(stored) or block != stored[number]:
                js_digests.put(block, _file_key(key, number))

    async def _read(self, *requests: tuple[str, str, tuple[object, ...]]) -> list[Any]:
        """Return the results of requests to records and digests that belong together."""
        try:
            js_transaction = self._js_database.transaction(js_json([RECORDS, DIGESTS]), "readonly")
            js_requests = [
                getattr(js_transaction.objectStore(store), method)(*arguments) for store, method, arguments in requests
            ]
            await settled(js_transaction, "complete", ["abort"])
        except (JsException, RuntimeError) as error:
            raise await storage_refusal("read", error) from error
        return [js_request.result for js_request in js_requests]


class IndexedDbChunkStore:
    """Chunks as `Uint8Array`s in the store `chunks`, by the key `[repo, path, number]`.

    Args:
        js_database: From `open_database`.
    """

    def __init__(self, js_database: Any) -> None:
        self._js_database = js_database

    async def write_chunks(self, record: FileRecord, first: int, chunks: Sequence[ByteBuffer]) -> None:
        """Store chunks in one transaction."""

        def work(js_transaction: Any) -> None:
            js_store = js_transaction.objectStore(CHUNKS)
            for index, chunk in enumerate(chunks, first):
                js_store.put(owned_array(cast(JsBytes, chunk)), _file_key(record.key, index))

        await change_stored(self._js_database, (CHUNKS,), work, sum(chunk.size for chunk in chunks))

    async def read_chunk(self, record: FileRecord, index: int) -> ByteBuffer | None:
        """Return a chunk, or None when it is missing or too short."""
        js_array = await read_stored(self._js_database, CHUNKS, "get", _file_key(record.key, index))
        return None if js_array is None or js_array.byteLength < record.length_of(index) else JsBytes(js_array)

    async def delete_file(self, key: FileKey) -> None:
        """Delete all chunks of a file."""

        def work(js_transaction: Any) -> None:
            js_transaction.objectStore(CHUNKS).delete(_beginning_with(key.repo, key.path))

        await change_stored(self._js_database, (CHUNKS,), work)

    async def files(self) -> tuple[FileKey, ...]:
        """Return the files that have chunks."""
        js_keys = await read_stored(self._js_database, CHUNKS, "getAllKeys")
        return tuple({FileKey(repo, path) for repo, path, _ in js_keys.to_py()})


def _file_key(key: FileKey, *index: int) -> Any:
    return js_json([key.repo, key.path, *index])


def _beginning_with(*parts: str) -> Any:
    """Return the range of all keys with more parts after these: an array is above every other kind of key."""
    return js.IDBKeyRange.bound(js_json([*parts]), js_json([*parts, []]))


def _plain(js_record: JsProxy) -> JsonObject:
    return cast(JsonObject, js_record.to_py())
