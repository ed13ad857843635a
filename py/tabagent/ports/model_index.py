"""Where it is written down which models there are and what is stored of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from tabagent.specs import FileKey, FileRecord, ManifestEntry


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexChange:
    """Changes that belong together.

    Attributes:
        put_entries: Entries to store, each replacing an older one of its repository.
        put_records: Records to store, each replacing an older one of its file.
        delete_entries: Repositories whose entries go.
        delete_records: Files whose records go.
    """

    put_entries: tuple[ManifestEntry, ...] = ()
    put_records: tuple[FileRecord, ...] = ()
    delete_entries: tuple[str, ...] = ()
    delete_records: tuple[FileKey, ...] = ()


class ModelIndex(Protocol):
    """Manifest entries by repository, file records by file."""

    async def entry(self, repo: str) -> ManifestEntry | None:
        """Return the entry of a repository, or None."""

    async def entries(self) -> tuple[ManifestEntry, ...]:
        """Return all entries, ordered by repository."""

    async def record(self, key: FileKey) -> FileRecord | None:
        """Return the record of a file, or None."""

    async def records(self, repo: str | None = None) -> tuple[FileRecord, ...]:
        """Return the records of a repository, or all, ordered by repository and path."""

    async def apply(self, change: IndexChange) -> None:
        """Make all changes in one transaction; what is deleted need not be there.

        Raises:
            StorageFull, StorageError: The storage refused; nothing was changed.
        """
