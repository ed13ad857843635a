"""What the browser is at for this thread, and will tell it with a task: the engine makes room for that on the CPU.

There is one thread, so there is one count.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

_works = 0


@contextmanager
def under_way() -> Iterator[None]:
    """Say so for the length of a block that waits for the browser."""
    global _works  # noqa: PLW0603 - of the thread, as said above
    _works += 1
    try:
        yield
    finally:
        _works -= 1


def anything() -> bool:
    """Tell whether anything is."""
    return _works > 0
