"""How messages come in and go out."""

from __future__ import annotations

from typing import Protocol

from tabagent.errors import JsonObject


class EventChannel(Protocol):
    """Carries batches to every connected page."""

    def broadcast(self, envelopes: list[JsonObject]) -> None:
        """Post a batch to all pages that hold a port; no-op without one."""
