"""How much memory and storage is in use."""

from __future__ import annotations

from typing import Protocol

from tabagent.messages import MemoryStats


class MemoryProbe(Protocol):
    """Measures."""

    async def measure(self) -> MemoryStats:
        """Return heaps and storage in bytes."""
