"""`Fetcher` on the browser's fetch."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

import js
from pyodide.ffi import JsException, JsProxy, create_proxy

from tabagent.adapters.browser.ffi import JsBytes, js_block, js_json
from tabagent.adapters.browser.host import JsHost
from tabagent.adapters.browser.under_way import under_way
from tabagent.errors import Offline
from tabagent.ports.buffers import ByteBuffer
from tabagent.ports.fetcher import HttpResponse
from tabagent.store_errors import ConnectionLost


class BrowserResponse:
    """An answer of fetch; the body is read through one reader."""

    def __init__(self, js_host: JsHost, url: str, js_response: JsProxy, js_abort: Any) -> None:
        self._js_host, self._url, self._js_response, self._js_abort = js_host, url, js_response, js_abort
        self._js_reader: JsProxy | None = None
        self._hear: Callable[[int], None] | None = None
        self._js_hear: JsProxy | None = None
        self._ended = False
        self.status = int(js_response.status)
        self.headers: Mapping[str, str] = {str(name): str(value) for name, value in js_response.headers.entries()}

    async def text(self) -> str:
        """Read the whole body."""
        try:
            with under_way():
                return str(await self._js_response.text())
        except JsException as error:
            raise ConnectionLost(self._url) from error
        finally:
            self._ended = True

    async def read(self, size: int, on_bytes: Callable[[int], None] | None = None) -> ByteBuffer | None:
        """Return the next bytes, or None after the end."""
        if self._js_reader is None:
            if not self._js_response.body:
                return None
            # One that fills our own memory: pieces of its own would be garbage a hundred times a second.
            self._js_reader = self._js_response.body.getReader(js_json({"mode": "byob"}))
        self._hear = on_bytes
        if on_bytes is not None and self._js_hear is None:
            self._js_hear = create_proxy(self._heard)
        try:
            with under_way():
                js_array = await self._js_host.readInto(self._js_reader, js_block(size), self._js_hear)
        except JsException as error:
            raise ConnectionLost(self._url) from error
        except asyncio.CancelledError:
            await self.close()
            raise
        if not js_array.byteLength:
            self._ended = True
            await self.close()
            return None
        return JsBytes(js_array)

    async def close(self) -> None:
        """Drop the connection when the body was not read to its end."""
        if not self._ended:
            self._ended = True
            self._js_abort.abort()
        if self._js_hear is not None:
            # Later: JavaScript may be about to call it once more, and a destroyed proxy throws into the stream.
            asyncio.get_running_loop().call_soon(self._js_hear.destroy)
            self._js_hear = None

    def _heard(self, count: int) -> None:
        if self._hear is not None:
            self._hear(count)


class BrowserFetcher:
    """Sends requests without cookies and past the HTTP cache, which would store every model twice."""

    def __init__(self, js_host: JsHost) -> None:
        self._js_host = js_host

    async def get(self, url: str, headers: Mapping[str, str] | None = None) -> HttpResponse:
        """Send a request and return when the headers are there."""
        return await self._send(url, {"headers": dict(headers or {})})

    async def post(self, url: str, body: str, headers: Mapping[str, str] | None = None) -> HttpResponse:
        """Send a form and return when the headers are there."""
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        return await self._send(url, {"method": "POST", "body": body, "headers": {**form, **(headers or {})}})

    async def _send(self, url: str, options: Mapping[str, Any]) -> HttpResponse:
        js_abort = js.AbortController.new()
        js_options = js_json({**options, "cache": "no-store", "credentials": "omit"})
        js_options.signal = js_abort.signal
        try:
            with under_way():
                js_response = await js.fetch(url, js_options)
        except JsException as error:
            raise Offline(url) from error
        except asyncio.CancelledError:
            js_abort.abort()
            raise
        return BrowserResponse(self._js_host, url, js_response, js_abort)
