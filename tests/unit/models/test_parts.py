"""Which answers are taken for bytes of a file, and how they are read."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import replace

import pytest

from tabagent.adapters.memory.chunk_store import MemoryBytes
from tabagent.adapters.memory.fetcher import Answer, MemoryFetcher, MemoryResponse
from tabagent.errors import HubUnavailable, Offline
from tabagent.models import parts
from tabagent.models.chunks import Span
from tabagent.models.parts import FileChanged, PartsIgnored, open_part
from tabagent.models.sources import HUB
from tabagent.ports.buffers import ByteBuffer
from tabagent.specs import FileKey, FileRecord
from tabagent.store_errors import ConnectionLost, IncompleteFile, UnexpectedContent
from tests.unit.conftest import COMMIT, REPO, World

PATH = "onnx/model.onnx"
ADDRESS = f"{HUB}/{REPO}/resolve/{COMMIT}/{PATH}"
BODY = b"0123456789"
ETAG = '"abc"'
RECORD = FileRecord(key=FileKey(REPO, PATH), revision=COMMIT, size=len(BODY), chunk_size=4, etag=ETAG)
MIDDLE = Span(1, 1)
PART = Answer(body=b"4567", status=206, headers={"etag": ETAG, "content-range": "bytes 4-7/10"})
ALL = Answer(body=BODY, headers={"etag": ETAG})


class RememberingFetcher(MemoryFetcher):
    """Keeps the answers that it gave."""

    def __init__(self, answer: Answer | None = None) -> None:
        super().__init__({ADDRESS: answer} if answer is not None else {})
        self.given: list[MemoryResponse] = []

    async def get(self, url: str, headers: Mapping[str, str] | None = None) -> MemoryResponse:
        response = await super().get(url, headers)
        assert isinstance(response, MemoryResponse)
        self.given.append(response)
        return response


def answering(answer: Answer) -> tuple[World, RememberingFetcher]:
    fetcher = RememberingFetcher(answer)
    return World(fetcher), fetcher


async def read(
    answer: Answer, span: Span | None = MIDDLE, record: FileRecord = RECORD, on_bytes: Callable[[int], None] = print
) -> bytes:
    """Open a part, read all that it should have, and look that its connection is let go of."""
    world, fetcher = answering(answer)
    first, last = span.bytes_of(record) if span is not None else (0, record.size - 1)
    try:
        async with open_part(world.hub, record, span) as part:
            return (await part.read(last - first + 1, on_bytes)).to_bytes()
    finally:
        assert [response.closed for response in fetcher.given] == [True]


def with_headers(answer: Answer, **headers: str | None) -> Answer:
    """Return an answer with other headers; None takes one away."""
    changed = {**answer.headers, **{name.replace("_", "-"): value for name, value in headers.items()}}
    return replace(answer, headers={name: value for name, value in changed.items() if value is not None})


# What is asked for


@pytest.mark.parametrize(
    ("span", "etag", "headers"),
    [
        (Span(0, 0), ETAG, {"Range": "bytes=0-3", "If-Range": ETAG}),
        (Span(1, 2), ETAG, {"Range": "bytes=4-9", "If-Range": ETAG}),
        (Span(2, 2), "", {"Range": "bytes=8-9"}),
        (None, ETAG, {}),
    ],
)
async def test_chunks_are_asked_for_by_their_bytes_and_the_validator_of_those_that_are_stored(
    span: Span | None, etag: str, headers: dict[str, str]
) -> None:
    world, fetcher = answering(ALL)
    async with open_part(world.hub, replace(RECORD, etag=etag), span):
        pass

    assert [(sent.url, sent.headers) for sent in fetcher.sent] == [(ADDRESS, headers)]


async def test_a_file_without_a_commit_is_asked_for_at_the_newest() -> None:
    world = World(MemoryFetcher({ADDRESS.replace(COMMIT, "main"): PART}))
    async with open_part(world.hub, replace(RECORD, revision=""), MIDDLE) as part:
        assert part.etag == ETAG


# What is taken


@pytest.mark.parametrize(
    ("answer", "span", "expected"),
    [
        (PART, MIDDLE, b"4567"),
        (with_headers(PART, content_range="bytes 4-7/*"), MIDDLE, b"4567"),
        (with_headers(PART, etag=None), MIDDLE, b"4567"),
        (with_headers(PART, content_length="4"), MIDDLE, b"4567"),
        (with_headers(PART, content_type="text/plain"), MIDDLE, b"4567"),
        # The length is that of what was sent, compressed.
        (with_headers(PART, content_length="2", content_encoding="gzip"), MIDDLE, b"4567"),
        (ALL, None, BODY),
        (with_headers(ALL, content_length="10"), None, BODY),
        (with_headers(ALL, content_length="3", content_encoding="br"), None, BODY),
    ],
)
async def test_an_answer_that_is_as_it_should_be_is_read(answer: Answer, span: Span | None, expected: bytes) -> None:
    assert await read(answer, span) == expected


@pytest.mark.parametrize(
    ("answer", "span"),
    [
        (with_headers(PART, content_range=None), MIDDLE),
        (with_headers(PART, content_range="bytes 0-3/10"), MIDDLE),
        (with_headers(PART, content_range="bytes 4-6/10"), MIDDLE),
        (with_headers(PART, content_range="bytes 4-8/10"), MIDDLE),
        (with_headers(PART, content_range="bytes 4-7/11"), MIDDLE),
        (with_headers(PART, content_range="bytes */10"), MIDDLE),
        (with_headers(PART, content_range="4-7/10"), MIDDLE),
        (with_headers(PART, content_range="bytes 4-7/10 and more"), MIDDLE),
        (with_headers(PART, content_length="3"), MIDDLE),
        (with_headers(PART, content_length="5"), MIDDLE),
        (with_headers(PART, content_length="four"), MIDDLE),
        (with_headers(ALL, content_length="9"), None),
        (with_headers(ALL, content_length="11"), None),
        (Answer(status=416, headers={"content-range": "bytes */3"}), MIDDLE),
        (Answer(status=416, headers={"content-range": "bytes */10"}), MIDDLE),
        (Answer(status=416), MIDDLE),
        # Nobody asked for a part.
        (Answer(status=416, body=BODY), None),
        (replace(ALL, status=206), None),
        (with_headers(replace(ALL, status=206), content_range="bytes 4-9/10"), None),
    ],
)
async def test_an_answer_of_another_length_or_place_is_refused(answer: Answer, span: Span | None) -> None:
    with pytest.raises(IncompleteFile):
        await read(answer, span)


async def test_another_length_of_the_file_is_told(world: World) -> None:
    with pytest.raises(IncompleteFile) as failure:
        await read(Answer(status=416, headers={"content-range": "bytes */3"}))

    assert failure.value.details == {"file": PATH, "received": 3, "expected": 10}


@pytest.mark.parametrize("etag", [ETAG, None])
async def test_a_hub_that_gives_no_parts_is_told_apart(etag: str | None) -> None:
    with pytest.raises(PartsIgnored):
        await read(with_headers(replace(ALL, gives_parts=False), etag=etag))


async def test_all_of_another_file_in_place_of_a_part_is_a_change() -> None:
    answer = with_headers(replace(ALL, gives_parts=False), etag='"newer"', content_length="12")

    with pytest.raises(FileChanged) as change:
        await read(answer)
    assert change.value.size == 12


@pytest.mark.parametrize("content_type", ["text/html", "text/html; charset=utf-8"])
@pytest.mark.parametrize("span", [MIDDLE, None])
async def test_a_web_page_in_place_of_a_file_is_refused(content_type: str, span: Span | None) -> None:
    page = Answer(body=b"<!doctype html>", headers={"content-type": content_type})

    with pytest.raises(UnexpectedContent) as failure:
        await read(page, span)
    assert failure.value.details == {"file": PATH, "contentType": content_type}


async def test_a_web_page_that_is_the_file_is_read() -> None:
    path = "page.html"
    world = World(MemoryFetcher({ADDRESS.replace(PATH, path): with_headers(ALL, content_type="text/html")}))
    async with open_part(world.hub, replace(RECORD, key=FileKey(REPO, path)), None) as part:
        assert (await part.read(10, print)).to_bytes() == BODY


@pytest.mark.parametrize("status", [500, 429])
async def test_a_refusal_is_passed_on(status: int) -> None:
    with pytest.raises(HubUnavailable):
        await read(Answer(status=status, body=b"<html>", headers={"content-type": "text/html"}))


async def test_no_answer_is_passed_on() -> None:
    with pytest.raises(Offline):
        async with open_part(World(MemoryFetcher({})).hub, RECORD, MIDDLE):
            pass


# Reading


async def test_bytes_are_heard_as_they_come() -> None:
    heard: list[int] = []
    await read(PART, on_bytes=heard.append)

    assert heard == [4]


@pytest.mark.parametrize("body", [b"", b"456"])
async def test_bytes_of_a_chunk_that_did_not_come_whole_are_taken_back(body: bytes) -> None:
    heard: list[int] = []

    with pytest.raises(IncompleteFile) as failure:
        await read(replace(PART, body=body), on_bytes=heard.append)
    assert sum(heard) == 0
    assert failure.value.details["received"] == len(body)


async def test_a_connection_that_breaks_is_told() -> None:
    with pytest.raises(ConnectionLost):
        await read(replace(PART, cut_after=2))


async def test_chunks_of_one_answer_are_read_one_after_the_other() -> None:
    world, _ = answering(ALL)
    async with open_part(world.hub, RECORD, None) as part:
        found = [(await part.read(size, print)).to_bytes() for size in (4, 4, 2)]
        await part.expect_end()

    assert found == [b"0123", b"4567", b"89"]


async def test_a_body_that_goes_on_after_its_end_is_refused() -> None:
    world, _ = answering(replace(ALL, body=BODY + b"!"))
    async with open_part(world.hub, RECORD, None) as part:
        await part.read(10, print)
        with pytest.raises(IncompleteFile):
            await part.expect_end()


# Silence


class SilentResponse(MemoryResponse):
    """Sends some bytes one by one, then nothing."""

    def __init__(self, answer: Answer, sends: int) -> None:
        super().__init__(ADDRESS, answer)
        self._sends = sends
        self.ended = False

    async def read(self, size: int, on_bytes: Callable[[int], None] | None = None) -> ByteBuffer | None:
        assert on_bytes is not None
        for _ in range(self._sends):
            on_bytes(1)
            await asyncio.sleep(0)
        if self._sends >= size:
            return MemoryBytes(b"4567")
        try:
            await asyncio.get_running_loop().create_future()
        finally:
            self.ended = True
        return None


class SilentFetcher(MemoryFetcher):
    """Answers with a silent response, or not at all."""

    def __init__(self, response: SilentResponse | None) -> None:
        super().__init__({})
        self._response = response

    async def get(self, url: str, headers: Mapping[str, str] | None = None) -> MemoryResponse:
        if self._response is None:
            await asyncio.get_running_loop().create_future()
        assert self._response is not None
        return self._response


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "STALL_SECONDS", 0.02)


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("sends", [0, 3])
async def test_a_connection_that_falls_silent_is_lost_and_its_bytes_are_taken_back(sends: int) -> None:
    response = SilentResponse(PART, sends)
    heard: list[int] = []

    with pytest.raises(ConnectionLost, match="no byte came"):
        async with open_part(World(SilentFetcher(response)).hub, RECORD, MIDDLE) as part:
            await part.read(4, heard.append)
    assert sum(heard) == 0
    assert response.closed
    await asyncio.sleep(0)
    assert response.ended


@pytest.mark.usefixtures("impatient")
async def test_a_hub_that_does_not_answer_is_lost() -> None:
    with pytest.raises(ConnectionLost, match="no answer came"):
        async with open_part(World(SilentFetcher(None)).hub, RECORD, MIDDLE):
            pass


async def test_a_slow_connection_is_waited_for() -> None:
    response = SilentResponse(PART, 4)

    async with open_part(World(SilentFetcher(response)).hub, RECORD, MIDDLE) as part:
        assert (await part.read(4, print)).to_bytes() == b"4567"


async def test_who_gives_up_lets_go_of_the_connection() -> None:
    response = SilentResponse(PART, 2)
    heard: list[int] = []

    async def download() -> None:
        async with open_part(World(SilentFetcher(response)).hub, RECORD, MIDDLE) as part:
            await part.read(4, heard.append)

    task = asyncio.ensure_future(download())
    await World(MemoryFetcher({})).until(lambda: sum(heard) == 2)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)

    assert response.closed
    assert sum(heard) == 0
