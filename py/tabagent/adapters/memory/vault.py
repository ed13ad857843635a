"""`Vault` on a dict."""

from __future__ import annotations


class MemoryVault:
    """Texts in a dict, in clear: nothing of it outlives the process."""

    def __init__(self) -> None:
        self._texts: dict[str, str] = {}

    def __repr__(self) -> str:
        return f"MemoryVault({sorted(self._texts)})"

    async def get(self, name: str) -> str | None:
        """Return a text, or None."""
        return self._texts.get(name)

    async def put(self, name: str, text: str) -> None:
        """Keep a text."""
        self._texts[name] = text

    async def delete(self, name: str) -> None:
        """Forget a text."""
        self._texts.pop(name, None)
