"""The model store as transformers.js's `env.customCache`: where the engine meets the stored files.

transformers.js asks with a local path (`/models/{repo}/{file}`) or with the hub's address, at any revision. A miss is
an error for it, because it never fetches: the model manager has brought every file in before.
"""

from __future__ import annotations

import asyncio
from typing import Any, cast

import js
from pyodide.ffi import JsProxy, create_proxy

from tabagent.adapters.browser.ffi import JsBytes, js_object
from tabagent.errors import TabAgentError
from tabagent.models.hub import HUB
from tabagent.models.store import ModelStore
from tabagent.specs import FileKey, FileRecord


class ModelCache:
    """Serves one repository's files as streamed responses.

    Args:
        store: Where the files are.
    """

    def __init__(self, store: ModelStore) -> None:
        self._store = store
        self._repo = ""
        # An error inside a stream reaches transformers.js as a plain TypeError; the cause is kept for the engine.
        self.failure: TabAgentError | None = None

    def serve(self, repo: str) -> Any:
        """Serve `repo` from now on and return the cache object; it lives as long as the thread."""
        self._repo, self.failure = repo, None
        return js_object({"match": create_proxy(self._match), "put": create_proxy(self._put)})

    def refusing_fetch(self) -> Any:
        """Return a fetch that finds nothing: what is not stored must not come from the network behind our back."""
        return create_proxy(lambda url, options=None: js.Promise.resolve(_not_found()))

    async def text(self, path: str) -> str | None:
        """Return a small file's text, or None when it is not stored."""
        js_response = await self._open(path)
        return str(await js_response.text()) if js_response is not None else None

    async def _match(self, request: str) -> JsProxy | None:
        path = self._path(request)
        return await self._open(path) if path else None

    async def _put(self, request: str, js_response: JsProxy, progress: object = None) -> None:
        """Do nothing: what the engine reads is stored already."""

    def _path(self, request: str) -> str | None:
        local, remote = f"/models/{self._repo}/", f"{HUB}/{self._repo}/resolve/"
        if request.startswith(local):
            return request[len(local) :]
        if request.startswith(remote):
            return request[len(remote) :].partition("/")[2]
        return None

    async def _open(self, path: str) -> Any:
        record = await self._store.record(FileKey(self._repo, path))
        if record is None:
            return None
        js_headers = js_object({"content-length": str(record.size), "content-type": "application/octet-stream"})
        return js.Response.new(self._stream(record), js_object({"status": 200, "headers": js_headers}))

    def _stream(self, record: FileRecord) -> Any:
        indexes = iter(range(record.chunk_count))
        proxies: list[JsProxy] = []

        async def pull(js_controller: JsProxy) -> None:
            index = next(indexes, None)
            if index is None:
                js_controller.close()
                _destroy_later(proxies)
                return
            try:
                chunk = await self._store.chunk(record.key, index)
            except TabAgentError as error:
                self.failure = error
                js_controller.error(js.Error.new(error.message))
                _destroy_later(proxies)
                return
            js_controller.enqueue(cast(JsBytes, chunk).js_array)

        proxies.append(create_proxy(pull))
        return js.ReadableStream.new(js_object({"pull": proxies[0]}), js_object({"highWaterMark": 1}))


def _not_found() -> Any:
    return js.Response.new("", js_object({"status": 404}))


def _destroy_later(proxies: list[JsProxy]) -> None:
    """Free a stream's function once JavaScript has returned from it."""
    loop = asyncio.get_running_loop()
    for proxy in proxies:
        loop.call_soon(proxy.destroy)
