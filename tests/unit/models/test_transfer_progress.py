"""Bars: bytes, speed and time left, truthful at every moment."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tabagent.errors import JsonObject, Offline
from tabagent.events import TransferStates as State
from tabagent.messages import DownloadProgress
from tabagent.models.transfer_progress import PUBLISH_SECONDS, WINDOW_SECONDS, TransferProgress
from tabagent.specs import ModelFile
from tests.unit.conftest import Clock

SMALL, LARGE = "config.json", "onnx/model.onnx"


class Bars:
    """A progress of two files, of 100 and 900 bytes, and what it published."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.events: list[DownloadProgress] = []
        files = [ModelFile(path=SMALL, size=100), ModelFile(path=LARGE, size=900)]
        self.progress = TransferProgress(
            self.events.append, model_id="acme/tiny", dtype="q8", files=files, now=self.clock.now
        )

    @property
    def now(self) -> DownloadProgress:
        """What a page shows after everything so far has been published."""
        self.progress.becomes(self.progress.status, self.events[-1].message if self.events else "")
        return self.events[-1]

    def of(self, path: str) -> JsonObject:
        return {str(file["file"]): file for file in self.now.files}[path]

    def come(self, count: int, seconds: float = 0.0, path: str = LARGE) -> None:
        self.clock.advance(seconds)
        self.progress.flying(path, count)


@pytest.fixture
def bars() -> Bars:
    return Bars()


def test_before_anything_came_nothing_is_known(bars: Bars) -> None:
    assert bars.progress.last is None
    bars.progress.becomes(State.DOWNLOADING)

    now = bars.events[-1]
    assert (now.model_id, now.dtype, now.status) == ("acme/tiny", "q8", State.DOWNLOADING)
    assert (now.loaded, now.total, now.bytes_per_second, now.seconds_left) == (0, 1000, 0, None)
    assert now.files == [
        {"file": SMALL, "loaded": 0, "total": 100, "status": State.QUEUED.value},
        {"file": LARGE, "loaded": 0, "total": 900, "status": State.QUEUED.value},
    ]
    assert bars.progress.last is now


def test_bytes_count_as_they_come_and_once_when_they_are_stored(bars: Bars) -> None:
    bars.come(300)
    assert (bars.now.loaded, bars.of(LARGE)["loaded"]) == (300, 300)

    bars.progress.flying(LARGE, -300)
    bars.progress.stored(LARGE, 300)
    assert (bars.now.loaded, bars.of(LARGE)["loaded"]) == (300, 300)


def test_a_bar_does_not_jump_back_when_bytes_become_stored(bars: Bars) -> None:
    bars.progress.becomes(State.DOWNLOADING)
    for stored in (300, 600, 900):
        bars.come(300, 1.0)
        bars.clock.advance(1.0)
        bars.progress.flying(LARGE, -300)
        bars.progress.stored(LARGE, stored)
    loaded = [event.loaded for event in bars.events]

    assert loaded == sorted(loaded)
    assert loaded[-1] == 900


def test_bytes_that_came_in_vain_are_taken_back(bars: Bars) -> None:
    bars.come(300)
    bars.progress.flying(LARGE, -300)

    assert bars.now.loaded == 0


def test_what_was_stored_before_counts_from_the_beginning(bars: Bars) -> None:
    bars.progress.stored(LARGE, 600)
    bars.come(100)

    assert bars.now.loaded == 700
    assert bars.progress.loaded([LARGE]) == 700
    assert bars.progress.loaded([SMALL]) == 0


def test_a_file_that_is_done_is_full(bars: Bars) -> None:
    bars.come(50, path=SMALL)
    bars.progress.file_is(SMALL, State.DONE)

    assert bars.of(SMALL) == {"file": SMALL, "loaded": 100, "total": 100, "status": State.DONE.value}
    assert bars.of(LARGE)["status"] == State.QUEUED.value


def test_the_state_of_a_file_is_told(bars: Bars) -> None:
    bars.come(900)
    assert bars.of(LARGE)["status"] == State.DOWNLOADING.value
    bars.progress.file_is(LARGE, State.VERIFYING)
    assert bars.of(LARGE)["status"] == State.VERIFYING.value


@pytest.mark.parametrize("state", [State.QUEUED, State.WAITING])
def test_with_the_first_byte_it_downloads(bars: Bars, state: State) -> None:
    bars.progress.becomes(state, "the hub asked to wait")
    bars.come(1, 1.0)

    assert (bars.events[-1].status, bars.events[-1].message) == (State.DOWNLOADING, "")


@pytest.mark.parametrize("state", [State.PAUSED, State.CANCELLED, State.FAILED])
def test_a_late_byte_does_not_make_it_download_again(bars: Bars, state: State) -> None:
    bars.progress.becomes(state)
    bars.come(1)

    assert bars.now.status is state


def test_an_error_is_told_with_the_state(bars: Bars) -> None:
    error = Offline("https://huggingface.co/x").to_wire()
    bars.progress.becomes(State.FAILED, "no network", error)

    assert (bars.events[-1].status, bars.events[-1].message, bars.events[-1].error) == (
        State.FAILED,
        "no network",
        error,
    )


# Speed


def test_the_speed_is_that_of_the_last_seconds(bars: Bars) -> None:
    bars.progress.becomes(State.DOWNLOADING)
    bars.come(0)
    for _ in range(4):
        bars.come(100, 1.0)

    assert bars.now.bytes_per_second == 100
    assert bars.now.seconds_left == 6.0
    # Slower from here on: in a window's time the faster seconds are forgotten.
    for _ in range(int(WINDOW_SECONDS) + 1):
        bars.come(10, 1.0)
    assert bars.now.bytes_per_second == 10


def test_a_download_that_stalls_has_no_speed_and_no_time_left(bars: Bars) -> None:
    bars.progress.becomes(State.DOWNLOADING)
    bars.come(100)
    bars.come(100, 1.0)
    assert bars.now.bytes_per_second > 0
    bars.clock.advance(WINDOW_SECONDS + 1)

    assert (bars.now.bytes_per_second, bars.now.seconds_left) == (0, None)


@pytest.mark.parametrize("state", [State.WAITING, State.PAUSED, State.VERIFYING, State.DONE, State.FAILED])
def test_only_a_download_has_a_speed(bars: Bars, state: State) -> None:
    bars.progress.becomes(State.DOWNLOADING)
    bars.come(100)
    bars.come(100, 1.0)
    bars.progress.becomes(state)
    assert (bars.now.bytes_per_second, bars.now.seconds_left) == (0, None)

    # What came before a pause says nothing of the speed after it.
    bars.progress.becomes(State.DOWNLOADING)
    assert bars.now.bytes_per_second == 0


def test_bytes_from_the_disk_have_no_speed(bars: Bars) -> None:
    bars.progress.becomes(State.DOWNLOADING)
    for stored in (100, 400, 800):
        bars.clock.advance(1.0)
        bars.progress.stored(LARGE, stored)

    assert (bars.now.loaded, bars.now.bytes_per_second) == (800, 0)


# How often


def test_bytes_are_published_at_most_every_tenth_of_a_second(bars: Bars) -> None:
    for _ in range(200):
        bars.come(1, PUBLISH_SECONDS / 10)

    assert 19 <= len(bars.events) <= 21


def test_a_change_of_state_is_published_at_once(bars: Bars) -> None:
    for state in (State.DOWNLOADING, State.WAITING, State.DOWNLOADING, State.PAUSED):
        bars.progress.becomes(state)

    assert [event.status for event in bars.events] == [
        State.DOWNLOADING,
        State.WAITING,
        State.DOWNLOADING,
        State.PAUSED,
    ]


Step = Callable[[Bars], None]
paths, counts = st.sampled_from([SMALL, LARGE]), st.integers(0, 2000)
steps: st.SearchStrategy[Step] = st.one_of(
    st.builds(lambda path, count: lambda bars: bars.progress.flying(path, count), paths, counts),
    st.builds(lambda path, size: lambda bars: bars.progress.stored(path, size), paths, st.integers(0, 100)),
    st.builds(lambda path, state: lambda bars: bars.progress.file_is(path, state), paths, st.sampled_from(State)),
    st.builds(lambda state: lambda bars: bars.progress.becomes(state), st.sampled_from(State)),
    st.builds(lambda seconds: lambda bars: bars.clock.advance(seconds), st.floats(0, 20)),
)


@given(st.lists(steps, max_size=30))
def test_loaded_never_exceeds_the_total_and_the_time_left_is_a_number_or_none(calls: list[Step]) -> None:
    bars = Bars()
    for call in calls:
        call(bars)

    for event in [*bars.events, bars.now]:
        assert 0 <= event.loaded <= event.total == 1000
        assert all(0 <= int(str(file["loaded"])) <= int(str(file["total"])) for file in event.files)
        assert event.bytes_per_second >= 0
        assert event.seconds_left is None or event.seconds_left >= 0
        assert (event.seconds_left is None) or event.status is State.DOWNLOADING
