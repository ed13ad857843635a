"""`BrowserState` in memory."""

from __future__ import annotations

import copy

from tabagent.errors import JsonObject
from tabagent.store_errors import StorageError


class MemoryBrowserState:
    """A dictionary.

    Attributes:
        values: What is kept.
        refuses: Every call fails.
    """

    def __init__(self) -> None:
        self.values: JsonObject = {}
        self.refuses = False

    async def get(self, *names: str) -> JsonObject:
        """Return values."""
        self._check()
        return copy.deepcopy({name: self.values[name] for name in names if name in self.values})

    async def set(self, values: JsonObject) -> None:
        """Keep values."""
        self._check()
        self.values |= copy.deepcopy(values)

    async def remove(self, *names: str) -> None:
        """Forget values."""
        self._check()
        for name in names:
            self.values.pop(name, None)

    def _check(self) -> None:
        if self.refuses:
            raise StorageError("The browser keeps nothing.", action="read")
