"""Records that are counted, and deleted, as a whole."""

from __future__ import annotations

from typing import Protocol


class Holdings(Protocol):
    """All records of some stores, whatever is in them."""

    async def measure(self) -> tuple[int, int]:
        """Return how many there are, and about how many bytes they take."""

    async def clear(self) -> None:
        """Delete all.

        Raises:
            StorageError: The storage refused; nothing is deleted.
        """
