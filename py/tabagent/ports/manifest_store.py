"""Where manifest entries live."""

from __future__ import annotations

from typing import Protocol

from tabagent.specs import ManifestEntry


class ManifestStore(Protocol):
    """One entry a repository."""

    async def get(self, repo: str) -> ManifestEntry | None:
        """Return the entry of `repo`, or None."""

    async def put(self, entry: ManifestEntry) -> None:
        """Store an entry, replacing an older one of the same repository."""

    async def all(self) -> tuple[ManifestEntry, ...]:
        """Return all entries, ordered by repository name."""

    async def delete(self, repo: str) -> None:
        """Delete an entry; no-op when there is none."""
