"""`Hasher` on hash-wasm.

Measured on 8 MiB blocks in the extension's worker, on two cores of a server, in MB/s: XXH64 4,400, XXH128 2,900, CRC-32
1,330, SHA-1 450, SHA-256 230. The browser's own SHA-256 makes 700, but takes no content in pieces.
"""

from __future__ import annotations

import asyncio
from typing import Any, cast

import js
from pyodide.ffi import JsException, JsProxy, create_proxy

from tabagent.adapters.browser.ffi import JsBytes, describe, js_bytes, js_object
from tabagent.adapters.browser.host import JsHost
from tabagent.adapters.browser.under_way import under_way
from tabagent.ports.buffers import ByteBuffer
from tabagent.ports.hasher import ContentHash, DigestKind
from tabagent.store_errors import StorageError

# Functions of hash-wasm's.
MAKERS = {DigestKind.SHA256: "createSHA256", DigestKind.GIT: "createSHA1"}
# Larger files are digested in a thread of their own: 2 MiB hold this one up for 10 ms.
IN_THREAD_BYTES = 2 * 1024 * 1024
# Shared with the other thread, which takes a chunk in pieces of this size: small, because it counts as memory.
BLOCK_BYTES = 1024 * 1024
WORKER = "hash_worker.js"


class WasmHasher:
    """Digests computed in WebAssembly.

    Args:
        js_host: Gives hash-wasm's module.
        in_thread_bytes: Files up to this size are digested in Python's own thread.
    """

    def __init__(self, js_host: JsHost, *, in_thread_bytes: int = IN_THREAD_BYTES) -> None:
        self._js_host = js_host
        self._in_thread_bytes = in_thread_bytes
        self._js_module: Any = None
        self._js_chunk_hash: Any = None

    async def prepare(self) -> None:
        """Compile what digests chunks."""
        if self._js_chunk_hash is None:
            try:
                self._js_module = await self._js_host.importHasher()
                self._js_chunk_hash = await self._js_module.createXXHash64()
            except JsException as error:
                raise _failure(describe(error)) from error

    def chunk_digest(self, chunk: ByteBuffer) -> str:
        """Return XXH64 in 16 hexadecimal digits."""
        self._js_chunk_hash.init()
        self._js_chunk_hash.update(cast(JsBytes, chunk).js_array)
        return str(self._js_chunk_hash.digest())

    def content_hash(self, kind: DigestKind, size: int) -> ContentHash:
        """Begin the digest of a file, beside this thread when it is large."""
        if size > self._in_thread_bytes and js.crossOriginIsolated:
            return _HashBeside(kind, size)
        return _HashInThread(self._js_module, kind, size)


class _HashInThread:
    """Computes where Python runs.

    Args:
        js_module: hash-wasm.
        size: Bytes of the file.
    """

    def __init__(self, js_module: Any, kind: DigestKind, size: int) -> None:
        self._js_module = js_module
        self._kind = kind
        self._size = size
        self._js_hash: Any = None

    async def update(self, chunk: ByteBuffer) -> None:
        """Take the next bytes in."""
        (await self._begun()).update(cast(JsBytes, chunk).js_array)

    async def digest(self) -> str:
        """Return the digest with its kind before it."""
        return f"{self._kind}:{(await self._begun()).digest()}"

    def close(self) -> None:
        """Forget the state."""
        self._js_hash = None

    async def _begun(self) -> Any:
        if self._js_hash is None:
            self._js_hash = await getattr(self._js_module, MAKERS[self._kind])()
            self._js_hash.update(_before(self._kind, self._size).js_array)
        return self._js_hash


class _HashBeside:
    """Has a worker compute while this thread fetches and writes the next block.

    Blocks cross in shared memory: posting one would copy it as well and leave the copy to the garbage collector, and
    transferring it would take it from whoever writes it meanwhile.

    Args:
        size: Bytes of the file.
    """

    def __init__(self, kind: DigestKind, size: int) -> None:
        self._kind = kind
        self._size = size
        self._js_worker: Any = None
        self._js_block: Any = None
        self._js_listeners: list[JsProxy] = []
        self._answer: asyncio.Future[str] | None = None

    async def update(self, chunk: ByteBuffer) -> None:
        """Copy the next bytes into shared memory, after those before them are taken in."""
        await self._begin()
        await self._take(cast(JsBytes, chunk).js_array)

    async def digest(self) -> str:
        """Return the digest with its kind before it."""
        await self._begin()
        await self._answered()
        self._post(end=True)
        text = await self._answered()
        self.close()
        return f"{self._kind}:{text}"

    def close(self) -> None:
        """End the worker."""
        if self._js_worker is not None:
            self._js_worker.terminate()
            self._js_worker.onmessage = self._js_worker.onerror = None
        for js_listener in self._js_listeners:
            js_listener.destroy()
        self._js_listeners, self._js_worker, self._js_block = [], None, None
        self._settle("")

    async def _begin(self) -> None:
        if self._js_worker is not None:
            return
        js_memory = js.SharedArrayBuffer.new(min(BLOCK_BYTES, max(self._size, 64)))
        self._js_block = js.Uint8Array.new(js_memory)
        self._js_worker = js.Worker.new(WORKER, js_object({"type": "module"}))
        self._js_listeners = [create_proxy(self._on_message), create_proxy(self._on_error)]
        self._js_worker.onmessage, self._js_worker.onerror = self._js_listeners
        self._post(make=MAKERS[self._kind], memory=js_memory)
        await self._take(_before(self._kind, self._size).js_array)

    async def _take(self, js_array: Any) -> None:
        length, room = int(js_array.byteLength), int(self._js_block.byteLength)
        for start in range(0, length, room):
            await self._answered()
            js_part = js_array if length <= room else js_array.subarray(start, start + room)
            self._js_block.set(js_part)
            self._post(length=int(js_part.byteLength))

    def _post(self, **message: object) -> None:
        self._answer = asyncio.get_running_loop().create_future()
        self._js_worker.postMessage(js_object(message))

    async def _answered(self) -> str:
        """Wait until the worker is done with what it was given last."""
        with under_way():
            text = await self._answer if self._answer else ""
        if self._js_worker is None:
            raise _failure("it was given up")
        return text

    def _on_message(self, js_event: Any) -> None:
        self._settle(str(js_event.data))

    def _on_error(self, js_event: Any) -> None:
        self._settle(_failure(str(js_event.message or "its thread did not start")))

    def _settle(self, answer: str | StorageError) -> None:
        if self._answer is None or self._answer.done():
            return
        if isinstance(answer, str):
            self._answer.set_result(answer)
        else:
            self._answer.set_exception(answer)


def _failure(cause: str) -> StorageError:
    return StorageError(f"The digest of a file could not be computed: {cause}.", action="digest", cause=cause)


def _before(kind: DigestKind, size: int) -> JsBytes:
    """Return what git puts before a content."""
    return js_bytes(b"blob %d\0" % size if kind == DigestKind.GIT else b"")
