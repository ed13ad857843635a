"""`Holdings` on a dict."""

from __future__ import annotations

import json

from tabagent.errors import JsonObject


class MemoryHoldings:
    """Records by their keys.

    Args:
        records: They, which are deleted from this very object.
    """

    def __init__(self, records: dict[str, JsonObject]) -> None:
        self._records = records

    async def measure(self) -> tuple[int, int]:
        """Return how many there are, and the bytes of their JSON."""
        return len(self._records), sum(len(json.dumps(record).encode()) for record in self._records.values())

    async def clear(self) -> None:
        """Delete all."""
        self._records.clear()
