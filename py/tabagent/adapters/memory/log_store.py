"""`LogStore` in memory."""

from __future__ import annotations

from collections.abc import Sequence

from tabagent.errors import JsonObject
from tabagent.log_messages import LogEntry
from tabagent.store_errors import StorageError


class MemoryLogStore:
    """A dictionary of records.

    Attributes:
        records: Everything that is kept, by id.
        refuses: Every change fails.
        changes: How many there were.
    """

    def __init__(self) -> None:
        self.records: dict[str, JsonObject] = {}
        self.refuses = False
        self.changes = 0

    async def ids(self) -> list[str]:
        """Return all ids in order."""
        return sorted(self.records)

    async def read(self, first: str, last: str) -> list[LogEntry]:
        """Return the entries from one id to another."""
        found = []
        for key in sorted(self.records):
            if first <= key <= last:
                try:
                    found.append(LogEntry.from_record(self.records[key]))
                except (KeyError, ValueError):
                    continue
        return found

    async def change(self, put: Sequence[LogEntry], delete: Sequence[str]) -> None:
        """Write entries and delete others."""
        if self.refuses:
            raise StorageError("The storage refused.", action="write")
        self.changes += 1
        for key in delete:
            self.records.pop(key, None)
        self.records |= {entry.id: entry.to_record() for entry in put}
