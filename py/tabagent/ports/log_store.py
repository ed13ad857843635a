"""Keeps the entries of the logs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from tabagent.log_messages import LogEntry


class LogStore(Protocol):
    """Entries by their ids, whose order is that of texts. Every method raises `StorageError` when storage refuses."""

    async def ids(self) -> list[str]:
        """Return all ids in order, those of entries that nobody can read included."""

    async def read(self, first: str, last: str) -> list[LogEntry]:
        """Return the entries from one id to another, both included, in order; what cannot be read is left out."""

    async def change(self, put: Sequence[LogEntry], delete: Sequence[str]) -> None:
        """Write entries and delete others, all of it or nothing."""
