"""One model at a time: what a request leads to, in which order, and what the next thread gets."""

from __future__ import annotations

from dataclasses import replace
from itertools import groupby

import pytest

from tabagent.adapters.memory.engine import MemoryEngine
from tabagent.adapters.memory.fetcher import Answer, MemoryFetcher
from tabagent.errors import Busy, InvalidState
from tabagent.events import ErrorCodes
from tabagent.events import LoadingStatusTypes as Status
from tabagent.events import ModelWorkerStates as State
from tabagent.messages import (
    DownloadProgress,
    Event,
    Fault,
    LoadingProgress,
    LoadModel,
    ManifestUpdated,
    ModelAlreadyLoaded,
    ResetComplete,
    WorkerReady,
    WorkerStateChanged,
)
from tabagent.models.baton import Baton, Interrupted, SharedBaton
from tabagent.models.sources import HUB
from tabagent.specs import Device, DeviceReport, Dtype
from tests.unit.conftest import COMMIT, OTHER_REPO, REPO, World, hub_answers, listing_address, load_request

WEIGHTS = "onnx/model_quantized.onnx"
CHOSEN = replace(load_request(dtype=Dtype.Q8), free_dtype=True)


def only(kinds: tuple[type[Event], ...], events: list[Event]) -> list[type[Event]]:
    return [type(event) for event in events if isinstance(event, kinds)]


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
    order = [kind for kind, _ in groupby(only(kinds, world.events))]
    assert order == [WorkerStateChanged, ManifestUpdated, WorkerStateChanged, WorkerReady, ManifestUpdated]


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


async def test_a_load_while_an_answer_waits_is_busy_until_none_does(world: World) -> None:
    await world.load()
    world.manager.keep_answers((Interrupted(chat_id="c", message_id="m"),))
    with pytest.raises(Busy, match="waits for its turn"):
        await world.manager.load_model(load_request(OTHER_REPO))

    world.manager.keep_answers(())
    assert (await world.manager.load_model(load_request(OTHER_REPO)))["alreadyLoaded"] is False


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
        (listing_address(), Answer(status=404), ErrorCodes.MODEL_NOT_FOUND),
        (listing_address(), Answer(status=403), ErrorCodes.MODEL_GATED),
        (listing_address(), Answer(status=503), ErrorCodes.HUB_UNAVAILABLE),
        (f"{HUB}/{REPO}/resolve/{COMMIT}/{WEIGHTS}", Answer(body=b"short"), ErrorCodes.INCOMPLETE_FILE),
        (f"{HUB}/{REPO}/resolve/{COMMIT}/{WEIGHTS}", Answer(body=b"int8" * 4, cut_after=3), ErrorCodes.CONNECTION_LOST),
    ],
)
async def test_a_load_that_fails_before_the_engine_keeps_the_thread(
    world: World, url: str, answer: Answer, code: ErrorCodes
) -> None:
    world.fetcher.answers[url] = answer
    await world.manager.load_model(load_request())

    assert await world.load_failure() is code
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
    await world.load_failure()
    await world.load()

    assert world.kept == Baton(load=CHOSEN)


async def test_a_mistake_of_ours_fails_the_load_without_its_values(world: World) -> None:
    class Broken(MemoryEngine):
        async def probe(self) -> DeviceReport:
            raise KeyError("secret")

    broken = World(MemoryFetcher(hub_answers()), engine=Broken())
    await broken.manager.load_model(load_request())

    assert await broken.load_failure() is ErrorCodes.INTERNAL
    assert "secret" not in str(broken.of(Fault)[0].error)
    assert broken.manager.state is State.ERROR


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
        "warning": "",
        "warningSaid": None,
        "asleep": None,
        "devices": {"webgpu": False, "f16": False, "threads": 2, "software": False},
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
    await world.load_failure()
    await world.until(lambda: world.manager.state is State.ERROR)
    assert (await world.manager.describe())["error"] == world.of(Fault)[0].error

    await world.load()
    assert (await world.manager.describe())["error"] is None


async def test_the_devices_are_asked_for_once(world: World) -> None:
    first = await world.manager.devices()
    world.engine.report = DeviceReport(webgpu=True, f16=True, threads=8)

    assert await world.manager.devices() is first


async def test_nothing_is_in_use_before_the_first_load(world: World) -> None:
    assert world.manager.in_use() == []


@pytest.mark.parametrize("dtype", [None, Dtype.Q4])
async def test_a_model_is_in_use_while_it_is_being_loaded(world: World, dtype: Dtype | None) -> None:
    await world.manager.load_model(load_request(dtype=dtype))

    assert world.manager.in_use() == [(REPO, dtype)]


async def test_both_models_of_a_switch_are_in_use(world: World) -> None:
    await world.load()
    assert world.manager.in_use() == [(REPO, Dtype.Q8)]
    await world.manager.load_model(load_request(OTHER_REPO))

    assert world.manager.in_use() == [(REPO, Dtype.Q8), (OTHER_REPO, None)]


async def test_a_model_that_failed_to_load_is_not_in_use(world: World) -> None:
    await world.manager.load_model(load_request("acme/none"))
    await world.load_failure()
    await world.until(lambda: world.manager.state is State.ERROR)

    assert world.manager.in_use() == []


# Downloads that a load waits for


async def cancelled_load(world: World, request: LoadModel) -> Fault:
    """Load a model, cancel its download, and return what the pages hear."""
    await world.manager.load_model(request)
    await world.until(lambda: world.downloads.open_for(request.model_id))
    await world.downloads.cancel(request.model_id, Dtype.Q8)
    fault = await world.heard(Fault)
    await world.until(lambda: world.manager.state is not State.LOADING_MODEL)
    return fault


async def test_a_load_whose_download_is_cancelled_ends_without_an_error_state(world: World) -> None:
    fault = await cancelled_load(world, load_request())

    assert fault.error["code"] == ErrorCodes.DOWNLOAD_CANCELLED.value
    assert world.manager.state is State.UNINITIALIZED
    assert (world.kept, world.host.restarts) == (Baton(), [])
    await world.load()


async def test_a_switch_whose_download_is_cancelled_leaves_the_loaded_model(world: World) -> None:
    await world.load()
    await cancelled_load(world, load_request(OTHER_REPO, load_id="load-2"))

    assert world.manager.ready_model().spec.repo == REPO
    assert world.host.restarts == []


async def test_the_next_thread_goes_on_with_a_load_that_was_downloading(world: World) -> None:
    await world.manager.load_model(load_request())
    await world.until(lambda: world.downloads.open_for(REPO))
    await world.heard(DownloadProgress)

    assert world.kept.load == load_request()
    assert SharedBaton.read(world.host.baton)[1] == [(REPO, Dtype.Q8)]


async def test_every_state_is_reached_by_the_manager(world: World) -> None:
    seen = {world.manager.state}
    await world.manager.load_model(load_request("acme/none"))
    await world.load_failure()
    await world.until(lambda: world.manager.state is State.ERROR)
    await world.manager.load_model(load_request())
    await world.heard(WorkerReady)
    world.manager.begin_generation()
    world.manager.end_generation()
    world.manager.reset()
    await world.heard(ResetComplete)

    assert seen | set(world.states) == set(State)
