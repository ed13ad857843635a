"""What ends a thread, and what it leaves."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import pytest

from tabagent.adapters.memory.engine import MemoryEngine
from tabagent.adapters.memory.fetcher import MemoryFetcher
from tabagent.engine_errors import GenerationFailed
from tabagent.errors import Busy, InvalidState
from tabagent.events import ErrorCodes
from tabagent.events import ModelWorkerStates as State
from tabagent.messages import (
    Event,
    Fault,
    LoadingProgress,
    ManifestUpdated,
    ResetComplete,
    WorkerReady,
)
from tabagent.models.baton import Baton, SharedBaton
from tabagent.ports.engine import KvCache, Logits
from tabagent.ports.fetcher import HttpResponse
from tabagent.specs import Dtype, FileKey
from tests.unit.conftest import OTHER_REPO, REPO, World, hub_answers, load_request

WEIGHTS = "onnx/model_quantized.onnx"
CHOSEN = replace(load_request(dtype=Dtype.Q8), free_dtype=True)
FAILURE = GenerationFailed(REPO, "q8", "wasm", "decode", "shader failed")


def only(kinds: tuple[type[Event], ...], events: list[Event]) -> list[type[Event]]:
    return [type(event) for event in events if isinstance(event, kinds)]


def leave(world: World, baton: Baton) -> None:
    """Let the thread before this one leave a baton."""
    SharedBaton(world.host, []).retain(baton.to_text())


# Failures of the engine


@pytest.mark.parametrize(
    ("phase", "code"),
    [
        ("load", ErrorCodes.LOAD_FAILED),
        ("prefill", ErrorCodes.GENERATION_FAILED),
        ("decode", ErrorCodes.GENERATION_FAILED),
    ],
)
async def test_an_engine_that_fails_to_start_ends_the_thread_and_the_error_outlives_it(
    world: World, phase: str, code: ErrorCodes
) -> None:
    world.engine.fails_at = phase
    await world.manager.load_model(load_request())
    assert await world.load_failure() is code
    await world.until(lambda: world.host.restarts)

    assert world.states == [State.LOADING_MODEL, State.ERROR]
    assert world.host.restarts == [code.value]
    assert world.kept == Baton(error=world.of(Fault)[0].error)
    # Damaged weights are gone from the list.
    assert isinstance(world.events[-1], ManifestUpdated)


async def test_the_thread_after_a_failed_start_says_why_and_loads_nothing(world: World) -> None:
    world.engine.fails_at = "load"
    await world.manager.load_model(load_request())
    await world.until(lambda: world.host.restarts)
    error = world.kept.error
    world.start()
    world.events.clear()
    world.resume()

    assert world.manager.state is State.ERROR
    assert (await world.manager.describe())["error"] == error
    assert world.events == []


async def test_a_thread_that_dies_while_the_engine_starts_leaves_word_of_it(world: World) -> None:
    class Watching(MemoryEngine):
        kept: Callable[[], Baton]

        async def forward(self, cache: KvCache, token_ids: Sequence[int], *, logits: bool = True) -> Logits | None:
            batons.append(self.kept())
            return await super().forward(cache, token_ids, logits=logits)

    batons: list[Baton] = []
    engine = Watching()
    watched = World(MemoryFetcher(hub_answers()), engine=engine)
    engine.kept = lambda: watched.kept
    await watched.manager.load_model(load_request())
    await watched.heard(WorkerReady)

    assert batons[0].failed_load == load_request()
    assert batons[0].error is not None
    assert batons[0].error["code"] == ErrorCodes.RUNTIME_RESTARTED.value


async def test_an_engine_that_fails_while_it_answers_ends_the_thread_which_loads_the_model_again(
    world: World,
) -> None:
    await world.load()
    world.manager.begin_generation()
    world.manager.end_generation()
    world.manager.engine_failed(FAILURE)
    assert (world.kept, world.host.restarts) == (Baton(load=CHOSEN), ["generation_failed"])

    world.start()
    world.resume()
    assert (await world.heard(WorkerReady)).load_id == "load-1"


async def test_a_thread_that_is_about_to_end_takes_nothing_more(world: World) -> None:
    await world.load()
    world.manager.engine_failed(FAILURE)

    with pytest.raises(Busy, match="started again"):
        await world.manager.load_model(load_request())
    with pytest.raises(Busy, match="started again"):
        world.manager.ready_model()


# Another model while one is loaded


async def test_an_unknown_model_leaves_the_loaded_one_as_it_was(world: World) -> None:
    await world.load()
    await world.manager.load_model(load_request("acme/none", load_id="load-2"))
    assert await world.load_failure() is ErrorCodes.OFFLINE
    await world.until(lambda: world.manager.state is not State.LOADING_MODEL)

    assert world.states == [State.LOADING_MODEL, State.MODEL_READY]
    assert world.manager.ready_model().spec.repo == REPO
    assert world.host.restarts == []


async def test_a_failed_switch_leaves_the_loaded_model_to_the_next_thread(world: World) -> None:
    await world.load()
    await world.manager.load_model(load_request("acme/none", load_id="load-2"))
    await world.load_failure()
    await world.until(lambda: world.manager.state is State.MODEL_READY)
    world.manager.begin_generation()
    world.manager.end_generation()

    assert world.kept == Baton(load=CHOSEN)


async def test_a_failed_switch_goes_back_to_idle_when_an_answer_had_been_given(world: World) -> None:
    await world.load()
    world.manager.begin_generation()
    world.manager.end_generation()
    await world.manager.load_model(load_request("acme/none"))
    await world.load_failure()
    await world.until(lambda: world.manager.state is not State.LOADING_MODEL)

    assert world.manager.state is State.IDLE


async def test_a_switch_brings_the_files_in_and_hands_over_to_a_new_thread(world: World) -> None:
    await world.load()
    await world.manager.load_model(load_request(OTHER_REPO, load_id="load-2"))
    await world.until(lambda: world.host.restarts)

    assert await world.store.record(FileKey(OTHER_REPO, WEIGHTS)) is not None
    assert world.kept == Baton(
        load=replace(CHOSEN, model_id=OTHER_REPO, load_id="load-2"),
        percent=90,
        previous=CHOSEN,
    )
    assert world.of(WorkerReady) == []


async def test_the_new_thread_ends_the_switch_without_the_network_and_without_going_back(world: World) -> None:
    await world.load()
    await world.manager.load_model(load_request(OTHER_REPO, load_id="load-2"))
    await world.until(lambda: world.host.restarts)
    world.fetcher.sent.clear()
    world.start()
    world.resume()
    ready = await world.heard(WorkerReady)

    assert (ready.model_id, ready.load_id) == (OTHER_REPO, "load-2")
    assert world.fetcher.requests == []
    percents = [event.progress for event in world.of(LoadingProgress) if event.load_id == "load-2"]
    assert percents == sorted(percents)
    assert percents[-1] == 100


async def test_a_model_that_does_not_start_after_a_switch_gives_way_to_the_one_before(world: World) -> None:
    await world.load()
    await world.manager.load_model(load_request(OTHER_REPO, load_id="load-2"))
    await world.until(lambda: world.host.restarts)
    world.engine.fails_at = "load"
    world.start()
    world.resume()
    await world.until(lambda: len(world.host.restarts) == 2)
    world.engine.fails_at = ""
    world.start()
    world.resume()
    ready = await world.heard(WorkerReady)

    assert (ready.model_id, ready.load_id) == (CHOSEN.model_id, "load-1")
    assert [fault.load_id for fault in world.of(Fault)] == ["load-2"]


async def thread_that_died_in_the_download_of_another_model() -> World:
    """Return a world at the start of the thread after that one."""

    class Watching(MemoryFetcher):
        async def get(self, url: str, headers: Mapping[str, str] | None = None) -> HttpResponse:
            if OTHER_REPO in url and WEIGHTS in url:
                batons.append(world.host.baton)
            return await super().get(url, headers)

    batons: list[str] = []
    world = World(Watching(hub_answers() | hub_answers(OTHER_REPO, commit="beef")))
    await world.load()
    await world.manager.load_model(load_request(OTHER_REPO, load_id="load-2"))
    await world.until(lambda: batons)
    world.host.baton = batons[0]
    world.start()
    world.events.clear()
    return world


async def test_a_thread_that_dies_in_the_download_of_another_model_goes_on_with_it() -> None:
    world = await thread_that_died_in_the_download_of_another_model()
    assert world.begun == [(OTHER_REPO, Dtype.Q8)]
    world.resume()

    assert (await world.heard(WorkerReady)).load_id == "load-2"
    assert world.of(Fault) == []


async def test_a_download_that_then_fails_gives_way_to_the_model_from_before() -> None:
    world = await thread_that_died_in_the_download_of_another_model()
    await world.store.delete_model(OTHER_REPO)
    world.fetcher.answers = hub_answers()
    world.resume()

    assert (await world.heard(WorkerReady)).load_id == "load-1"
    assert [fault.load_id for fault in world.of(Fault)] == ["load-2"]


async def test_an_engine_failure_during_a_reset_does_not_bring_the_model_back(world: World) -> None:
    await world.load()
    world.manager.begin_reset()
    world.manager.engine_failed(FAILURE)
    world.manager.reset()
    await world.until(lambda: world.host.restarts)

    assert (world.host.restarts, world.kept) == (["reset"], Baton())


async def test_during_a_switch_no_answer_can_begin(world: World) -> None:
    await world.load()
    await world.manager.load_model(load_request(OTHER_REPO))

    with pytest.raises(Busy, match="Another model"):
        world.manager.ready_model()


# Reset


async def test_a_reset_gives_the_model_back_and_ends_the_thread(world: World) -> None:
    await world.load()
    world.manager.reset()
    await world.heard(ResetComplete)

    assert world.states == [State.UNINITIALIZED]
    assert world.engine.unloaded == 1
    await world.until(lambda: world.host.restarts)
    assert (world.host.restarts, world.kept) == (["reset"], Baton())


async def test_a_reset_ends_a_running_load(world: World) -> None:
    await world.manager.load_model(load_request())
    await world.heard(LoadingProgress, 3)
    world.manager.reset()
    await world.until(lambda: world.host.restarts)

    assert world.states == [State.LOADING_MODEL, State.UNINITIALIZED]
    assert not world.of(WorkerReady)
    assert not world.of(Fault)
    assert world.kept == Baton()


async def test_a_reset_with_nothing_loaded_is_a_fresh_start_as_well(world: World) -> None:
    world.manager.reset()
    await world.heard(ResetComplete)
    await world.until(lambda: world.host.restarts)

    assert world.states == []


async def test_a_reset_forgets_a_failure(world: World) -> None:
    await world.manager.load_model(load_request("acme/none"))
    await world.load_failure()
    await world.until(lambda: world.manager.state is State.ERROR)
    world.manager.reset()
    await world.until(lambda: world.host.restarts)

    assert world.kept == Baton()
    assert world.states[-1] is State.UNINITIALIZED


async def test_two_resets_complete_once(world: World) -> None:
    await world.load()
    world.manager.reset()
    world.manager.reset()
    await world.until(lambda: world.host.restarts)

    assert len(world.of(ResetComplete)) == len(world.host.restarts) == 1


async def test_a_load_is_not_taken_between_a_reset_and_the_end_of_the_thread(world: World) -> None:
    await world.load()
    world.manager.reset()

    with pytest.raises(Busy):
        await world.manager.load_model(load_request(OTHER_REPO))
    await world.heard(ResetComplete)
    with pytest.raises(Busy):
        await world.manager.load_model(load_request(OTHER_REPO))
    with pytest.raises((Busy, InvalidState)):
        world.manager.ready_model()
