"""`AuthWindow` that ends where a test says."""

from __future__ import annotations

from collections.abc import Callable

from tabagent.errors import Offline


class MemoryAuthWindow:
    """Follows no address, but asks.

    Attributes:
        ends_at: Returns where an address leads to, or None.
        offline: Nothing can be reached.
        opened: Addresses in order.
    """

    def __init__(self, ends_at: Callable[[str], str | None] = lambda url: None) -> None:
        self.ends_at = ends_at
        self.offline = False
        self.opened: list[str] = []

    async def open_quietly(self, url: str) -> str | None:
        """Return where the address leads to."""
        self.opened.append(url)
        if self.offline:
            raise Offline(url.partition("?")[0])
        return self.ends_at(url)
