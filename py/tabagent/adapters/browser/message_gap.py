"""Lets messages in while the engine computes.

On the CPU a pass blocks the thread, and the next one begins before the messages that came meanwhile are looked at:
Pyodide wakes a task with a message of its own, posts more of them than it takes (it runs all waiting callbacks with the
first), and everything that comes from the document waits behind what has piled up, for seconds after some hundred
tokens. So the turn is given away with one task of the browser's scheduler, which comes behind everything that waits,
and the decode loop goes on within it: a message to oneself and Pyodide's to wake the loop take up to a millisecond each
where the cores are busy, in which the engine rests.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Generator
from contextvars import Context
from typing import Any

from pyodide.ffi import create_proxy

from tabagent.adapters.browser.host import JsHost

# Two steps of a small model on a CPU: Stop is heard soon, and the engine is rarely held up.
EVERY_SECONDS = 0.05

Wake = Callable[["_Turn"], object]


class MessageGap:
    """Gives the thread's turn away and takes it again.

    Args:
        js_host: Has the browser's scheduler.
    """

    def __init__(self, js_host: JsHost) -> None:
        self._js_host = js_host
        self._waiting: list[_Turn] = []
        # It lives as long as the thread.
        self._js_on_turn = create_proxy(self._on_turn)
        self._last = time.monotonic()

    async def let_messages_in(self) -> None:
        """Wait until what has come is handled, if the last time is some steps ago."""
        if time.monotonic() - self._last < EVERY_SECONDS:
            return
        turn = _Turn(asyncio.get_running_loop())
        self._waiting.append(turn)
        self._js_host.giveTurn(self._js_on_turn)
        await turn
        self._last = time.monotonic()

    def _on_turn(self) -> None:
        self._waiting.pop(0).wake()


class _Turn:
    """A future as asyncio knows it by its attributes, which wakes its task at once and not by the event loop.

    Args:
        loop: Of the task.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._asyncio_future_blocking = False
        self._loop = loop
        self._woken: tuple[Wake, Context | None] | None = None

    def __await__(self) -> Generator[Any]:
        self._asyncio_future_blocking = True
        yield self

    def get_loop(self) -> asyncio.AbstractEventLoop:
        """Return the loop of the task."""
        return self._loop

    def add_done_callback(self, wake: Wake, *, context: Context | None = None) -> None:
        """Take how the task is woken."""
        self._woken = wake, context

    def cancel(self, msg: object = None) -> bool:
        """Leave it to the task, which is cancelled when it is woken."""
        return False

    def result(self) -> None:
        """Return nothing: the turn has come."""

    def wake(self) -> None:
        """Let the task go on."""
        assert self._woken is not None, "a turn comes after it was waited for"  # noqa: S101 - a bug, not an input
        wake, context = self._woken
        # Where stacks can be switched, each call from JavaScript has a thread state of its own, without a loop.
        asyncio._set_running_loop(self._loop)
        (context or Context()).run(wake, self)
