"""`EventChannel` and `RuntimeHost` that remember what they were told."""

from __future__ import annotations

from tabagent.errors import JsonObject


class MemoryHost:
    """A supervisor and pages in lists.

    Attributes:
        batches: Broadcast batches, in order.
        baton: The last one kept.
        restarts: Reasons, in order.
        expected: Seconds and reason of what is expected now, or None.
        pages: How many are open.
    """

    def __init__(self) -> None:
        self.batches: list[list[JsonObject]] = []
        self.baton = ""
        self.restarts: list[str] = []
        self.expected: tuple[float, str] | None = None
        self.pages = 0

    def broadcast(self, envelopes: list[JsonObject]) -> None:
        """Remember a batch."""
        self.batches.append(envelopes)

    def retain(self, baton: str) -> None:
        """Remember the baton."""
        self.baton = baton

    def restart(self, reason: str) -> None:
        """Remember that a restart was asked for."""
        self.restarts.append(reason)

    def expect_within(self, seconds: float, why: str) -> None:
        """Remember what is expected."""
        self.expected = seconds, why

    def at_ease(self) -> None:
        """Expect nothing."""
        self.expected = None

    async def open_pages(self) -> int:
        """Return what was set."""
        return self.pages
