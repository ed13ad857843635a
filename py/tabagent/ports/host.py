"""What the document around the runtime's thread does for it."""

from __future__ import annotations

from typing import Protocol


class RuntimeHost(Protocol):
    """The supervisor's side of the thread."""

    def retain(self, baton: str) -> None:
        """Keep `baton` for the thread that comes after this one, however this one ends."""

    def restart(self, reason: str) -> None:
        """End this thread and start a new one, which gets the baton."""
