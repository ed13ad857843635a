"""What is put between the background and its host: each layer changes one thing and passes the rest on."""

from __future__ import annotations

from tabagent.ports.host import RuntimeHost


class HostLayer:
    """A `RuntimeHost` over another one; subclasses say what they do otherwise.

    Args:
        host: The one below.
    """

    def __init__(self, host: RuntimeHost) -> None:
        self._host = host

    def retain(self, baton: str) -> None:
        """Keep `baton` for the next thread."""
        self._host.retain(baton)

    def restart(self, reason: str) -> None:
        """End this thread and start a new one."""
        self._host.restart(reason)

    def expect_within(self, seconds: float, why: str) -> None:
        """End this thread unless it says something in time."""
        self._host.expect_within(seconds, why)

    def at_ease(self) -> None:
        """Expect nothing any more."""
        self._host.at_ease()

    async def open_pages(self) -> int:
        """Return the number of pages that listen."""
        return await self._host.open_pages()
