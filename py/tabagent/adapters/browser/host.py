"""The object that `runtime.js` hands to `tabagent.main.start`, and the ports on it.

`JsHost` states the whole contract; `extension/runtime.js` implements it in the same order.
"""

from __future__ import annotations

import json
from typing import Any, Protocol

import js
from pyodide.ffi import JsProxy

from tabagent.errors import JsonObject
from tabagent.messages import MemoryStats

# `json.dumps` makes one for each call whose options are not the default.
_ENCODER = json.JSONEncoder(ensure_ascii=False)


class JsHost(Protocol):
    """The JavaScript around Python in the runtime's thread."""

    def config(self) -> str:
        """JSON: `extensionId`, `version`, `baton`, `overdue` (of the thread before).

        And what the build says: `huggingFaceClientId`, `googleClientId`. `session` is the same for all threads of one
        document, and `reason` says why this one was started.
        """

    def reply(self, request: int, text: str) -> None:
        """Answer a message by the number that came with it."""

    def broadcast(self, text: str) -> None:
        """Post a JSON array of envelopes to every page with a port."""

    def retain(self, baton: str) -> None:
        """Keep the baton in the supervisor."""

    def restart(self, reason: str) -> None:
        """Ask the supervisor to end this thread and start the next."""

    def expectWithin(self, seconds: float, why: str) -> None:
        """Ask the supervisor to end this thread when neither this nor `atEase` is called again in time."""

    def atEase(self) -> None:
        """Take that back."""

    def mailWaits(self) -> bool:
        """Tell whether the document has posted something that this thread has not heard yet."""

    def giveTurn(self, on_turn: Any) -> None:
        """Call a function when everything that waits for this thread has been handled.

        It returns nothing: of a promise Pyodide would make a future.
        """

    async def askDocument(self, what: str) -> Any:
        """Ask the document for what workers do not have.

        `heap` (`performance.memory`), `pages` (how many hold a port), `persist` (of the storage).
        """

    async def callChrome(self, name: str, arguments: str) -> str:
        """Call a function of `chrome` that only the service worker has; `extension/chrome_calls.js` lists them.

        Args:
            name: With its path, as `tabs.query`.
            arguments: JSON array.

        Returns:
            JSON: `{"value": …}`, or `{"refused": message}`.
        """

    def pythonHeap(self) -> int:
        """Bytes of Pyodide's WASM memory."""

    async def importEngine(self) -> JsProxy:
        """transformers.js's module as a plain object."""

    async def importHasher(self) -> JsProxy:
        """hash-wasm's module as a plain object."""

    async def importPdf(self) -> JsProxy:
        """pdf.js's module as a plain object."""

    async def readInto(self, js_reader: JsProxy, js_block: JsProxy, js_on_bytes: JsProxy | None) -> JsProxy:
        """Fill a `Uint8Array` from a stream's BYOB reader and return it; shorter at the end, empty after it.

        The array that is given cannot be used any more; the one that is returned has the same memory. `js_on_bytes`
        hears the number of bytes of each piece that is taken in.
        """


class DocumentHost:
    """`EventChannel`, `RuntimeHost` and `MemoryProbe` on the document around the thread.

    Args:
        js_host: What `runtime.js` gave.
    """

    def __init__(self, js_host: JsHost) -> None:
        self._js_host = js_host

    def broadcast(self, envelopes: list[JsonObject]) -> None:
        """Post a batch to all pages that hold a port."""
        self._js_host.broadcast(_ENCODER.encode(envelopes))

    def retain(self, baton: str) -> None:
        """Keep `baton` for the thread that comes after this one."""
        self._js_host.retain(baton)

    def restart(self, reason: str) -> None:
        """End this thread and start a new one."""
        self._js_host.restart(reason)

    def expect_within(self, seconds: float, why: str) -> None:
        """End this thread unless it says something in time."""
        self._js_host.expectWithin(seconds, why)

    def at_ease(self) -> None:
        """Expect nothing any more."""
        self._js_host.atEase()

    async def open_pages(self) -> int:
        """Return the number of pages that hold a port."""
        return int(await self._js_host.askDocument("pages"))

    async def measure(self) -> MemoryStats:
        """Measure heaps and storage."""
        js_heap = await self._js_host.askDocument("heap")
        js_estimate = await js.navigator.storage.estimate()
        return MemoryStats(
            used_js_heap_size=int(js_heap.usedJSHeapSize) if js_heap else None,
            total_js_heap_size=int(js_heap.totalJSHeapSize) if js_heap else None,
            js_heap_size_limit=int(js_heap.jsHeapSizeLimit) if js_heap else None,
            python_heap=self._js_host.pythonHeap(),
            storage_usage=int(js_estimate.usage),
            storage_quota=int(js_estimate.quota),
        )
