"""One model at a time: what a request leads to, in which order, and what the next thread gets."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tabagent.adapters.memory.engine import MemoryEngine
from tabagent.adapters.memory.fetcher import Answer, MemoryFetcher
from tabagent.errors import Busy, InvalidState, ModelNotFound
from tabagent.events import ErrorCodes
from tabagent.events import LoadingStatusTypes as Status
from tabagent.events import ModelWorkerStates as State
from tabagent.messages import (
    Empty,
    Event,
    Fault,
    InspectModel,
    LoadingProgress,
    LoadModel,
    ManifestUpdated,
    ModelAlreadyLoaded,
    ResetComplete,
    WorkerReady,
    WorkerStateChanged,
)
from tabagent.models.baton import Baton, Interrupted
from tabagent.models.hub import HUB
from tabagent.specs import Device, DeviceReport, Dtype, FileKey
from tests.unit.conftest import COMMIT, OTHER_REPO, REPO, World, hub_answers, load_request

WEIGHTS = "onnx/model_quantized.onnx"
CHOSEN = load_request(dtype=Dtype.Q8, device=Device.WASM)


def only(kinds: tuple[type[Event], ...], events: list[Event]) -> list[type[Event]]:
    return [type(event) for event in events if isinstance(event, kinds)]


async def failed(world: World, count: int = 1) -> ErrorCodes:
    """Wait for a load's failure and return its code."""
    return ErrorCodes(str((await world.heard(Fault, count)).error["code"]))


# A load


async def test_a_load_is_accepted_at_once_and_its_outcome_comes_as_events(world: World) -> None:
    reply = await world.manager.load_model(load_request(load_id="l-7"))

    assert reply == {"loadId": "l-7", "alreadyLoaded": False}
    assert world.manager.state is State.LOADING_MODEL
    assert (await world.heard(WorkerReady)).load_id == "l-7"


async def test_the_events_of_a_load_come_in_order(world: World) -> None:
    await world.manager.load_model(load_request())
    await world.heard(WorkerReady)

    assert world.states == [State.LOADING_MODEL, State.MODEL_READY]
    statuses = [event.status for event in world.of(LoadingProgress)]
    assert statuses[0] is Status.INITIATE
    assert statuses[-1] is Status.READY
    assert Status.ERROR not in statuses
    kinds = (WorkerStateChanged, ManifestUpdated, WorkerReady, Fault)
    assert only(kinds, world.events) == [WorkerStateChanged, ManifestUpdated, WorkerStateChanged, WorkerReady]


async def test_the_progress_of_a_load_ends_at_a_hundred_and_never_falls(world: World) -> None:
    await world.manager.load_model(load_request())
    await world.heard(WorkerReady)
    percents = [event.progress for event in world.of(LoadingProgress)]

    assert percents == sorted(percents)
    assert (percents[0], percents[-1]) == (0, 100)
    assert {event.load_id for event in world.of(LoadingProgress)} == {"load-1"}


async def test_a_ready_model_is_announced_with_everything_that_was_chosen(world: World) -> None:
    await world.manager.load_model(load_request())
    ready = await world.heard(WorkerReady)

    assert (ready.model_id, ready.dtype, ready.execution_provider) == (REPO, Dtype.Q8, Device.WASM)
    assert (ready.task, ready.context_length) == ("text-generation", 64)
    state = world.of(WorkerStateChanged)[-1]
    assert (state.model_id, state.dtype, state.execution_provider) == (REPO, Dtype.Q8, Device.WASM)


async def test_a_ready_model_is_what_the_next_thread_would_load(world: World) -> None:
    await world.load()

    assert world.kept == Baton(load=CHOSEN)
    assert world.host.restarts == []


async def test_a_second_load_while_one_runs_is_busy_and_changes_nothing(world: World) -> None:
    await world.manager.load_model(load_request())
    with pytest.raises(Busy) as refusal:
        await world.manager.load_model(load_request(OTHER_REPO, load_id="load-2"))

    assert refusal.value.details == {"modelId": REPO}
    assert (await world.heard(WorkerReady)).model_id == REPO
    assert {event.load_id for event in world.of(LoadingProgress)} == {"load-1"}


async def test_a_load_during_an_answer_is_busy(world: World) -> None:
    await world.load()
    world.manager.begin_generation()

    with pytest.raises(Busy):
        await world.manager.load_model(load_request(OTHER_REPO))
    assert world.manager.state is State.GENERATING


@pytest.mark.parametrize(
    "request_again",
    [
        load_request(load_id="again"),
        load_request(dtype=Dtype.Q8, load_id="again"),
        load_request(device=Device.WASM, load_id="again"),
        load_request(dtype=Dtype.Q8, device=Device.WASM, load_id="again"),
    ],
)
async def test_the_model_that_is_loaded_is_not_loaded_again(world: World, request_again: LoadModel) -> None:
    await world.load()
    reply = await world.manager.load_model(request_again)

    assert reply == {"loadId": "again", "alreadyLoaded": True}
    assert world.events == [ModelAlreadyLoaded(model_id=REPO, dtype=Dtype.Q8, load_id="again")]
    assert world.manager.state is State.MODEL_READY


async def test_the_same_model_of_another_dtype_is_another_load(world: World) -> None:
    await world.load()
    reply = await world.manager.load_model(load_request(dtype=Dtype.Q4))

    assert reply["alreadyLoaded"] is False


# Failures that leave the engine alone


@pytest.mark.parametrize(
    ("url", "answer", "code"),
    [
        (f"{HUB}/api/models/{REPO}", Answer(status=404), ErrorCodes.MODEL_NOT_FOUND),
        (f"{HUB}/api/models/{REPO}", Answer(status=403), ErrorCodes.MODEL_GATED),
        (f"{HUB}/api/models/{REPO}", Answer(status=503), ErrorCodes.HUB_UNAVAILABLE),
        (f"{HUB}/{REPO}/resolve/{COMMIT}/{WEIGHTS}", Answer(body=b"short"), ErrorCodes.INCOMPLETE_FILE),
        (f"{HUB}/{REPO}/resolve/{COMMIT}/{WEIGHTS}", Answer(body=b"int8" * 4, cut_after=3), ErrorCodes.OFFLINE),
    ],
)
async def test_a_load_that_fails_before_the_engine_keeps_the_thread(
    world: World, url: str, answer: Answer, code: ErrorCodes
) -> None:
    world.fetcher.answers[url] = answer
    await world.manager.load_model(load_request())

    assert await failed(world) is code
    await world.until(lambda: world.manager.state is State.ERROR)
    assert world.states == [State.LOADING_MODEL, State.ERROR]
    assert world.of(LoadingProgress)[-1].status is Status.ERROR
    assert world.of(LoadingProgress)[-1].error == world.of(Fault)[-1].error
    assert world.host.restarts == []
    assert world.kept.error == world.of(Fault)[-1].error
    assert world.kept.load is None


async def test_a_fault_names_the_load_and_the_model(world: World) -> None:
    await world.manager.load_model(load_request("acme/none", load_id="l-9"))
    fault = await world.heard(Fault)

    assert (fault.load_id, fault.model_id) == ("l-9", "acme/none")


async def test_after_a_failure_another_model_can_be_loaded(world: World) -> None:
    await world.manager.load_model(load_request("acme/none"))
    await failed(world)
    await world.load()

    assert world.kept == Baton(load=CHOSEN)


async def test_a_mistake_of_ours_fails_the_load_without_its_values(world: World) -> None:
    class Broken(MemoryEngine):
        async def probe(self) -> DeviceReport:
            raise KeyError("secret")

    broken = World(MemoryFetcher(hub_answers()), engine=Broken())
    await broken.manager.load_model(load_request())

    assert await failed(broken) is ErrorCodes.INTERNAL
    assert "secret" not in str(broken.of(Fault)[0].error)
    assert broken.manager.state is State.ERROR


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
    assert await failed(world) is code
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

        async def probe(self) -> DeviceReport:
            return self.report

        async def clear_cache(self) -> None:
            batons.append(self.kept())

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
    world.manager.engine_failed("device lost")
    assert (world.kept, world.host.restarts) == (Baton(load=CHOSEN), ["device lost"])

    world.start()
    world.resume()
    assert (await world.heard(WorkerReady)).load_id == "load-1"


async def test_a_thread_that_is_about_to_end_takes_nothing_more(world: World) -> None:
    await world.load()
    world.manager.engine_failed("device lost")

    with pytest.raises(Busy, match="started again"):
        await world.manager.load_model(load_request())
    with pytest.raises(Busy, match="started again"):
        world.manager.ready_model()


# Another model while one is loaded


async def test_an_unknown_model_leaves_the_loaded_one_as_it_was(world: World) -> None:
    await world.load()
    await world.manager.load_model(load_request("acme/none", load_id="load-2"))
    assert await failed(world) is ErrorCodes.OFFLINE
    await world.until(lambda: world.manager.state is not State.LOADING_MODEL)

    assert world.states == [State.LOADING_MODEL, State.MODEL_READY]
    assert world.manager.ready_model().spec.repo == REPO
    assert world.host.restarts == []


async def test_a_failed_switch_leaves_the_loaded_model_to_the_next_thread(world: World) -> None:
    await world.load()
    await world.manager.load_model(load_request("acme/none", load_id="load-2"))
    await failed(world)
    await world.until(lambda: world.manager.state is State.MODEL_READY)
    world.manager.begin_generation()
    world.manager.end_generation()

    assert world.kept == Baton(load=CHOSEN)


async def test_a_failed_switch_goes_back_to_idle_when_an_answer_had_been_given(world: World) -> None:
    await world.load()
    world.manager.begin_generation()
    world.manager.end_generation()
    await world.manager.load_model(load_request("acme/none"))
    await failed(world)
    await world.until(lambda: world.manager.state is not State.LOADING_MODEL)

    assert world.manager.state is State.IDLE


async def test_a_switch_brings_the_files_in_and_hands_over_to_a_new_thread(world: World) -> None:
    await world.load()
    await world.manager.load_model(load_request(OTHER_REPO, load_id="load-2"))
    await world.until(lambda: world.host.restarts)

    assert await world.store.record(FileKey(OTHER_REPO, WEIGHTS)) is not None
    assert world.kept == Baton(
        load=load_request(OTHER_REPO, dtype=Dtype.Q8, device=Device.WASM, load_id="load-2"), percent=90
    )
    assert world.of(WorkerReady) == []


async def test_the_new_thread_ends_the_switch_without_the_network_and_without_going_back(world: World) -> None:
    await world.load()
    await world.manager.load_model(load_request(OTHER_REPO, load_id="load-2"))
    await world.until(lambda: world.host.restarts)
    world.fetcher.requests.clear()
    world.start()
    world.resume()
    ready = await world.heard(WorkerReady)

    assert (ready.model_id, ready.load_id) == (OTHER_REPO, "load-2")
    assert world.fetcher.requests == []
    percents = [event.progress for event in world.of(LoadingProgress) if event.load_id == "load-2"]
    assert percents == sorted(percents)
    assert percents[-1] == 100


async def test_during_a_switch_no_answer_can_begin(world: World) -> None:
    await world.load()
    await world.manager.load_model(load_request(OTHER_REPO))

    with pytest.raises(InvalidState):
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
    await failed(world)
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


# The thread after


async def test_a_first_thread_begins_with_nothing(world: World) -> None:
    world.resume()

    assert world.manager.state is State.UNINITIALIZED
    assert world.events == []
    assert world.kept == Baton()


async def test_a_baton_with_a_load_goes_on_where_it_was(world: World) -> None:
    world.host.baton = Baton(load=CHOSEN, percent=50).to_text()
    world.start()
    world.resume()
    assert world.of(LoadingProgress)[0].progress == 50

    ready = await world.heard(WorkerReady)
    assert (ready.model_id, ready.load_id) == (REPO, "load-1")
    assert min(event.progress for event in world.of(LoadingProgress)) == 50


async def test_a_baton_is_not_resumed_twice_should_the_thread_die_again(world: World) -> None:
    world.host.baton = Baton(load=CHOSEN, percent=50).to_text()
    world.start()
    world.resume()

    assert world.kept.load is None


async def test_a_baton_with_a_failed_load_reports_it(world: World) -> None:
    error = ModelNotFound(REPO).to_wire()
    world.host.baton = Baton(failed_load=load_request(load_id="l-3"), percent=92, error=error).to_text()
    world.start()
    world.resume()

    assert world.manager.state is State.ERROR
    assert world.of(Fault) == [Fault(error=error, load_id="l-3", model_id=REPO)]
    progress = world.of(LoadingProgress)[0]
    assert (progress.status, progress.progress, progress.error) == (Status.ERROR, 92, error)
    assert world.kept == Baton(error=error)
    assert (await world.manager.describe())["loading"] is not None


async def test_a_baton_with_an_error_keeps_it_for_pages_that_ask(world: World) -> None:
    error = ModelNotFound(REPO).to_wire()
    world.host.baton = Baton(error=error).to_text()
    world.start()
    world.resume()

    description = await world.manager.describe()
    assert (description["state"], description["error"]) == (State.ERROR.value, error)
    assert world.events == []


async def test_the_running_answer_is_kept_beside_the_model(world: World) -> None:
    await world.load()
    world.manager.begin_generation()
    interrupted = Interrupted(chat_id="c", message_id="m", text="so far")
    world.manager.keep_answer(interrupted)
    assert world.kept == Baton(load=CHOSEN, interrupted=interrupted)

    world.manager.end_generation()
    assert world.kept == Baton(load=CHOSEN)


# The engine's lease


async def test_an_answer_takes_the_engine_and_gives_it_back(world: World) -> None:
    await world.load()
    assert world.manager.ready_model().spec.repo == REPO
    world.manager.begin_generation()
    world.manager.end_generation()
    world.manager.begin_generation()
    world.manager.end_generation()

    assert world.states == [State.GENERATING, State.IDLE, State.GENERATING, State.IDLE]


async def test_giving_the_engine_back_twice_does_nothing(world: World) -> None:
    await world.load()
    world.manager.end_generation()

    assert world.manager.state is State.MODEL_READY


async def test_without_a_model_nothing_can_be_answered(world: World) -> None:
    with pytest.raises(InvalidState, match="No model is loaded"):
        world.manager.ready_model()
    await world.manager.load_model(load_request())
    with pytest.raises(InvalidState, match="still being loaded"):
        world.manager.ready_model()


async def test_during_an_answer_the_engine_is_busy(world: World) -> None:
    await world.load()
    world.manager.begin_generation()

    with pytest.raises(Busy):
        world.manager.ready_model()


# Questions


async def test_with_nothing_loaded_the_state_tells_the_devices(world: World) -> None:
    assert await world.manager.describe() == {
        "state": State.UNINITIALIZED.value,
        "modelId": None,
        "dtype": None,
        "executionProvider": None,
        "contextLength": None,
        "devices": {"webgpu": False, "f16": False, "threads": 2},
        "loading": None,
        "error": None,
    }


async def test_a_running_load_is_told_to_a_page_that_comes_late(world: World) -> None:
    await world.manager.load_model(load_request())
    await world.heard(LoadingProgress, 2)
    description = await world.manager.describe()

    assert description["state"] == State.LOADING_MODEL.value
    loading = description["loading"]
    assert isinstance(loading, dict)
    assert (loading["loadId"], loading["progress"]) == ("load-1", world.of(LoadingProgress)[-1].progress)


async def test_a_loaded_model_is_told_with_its_figures(world: World) -> None:
    await world.load()
    description = await world.manager.describe()

    assert (description["modelId"], description["dtype"], description["executionProvider"]) == (REPO, "q8", "wasm")
    assert (description["contextLength"], description["loading"], description["error"]) == (64, None, None)


async def test_a_failed_load_is_told_until_the_next_one(world: World) -> None:
    await world.manager.load_model(load_request("acme/none"))
    await failed(world)
    await world.until(lambda: world.manager.state is State.ERROR)
    assert (await world.manager.describe())["error"] == world.of(Fault)[0].error

    await world.load()
    assert (await world.manager.describe())["error"] is None


async def test_the_devices_are_asked_for_once(world: World) -> None:
    first = await world.manager.devices()
    world.engine.report = DeviceReport(webgpu=True, f16=True, threads=8)

    assert await world.manager.devices() is first


async def test_the_list_needs_no_network(world: World) -> None:
    reply = await world.manager.list_models(Empty())

    assert isinstance(reply["models"], list)
    assert world.fetcher.requests == []


async def test_an_inspected_model_is_asked_for_and_then_listed(world: World) -> None:
    reply = await world.manager.inspect_model(InspectModel(model_id=REPO))
    model = reply["model"]
    assert isinstance(model, dict)
    assert (model["modelId"], model["commit"], model["recommendedDtype"]) == (REPO, COMMIT, "q8")
    assert world.events == [ManifestUpdated()]

    listed = (await world.manager.list_models(Empty()))["models"]
    assert isinstance(listed, list)
    assert model in listed


async def test_an_unknown_model_cannot_be_inspected(world: World) -> None:
    world.fetcher.answers[f"{HUB}/api/models/acme/none"] = Answer(status=404)

    with pytest.raises(ModelNotFound):
        await world.manager.inspect_model(InspectModel(model_id="acme/none"))
    assert world.events == []


async def test_every_state_is_reached_by_the_manager(world: World) -> None:
    seen = {world.manager.state}
    await world.manager.load_model(load_request("acme/none"))
    await failed(world)
    await world.until(lambda: world.manager.state is State.ERROR)
    await world.manager.load_model(load_request())
    await world.heard(WorkerReady)
    world.manager.begin_generation()
    world.manager.end_generation()
    world.manager.reset()
    await world.heard(ResetComplete)

    assert seen | set(world.states) == set(State)
