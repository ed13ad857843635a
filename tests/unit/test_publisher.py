"""Batches: few, whole, in order."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from itertools import groupby, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tabagent.adapters.memory.host import MemoryHost
from tabagent.codec import encode_event
from tabagent.errors import JsonObject
from tabagent.events import LoadingStatusTypes, TransferStates
from tabagent.messages import (
    DownloadProgress,
    Event,
    GenerationStatus,
    GenerationUpdate,
    LoadingProgress,
    ManifestUpdated,
    MemoryStats,
    ResetComplete,
)
from tabagent.publisher import BATCH_SECONDS, EventPublisher, FlushingHost
from tests.unit.conftest import Clock


class Desk:
    """A publisher with a clock and the pages' side of its channel."""

    def __init__(self) -> None:
        self.clock, self.host = Clock(), MemoryHost()
        self.publisher = EventPublisher(self.host, self.clock.now, self.clock.call_later)

    @property
    def arrived(self) -> list[JsonObject]:
        return [envelope for batch in self.host.batches for envelope in batch]

    def publish_together(self, *events: Event) -> list[JsonObject]:
        """Publish events within one batch time and return what arrives."""
        self.publisher.publish(ResetComplete())
        for event in events:
            self.publisher.publish(event)
        self.clock.advance(1)
        return self.arrived[1:]


@pytest.fixture
def desk() -> Desk:
    return Desk()


def token(text: str, *, chat: str = "c", message: str = "m", count: int = 1) -> GenerationUpdate:
    return GenerationUpdate(
        chat_id=chat,
        message_id=message,
        token=text,
        tps=10.0 * count,
        num_tokens=count,
        time_to_first_token=5.0,
        prefill_tps=80.0,
    )


def prompt(done: int, *, chat: str = "c") -> GenerationStatus:
    return GenerationStatus(chat_id=chat, message_id="m", phase="prefill", done=done, total=100)


def loading(
    percent: float, *, status: LoadingStatusTypes = LoadingStatusTypes.PROGRESS, load_id: str = "l"
) -> LoadingProgress:
    return LoadingProgress(
        status=status,
        file="a",
        progress=percent,
        loaded=1,
        total=2,
        load_id=load_id,
        message="",
        model_id="acme/tiny",
        dtype="q8",
    )


def download(
    loaded: int, *, dtype: str = "q8", model: str = "acme/tiny", status: TransferStates = TransferStates.DOWNLOADING
) -> DownloadProgress:
    return DownloadProgress(
        model_id=model,
        dtype=dtype,
        status=status,
        loaded=loaded,
        total=100,
        bytes_per_second=0,
        seconds_left=None,
        files=[],
    )


def memory(used: int) -> MemoryStats:
    return MemoryStats(
        used_js_heap_size=used,
        total_js_heap_size=0,
        js_heap_size_limit=0,
        python_heap=0,
        storage_usage=0,
        storage_quota=0,
    )


def encoded(events: Sequence[Event]) -> list[JsonObject]:
    return [encode_event(event) for event in events]


def test_the_first_event_leaves_at_once(desk: Desk) -> None:
    desk.publisher.publish(ManifestUpdated())

    assert desk.host.batches == [encoded([ManifestUpdated()])]


def test_what_follows_soon_waits_for_the_next_batch(desk: Desk) -> None:
    desk.publisher.publish(ManifestUpdated())
    desk.publisher.publish(ResetComplete())
    desk.clock.advance(BATCH_SECONDS * 0.9)
    assert len(desk.host.batches) == 1

    desk.clock.advance(BATCH_SECONDS * 0.2)
    assert desk.host.batches[1:] == [encoded([ResetComplete()])]


def test_after_a_pause_an_event_leaves_at_once_again(desk: Desk) -> None:
    desk.publisher.publish(ManifestUpdated())
    desk.clock.advance(1)
    desk.publisher.publish(ResetComplete())

    assert len(desk.host.batches) == 2


def test_nothing_is_posted_when_nothing_waits(desk: Desk) -> None:
    desk.publisher.flush()
    desk.publisher.publish(ManifestUpdated())
    desk.publisher.flush()
    desk.clock.advance(1)

    assert len(desk.host.batches) == 1


def test_tokens_of_one_answer_are_joined_and_the_newest_figures_count(desk: Desk) -> None:
    joined = desk.publish_together(token("Hel", count=1), token("", count=2), token("lo", count=3))

    assert joined == encoded([token("Hello", count=3)])


@pytest.mark.parametrize("other", [token("b", chat="c2"), token("b", message="m2")])
def test_tokens_of_different_answers_stay_apart(desk: Desk, other: GenerationUpdate) -> None:
    assert desk.publish_together(token("a"), other) == encoded([token("a"), other])


def test_tokens_are_not_joined_across_another_event(desk: Desk) -> None:
    events: list[Event] = [token("a"), ManifestUpdated(), token("b")]

    assert desk.publish_together(*events) == encoded(events)


def test_newer_progress_replaces_older_progress_of_the_same_load(desk: Desk) -> None:
    assert desk.publish_together(loading(10), loading(20), loading(30)) == encoded([loading(30)])


@pytest.mark.parametrize(
    "other",
    [
        loading(20, load_id="l2"),
        loading(20, status=LoadingStatusTypes.DONE),
        loading(20, status=LoadingStatusTypes.ERROR),
        loading(20, status=LoadingStatusTypes.READY),
    ],
)
def test_progress_of_another_load_or_status_stays_apart(desk: Desk, other: LoadingProgress) -> None:
    assert desk.publish_together(loading(10), other) == encoded([loading(10), other])


def test_files_that_are_done_are_all_told(desk: Desk) -> None:
    events = [loading(10, status=LoadingStatusTypes.DONE), loading(20, status=LoadingStatusTypes.DONE)]

    assert desk.publish_together(*events) == encoded(events)


def test_newer_progress_replaces_older_progress_of_the_same_download(desk: Desk) -> None:
    assert desk.publish_together(download(1), download(2), download(3)) == encoded([download(3)])


@pytest.mark.parametrize(
    "other",
    [
        download(2, dtype="q4"),
        download(2, model="acme/other"),
        *(download(2, status=status) for status in TransferStates if status is not TransferStates.DOWNLOADING),
    ],
)
def test_progress_of_another_download_or_state_stays_apart(desk: Desk, other: DownloadProgress) -> None:
    assert desk.publish_together(download(1), other) == encoded([download(1), other])


def test_newer_states_of_a_prompt_replace_older_ones_of_the_same_answer(desk: Desk) -> None:
    assert desk.publish_together(prompt(1), prompt(33), prompt(40, chat="c2")) == encoded(
        [prompt(33), prompt(40, chat="c2")]
    )


def test_newer_memory_figures_replace_older_ones(desk: Desk) -> None:
    assert desk.publish_together(memory(1), memory(2)) == encoded([memory(2)])


def test_equal_events_that_are_no_streams_are_all_told(desk: Desk) -> None:
    assert len(desk.publish_together(ManifestUpdated(), ManifestUpdated())) == 2


steps = st.lists(
    st.tuples(
        st.sampled_from([0.0, 0.001, 0.01, 0.03, BATCH_SECONDS, 0.2]),
        st.one_of(
            st.builds(token, st.text(max_size=3), chat=st.sampled_from("ab"), message=st.sampled_from("xy")),
            st.builds(loading, st.floats(0, 100), load_id=st.sampled_from("lk")),
            st.just(ManifestUpdated()),
            st.just(ResetComplete()),
        ),
    ),
    max_size=120,
)


def _told(envelopes: Sequence[JsonObject]) -> list[tuple[object, ...]]:
    """Return what a page can read out: text of each answer's stretches, last progress of a stretch, other names."""
    heard: list[tuple[object, ...]] = []
    for envelope in envelopes:
        payload = envelope["payload"]
        assert isinstance(payload, dict)
        ids = (envelope["type"], payload.get("chatId"), payload.get("messageId"), payload.get("loadId"))
        heard.append((ids, payload.get("token"), payload.get("progress")))
    stretches: list[tuple[object, ...]] = []
    for ids, group in groupby(heard, key=lambda item: item[0]):
        items = list(group)
        if items[0][1] is not None:
            stretches.append((ids, "".join(str(item[1]) for item in items)))
        elif items[0][2] is not None:
            stretches.append((ids, items[-1][2]))
        else:
            stretches.extend((ids,) for _ in items)
    return stretches


@given(steps)
def test_nothing_is_lost_and_order_stays(steps: list[tuple[float, Event]]) -> None:
    desk = Desk()
    for pause, event in steps:
        desk.clock.advance(pause)
        desk.publisher.publish(event)
    desk.clock.advance(1)

    assert _told(desk.arrived) == _told(encoded([event for _, event in steps]))


@given(steps)
def test_batches_are_never_closer_than_a_thirtieth_of_a_second(steps: list[tuple[float, Event]]) -> None:
    clock, times = Clock(), list[float]()

    class Channel:
        def broadcast(self, envelopes: list[JsonObject]) -> None:
            assert envelopes
            times.append(clock.seconds)

    publisher = EventPublisher(Channel(), clock.now, clock.call_later)
    for pause, event in steps:
        clock.advance(pause)
        publisher.publish(event)
    clock.advance(1)

    assert all(later - earlier > BATCH_SECONDS - 1e-9 for earlier, later in pairwise(times))


def test_a_restart_posts_what_waits_first(desk: Desk) -> None:
    host = FlushingHost(desk.host, desk.publisher)
    desk.publisher.publish(ManifestUpdated())
    desk.publisher.publish(ResetComplete())
    host.retain("baton")
    host.restart("reset")

    assert desk.arrived == encoded([ManifestUpdated(), ResetComplete()])
    assert (desk.host.baton, desk.host.restarts) == ("baton", ["reset"])


async def until_restarted(desk: Desk) -> None:
    """Let a restart come."""
    for _ in range(20):
        await asyncio.sleep(0)


async def test_what_is_being_written_comes_to_its_end_before_the_thread(desk: Desk) -> None:
    host, written = FlushingHost(desk.host, desk.publisher), asyncio.Event()

    async def wait() -> None:
        await written.wait()

    host.last_work = wait
    desk.publisher.publish(ManifestUpdated())
    host.retain("baton")
    host.restart("reset")
    await asyncio.sleep(0)
    before = list(desk.host.restarts)
    # The thread is over: what it still says would contradict the one after it.
    host.retain("another baton")
    host.restart("again")
    desk.publisher.publish(ResetComplete())
    desk.clock.advance(1)
    written.set()
    await until_restarted(desk)

    assert (before, desk.host.restarts) == ([], ["reset"])
    assert desk.host.baton == "baton"
    assert desk.arrived == encoded([ManifestUpdated()])


@pytest.mark.parametrize("failure", [RuntimeError("broken"), TimeoutError()])
async def test_work_that_fails_does_not_keep_the_thread(desk: Desk, failure: Exception) -> None:
    host = FlushingHost(desk.host, desk.publisher)

    async def fail() -> None:
        raise failure

    host.last_work = fail
    host.restart("reset")
    await until_restarted(desk)

    assert desk.host.restarts == ["reset"]
