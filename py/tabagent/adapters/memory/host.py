"""`EventChannel` and `RuntimeHost` that remember what they were told."""

from __future__ import annotations

from tabagent.errors import JsonObject


class MemoryHost:
    """A supervisor and pages in lists.

    Attributes:
        batches: Broadcast batches, in order.
        baton: The last one kept.
        restarts: Reasons, in order.
    """

    def __init__(self) -> None:
        self.batches: list[list[JsonObject]] = []
        self.baton = ""
        self.restarts: list[str] = []

    def broadcast(self, envelopes: list[JsonObject]) -> None:
        """Remember a batch."""
        self.batches.append(envelopes)

    def retain(self, baton: str) -> None:
        """Remember the baton."""
        self.baton = baton

    def restart(self, reason: str) -> None:
        """Remember that a restart was asked for."""
        self.restarts.append(reason)
