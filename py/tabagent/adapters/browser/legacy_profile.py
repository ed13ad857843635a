"""`LegacyProfile` on the database of earlier versions, opened by this one, which keeps its store `files` as it is."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import js
from pyodide.ffi import JsException

from tabagent.adapters.browser.ffi import JsBytes, js_json, plain_json
from tabagent.adapters.browser.indexed_db import FILES, MANIFEST, change_stored, read_stored
from tabagent.adapters.browser.storage_space import storage_refusal
from tabagent.errors import JsonObject
from tabagent.models.legacy import (
    TOKEN_KEY,
    ChunkRecord,
    LegacySource,
    keys_in,
    keys_of,
    missing,
    parse_key,
    task_of,
    whole_files,
)
from tabagent.ports.buffers import ByteBuffer
from tabagent.ports.legacy_profile import LegacyFile
from tabagent.specs import FileKey


class BrowserLegacyProfile:
    """The store `files`, and the old entries in `manifest`.

    Args:
        js_database: From `open_database`.
    """

    def __init__(self, js_database: Any) -> None:
        self._js_database = js_database
        self._found: dict[FileKey, LegacySource] = {}

    async def files(self) -> tuple[LegacyFile, ...]:
        """Return the files that are whole; Blobs tell their size without being read."""
        sizes: dict[str, int] = {}
        records: dict[str, JsonObject] = {}
        for text in await self._keys():
            parsed = parse_key(text)
            if parsed is None:
                continue
            js_record = await read_stored(self._js_database, FILES, "get", text)
            if isinstance(parsed, ChunkRecord):
                records[text] = await _fields(js_record)
            elif (size := _size(_content(js_record))) is not None:
                sizes[text] = size
        self._found = {source.file.key: source for source in whole_files(sizes, records)}
        return tuple(source.file for source in self._found.values())

    async def tasks(self) -> dict[str, str]:
        """Return the tasks of the old entries."""
        js_entries = await read_stored(self._js_database, MANIFEST, "getAll")
        return dict(found for js_entry in js_entries if (found := task_of(plain_json(js_entry))) is not None)

    async def read(self, file: LegacyFile, offset: int, length: int) -> ByteBuffer:
        """Return bytes of a file: slices of Blobs, or of the buffers that hold them."""
        source = self._found.get(file.key)
        if source is None:
            raise missing(file)
        js_parts: list[Any] = []
        for piece, start, end in source.within(offset, length):
            js_content = _content(await read_stored(self._js_database, FILES, "get", piece.place))
            if _size(js_content) != piece.size:
                raise missing(file)
            js_parts.append(_slice(js_content, start, end))
        if len(js_parts) == 1 and hasattr(js_parts[0], "byteLength"):
            return JsBytes(js_parts[0])
        try:
            js_buffer = await js.Blob.new(js_json(js_parts)).arrayBuffer()
        except JsException as error:
            raise await storage_refusal("read", error) from error
        if js_buffer.byteLength != length:
            raise missing(file)
        return JsBytes(js.Uint8Array.new(js_buffer))

    async def delete(self, file: LegacyFile) -> None:
        """Delete a file in every shape, in one transaction."""
        await self._delete(*keys_of(file, await self._keys()))

    async def delete_all(self, repo: str | None = None) -> None:
        """Delete the files of a repository, or of all, in one transaction."""
        await self._delete(*keys_in(repo, await self._keys()))

    async def token(self) -> str | None:
        """Return the token, or None."""
        js_content = _content(await read_stored(self._js_database, FILES, "get", TOKEN_KEY))
        if js_content is None:
            return None
        try:
            text = js_content if isinstance(js_content, str) else str(await js_content.text())
        except (JsException, AttributeError):
            return None
        return text.strip() or None

    async def delete_token(self) -> None:
        """Delete the token."""
        await self._delete(TOKEN_KEY)

    async def _keys(self) -> list[str]:
        js_keys = await read_stored(self._js_database, FILES, "getAllKeys")
        return [text for text in js_keys.to_py() if isinstance(text, str)]

    async def _delete(self, *keys: str) -> None:
        if keys:
            await change_stored(self._js_database, [FILES], _deleting(keys))


def _deleting(keys: tuple[str, ...]) -> Callable[[Any], None]:
    def work(js_transaction: Any) -> None:
        js_store = js_transaction.objectStore(FILES)
        for key in keys:
            js_store.delete(key)

    return work


def _content(js_record: Any) -> Any:
    """Return a record's Blob or buffer, or None; a proxy of an empty buffer is false."""
    for name in ("blob", "data"):
        js_content = getattr(js_record, name, None)
        if isinstance(js_content, str) or _size(js_content) is not None:
            return js_content
    return None


def _size(js_content: Any) -> int | None:
    for name in ("byteLength", "size"):
        size = getattr(js_content, name, None)
        if isinstance(size, int):
            return size
    return None


def _slice(js_content: Any, start: int, end: int) -> Any:
    """Return a Blob of a Blob's part, or a `Uint8Array` over a buffer's."""
    if not hasattr(js_content, "byteLength"):
        return js_content.slice(start, end)
    return js.Uint8Array.new(js_content).subarray(start, end)


async def _fields(js_record: Any) -> JsonObject:
    js_content = _content(js_record)
    try:
        found = plain_json(js_record) if js_content is None else json.loads(str(await js_content.text()))
    except (ValueError, JsException, AttributeError):
        return {}
    return found if isinstance(found, dict) else {}
