"""`ModelIndex` on dicts."""

from __future__ import annotations

from tabagent.ports.model_index import IndexChange
from tabagent.specs import FileKey, FileRecord, ManifestEntry
from tabagent.store_errors import StorageError


class MemoryModelIndex:
    """Entries by repository, records by file.

    Attributes:
        changes: How many changes were made.
        refuses: Makes every change fail until it is taken back.
    """

    def __init__(self) -> None:
        self.changes = 0
        self.refuses = False
        self._entries: dict[str, ManifestEntry] = {}
        self._records: dict[FileKey, FileRecord] = {}

    async def entry(self, repo: str) -> ManifestEntry | None:
        """Return an entry, or None."""
        return self._entries.get(repo)

    async def entries(self) -> tuple[ManifestEntry, ...]:
        """Return all entries, ordered by repository."""
        return tuple(self._entries[repo] for repo in sorted(self._entries))

    async def record(self, key: FileKey) -> FileRecord | None:
        """Return a record, or None."""
        return self._records.get(key)

    async def records(self, repo: str | None = None) -> tuple[FileRecord, ...]:
        """Return the records of a repository, or all, ordered by repository and path."""
        keys = sorted(self._records, key=lambda key: (key.repo, key.path))
        return tuple(self._records[key] for key in keys if repo in (None, key.repo))

    async def apply(self, change: IndexChange) -> None:
        """Make all changes."""
        if self.refuses:
            raise StorageError("The storage refused.")
        self.changes += 1
        for repo in change.delete_entries:
            self._entries.pop(repo, None)
        for key in change.delete_records:
            self._records.pop(key, None)
        self._entries |= {entry.repo: entry for entry in change.put_entries}
        self._records |= {record.key: record for record in change.put_records}
