"""A file comes whole and right over a line that is neither, with no byte fetched in vain that need not be."""

from __future__ import annotations

import asyncio
import datetime as dt
import email.utils
import time
from dataclasses import replace

import pytest

from tabagent.adapters.memory.fetcher import Answer
from tabagent.errors import HubUnavailable, ModelGated, ModelNotFound, Offline, TabAgentError
from tabagent.models.downloader import CONNECTIONS, RESTARTS, FileListener
from tabagent.models.retry import ATTEMPTS
from tabagent.specs import ModelFile
from tabagent.store_errors import ConnectionLost, IncompleteFile, IntegrityFailed, UnexpectedContent
from tests.unit.conftest import COMMIT, REPO, World
from tests.unit.models.conftest import CHUNK
from tests.unit.models.download_desk import ADDRESS, BODY, ETAG, FILE, HUBS, KEY, NEWER, PATH, Desk, desk_with
from tests.unit.models.dying import digest_of
from tests.unit.models.lines import Line

pytestmark = pytest.mark.usefixtures("small_chunks")


@pytest.fixture
def desk() -> Desk:
    return desk_with()


# Whole and right


async def test_a_downloaded_file_is_stored_whole_with_its_commit_digest_and_validator(desk: Desk) -> None:
    record = await desk.download()

    assert (record.whole, record.revision, record.digest, record.etag) == (True, COMMIT, FILE.digest, ETAG)
    assert await desk.world.store.record(KEY) == record
    assert await desk.content() == BODY
    assert desk.line.again(ADDRESS) == 0
    assert desk.stored == sorted(desk.stored)
    assert (desk.stored[0], desk.stored[-1], desk.verifying) == (0, len(BODY), 1)


async def test_every_part_but_the_first_is_asked_for_with_the_validator_of_the_others(desk: Desk) -> None:
    await desk.download()
    headers = sorted((sent.headers for sent in desk.line.sent), key=lambda item: int(item["Range"][6:].split("-")[0]))

    assert [item["Range"] for item in headers] == [
        f"bytes={first}-{last}" for first, last in [(0, 7), (8, 15), (16, 23), (24, 31), (32, 37)]
    ]
    assert [item.get("If-Range") for item in headers] == [None, ETAG, ETAG, ETAG, ETAG]
    assert desk.line.sent[0].headers == {"Range": "bytes=0-7"}


@pytest.mark.parametrize("etag", ["", 'W/"abc"'])
async def test_without_a_strong_validator_parts_come_as_well(etag: str) -> None:
    desk = desk_with(replace(HUBS, headers={"etag": etag} if etag else {}))
    await desk.download()

    assert await desk.content() == BODY
    assert not any("If-Range" in sent.headers for sent in desk.line.sent)


@pytest.mark.parametrize("size", [0, 1, CHUNK])
async def test_a_small_file_comes_in_one_request_without_a_range(size: int) -> None:
    body = BODY[:size]
    desk = desk_with(replace(HUBS, body=body), ModelFile(path=PATH, size=size, digest=digest_of(body, "git:")))
    record = await desk.download()

    assert (record.whole, await desk.content()) == (True, body)
    assert desk.ranges == ([None] if size else [])


async def test_a_file_that_is_stored_is_not_asked_for_again(desk: Desk) -> None:
    await desk.download()
    desk.line.sent.clear()
    await desk.download()

    assert desk.line.sent == []
    assert desk.stored[-1] == len(BODY)


async def test_no_more_connections_are_open_than_the_limit_over_all_files() -> None:
    paths = [f"part {number}" for number in range(3)]
    line = Line({ADDRESS.replace(PATH, path.replace(" ", "%20")): HUBS for path in paths})
    world = World(line)
    files = [replace(FILE, path=path) for path in paths]
    await asyncio.gather(
        *(world.downloader.fetch_from_network_and_cache(REPO, COMMIT, file, FileListener()) for file in files)
    )

    assert line.most_open == CONNECTIONS
    assert line.open == 0


async def test_a_file_that_two_ask_for_at_once_comes_once(desk: Desk) -> None:
    """As the common files of two dtypes that are downloaded at the same time."""
    await asyncio.gather(
        *(desk.world.downloader.fetch_from_network_and_cache(REPO, COMMIT, FILE, FileListener()) for _ in range(3))
    )

    assert desk.line.again(ADDRESS) == 0
    assert await desk.content() == BODY


# Lines that break


@pytest.mark.parametrize("place", range(len(BODY)))
async def test_after_a_cut_at_any_byte_the_rest_comes_and_at_most_one_chunk_twice(desk: Desk, place: int) -> None:
    desk.line.cuts.add((ADDRESS, place))
    await desk.download()

    assert await desk.content() == BODY
    assert desk.line.again(ADDRESS) == place % CHUNK
    assert [type(error) for error, _ in desk.waits] == [ConnectionLost]
    assert [seconds for _, seconds in desk.waits] == desk.world.pauses


async def test_a_line_that_breaks_in_every_chunk_brings_the_file_in_the_end(desk: Desk) -> None:
    """Each chunk that comes gives new patience: there are more cuts than tries."""
    desk.line.cuts = {(ADDRESS, place) for place in range(1, len(BODY), CHUNK)}
    await desk.download()

    assert await desk.content() == BODY
    assert len(desk.waits) == 10 > ATTEMPTS


async def test_a_line_that_stays_broken_is_given_up_and_what_came_is_kept(desk: Desk) -> None:
    task = asyncio.ensure_future(desk.download())
    await desk.world.until(lambda: len(desk.stored) > 4)
    desk.line.down = True
    with pytest.raises(ConnectionLost):
        await task
    kept = desk.stored[-1]
    record = await desk.world.store.record(KEY)
    assert record is not None
    assert 0 < record.stored_bytes == kept < len(BODY)
    assert not record.whole

    desk.line.down = False
    desk.line.carried.clear()
    await desk.download()
    assert await desk.content() == BODY
    assert desk.line.carried.total() == len(BODY) - kept


async def test_a_hub_that_is_away_is_asked_so_often_and_no_more() -> None:
    desk = Desk(Line({}))
    with pytest.raises(Offline):
        await desk.download()

    assert len(desk.line.sent) == ATTEMPTS
    assert len(desk.world.pauses) == ATTEMPTS - 1


async def test_the_pauses_of_one_connection_do_not_stop_the_others(desk: Desk) -> None:
    desk.line.cuts = {(ADDRESS, 0)}
    await desk.download()

    assert await desk.content() == BODY


# A hub that refuses


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (Answer(status=401), ModelNotFound),
        (Answer(status=401, headers={"x-error-code": "GatedRepo"}), ModelGated),
        (Answer(status=403, headers={"x-error-code": "GatedRepo"}), ModelGated),
        (Answer(status=403), ModelGated),
        (Answer(status=404), ModelNotFound),
        (Answer(status=404, headers={"x-error-code": "EntryNotFound"}), HubUnavailable),
        (Answer(status=400), HubUnavailable),
        (Answer(body=b"<html>", headers={"content-type": "text/html"}), UnexpectedContent),
        (Answer(status=429, headers={"retry-after": "3600"}), HubUnavailable),
    ],
)
async def test_what_will_not_change_is_asked_once(answer: Answer, error: type[TabAgentError]) -> None:
    desk = desk_with(answer)

    with pytest.raises(error):
        await desk.download()
    assert len(desk.line.sent) == 1
    assert desk.world.pauses == []


@pytest.mark.parametrize("status", [429, 503])
async def test_a_hub_that_asks_to_wait_is_given_the_time(status: int) -> None:
    desk = desk_with([Answer(status=status, headers={"retry-after": "7"}), HUBS])
    await desk.download()

    assert desk.world.pauses == [7.0]
    assert await desk.content() == BODY


async def test_a_hub_may_name_the_hour() -> None:
    at = dt.datetime.fromtimestamp(time.time() + 40, dt.UTC)
    desk = desk_with([Answer(status=503, headers={"retry-after": email.utils.format_datetime(at, usegmt=True)}), HUBS])
    await desk.download()

    assert len(desk.world.pauses) == 1
    assert 30 < desk.world.pauses[0] <= 40


@pytest.mark.parametrize("status", [500, 502, 503, 504])
async def test_a_hub_that_fails_for_a_while_is_asked_again(status: int) -> None:
    desk = desk_with([Answer(status=status), Answer(status=status), HUBS])
    await desk.download()

    assert len(desk.world.pauses) == 2
    assert await desk.content() == BODY


@pytest.mark.parametrize(
    "answer",
    [
        replace(HUBS, headers={"etag": ETAG, "content-length": "39"}),
        replace(HUBS, body=BODY + b"!"),
        Answer(status=416, headers={"content-range": "bytes */3"}),
        replace(HUBS, status=206, headers={"etag": ETAG, "content-range": "bytes 0-3/38"}),
        replace(HUBS, status=206, headers={"etag": ETAG}),
    ],
    ids=["content-length", "longer", "416", "other range", "no range"],
)
async def test_a_hub_that_keeps_to_another_length_is_given_up(answer: Answer) -> None:
    desk = desk_with(answer)

    with pytest.raises(IncompleteFile) as failure:
        await desk.download()
    assert failure.value.details["file"] == PATH
    assert len(desk.line.sent) == ATTEMPTS


async def test_a_hub_that_is_shorter_than_it_said_is_given_up() -> None:
    desk = desk_with(replace(HUBS, body=BODY[:-1], gives_parts=False))

    with pytest.raises(IncompleteFile):
        await desk.download()
    record = await desk.world.store.record(KEY)
    assert record is not None
    assert record.missing == (9,)


# A hub that gives no parts


async def test_a_hub_that_gives_no_parts_is_read_from_the_beginning() -> None:
    desk = desk_with(replace(HUBS, gives_parts=False))
    await desk.download()

    assert await desk.content() == BODY
    assert desk.ranges == ["bytes=0-7", None]
    assert desk.line.again(ADDRESS) == 0


@pytest.mark.parametrize("place", [0, 5, 20, 37])
async def test_after_a_cut_only_what_is_missing_is_stored_again(place: int) -> None:
    desk = desk_with(replace(HUBS, gives_parts=False))
    desk.line.cuts.add((ADDRESS, place))
    await desk.download()

    assert await desk.content() == BODY
    assert desk.stored == sorted(desk.stored)
    assert len(set(desk.stored)) == 11


async def test_a_hub_that_stops_to_give_parts_is_followed() -> None:
    desk = desk_with([HUBS, replace(HUBS, gives_parts=False)])
    await desk.download()

    assert await desk.content() == BODY
    assert desk.stored == sorted(desk.stored)


# Other content


@pytest.mark.parametrize("place", [0, 13, 37])
async def test_a_file_that_came_wrong_once_is_begun_again(desk: Desk, place: int) -> None:
    desk.line.wrong.add((ADDRESS, place))
    await desk.download()

    assert await desk.content() == BODY
    assert desk.line.again(ADDRESS) == len(BODY)
    assert desk.stored[-1] == len(BODY)


async def test_of_a_file_that_comes_wrong_twice_nothing_is_kept() -> None:
    desk = desk_with(replace(HUBS, body=NEWER))

    with pytest.raises(IntegrityFailed) as failure:
        await desk.download()
    assert failure.value.details == {"file": PATH, "expected": FILE.digest, "actual": digest_of(NEWER)}
    assert desk.line.carried.total() == RESTARTS * len(BODY)
    assert await desk.world.store.record(KEY) is None
    assert desk.world.chunks.usage == 0
