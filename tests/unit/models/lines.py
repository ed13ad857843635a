"""A line to the hub over which bytes come one by one, and which breaks where a test says."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import Callable, Mapping

from tabagent.adapters.memory.chunk_store import MemoryBytes
from tabagent.adapters.memory.fetcher import Answer, MemoryFetcher
from tabagent.ports.buffers import ByteBuffer
from tabagent.ports.fetcher import HttpResponse
from tabagent.store_errors import ConnectionLost

_FIRST = re.compile(r"bytes (\d+)-")


class LineResponse:
    """An answer of a line."""

    def __init__(self, line: Line, url: str, response: HttpResponse) -> None:
        self._line, self._url, self._response = line, url, response
        found = _FIRST.match(response.headers.get("content-range", ""))
        self._at = int(found.group(1)) if found is not None else 0
        self._closed = False

    @property
    def status(self) -> int:
        """HTTP status."""
        return self._response.status

    @property
    def headers(self) -> Mapping[str, str]:
        """The answer's headers."""
        return self._response.headers

    async def text(self) -> str:
        """Return the body; with its end the connection is free."""
        text = await self._response.text()
        await self.close()
        return text

    async def read(self, size: int, on_bytes: Callable[[int], None] | None = None) -> ByteBuffer | None:
        """Return the next bytes as they come."""
        came = b""
        while len(came) < size:
            await asyncio.sleep(0)
            self._line.may_break(self._url, self._at)
            piece = await self._response.read(1, on_bytes)
            if piece is None:
                break
            came += self._line.carry(self._url, self._at, piece.to_bytes())
            self._at += 1
        return MemoryBytes(came) if came else None

    async def close(self) -> None:
        """Let go of the connection."""
        self._line.open -= not self._closed
        self._closed = True
        await self._response.close()


class Line(MemoryFetcher):
    """A fetcher that counts.

    Attributes:
        carried: How many times each byte came, by address and place in the file.
        open, most_open: Connections now, and at most at a time.
        cuts: Bytes at which a connection breaks once, by address and place; the byte does not come.
        wrong: Bytes that come wrong once.
        down: Every connection breaks with its next byte.
    """

    def __init__(self, answers: Mapping[str, Answer | list[Answer]]) -> None:
        super().__init__(answers)
        self.carried: Counter[tuple[str, int]] = Counter()
        self.open = self.most_open = 0
        self.cuts: set[tuple[str, int]] = set()
        self.wrong: set[tuple[str, int]] = set()
        self.down = False

    async def get(self, url: str, headers: Mapping[str, str] | None = None) -> LineResponse:
        """Return the address's answer."""
        await asyncio.sleep(0)
        response = await super().get(url, headers)
        self.open += 1
        self.most_open = max(self.most_open, self.open)
        return LineResponse(self, url, response)

    def may_break(self, url: str, place: int) -> None:
        """Break the connection before a byte, where a test says so."""
        if self.down or (url, place) in self.cuts:
            self.cuts.discard((url, place))
            raise ConnectionLost(url)

    def carry(self, url: str, place: int, byte: bytes) -> bytes:
        """Count a byte that comes, and spoil it where a test says so."""
        self.carried[url, place] += 1
        if (url, place) in self.wrong:
            self.wrong.discard((url, place))
            return bytes([byte[0] ^ 1])
        return byte

    def again(self, url: str) -> int:
        """Return how many bytes of a file came more than once."""
        return sum(count - 1 for (address, _), count in self.carried.items() if address == url)
