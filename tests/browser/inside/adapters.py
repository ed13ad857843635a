"""Cases of the browser's adapters alone: what no port promises and no adapter in memory can show."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any, cast

from tabagent.ports.model_index import IndexChange
from tabagent.specs import FileKey, FileRecord
from tabagent.store_errors import StorageError

RECORD = FileRecord(key=FileKey("acme/tiny", "onnx/model.onnx"), revision="1", size=8, chunk_size=4)
# The stores of each version before this one, with their key paths.
EARLIER: dict[int, dict[str, str]] = {
    1: {"files": "url", "manifest": "repo"},
    2: {"files": "url", "manifest": "repo", "inferenceSettings": "id"},
    3: {"files": "url", "manifest": "repo", "inferenceSettings": "id"},
}
STORES = ["chunkDigests", "chunks", "fileRecords", "files", "inferenceSettings", "manifest", "vault"]


def spoil(change: IndexChange) -> IndexChange:
    """Return the change with a value at its end that IndexedDB cannot store."""
    return replace(change, put_records=(*change.put_records, replace(RECORD, etag=cast(str, object()))))


async def a_database_of_every_earlier_version_is_extended_and_keeps_its_content(js_host: Any) -> None:
    from tabagent.adapters.browser.indexed_db import open_database, read_stored

    for version, stores in EARLIER.items():
        js_older = await _open(f"earlier-{version}", version, stores)
        for store, key in stores.items():
            await _put(js_older, store, {key: "one", "data": [1, 2, 3]})
        js_older.close()
        js_database = await open_database(f"earlier-{version}")

        assert list(js_database.objectStoreNames) == STORES
        for store, key in stores.items():
            js_records = await read_stored(js_database, store, "getAll")
            assert js_records.to_py() == [{key: "one", "data": [1, 2, 3]}]
        js_database.close()


async def a_database_that_a_newer_version_wants_closes_by_itself(js_host: Any) -> None:
    from tabagent.adapters.browser.indexed_db import VERSION, open_database, read_stored

    js_database = await open_database("newer")
    js_newer = await _open("newer", VERSION + 1, {"more": "id"})

    assert "more" in list(js_newer.objectStoreNames)
    assert await _refused(read_stored(js_database, "manifest", "getAll"))
    assert await _refused(open_database("newer"))


async def a_database_that_somebody_keeps_open_says_so(js_host: Any) -> None:
    from tabagent.adapters.browser import indexed_db

    js_older = await _open("kept", 3, EARLIER[3])
    patience, indexed_db.BLOCKED_S = indexed_db.BLOCKED_S, 0.2
    try:
        assert await _refused(indexed_db.open_database("kept"))
    finally:
        indexed_db.BLOCKED_S = patience
    js_older.close()
    js_database = await indexed_db.open_database("kept")

    assert list(js_database.objectStoreNames) == STORES


async def entries_of_earlier_versions_are_left_alone(js_host: Any) -> None:
    from tabagent.adapters.browser.indexed_db import IndexedDbModelIndex, open_database, read_stored

    js_database = await open_database("legacy-entries")
    await _put(js_database, "manifest", {"repo": "acme/old", "quants": {}})
    index = IndexedDbModelIndex(js_database)
    await index.apply(IndexChange(put_records=(RECORD,)))

    assert await index.entry("acme/old") is None
    assert await index.entries() == ()
    assert (await read_stored(js_database, "manifest", "count")) == 1


async def a_part_of_a_larger_buffer_is_stored_without_the_rest(js_host: Any) -> None:
    import js

    from tabagent.adapters.browser.ffi import JsBytes
    from tabagent.adapters.browser.indexed_db import IndexedDbChunkStore, open_database
    from tabagent.adapters.browser.opfs import OpfsChunkStore

    for store in (IndexedDbChunkStore(await open_database("part")), OpfsChunkStore("part")):
        js_array = js.Uint8Array.new(1000)
        js_array.fill(7)
        await store.write_chunks(RECORD, 0, [JsBytes(js_array.subarray(10, 14))])
        chunk = cast(JsBytes, await store.read_chunk(RECORD, 0))

        assert chunk.to_bytes() == b"\7" * 4
        assert chunk.js_array.buffer.byteLength == 4


async def the_file_system_is_there_in_a_worker(js_host: Any) -> None:
    from tabagent.adapters.browser.opfs import OpfsChunkStore

    assert await OpfsChunkStore("probed").available()
    assert await OpfsChunkStore("probed").files() == ()


async def two_threads_can_have_the_same_file_open(js_host: Any) -> None:
    from tabagent.adapters.browser.ffi import js_bytes
    from tabagent.adapters.browser.opfs import OpfsChunkStore

    first, second = OpfsChunkStore("shared"), OpfsChunkStore("shared")
    await first.write_chunks(RECORD, 0, [js_bytes(b"abcd")])
    await second.write_chunks(RECORD, 1, [js_bytes(b"efgh")])
    chunk = await first.read_chunk(RECORD, 1)

    assert chunk is not None
    assert chunk.to_bytes() == b"efgh"


async def nothing_is_left_of_a_repository_without_files(js_host: Any) -> None:
    import js

    from tabagent.adapters.browser.ffi import js_bytes
    from tabagent.adapters.browser.opfs import OpfsChunkStore

    store = OpfsChunkStore("emptied")
    keys = [FileKey("acme/tiny", path) for path in ("a", "b")]
    for key in keys:
        await store.write_chunks(replace(RECORD, key=key), 0, [js_bytes(b"abcd")])
    for count, key in zip((1, 0), keys, strict=True):
        await store.delete_file(key)
        js_root = await js.navigator.storage.getDirectory()
        js_folder = await js_root.getDirectoryHandle("emptied")
        assert len([js_file.name async for js_file in js_folder.values()]) == count


async def a_digest_that_is_given_up_in_the_middle_ends_whoever_waits_for_it(js_host: Any) -> None:
    import asyncio

    from tabagent.adapters.browser.ffi import js_bytes
    from tabagent.adapters.browser.hasher import WasmHasher
    from tabagent.ports.hasher import DigestKind

    hasher = WasmHasher(js_host, in_thread_bytes=0)
    await hasher.prepare()
    content = hasher.content_hash(DigestKind.SHA256, 100)
    await content.update(js_bytes(b"x" * 50))
    waiting = asyncio.ensure_future(_refused(content.digest()))
    await asyncio.sleep(0)
    content.close()

    assert await waiting


async def the_turn_is_given_away_when_somebody_has_use_for_it(js_host: Any) -> None:
    from tabagent.adapters.browser.message_gap import MessageGap
    from tabagent.adapters.browser.under_way import under_way

    host = CountingHost(js_host)
    gap = MessageGap(cast(Any, host))

    async def turns(seconds: float) -> tuple[int, int]:
        """Let messages in again and again; return how often, and how often that took a turn."""
        looks, before, end = 0, host.given, time.monotonic() + seconds
        while time.monotonic() < end:
            await gap.let_messages_in()
            looks += 1
        return looks, host.given - before

    looks, alone = await turns(1)
    with under_way():
        _, beside = await turns(1)
    host.mail = True
    looks_with_mail, with_mail = await turns(0.1)

    assert 0 < 2 * alone < beside < looks / 2
    assert with_mail == 2 * looks_with_mail


class CountingHost:
    """Gives turns away as the real one does, and has mail when it is told so."""

    def __init__(self, js_host: Any) -> None:
        self._js_host = js_host
        self.mail, self.given = False, 0

    def mailWaits(self) -> bool:  # noqa: N802 - JavaScript's
        return self.mail

    def giveTurn(self, js_on_turn: Any) -> None:  # noqa: N802 - JavaScript's
        self.given += 1
        self._js_host.giveTurn(js_on_turn)


async def _open(name: str, version: int, stores: dict[str, str]) -> Any:
    import js

    from tabagent.adapters.browser.ffi import js_json, owned_proxies, settled

    js_request = js.indexedDB.open(name, version)

    def upgrade(js_event: Any) -> None:
        for store, key in stores.items():
            js_request.result.createObjectStore(store, js_json({"keyPath": key}))

    with owned_proxies(upgrade) as (js_upgrade,):
        js_request.addEventListener("upgradeneeded", js_upgrade)
        await settled(js_request, "success", ["error"])
    return js_request.result


async def _put(js_database: Any, store: str, value: dict[str, Any]) -> None:
    from tabagent.adapters.browser.ffi import js_json
    from tabagent.adapters.browser.indexed_db import change_stored

    await change_stored(js_database, (store,), lambda js_tx: js_tx.objectStore(store).put(js_json(value)))


async def _refused(operation: Awaitable[object]) -> bool:
    try:
        await operation
    except StorageError:
        return True
    return False


Case = Callable[[Any], Awaitable[None]]
CASES: tuple[Case, ...] = (
    a_database_of_every_earlier_version_is_extended_and_keeps_its_content,
    a_database_that_a_newer_version_wants_closes_by_itself,
    a_database_that_somebody_keeps_open_says_so,
    entries_of_earlier_versions_are_left_alone,
    a_part_of_a_larger_buffer_is_stored_without_the_rest,
    the_file_system_is_there_in_a_worker,
    two_threads_can_have_the_same_file_open,
    nothing_is_left_of_a_repository_without_files,
    a_digest_that_is_given_up_in_the_middle_ends_whoever_waits_for_it,
    the_turn_is_given_away_when_somebody_has_use_for_it,
)
