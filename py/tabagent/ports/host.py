"""What the document around the runtime's thread does for it."""

from __future__ import annotations

from typing import Protocol


class RuntimeHost(Protocol):
    """The supervisor's side of the thread."""

    def retain(self, baton: str) -> None:
        """Keep `baton` for the thread that comes after this one, however this one ends."""

    def restart(self, reason: str) -> None:
        """End this thread and start a new one, which gets the baton."""

    def expect_within(self, seconds: float, why: str) -> None:
        """End this thread unless it says something of this or `at_ease` again in time.

        It is the one watch that works while the thread hangs in a computation. A later call takes the place of an
        earlier one.

        Args:
            seconds: Until then.
            why: Given to the thread after this one, should it come to that.
        """

    def at_ease(self) -> None:
        """Expect nothing any more."""

    async def open_pages(self) -> int:
        """Return the number of pages that listen to events."""
