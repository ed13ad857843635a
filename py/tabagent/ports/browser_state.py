"""Small values that the browser keeps for the extension."""

from __future__ import annotations

from typing import Protocol

from tabagent.errors import JsonObject


class BrowserState(Protocol):
    """Plain JSON by names. Every method raises `StorageError` when the browser refuses."""

    async def get(self, *names: str) -> JsonObject:
        """Return the values of those names that have one."""

    async def set(self, values: JsonObject) -> None:
        """Keep values; other names keep theirs."""

    async def remove(self, *names: str) -> None:
        """Forget values; no-op for names without one."""
