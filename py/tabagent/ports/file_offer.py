"""Hands a file to a page, which gives it to the person."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from tabagent.specs import FileRecord


class FileOffer(Protocol):
    """Makes large files out of stored ones without holding them in memory."""

    async def offer(self, parts: Sequence[bytes | FileRecord]) -> str:
        """Return an address under which the parts, one after the other, can be read until `withdraw`.

        Raises:
            StorageError: A part is not stored.
        """

    async def withdraw(self, address: str) -> None:
        """Take an offer back; no-op for an unknown address."""
