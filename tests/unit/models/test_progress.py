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

GRAPH = "onnx/model.onnx"


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


def came(load: Load, small: int, weights: int = 0) -> None:
    load.progress.files_in(small, weights, "")


def test_small_files_take_the_first_quarter(load: Load) -> None:
    came(load, 50)
    came(load, 100)

    assert load.percents == [12.5, 25]


def test_weights_go_from_a_quarter_to_ninety_percent(load: Load) -> None:
    came(load, 100)
    came(load, 100, 500)
    came(load, 100, 1000)

    assert load.percents == [25, 57.5, 90]


def test_the_session_takes_the_last_tenth(load: Load) -> None:
    for share in (0.0, 0.5, 1.0):
        load.progress.phase("Starting", share)
    load.progress.ready("Ready")

    assert load.percents == [90, 95, 100, 100]


@pytest.mark.parametrize(("cached", "status"), [(True, Status.CACHED), (False, Status.DONE)])
def test_a_file_that_is_whole_is_told_by_its_name_and_moves_nothing(
    load: Load, status: Status, *, cached: bool
) -> None:
    came(load, 100, 250)
    load.progress.file_done(GRAPH, cached=cached)

    assert (load.events[-1].status, load.events[-1].file) == (status, GRAPH)
    assert (load.events[-1].loaded, load.events[-1].progress) == (350, load.events[-2].progress)


def test_bytes_that_came_in_vain_are_taken_back_and_the_percentage_stays(load: Load) -> None:
    came(load, 100, 500)
    came(load, 100, 300)

    assert [(event.loaded, event.progress) for event in load.events] == [(600, 57.5), (400, 57.5)]


def test_bytes_of_all_files_are_told(load: Load) -> None:
    came(load, 100)
    came(load, 100, 250)

    assert [(event.loaded, event.total) for event in load.events] == [(100, 1100), (350, 1100)]


def test_a_load_without_small_files_begins_at_their_end() -> None:
    load = Load()
    load.progress.begin("q8", 0, 10)
    came(load, 0)

    assert load.percents == [25]


def test_a_load_that_goes_on_in_a_new_thread_does_not_begin_anew() -> None:
    load = Load(percent=90)
    load.progress.initiate("Preparing")
    load.progress.begin("q8", 100, 1000)
    came(load, 100)

    assert load.percents == [90, 90]


def test_every_event_names_the_load_and_the_dtype_as_far_as_it_is_known() -> None:
    load = Load()
    load.progress.initiate("Preparing")
    load.progress.begin("q8", 1, 1)
    came(load, 1)

    assert [(event.load_id, event.model_id, event.dtype) for event in load.events] == [
        ("l", "acme/tiny", "auto"),
        ("l", "acme/tiny", "q8"),
    ]


def test_a_failure_keeps_the_percentage_and_tells_the_error(load: Load) -> None:
    error = Offline("https://huggingface.co/x").to_wire()
    came(load, 50)
    load.progress.failed(error)

    assert load.progress.last is load.events[-1]
    assert (load.events[-1].status, load.events[-1].progress) == (Status.ERROR, 12.5)
    assert (load.events[-1].error, load.events[-1].message) == (error, error["message"])


counts = st.integers(0, 10**10)
Step = Callable[[LoadProgress], None]
step_calls: st.SearchStrategy[Step] = st.one_of(
    st.builds(lambda a, b: lambda p: p.begin("q8", a, b), counts, counts),
    st.builds(lambda small, weights: lambda p: p.files_in(small, weights, ""), counts, counts),
    st.builds(lambda cached: lambda p: p.file_done("f", cached=cached), st.booleans()),
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
