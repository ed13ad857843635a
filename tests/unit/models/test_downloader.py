"""Downloads: whole, or not there."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress

import pytest

from tabagent.adapters.memory.chunk_store import MemoryChunkStore, MemoryManifestStore
from tabagent.adapters.memory.fetcher import Answer, MemoryFetcher, MemoryResponse
from tabagent.errors import HubUnavailable, IncompleteFile, Offline, StorageError
from tabagent.models.chunks import CHUNK_BYTES
from tabagent.models.downloader import ModelDownloader
from tabagent.models.hub import HUB
from tabagent.models.store import ModelStore
from tabagent.specs import FileKey, ModelFile
from tests.unit.conftest import COMMIT, REPO, World

PATH = "onnx/model.onnx"
KEY = FileKey(REPO, PATH)
ADDRESS = f"{HUB}/{REPO}/resolve/{COMMIT}/{PATH}"
BODY = b"0123456789"


class RememberingFetcher(MemoryFetcher):
    """Keeps the answers that it gave."""

    def __init__(self, answers: Mapping[str, Answer]) -> None:
        super().__init__(answers)
        self.opened: list[MemoryResponse] = []

    async def get(self, url: str, headers: Mapping[str, str] | None = None) -> MemoryResponse:
        self.opened.append(MemoryResponse(url, self.answers[url]))
        return self.opened[-1]


async def download(world: World, size: int = len(BODY)) -> list[int]:
    """Download the file as announced with `size` bytes; return the sizes of the parts that were told."""
    parts: list[int] = []
    await ModelDownloader(world.hub, world.store).download(REPO, COMMIT, ModelFile(path=PATH, size=size), parts.append)
    return parts


async def test_a_downloaded_file_is_stored_whole_with_its_commit_and_etag(world: World) -> None:
    world.fetcher.answers[ADDRESS] = Answer(body=BODY, headers={"etag": '"abc"'})
    parts = await download(world)

    record = await world.store.record(KEY)
    assert record is not None
    assert (record.revision, record.size, record.etag) == (COMMIT, 10, '"abc"')
    assert (await world.store.chunk(KEY, 0)).to_bytes() == BODY
    assert parts == [10]


async def test_a_large_file_is_stored_in_chunks_and_told_part_by_part(world: World) -> None:
    body = b"a" * CHUNK_BYTES + b"b" * CHUNK_BYTES + b"c"
    world.fetcher.answers[ADDRESS] = Answer(body=body)
    parts = await download(world, len(body))

    assert parts == [CHUNK_BYTES, CHUNK_BYTES, 1]
    assert [(await world.store.chunk(KEY, index)).size for index in range(3)] == parts
    assert (await world.store.chunk(KEY, 2)).to_bytes() == b"c"


async def test_an_empty_file_is_stored(world: World) -> None:
    world.fetcher.answers[ADDRESS] = Answer(body=b"")

    assert await download(world, 0) == []
    assert await world.store.is_stored(REPO, COMMIT, ModelFile(path=PATH, size=0))


@pytest.mark.parametrize("announced", [len(BODY) + 1, len(BODY) - 1, 0, 10**9])
async def test_a_body_of_another_length_than_announced_does_not_count(world: World, announced: int) -> None:
    world.fetcher.answers[ADDRESS] = Answer(body=BODY)

    with pytest.raises(IncompleteFile) as failure:
        await download(world, announced)
    assert failure.value.details == {"file": PATH, "received": len(BODY), "expected": announced}
    assert await world.store.record(KEY) is None


async def test_a_body_without_end_is_given_up_after_the_announced_length(world: World) -> None:
    world.fetcher.answers[ADDRESS] = Answer(body=b"x" * (3 * CHUNK_BYTES))

    with pytest.raises(IncompleteFile) as failure:
        await download(world, CHUNK_BYTES + 1)
    assert failure.value.details["received"] == 2 * CHUNK_BYTES


async def test_a_cut_body_does_not_count(world: World) -> None:
    world.fetcher.answers[ADDRESS] = Answer(body=BODY, cut_after=4)

    with pytest.raises(Offline):
        await download(world)
    assert await world.store.record(KEY) is None


async def test_the_older_file_stops_to_count_when_its_replacement_begins(world: World) -> None:
    await (await world.store.writer(KEY, "older", "")).commit()
    world.fetcher.answers[ADDRESS] = Answer(body=BODY, cut_after=4)

    with pytest.raises(Offline):
        await download(world)
    assert await world.store.record(KEY) is None


async def test_a_file_that_the_hub_refuses_leaves_the_older_one_alone(world: World) -> None:
    older = await (await world.store.writer(KEY, "older", "")).commit()
    world.fetcher.answers[ADDRESS] = Answer(status=500)

    with pytest.raises(HubUnavailable):
        await download(world)
    assert await world.store.record(KEY) == older


async def test_a_full_storage_leaves_no_file() -> None:
    world = World(MemoryFetcher({ADDRESS: Answer(body=BODY)}))
    world.store = ModelStore(MemoryChunkStore(capacity=5), MemoryManifestStore())

    with pytest.raises(StorageError):
        await download(world)
    assert await world.store.record(KEY) is None


@pytest.mark.parametrize(
    ("answer", "announced"), [(Answer(body=BODY), 10), (Answer(body=BODY), 3), (Answer(body=BODY, cut_after=4), 10)]
)
async def test_the_connection_is_closed_however_the_download_ends(answer: Answer, announced: int) -> None:
    fetcher = RememberingFetcher({ADDRESS: answer})

    with suppress(IncompleteFile, Offline):
        await download(World(fetcher), announced)

    assert [response.closed for response in fetcher.opened] == [True]
