"""Lets messages in while the engine computes.

On the CPU a pass blocks the thread, and the next one begins before the messages that came meanwhile are looked at:
Pyodide wakes a task with a message of its own, posts more of them than it takes (it runs all waiting callbacks with the
first), and everything that comes from the document waits behind what has piled up, for seconds after some hundred
tokens. Waiting for one more message empties the queue.
"""

from __future__ import annotations

import asyncio
import time
from typing import Any

import js
from pyodide.ffi import create_proxy

# Two steps of a small model on a CPU: Stop is heard soon, and the engine is rarely held up.
EVERY_SECONDS = 0.05


class MessageGap:
    """A queue of messages to oneself."""

    def __init__(self) -> None:
        self._waiting: list[asyncio.Future[None]] = []
        self._js_channel: Any = js.MessageChannel.new()
        # It lives as long as the thread.
        self._js_channel.port1.onmessage = create_proxy(self._on_message)
        self._last = time.monotonic()

    async def let_messages_in(self) -> None:
        """Wait until what has come is handled, if the last time is some steps ago."""
        if time.monotonic() - self._last < EVERY_SECONDS:
            return
        handled: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(handled)
        self._js_channel.port2.postMessage(None)
        await handled
        self._last = time.monotonic()

    def _on_message(self, js_event: object) -> None:
        handled = self._waiting.pop(0)
        if not handled.done():
            handled.set_result(None)
