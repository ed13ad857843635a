"""Downloads of whole models: one for each dtype however many ask, paused, gone on with, cancelled, and out of room."""

from __future__ import annotations

import asyncio

import pytest

from tabagent.adapters.memory.fetcher import Answer
from tabagent.errors import InvalidState, ModelGated
from tabagent.events import ErrorCodes
from tabagent.events import TransferStates as State
from tabagent.messages import DownloadProgress, ManifestUpdated
from tabagent.models.baton import SharedBaton
from tabagent.specs import Dtype, FileKey, QuantStatus
from tabagent.store_errors import ConnectionLost, DownloadCancelled
from tests.unit.conftest import COMMIT, FILES, OTHER_REPO, REPO, World, hub_answers
from tests.unit.models.dying import reader
from tests.unit.models.lines import Line
from tests.unit.models.model_line import (
    Q4_FILES,
    Q4_SIZE,
    WEIGHTS,
    address,
    begin,
    begun,
    failure,
    listed,
    status,
    two_models,
)

pytestmark = pytest.mark.usefixtures("small_chunks")


@pytest.fixture
def line() -> Line:
    return two_models()


@pytest.fixture
def world(line: Line) -> World:
    return World(line)


def told(world: World) -> list[State]:
    """Return the states in the order in which the pages heard of them, each once in a row."""
    states = [event.status for event in world.of(DownloadProgress)]
    return [state for index, state in enumerate(states) if index == 0 or state is not states[index - 1]]


def kept(world: World) -> list[tuple[str, Dtype]]:
    """Return the downloads that the next thread would go on with."""
    return SharedBaton.read(world.host.baton)[1]


# To the end


async def test_a_download_brings_every_file_of_a_dtype_and_nothing_else(world: World, line: Line) -> None:
    download = await begin(world)
    await download.outcome

    assert {url for url in line.requests if "/resolve/" in url} == {address(path) for path in Q4_FILES}
    for path in Q4_FILES:
        assert await world.store.assemble_chunks(FileKey(REPO, path)) == FILES[path]
    assert await status(world) is QuantStatus.DOWNLOADED
    assert world.downloads.open_for(REPO) == []
    assert world.downloads.of(REPO, Dtype.Q4) is None


async def test_pages_hear_how_far_it_is_and_that_the_list_has_changed(world: World) -> None:
    await (await begin(world)).outcome
    events = world.of(DownloadProgress)

    assert told(world) == [State.DOWNLOADING, State.DONE]
    assert [event.loaded for event in events] == sorted(event.loaded for event in events)
    assert events[-1].loaded == events[-1].total == Q4_SIZE
    assert {file["file"]: file["status"] for file in events[-1].files} == dict.fromkeys(Q4_FILES, State.DONE.value)
    assert world.events[-1] == ManifestUpdated()


async def test_what_is_stored_already_counts_as_loaded(world: World, line: Line) -> None:
    entry = await listed(world)
    for file in entry.common:
        await world.store.save_chunked_file(REPO, file, reader(FILES[file.path]), revision=COMMIT)
    await (await world.downloads.start(entry, Dtype.Q4)).outcome

    assert not {address(path) for path in Q4_FILES[:2]} & set(line.requests)
    assert world.of(DownloadProgress)[-1].loaded == Q4_SIZE


# Together


async def test_who_asks_for_a_running_download_joins_it(world: World, line: Line) -> None:
    entry = await listed(world)
    first, second, third = await asyncio.gather(*(world.downloads.start(entry, Dtype.Q4) for _ in range(3)))
    assert first is second is third
    await first.outcome

    assert all(count == 1 for count in line.carried.values())
    assert told(world) == [State.DOWNLOADING, State.DONE]


async def test_two_dtypes_come_at_the_same_time_and_their_common_files_once(world: World, line: Line) -> None:
    downloads = [await begin(world, dtype) for dtype in (Dtype.Q4, Dtype.Q8)]
    assert world.downloads.open_for(REPO) == [Dtype.Q4, Dtype.Q8]
    await asyncio.gather(*(download.outcome for download in downloads))

    assert [await status(world, dtype) for dtype in (Dtype.Q4, Dtype.Q8)] == [QuantStatus.DOWNLOADED] * 2
    assert all(count == 1 for count in line.carried.values())


async def test_cancelling_one_dtype_does_not_stop_the_other(world: World) -> None:
    four, eight = [await begin(world, dtype) for dtype in (Dtype.Q4, Dtype.Q8)]
    await world.until(lambda: world.chunks.usage >= 4)
    await world.downloads.cancel(REPO, Dtype.Q4)
    await eight.outcome

    assert isinstance(await failure(four), DownloadCancelled)
    assert await status(world, Dtype.Q8) is QuantStatus.DOWNLOADED


@pytest.mark.parametrize("paused", [False, True])
async def test_a_download_of_an_older_commit_goes_on_with_the_newer_one(
    world: World, line: Line, *, paused: bool
) -> None:
    older = await begun(world)
    if paused:
        await world.downloads.pause(REPO, Dtype.Q4)
    newer = FILES | {WEIGHTS: b"other data, longer"}
    line.answers |= hub_answers(commit="beef", files=newer)
    assert await begin(world) is older
    await older.outcome

    for path in Q4_FILES:
        assert await world.store.assemble_chunks(FileKey(REPO, path)) == newer[path]
    assert await status(world) is QuantStatus.DOWNLOADED
    last = world.of(DownloadProgress)[-1]
    assert last.loaded == last.total == sum(len(newer[path]) for path in Q4_FILES)


async def test_who_waits_for_a_download_of_an_older_commit_hears_of_the_newer_one(world: World, line: Line) -> None:
    heard: list[int] = []
    download = await begun(world)
    download.on_change.append(lambda: heard.append(download.progress.last.total if download.progress.last else 0))
    line.answers |= hub_answers(commit="beef", files=FILES | {WEIGHTS: b"other data, longer"})
    await begin(world)
    await download.outcome

    assert heard[-1] == Q4_SIZE + len(b"other data, longer") - len(FILES[WEIGHTS])


# Pause and resume


async def test_a_paused_download_keeps_what_came_and_goes_on_from_there(world: World, line: Line) -> None:
    download = await begun(world)
    await world.downloads.pause(REPO, Dtype.Q4)
    stored = world.chunks.usage
    assert (line.open, told(world)[-1]) == (0, State.PAUSED)
    assert world.downloads.open_for(REPO) == [Dtype.Q4]
    assert not download.outcome.done()
    paused = world.downloads.of(REPO, Dtype.Q4)
    assert paused is not None
    assert (paused.loaded, paused.bytes_per_second, paused.seconds_left) == (stored, 0, None)

    line.carried.clear()
    assert await begin(world) is download
    await download.outcome
    assert line.carried.total() == Q4_SIZE - stored
    assert await status(world) is QuantStatus.DOWNLOADED


@pytest.mark.parametrize("turns", range(0, 48, 3))
async def test_bytes_are_counted_right_whenever_it_is_paused(world: World, turns: int) -> None:
    download = await begin(world)
    for _ in range(turns):
        await asyncio.sleep(0)
    await world.downloads.pause(REPO, Dtype.Q4)
    paused = world.downloads.of(REPO, Dtype.Q4)
    assert paused is not None
    assert paused.loaded == world.chunks.usage

    await begin(world)
    await download.outcome
    assert all(event.loaded <= event.total for event in world.of(DownloadProgress))


async def test_a_pause_can_be_repeated(world: World) -> None:
    await begun(world)
    await world.downloads.pause(REPO, Dtype.Q4)
    await world.downloads.pause(REPO, Dtype.Q4)

    assert told(world) == [State.DOWNLOADING, State.PAUSED]


async def test_a_download_that_is_resumed_while_it_stops_runs(world: World) -> None:
    download = await begun(world)
    await asyncio.gather(world.downloads.pause(REPO, Dtype.Q4), begin(world))
    if download.task is not None:
        assert told(world)[-1] is not State.PAUSED
    else:
        await begin(world)
    await download.outcome

    assert told(world)[-1] is State.DONE


@pytest.mark.parametrize("act", ["pause", "cancel"])
async def test_what_does_not_run_can_be_neither_paused_nor_cancelled(world: World, act: str) -> None:
    with pytest.raises(InvalidState, match="not being downloaded"):
        await getattr(world.downloads, act)(REPO, Dtype.Q4)


# Cancel


@pytest.mark.parametrize("paused", [False, True])
async def test_a_cancelled_download_leaves_nothing_that_is_not_whole(world: World, line: Line, *, paused: bool) -> None:
    download = await begun(world)
    if paused:
        await world.downloads.pause(REPO, Dtype.Q4)
    await world.downloads.cancel(REPO, Dtype.Q4)

    assert all(record.whole for record in await world.store.records())
    assert world.chunks.usage == sum(record.size for record in await world.store.records())
    assert (line.open, world.downloads.open_for(REPO), told(world)[-1]) == (0, [], State.CANCELLED)
    assert isinstance(await failure(download), DownloadCancelled)
    assert await status(world) is QuantStatus.AVAILABLE


async def test_a_file_that_was_whole_before_stays_when_a_download_is_cancelled(world: World) -> None:
    entry = await listed(world)
    for file in entry.common:
        await world.store.save_chunked_file(REPO, file, reader(FILES[file.path]), revision=COMMIT)
    await begun(world, stored=sum(file.size for file in entry.common) + 4)
    await world.downloads.cancel(REPO, Dtype.Q4)

    records = {record.key.path: record.whole for record in await world.store.records()}
    assert {file.path for file in entry.common} <= set(records)
    assert all(records.values())


@pytest.mark.parametrize("turns", range(0, 30, 2))
async def test_a_download_that_is_asked_for_while_it_is_cancelled_comes_to_an_end(world: World, turns: int) -> None:
    entry = await listed(world)
    await begun(world)
    cancelling = asyncio.ensure_future(world.downloads.cancel(REPO, Dtype.Q4))
    for _ in range(turns):
        await asyncio.sleep(0)
    again = await world.downloads.start(entry, Dtype.Q4)
    await cancelling
    await asyncio.wait({again.outcome})

    assert world.downloads.open_for(REPO) == []
    assert told(world)[-1] in (State.DONE, State.CANCELLED)
    if again.outcome.exception() is None:
        assert await status(world) is QuantStatus.DOWNLOADED
    else:
        assert isinstance(again.outcome.exception(), DownloadCancelled)


async def test_all_downloads_of_a_model_or_all_at_all_are_cancelled(world: World) -> None:
    for repo, dtype in [(REPO, Dtype.Q4), (REPO, Dtype.Q8), (OTHER_REPO, Dtype.Q4)]:
        await begin(world, dtype, repo)
    await world.downloads.cancel_all(REPO)
    assert (world.downloads.open_for(REPO), world.downloads.open_for(OTHER_REPO)) == ([], [Dtype.Q4])

    await world.downloads.cancel_all()
    assert world.downloads.open_for(OTHER_REPO) == []


# Failures


async def test_a_download_that_fails_says_why_and_keeps_what_came(world: World, line: Line) -> None:
    download = await begun(world)
    line.down = True
    error = await failure(download)

    assert isinstance(error, ConnectionLost)
    last = world.of(DownloadProgress)[-1]
    assert (last.status, last.message) == (State.FAILED, error.message)
    assert last.error == error.to_wire()
    assert world.events[-1] == ManifestUpdated()
    assert world.chunks.usage == last.loaded > 0
    assert (world.downloads.open_for(REPO), line.open) == ([], 0)

    line.down = False
    await (await begin(world)).outcome
    assert await status(world) is QuantStatus.DOWNLOADED


async def test_a_wait_before_the_next_try_is_told(world: World, line: Line) -> None:
    line.cuts.add((address(WEIGHTS), 5))
    await (await begin(world)).outcome

    waits = [event for event in world.of(DownloadProgress) if event.status is State.WAITING]
    assert "Trying again in" in waits[0].message
    assert told(world)[-1] is State.DONE


@pytest.mark.parametrize("status_code", [401, 403])
async def test_a_gated_file_ends_the_download_with_the_right_words(world: World, line: Line, status_code: int) -> None:
    line.answers[address(WEIGHTS)] = Answer(status=status_code, headers={"x-error-code": "GatedRepo"})

    assert isinstance(await failure(await begin(world)), ModelGated)
    assert line.requests.count(address(WEIGHTS)) == 1
    assert line.open == 0


async def test_a_mistake_of_ours_ends_the_download_without_its_values(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*args: object) -> None:
        raise KeyError("secret")

    monkeypatch.setattr(world.downloader, "fetch_from_network_and_cache", broken)
    await failure(await begin(world))

    last = world.of(DownloadProgress)[-1]
    assert last.status is State.FAILED
    assert last.error is not None
    assert last.error["code"] == ErrorCodes.INTERNAL.value
    assert "secret" not in str(last)


# The next thread


async def test_the_next_thread_knows_which_downloads_ran(world: World) -> None:
    await begun(world)
    await begin(world, Dtype.Q8)
    assert kept(world) == [(REPO, Dtype.Q4), (REPO, Dtype.Q8)]

    await world.downloads.pause(REPO, Dtype.Q4)
    assert kept(world) == [(REPO, Dtype.Q8)]
    await world.downloads.cancel(REPO, Dtype.Q8)
    assert kept(world) == []
    download = await begin(world)
    assert kept(world) == [(REPO, Dtype.Q4)]
    await download.outcome
    assert kept(world) == []


async def test_a_failed_download_is_not_gone_on_with(world: World, line: Line) -> None:
    download = await begun(world)
    line.down = True
    await failure(download)

    assert kept(world) == []
