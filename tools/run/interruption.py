"""Ctrl-C while a browser is open."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def interruptible() -> Iterator[Callable[[], None]]:
    """Turn Ctrl-C and SIGTERM into a `KeyboardInterrupt` at places of our choice: where the yielded function is called.

    Python's own would arise anywhere inside of Playwright's event loop, which then cannot close the browser any more.
    A second signal gets Python's own treatment, for the case that those places are not reached.
    """
    received: list[int] = []
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def note(number: int, frame: FrameType | None) -> None:
        received.append(number)
        signal.signal(signal.SIGINT, signal.default_int_handler)

    def check() -> None:
        if received:
            raise KeyboardInterrupt

    for number in before:
        signal.signal(number, note)
    try:
        yield check
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
