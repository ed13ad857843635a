"""One answer of the hub with bytes of a file: what it must look like, and reading it with an eye on the clock."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from tabagent.models.chunks import Span
from tabagent.models.hub import HubClient
from tabagent.ports.buffers import ByteBuffer
from tabagent.ports.fetcher import HttpResponse
from tabagent.specs import FileRecord
from tabagent.store_errors import ConnectionLost, IncompleteFile, UnexpectedContent

# Without a byte for so long a connection counts as dead: long for a phone in a tunnel, short for a person.
STALL_SECONDS = 15.0

_CONTENT_RANGE = re.compile(r"bytes (?:(\d+)-(\d+)|\*)/(\d+|\*)\Z")


class FileChanged(Exception):
    """The hub's file is another one than that of the stored chunks; `size` is its size where that is known."""

    def __init__(self, size: int) -> None:
        super().__init__("the file has changed on the hub")
        self.size = size


class PartsIgnored(Exception):
    """The hub answered a request for a part with the whole file."""

    def __init__(self) -> None:
        super().__init__("the hub gives no parts of files")


class FilePart:
    """An answer that has passed its checks.

    Args:
        record: Of the file.
        response: Whose body is at the first byte that was asked for.
        url: For errors.
    """

    def __init__(self, record: FileRecord, response: HttpResponse, url: str) -> None:
        self._record, self._response, self._url = record, response, url
        self._moved = 0.0

    @property
    def etag(self) -> str:
        """Validator of the bytes; may be empty."""
        return self._response.headers.get("etag", "")

    async def read(self, size: int, on_bytes: Callable[[int], None]) -> ByteBuffer:
        """Return exactly the next `size` bytes.

        Args:
            size: How many.
            on_bytes: Hears them as they come; when they were not enough, all of them again as a negative number.

        Raises:
            ConnectionLost: The connection broke, or no byte came for `STALL_SECONDS`.
            IncompleteFile: The body ended before.
        """
        came = 0

        def heard(count: int) -> None:
            nonlocal came
            came += count
            self._moved = time.monotonic()
            on_bytes(count)

        try:
            chunk = await self._watched(size, heard)
        except BaseException:
            on_bytes(-came)
            raise
        if chunk is None or chunk.size < size:
            on_bytes(-came)
            raise IncompleteFile(self._record.key.path, chunk.size if chunk else 0, size)
        return chunk

    async def expect_end(self) -> None:
        """Check that the body has no more bytes.

        Raises:
            IncompleteFile: It has.
        """
        if await self._watched(1, lambda count: None) is not None:
            raise IncompleteFile(self._record.key.path, self._record.size + 1, self._record.size)

    async def _watched(self, size: int, on_bytes: Callable[[int], None]) -> ByteBuffer | None:
        self._moved = time.monotonic()
        reading = asyncio.ensure_future(self._response.read(size, on_bytes))
        try:
            while not reading.done():
                left = self._moved + STALL_SECONDS - time.monotonic()
                if left <= 0:
                    raise ConnectionLost(self._url, f"no byte came for {STALL_SECONDS:.0f} seconds")
                await asyncio.wait({reading}, timeout=left)
            return reading.result()
        finally:
            reading.cancel()


@asynccontextmanager
async def open_part(hub: HubClient, record: FileRecord, span: Span | None) -> AsyncIterator[FilePart]:
    """Ask for chunks of a file, or with None for all of it, and yield the answer once it is the right one.

    Raises:
        FileChanged: It is of another file than the stored chunks.
        PartsIgnored: It is the whole file although a part was asked for.
        IncompleteFile: It announces another length.
        UnexpectedContent: It is a web page.
        ConnectionLost: No answer came for `STALL_SECONDS`.
        HubError: As for `HubClient.open`.
    """
    key = record.key
    url = f"{key.path} of {key.repo}"
    wanted = span.bytes_of(record) if span is not None else None
    opening = hub.open(key.repo, record.revision or "main", key.path, span=wanted, etag=record.etag)
    try:
        response = await asyncio.wait_for(opening, STALL_SECONDS)
    except TimeoutError as error:
        raise ConnectionLost(url, f"no answer came for {STALL_SECONDS:.0f} seconds") from error
    try:
        _check(record, response, wanted)
        yield FilePart(record, response, url)
    finally:
        await response.close()


def _check(record: FileRecord, response: HttpResponse, wanted: tuple[int, int] | None) -> None:
    headers, path = response.headers, record.key.path
    if headers.get("content-type", "").startswith("text/html") and not path.endswith((".html", ".htm")):
        raise UnexpectedContent(path, headers["content-type"])
    if response.status == 200 and wanted is not None:
        if record.etag and headers.get("etag", record.etag) != record.etag:
            raise FileChanged(_number(headers.get("content-length")))
        raise PartsIgnored
    given = _CONTENT_RANGE.match(headers.get("content-range", "")) if response.status != 200 else None
    if given is not None and given.group(3) not in ("*", str(record.size)):
        raise IncompleteFile(path, int(given.group(3)), record.size)
    if wanted is None and response.status != 200:
        # A part, or the refusal of one, that nobody asked for.
        raise IncompleteFile(path, 0, record.size)
    if wanted is not None and (given is None or (given.group(1), given.group(2)) != (str(wanted[0]), str(wanted[1]))):
        raise IncompleteFile(path, 0, wanted[1] - wanted[0] + 1)
    # A compressed answer announces the length of what is sent, not of what is read.
    if "content-encoding" not in headers and "content-length" in headers:
        expected = record.size if wanted is None else wanted[1] - wanted[0] + 1
        announced = _number(headers["content-length"])
        if announced != expected:
            raise IncompleteFile(path, announced, expected)


def _number(text: str | None) -> int:
    return int(text) if text and text.isdecimal() else 0
