"""`Fetcher` over a dict of answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from tabagent.adapters.memory.chunk_store import MemoryBytes
from tabagent.errors import Offline
from tabagent.ports.buffers import ByteBuffer
from tabagent.ports.fetcher import HttpResponse


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What an address answers.

    Attributes:
        cut_after: The connection breaks after so many bytes of the body; None for never.
    """

    body: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    cut_after: int | None = None


class MemoryResponse:
    """Reads an `Answer`."""

    def __init__(self, url: str, answer: Answer) -> None:
        self._url, self._answer = url, answer
        self._position = 0
        self.status = answer.status
        self.headers = answer.headers
        self.closed = False

    async def text(self) -> str:
        """Return the body."""
        if self._answer.cut_after is not None:
            raise Offline(self._url)
        return self._answer.body.decode()

    async def read(self, size: int) -> ByteBuffer | None:
        """Return the next bytes, or None."""
        body, cut = self._answer.body, self._answer.cut_after
        end = min(self._position + size, len(body))
        if cut is not None and end > cut:
            raise Offline(self._url)
        data, self._position = body[self._position : end], end
        return MemoryBytes(data) if data else None

    async def close(self) -> None:
        """Note that nobody reads on."""
        self.closed = True


class MemoryFetcher:
    """Answers from a dict; an address that is not in it cannot be reached.

    Attributes:
        requests: Addresses asked for, in order.
    """

    def __init__(self, answers: Mapping[str, Answer]) -> None:
        self.answers = dict(answers)
        self.requests: list[str] = []

    async def get(self, url: str, headers: Mapping[str, str] | None = None) -> HttpResponse:
        """Return the address's answer."""
        self.requests.append(url)
        if url not in self.answers:
            raise Offline(url)
        return MemoryResponse(url, self.answers[url])
