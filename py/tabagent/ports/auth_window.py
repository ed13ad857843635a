"""A page of a sign-in that is opened without anybody seeing it."""

from __future__ import annotations

from typing import Protocol


class AuthWindow(Protocol):
    """Follows an address to where a sign-in ends, as long as that needs nobody."""

    async def open_quietly(self, url: str) -> str | None:
        """Open an address and return the one of the extension's own that it redirects to.

        Returns:
            None when the person would have to do something, or when the extension may not open such pages.

        Raises:
            Offline: The page cannot be reached.
        """
