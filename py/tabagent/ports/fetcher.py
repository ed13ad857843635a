"""HTTP, as far as TabAgent needs it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

from tabagent.ports.buffers import ByteBuffer


class HttpResponse(Protocol):
    """An answer whose body is read piece by piece."""

    @property
    def status(self) -> int:
        """HTTP status after redirects."""

    @property
    def headers(self) -> Mapping[str, str]:
        """The answer's headers, names in lower case."""

    async def text(self) -> str:
        """Read the whole body as UTF-8; for small answers.

        Raises:
            ConnectionLost: The connection broke.
        """

    async def read(self, size: int, on_bytes: Callable[[int], None] | None = None) -> ByteBuffer | None:
        """Return the next `size` bytes, fewer at the end of the body, None after it.

        Args:
            size: How many.
            on_bytes: Hears the number of bytes of each piece as it comes from the network.

        Raises:
            ConnectionLost: The connection broke.
        """

    async def close(self) -> None:
        """Drop the connection; no-op when the body was read. Ends a `read` that is waiting."""


class Fetcher(Protocol):
    """Sends GET requests, and POST requests when there is a body.

    A task that is cancelled while it waits drops its connection.
    """

    async def get(self, url: str, headers: Mapping[str, str] | None = None) -> HttpResponse:
        """Send a request and return when the answer's headers are there.

        Raises:
            Offline: No answer came.
        """

    async def post(self, url: str, body: str, headers: Mapping[str, str] | None = None) -> HttpResponse:
        """Send a form (`application/x-www-form-urlencoded`) and return when the answer's headers are there.

        Raises:
            Offline: No answer came.
        """
