"""`Fetcher` on the browser's fetch."""

from __future__ import annotations

from collections.abc import Mapping

import js
from pyodide.ffi import JsException, JsProxy

from tabagent.adapters.browser.ffi import JsBytes, js_json
from tabagent.adapters.browser.host import JsHost
from tabagent.errors import Offline
from tabagent.ports.buffers import ByteBuffer
from tabagent.ports.fetcher import HttpResponse


class BrowserResponse:
    """An answer of fetch; the body is read through one reader."""

    def __init__(self, js_host: JsHost, url: str, js_response: JsProxy) -> None:
        self._js_host, self._url, self._js_response = js_host, url, js_response
        self._js_reader: JsProxy | None = None
        self._ended = False
        self.status = int(js_response.status)
        self.headers: Mapping[str, str] = {str(name): str(value) for name, value in js_response.headers.entries()}

    async def text(self) -> str:
        """Read the whole body."""
        try:
            return str(await self._js_response.text())
        except JsException as error:
            raise Offline(self._url) from error
        finally:
            self._ended = True

    async def read(self, size: int) -> ByteBuffer | None:
        """Return the next bytes, or None after the end."""
        if self._js_reader is None:
            self._js_reader = self._js_response.body.getReader()
        try:
            js_array = await self._js_host.readExactly(self._js_reader, size)
        except JsException as error:
            raise Offline(self._url) from error
        if not js_array:
            self._ended = True
            return None
        return JsBytes(js_array)

    async def close(self) -> None:
        """Drop the connection when the body was not read to its end."""
        if self._ended or not self._js_response.body:
            return
        self._ended = True
        js_stream = self._js_reader or self._js_response.body
        try:
            await js_stream.cancel()
        except JsException:
            # A stream that broke refuses to be cancelled; it is closed already.
            return


class BrowserFetcher:
    """Sends GET requests without cookies and past the HTTP cache, which would store every model twice."""

    def __init__(self, js_host: JsHost) -> None:
        self._js_host = js_host

    async def get(self, url: str, headers: Mapping[str, str] | None = None) -> HttpResponse:
        """Send a request and return when the headers are there."""
        options = {"cache": "no-store", "credentials": "omit", "headers": dict(headers or {})}
        try:
            js_response = await js.fetch(url, js_json(options))
        except JsException as error:
            raise Offline(url) from error
        return BrowserResponse(self._js_host, url, js_response)
