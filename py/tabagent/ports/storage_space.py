"""How much room there is."""

from __future__ import annotations

from typing import Protocol

from tabagent.specs import SpaceReport


class StorageSpace(Protocol):
    """The browser's storage as a whole."""

    async def report(self) -> SpaceReport:
        """Return usage and quota."""

    async def persist(self) -> bool:
        """Ask the browser never to clear the storage by itself; returns whether it promised."""
