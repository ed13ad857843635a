"""Lets messages in while the engine computes.

On the CPU a pass blocks the thread, and the next one begins before the messages that came meanwhile are looked at:
Pyodide wakes a task with a message of its own, posts more of them than it takes (it runs all waiting callbacks with the
first), and everything that comes from the document waits behind what has piled up, for seconds after some hundred
tokens. So the turn is given away with one task of the browser's scheduler, which comes behind everything that waits,
and the decode loop goes on within it: a message to oneself and Pyodide's to wake the loop take up to a millisecond each
where the cores are busy, in which the engine rests.

A turn costs as much as all else that Python does in a step. So it is given when somebody has use for it: at once when
the document has posted something, often while the browser is at something for another part of the background, and
rarely for what nobody announces, timers for instance.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Generator
from contextvars import Context
from typing import Any

from pyodide.ffi import create_proxy

from tabagent.adapters.browser import under_way
from tabagent.adapters.browser.host import JsHost

# While something is under way: two steps of a small model on a CPU, so that it comes along beside an answer.
OFTEN_SECONDS = 0.05
RARELY_SECONDS = 0.2

Wake = Callable[["_Turn"], object]


class MessageGap:
    """Gives the thread's turn away and takes it again.

    Args:
        js_host: Has the browser's scheduler, and knows what the document has posted.
    """

    def __init__(self, js_host: JsHost) -> None:
        self._js_host = js_host
        self._waiting: list[_Turn] = []
        # It lives as long as the thread.
        self._js_on_turn = create_proxy(self._on_turn)
        self._last = time.monotonic()

    async def let_messages_in(self) -> None:
        """Wait until what has come is handled, if anything may have come."""
        if self._js_host.mailWaits():
            # In the first turn it is heard, in the second the task begins that the event loop has made of it.
            await self._give_turn()
        elif time.monotonic() - self._last < (OFTEN_SECONDS if under_way.anything() else RARELY_SECONDS):
            return
        await self._give_turn()
        self._last = time.monotonic()

    async def _give_turn(self) -> None:
        turn = _Turn(asyncio.get_running_loop())
        self._waiting.append(turn)
        self._js_host.giveTurn(self._js_on_turn)
        await turn

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
