"""Which request the code that runs now works for; tasks and timers that it starts inherit it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_current: ContextVar[str] = ContextVar("correlation", default="")


def current() -> str:
    """Return the correlation id, or an empty text for work that nobody asked for."""
    return _current.get()


@contextmanager
def correlated(correlation_id: str) -> Iterator[None]:
    """Let everything that is started within belong to one request."""
    token = _current.set(correlation_id)
    try:
        yield
    finally:
        _current.reset(token)
