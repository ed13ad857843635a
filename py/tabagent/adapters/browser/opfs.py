"""`ChunkStore` on the origin private file system.

A file of a model is one file, `models/REPO/PATH` with both names quoted, and chunk i lies at i times the chunk size. A
chunk that was never written before a later one reads as zeros; its digest, which the index has not, tells.

Access handles read and write without a copy and without leaving the thread. Their mode `readwrite-unsafe` lets several
threads have the same file open: the one that is being ended does not lock out the one that follows.

Nothing is flushed after a write. It would hold the thread up, with every message that waits for it, until the disk is
done: 8 MiB a write came down from 3,270 to 350 MB/s on a server's disk, 512 MiB to between 240 and 1,380. It protects
from a power cut alone, what that takes is noticed by the chunks' digests at the next load, and only those chunks are
fetched again. IndexedDB is asked for no more (`relaxed`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, cast
from urllib.parse import quote, unquote

import js
from pyodide.ffi import JsException

from tabagent.adapters.browser.ffi import JsBytes, js_block, js_json
from tabagent.adapters.browser.storage_space import storage_refusal
from tabagent.ports.buffers import ByteBuffer
from tabagent.specs import FileKey, FileRecord
from tabagent.store_errors import StorageFull

FOLDER = "models"
PROBE = "probe"
NOT_FOUND, IN_USE = "NotFoundError", "NoModificationAllowedError"
# A thread that was ended holds its files for a moment: what to wait before each further try to delete one.
PAUSES_S = (0.05, 0.1, 0.2, 0.4, 0.8)
# A download writes a few files at a time, a load reads one after the other.
OPEN_FILES = 6


class OpfsChunkStore:
    """Files in a folder of the origin private file system; for worker threads.

    Args:
        folder: Name of the folder.
    """

    def __init__(self, folder: str = FOLDER) -> None:
        self._folder = folder
        # The file that was used last is at the end.
        self._js_open: dict[FileKey, Any] = {}
        # Opening and deleting take several steps; reading and writing one each.
        self._steps = asyncio.Lock()

    async def available(self) -> bool:
        """Tell whether this browser has such files and lets this thread write one."""
        try:
            js_folder = await self._js_root(create=True)
            js_file = await js_folder.getFileHandle(PROBE, js_json({"create": True}))
            js_handle = await js_file.createSyncAccessHandle(js_json({"mode": "readwrite-unsafe"}))
            js_handle.close()
            await js_folder.removeEntry(PROBE)
        except (JsException, AttributeError):
            return False
        return True

    async def write_chunks(self, record: FileRecord, first: int, chunks: Sequence[ByteBuffer]) -> None:
        """Write chunks to their places."""
        if not chunks:
            return
        needed = sum(chunk.size for chunk in chunks)
        try:
            js_handle = await self._handle(record.key, create=True)
            position = first * record.chunk_size
            for chunk in chunks:
                written = js_handle.write(cast(JsBytes, chunk).js_array, js_json({"at": position}))
                if written < chunk.size:
                    raise StorageFull(needed, int(written))
                position += chunk.size
        except JsException as error:
            self._close(record.key)
            raise await storage_refusal("write", error, needed) from error

    async def read_chunk(self, record: FileRecord, index: int) -> ByteBuffer | None:
        """Return a chunk, or None when the file ends before it does."""
        length = record.length_of(index)
        try:
            js_handle = await self._handle(record.key, create=False)
            js_array = js_block(length)
            count = js_handle.read(js_array, js_json({"at": index * record.chunk_size}))
        except JsException as error:
            if error.name == NOT_FOUND:
                return None
            self._close(record.key)
            raise await storage_refusal("read", error) from error
        return JsBytes(js_array) if count == length else None

    async def delete_file(self, key: FileKey) -> None:
        """Delete the file, and the repository's folder when it was the last one."""
        async with self._steps:
            self._close(key)
            try:
                js_root = await self._js_root(create=False)
                js_folder = await js_root.getDirectoryHandle(_name(key.repo))
                await _remove(js_folder, _name(key.path))
            except JsException as error:
                if error.name == NOT_FOUND:
                    return
                raise await storage_refusal("delete", error) from error
            with suppress(JsException):  # it holds other files
                await js_root.removeEntry(_name(key.repo))

    async def files(self) -> tuple[FileKey, ...]:
        """Return the files that are there."""
        keys: list[FileKey] = []
        try:
            js_root = await self._js_root(create=True)
            async for js_folder in js_root.values():
                if js_folder.kind == "directory":
                    repo = unquote(js_folder.name)
                    keys.extend([FileKey(repo, unquote(js_file.name)) async for js_file in js_folder.values()])
        except JsException as error:
            raise await storage_refusal("list", error) from error
        return tuple(keys)

    async def js_file(self, key: FileKey) -> Any:
        """Return the file as a `File`, whose bytes stay on the disk; None when it is not there.

        It can be read until the file is changed.
        """
        async with self._steps:
            self._close(key)
            try:
                js_root = await self._js_root(create=False)
                js_folder = await js_root.getDirectoryHandle(_name(key.repo))
                js_handle = await js_folder.getFileHandle(_name(key.path))
                return await js_handle.getFile()
            except JsException as error:
                if error.name != NOT_FOUND:
                    raise await storage_refusal("read", error) from error
                return None

    async def _handle(self, key: FileKey, *, create: bool) -> Any:
        """Return an access handle, opening the file and closing another one when too many are open."""
        async with self._steps:
            js_handle = self._js_open.pop(key, None)
            if js_handle is None:
                options = js_json({"create": create})
                js_root = await self._js_root(create=create)
                js_folder = await js_root.getDirectoryHandle(_name(key.repo), options)
                js_file = await js_folder.getFileHandle(_name(key.path), options)
                js_handle = await js_file.createSyncAccessHandle(js_json({"mode": "readwrite-unsafe"}))
                if len(self._js_open) >= OPEN_FILES:
                    self._close(next(iter(self._js_open)))
            self._js_open[key] = js_handle
            return js_handle

    async def _js_root(self, *, create: bool) -> Any:
        js_root = await js.navigator.storage.getDirectory()
        return await js_root.getDirectoryHandle(self._folder, js_json({"create": create}))

    def _close(self, key: FileKey) -> None:
        js_handle = self._js_open.pop(key, None)
        if js_handle is not None:
            with suppress(JsException):  # it is closed whatever it says
                js_handle.close()


def _name(text: str) -> str:
    return quote(text, safe="")


async def _remove(js_folder: Any, name: str) -> None:
    for pause in PAUSES_S:
        try:
            await js_folder.removeEntry(name)
        except JsException as error:
            if error.name != IN_USE:
                raise
            await asyncio.sleep(pause)
        else:
            return
    await js_folder.removeEntry(name)
