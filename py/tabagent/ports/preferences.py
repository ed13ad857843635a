"""What the person set, and what stays until it is set otherwise."""

from __future__ import annotations

from typing import Protocol

from tabagent.errors import JsonObject


class Preferences(Protocol):
    """Objects of plain JSON by name; a key `id` in one is not kept, because the original kept the name under it."""

    async def read(self, name: str) -> JsonObject | None:
        """Return what was written last, or None; the caller may change it."""

    async def write(self, name: str, value: JsonObject | None) -> None:
        """Keep an object in place of an older one; None forgets it.

        Raises:
            StorageError: The storage refused; the older one stays.
        """
