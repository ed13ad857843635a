"""The model store as transformers.js's `env.customCache`: where the engine meets the stored files.

transformers.js asks with a local path (`/models/{repo}/{file}`) or with the hub's address, at any revision. A miss is
an error for it, because it never fetches: the model manager has brought every file in before.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable
from typing import Any, TypeVar, cast

import js
from pyodide.ffi import JsProxy, create_proxy

from tabagent.adapters.browser.ffi import JsBytes, js_object
from tabagent.errors import TabAgentError
from tabagent.models.downloader import ModelDownloader
from tabagent.models.sources import HUB
from tabagent.models.store import ModelStore
from tabagent.ports.buffers import ByteBuffer
from tabagent.specs import FileKey, FileRecord
from tabagent.store_errors import FileDamaged

logger = logging.getLogger(__name__)

T = TypeVar("T")


class ModelCache:
    """Serves one repository's files as streamed responses, every chunk checked before the engine sees it.

    Args:
        store: Where the files are.
        downloader: Fetches a chunk again that is missing or damaged.
    """

    def __init__(self, store: ModelStore, downloader: ModelDownloader) -> None:
        self._store, self._downloader = store, downloader
        self._repo = self._name = ""
        self._failed: asyncio.Future[TabAgentError] | None = None
        self._ready: asyncio.Future[None] | None = None

    def serve(self, repo: str) -> Any:
        """Serve `repo` from now on and return the cache object; it lives as long as the thread.

        transformers.js knows the model as `engine_name(repo)`.
        """
        self._repo, self._name = repo, engine_name(repo)
        self._failed = asyncio.get_running_loop().create_future()
        js_match = create_proxy(self.try_serve_from_indexed_db)
        return js_object({"match": js_match, "put": create_proxy(self._put)})

    def hold_back_end_until(self, ready: asyncio.Future[None]) -> None:
        """Let no graph come to its end before the engine has started: two sessions must not be made at a time."""
        self._ready = ready

    async def or_failure(self, loading: Awaitable[T]) -> T:
        """Wait for something that reads from the cache.

        transformers.js 4.3 turns an error inside a stream into a plain TypeError, and waits for ever when the stream is
        one of external data (`getModelDataFiles` in utils/model-loader.js makes a promise that nobody rejects).

        Raises:
            TabAgentError: A file could not be served; what waited is given up.
        """
        failed = self._failed
        assert failed is not None, "serve comes first"  # noqa: S101 - a bug, not an input
        task = asyncio.ensure_future(loading)
        both: set[asyncio.Future[Any]] = {task, failed}
        await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        if failed.done():
            task.cancel()
            raise failed.result()
        return task.result()

    def refusing_fetch(self) -> Any:
        """Return a fetch that finds nothing: what is not stored must not come from the network behind our back."""
        return create_proxy(lambda url, options=None: js.Promise.resolve(_not_found()))

    async def text(self, path: str) -> str | None:
        """Return a small file's text, or None when it is not stored."""
        content = await self._store.assemble_chunks(FileKey(self._repo, path))
        return content.decode() if content is not None else None

    async def try_serve_from_indexed_db(self, request: str) -> JsProxy | None:
        """Return a stored file as a response, or None; the plan's `tryServeFromIndexedDB`, whatever the backend is."""
        path = self._path(request)
        record = await self._store.record(FileKey(self._repo, path)) if path else None
        return self.create_streaming_response_from_chunks(record) if record is not None and record.whole else None

    def create_streaming_response_from_chunks(self, record: FileRecord) -> Any:
        """Return a response whose body is read chunk by chunk; the plan's `createStreamingResponseFromChunks`."""
        js_headers = js_object({"content-length": str(record.size), "content-type": "application/octet-stream"})
        return js.Response.new(self._stream(record), js_object({"status": 200, "headers": js_headers}))

    async def _put(self, request: str, js_response: JsProxy, progress: object = None) -> None:
        """Do nothing: what the engine reads is stored already."""

    def _path(self, request: str) -> str | None:
        local, remote = f"/models/{self._name}/", f"{HUB}/{self._name}/resolve/"
        if request.startswith(local):
            return request[len(local) :]
        if request.startswith(remote):
            return request[len(remote) :].partition("/")[2]
        return None

    async def _chunk(self, record: FileRecord, index: int) -> ByteBuffer:
        """Return a chunk, fetched again when it is not as it was written."""
        try:
            return await self._store.chunk(record, index)
        except FileDamaged:
            logger.warning("part %d of %s is damaged: fetching it again", index, record.key.path)
            await self._downloader.repair(record, [index])
            return await self._store.chunk(record, index)

    def _stream(self, record: FileRecord) -> Any:
        indexes = iter(range(record.chunk_count))
        proxies: list[JsProxy] = []

        async def pull(js_controller: JsProxy) -> None:
            index = next(indexes, None)
            if index is None:
                if self._ready is not None and record.key.path.endswith(".onnx"):
                    await self._ready
                js_controller.close()
                _destroy_later(proxies)
                return
            try:
                chunk = await self._chunk(record, index)
            except TabAgentError as error:
                if self._failed is not None and not self._failed.done():
                    self._failed.set_result(error)
                js_controller.error(js.Error.new(error.message))
                _destroy_later(proxies)
                return
            js_controller.enqueue(cast(JsBytes, chunk).js_array)

        proxies.append(create_proxy(pull))
        return js.ReadableStream.new(js_object({"pull": proxies[0]}), js_object({"highWaterMark": 1}))


def engine_name(repo: str) -> str:
    """Return a name that transformers.js takes for a model of any hub: it wants `owner/name`."""
    return "/".join(repo.split("/")[-2:])


def _not_found() -> Any:
    return js.Response.new("", js_object({"status": 404}))


def _destroy_later(proxies: list[JsProxy]) -> None:
    """Free a stream's function once JavaScript has returned from it."""
    loop = asyncio.get_running_loop()
    for proxy in proxies:
        loop.call_soon(proxy.destroy)
