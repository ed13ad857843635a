"""One percentage for a whole load, which never goes backwards."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tabagent.errors import Offline
from tabagent.events import LoadingStatusTypes as Status
from tabagent.messages import LoadingProgress
from tabagent.models.progress import LoadProgress

CONFIG, GRAPH = "config.json", "onnx/model.onnx"


class Load:
    """A progress and what it published."""

    def __init__(self, percent: float = 0.0) -> None:
        self.events: list[LoadingProgress] = []
        self.progress = LoadProgress(
            self.events.append, load_id="l", model_id="acme/tiny", dtype="auto", percent=percent
        )

    @property
    def percents(self) -> list[float]:
        return [event.progress for event in self.events]


@pytest.fixture
def load() -> Load:
    load = Load()
    load.progress.begin("q8", 100, 1000)
    return load


def small(load: Load, count: int) -> None:
    load.progress.bytes_in(CONFIG, count, weights=False, message="")


def weights(load: Load, count: int) -> None:
    load.progress.bytes_in(GRAPH, count, weights=True, message="")


def test_small_files_take_the_first_quarter(load: Load) -> None:
    small(load, 50)
    small(load, 50)

    assert load.percents == [12.5, 25]


def test_weights_go_from_a_quarter_to_ninety_percent(load: Load) -> None:
    small(load, 100)
    weights(load, 500)
    weights(load, 500)

    assert load.percents == [25, 57.5, 90]


def test_the_session_takes_the_last_tenth(load: Load) -> None:
    for share in (0.0, 0.5, 1.0):
        load.progress.phase("Starting", share)
    load.progress.ready("Ready")

    assert load.percents == [90, 95, 100, 100]


def test_stored_files_count_as_if_they_had_come_in(load: Load) -> None:
    load.progress.file_done(CONFIG, 100, weights=False, cached=True)
    load.progress.file_done(GRAPH, 1000, weights=True, cached=True)

    assert load.percents == [25, 90]
    assert [event.status for event in load.events] == [Status.CACHED, Status.CACHED]
    assert load.events[-1].loaded == load.events[-1].total == 1100


def test_a_downloaded_file_is_not_counted_twice(load: Load) -> None:
    weights(load, 500)
    load.progress.file_done(GRAPH, 500, weights=True, cached=False)

    assert load.events[-1].status is Status.DONE
    assert load.events[-1].loaded == 500


def test_bytes_of_all_files_are_told(load: Load) -> None:
    small(load, 100)
    weights(load, 250)

    assert [(event.loaded, event.total) for event in load.events] == [(100, 1100), (350, 1100)]


def test_a_load_without_small_files_begins_at_their_end() -> None:
    load = Load()
    load.progress.begin("q8", 0, 10)
    weights(load, 0)

    assert load.percents == [25]


def test_a_load_that_goes_on_in_a_new_thread_does_not_begin_anew() -> None:
    load = Load(percent=90)
    load.progress.initiate("Preparing")
    load.progress.begin("q8", 100, 1000)
    load.progress.file_done(CONFIG, 100, weights=False, cached=True)

    assert load.percents == [90, 90]


def test_every_event_names_the_load_and_the_dtype_as_far_as_it_is_known() -> None:
    load = Load()
    load.progress.initiate("Preparing")
    load.progress.begin("q8", 1, 1)
    small(load, 1)

    assert [(event.load_id, event.model_id, event.dtype) for event in load.events] == [
        ("l", "acme/tiny", "auto"),
        ("l", "acme/tiny", "q8"),
    ]


def test_a_failure_keeps_the_percentage_and_tells_the_error(load: Load) -> None:
    error = Offline("https://huggingface.co/x").to_wire()
    small(load, 50)
    load.progress.failed(error)

    assert load.progress.last is load.events[-1]
    assert (load.events[-1].status, load.events[-1].progress) == (Status.ERROR, 12.5)
    assert (load.events[-1].error, load.events[-1].message) == (error, error["message"])


counts = st.integers(0, 10**10)
Step = Callable[[LoadProgress], None]
step_calls: st.SearchStrategy[Step] = st.one_of(
    st.builds(lambda a, b: lambda p: p.begin("q8", a, b), counts, counts),
    st.builds(lambda n, w: lambda p: p.bytes_in("f", n, weights=w, message=""), counts, st.booleans()),
    st.builds(lambda n, w, c: lambda p: p.file_done("f", n, weights=w, cached=c), counts, st.booleans(), st.booleans()),
    st.builds(lambda share: lambda p: p.phase("", share), st.floats(0, 1)),
    st.just(lambda p: p.initiate("")),
    st.just(lambda p: p.ready("")),
    st.just(lambda p: p.failed(Offline("x").to_wire())),
)


@given(st.floats(0, 100), st.lists(step_calls, min_size=1, max_size=20))
def test_it_never_goes_backwards_nor_leaves_its_range_whatever_is_called(start: float, steps: list[Step]) -> None:
    load = Load(start)
    for step in steps:
        step(load.progress)

    assert all(earlier <= later for earlier, later in pairwise(load.percents))
    assert all(0 <= percent <= 100 for percent in load.percents)
    assert all(0 <= event.loaded <= event.total for event in load.events)
    assert load.progress.last == (load.events[-1] if load.events else None)
