"""`Fetcher` over a dict of answers."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from tabagent.adapters.memory.chunk_store import MemoryBytes
from tabagent.errors import Offline
from tabagent.ports.buffers import ByteBuffer
from tabagent.ports.fetcher import HttpResponse
from tabagent.store_errors import ConnectionLost

_RANGE = re.compile(r"bytes=(\d+)-(\d+)\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What an address answers.

    Attributes:
        gives_parts: A `Range` is answered with 206, when `If-Range` is absent or the answer's ETag.
        cut_after: The connection breaks after so many bytes of the body; None for never.
    """

    body: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    gives_parts: bool = True
    cut_after: int | None = None

    def to(self, asked: Mapping[str, str]) -> Answer:
        """Return the answer to a request with these headers."""
        wanted = _RANGE.match(asked.get("Range", ""))
        fresh = asked.get("If-Range", self.headers.get("etag")) == self.headers.get("etag")
        if wanted is None or self.status != 200 or not self.gives_parts or not fresh:
            return self
        first, last = int(wanted.group(1)), min(int(wanted.group(2)), len(self.body) - 1)
        return Answer(
            body=self.body[first : last + 1],
            status=206,
            headers={**self.headers, "content-range": f"bytes {first}-{last}/{len(self.body)}"},
            cut_after=self.cut_after,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """A request that was sent."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: str = ""


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
            raise ConnectionLost(self._url)
        return self._answer.body.decode()

    async def read(self, size: int, on_bytes: Callable[[int], None] | None = None) -> ByteBuffer | None:
        """Return the next bytes, or None."""
        body, cut = self._answer.body, self._answer.cut_after
        end = min(self._position + size, len(body))
        if cut is not None and end > cut:
            raise ConnectionLost(self._url)
        data, self._position = body[self._position : end], end
        if data and on_bytes is not None:
            on_bytes(len(data))
        return MemoryBytes(data) if data else None

    async def close(self) -> None:
        """Note that nobody reads on."""
        self.closed = True


class MemoryFetcher:
    """Answers from a dict; an address that is not in it cannot be reached.

    Attributes:
        answers: By address. A list is used up one answer a request; its last one stays.
        sent: Requests in order.
    """

    def __init__(self, answers: Mapping[str, Answer | list[Answer]]) -> None:
        self.answers = dict(answers)
        self.sent: list[Sent] = []

    @property
    def requests(self) -> list[str]:
        """Addresses asked for, in order."""
        return [sent.url for sent in self.sent]

    async def get(self, url: str, headers: Mapping[str, str] | None = None) -> HttpResponse:
        """Return the address's answer."""
        self.sent.append(Sent(method="GET", url=url, headers=dict(headers or {})))
        return self._respond(url, headers or {})

    async def post(self, url: str, body: str, headers: Mapping[str, str] | None = None) -> HttpResponse:
        """Return the address's answer."""
        self.sent.append(Sent(method="POST", url=url, headers=dict(headers or {}), body=body))
        return self._respond(url, {})

    def _respond(self, url: str, headers: Mapping[str, str]) -> HttpResponse:
        answer = self.answers.get(url)
        if isinstance(answer, list):
            answer = answer.pop(0) if len(answer) > 1 else answer[0]
        if answer is None:
            raise Offline(url)
        return MemoryResponse(url, answer.to(headers))
