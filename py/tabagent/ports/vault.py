"""Small texts that must not lie about: access tokens, and settings of accounts."""

from __future__ import annotations

from typing import Protocol


class Vault(Protocol):
    """Texts by name, encrypted where they are kept, out of reach of content scripts."""

    async def get(self, name: str) -> str | None:
        """Return a text, or None."""

    async def put(self, name: str, text: str) -> None:
        """Keep a text, replacing an older one."""

    async def delete(self, name: str) -> None:
        """Forget a text; no-op without one."""
