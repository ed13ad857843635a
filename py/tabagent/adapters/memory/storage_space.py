"""`StorageSpace` with numbers that somebody else says."""

from __future__ import annotations

from collections.abc import Callable

from tabagent.specs import SpaceReport


class MemoryStorageSpace:
    """A browser's storage of a given size.

    Args:
        quota: Bytes that fit in all.
        usage: Bytes in use, or what tells them (`lambda: chunk_store.usage`).
        grants: What the browser answers when it is asked to persist.

    Attributes:
        asked: How many times it was asked to persist.
    """

    def __init__(self, quota: int = 10**12, usage: Callable[[], int] | int = 0, *, grants: bool = True) -> None:
        self.quota = quota
        self.usage = usage
        self.grants = grants
        self.asked = 0
        self._persisted = False

    async def report(self) -> SpaceReport:
        """Return usage and quota."""
        usage = self.usage if isinstance(self.usage, int) else self.usage()
        return SpaceReport(usage=usage, quota=self.quota, persisted=self._persisted)

    async def persist(self) -> bool:
        """Ask for persistence."""
        self.asked += 1
        self._persisted = self._persisted or self.grants
        return self._persisted
