"""A model that is waited for, and watched while it works."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from tabagent.adapters.memory.engine import MemoryEngine
from tabagent.adapters.memory.fetcher import Answer, MemoryFetcher
from tabagent.errors import Busy, InvalidState, ModelNotFound, TabAgentError
from tabagent.events import ErrorCodes
from tabagent.events import ModelWorkerStates as State
from tabagent.messages import Fault, GenerationFault, ResetComplete, WorkerReady
from tabagent.models.baton import Baton, Interrupted, SharedBaton
from tabagent.models.sources import HUB
from tabagent.parameters import ResourceSettings
from tabagent.specs import Device, DeviceReport, Dtype, LoadedModel, LoadSpec
from tabagent.store_errors import StorageError
from tests.unit.conftest import COMMIT, OTHER_REPO, REPO, World, hub_answers, load_request
from tests.unit.models.model_user import Wait, rest

CHOSEN = replace(load_request(dtype=Dtype.Q8), free_dtype=True)
NAME = {"modelId": REPO, "dtype": "q8"}


# Waiting for a model


async def test_a_model_that_is_there_is_had_at_once(world: World) -> None:
    await world.load()
    wait = Wait(world)

    assert (await wait.task).spec.repo == REPO
    assert wait.told == 0


async def test_a_prompt_waits_for_the_load_that_runs(world: World) -> None:
    await world.manager.load_model(load_request())
    wait = Wait(world)

    assert (await wait.task).spec.repo == REPO
    assert wait.told == 1
    assert world.manager.state is State.MODEL_READY


async def test_a_prompt_hears_what_the_load_failed_with(world: World) -> None:
    world.fetcher.answers[f"{HUB}/{REPO}/resolve/{COMMIT}/config.json"] = Answer(status=404)
    await world.manager.load_model(load_request())
    wait = Wait(world)

    with pytest.raises(TabAgentError) as failure:
        await wait.task
    assert failure.value.code == await world.load_failure()
    assert wait.told == 1
    with pytest.raises(InvalidState, match="No model is loaded"):
        await world.manager.ensure_ready(lambda: None)


async def test_without_a_model_nothing_is_waited_for(world: World) -> None:
    wait = Wait(world)

    with pytest.raises(InvalidState, match="No model is loaded"):
        await wait.task
    assert wait.told == 0


async def test_a_prompt_does_not_wait_for_a_switch(world: World) -> None:
    await world.load()
    await world.manager.load_model(load_request(OTHER_REPO))

    with pytest.raises(Busy, match="Another model is being loaded"):
        await world.manager.ensure_ready(lambda: None)
    with pytest.raises(Busy):
        world.manager.ready_or_wakeable()


async def test_a_prompt_does_not_take_the_engine_from_an_answer(world: World) -> None:
    await world.load()
    world.manager.begin_generation()

    with pytest.raises(Busy, match="Another answer"):
        await world.manager.ensure_ready(lambda: None)
    # It may be read, and wait for its turn.
    assert world.manager.ready_or_wakeable() is not None


async def test_a_reset_ends_the_wait_for_a_load(world: World) -> None:
    await world.manager.load_model(load_request())
    wait = Wait(world)
    await asyncio.sleep(0)
    world.manager.begin_reset()

    with pytest.raises(Busy, match="started again"):
        await wait.task
    world.manager.reset()
    await world.heard(ResetComplete)
    assert world.kept == Baton()
    assert not world.of(WorkerReady)


async def test_a_thread_that_ends_gives_nothing_out(world: World) -> None:
    await world.load()
    world.manager.reset()

    with pytest.raises(Busy):
        await world.manager.ensure_ready(lambda: None)


async def test_one_prompt_that_is_given_up_leaves_the_load_to_the_other(world: World) -> None:
    await world.manager.load_model(load_request())
    first, second = Wait(world), Wait(world)
    await asyncio.sleep(0)
    first.task.cancel()

    assert (await second.task).spec.repo == REPO


async def test_what_can_be_waited_for_is_told_without_waiting(world: World) -> None:
    with pytest.raises(InvalidState):
        world.manager.ready_or_wakeable()
    await world.manager.load_model(load_request())
    assert world.manager.ready_or_wakeable() is None
    await world.heard(WorkerReady)
    assert world.manager.ready_or_wakeable() is world.manager.ready_model()


# Deadlines


async def test_a_load_is_watched_while_the_engine_works_and_not_after() -> None:
    class Watching(MemoryEngine):
        async def load(self, spec: LoadSpec) -> LoadedModel:
            seen.append(world.host.expected)
            return await super().load(spec)

    seen: list[tuple[float, str] | None] = []
    world = World(MemoryFetcher(hub_answers()), engine=Watching())
    world.resources = replace(world.resources, load_timeout_seconds=33)
    await world.load()

    assert seen[0] is not None
    assert seen[0][0] == 33
    assert world.host.expected is None


async def test_a_download_is_not_watched(world: World) -> None:
    await world.manager.load_model(load_request())
    await world.until(lambda: world.downloads.open_for(REPO))

    assert world.host.expected is None


@pytest.mark.parametrize("fails_at", ["load", "prefill"])
async def test_a_load_that_failed_is_not_watched_any_more(world: World, fails_at: str) -> None:
    world.engine.fails_at = fails_at
    await world.manager.load_model(load_request())
    await world.until(lambda: world.host.restarts)

    assert world.host.expected is None


async def test_an_answer_is_watched_from_its_beginning_to_its_end(world: World) -> None:
    world.resources = replace(world.resources, token_timeout_seconds=7)
    await world.load()
    await world.manager.ensure_ready(lambda: None)
    world.manager.begin_generation()
    assert world.host.expected is not None
    assert world.host.expected[0] == 7
    world.manager.at_ease()
    world.manager.expect_token()
    assert world.host.expected is not None
    world.manager.end_generation()

    assert world.host.expected is None


async def test_a_token_that_never_came_is_reported_as_such_and_the_model_comes_back(world: World) -> None:
    await world.load()
    world.manager.begin_generation()
    world.manager.keep_answers((Interrupted(chat_id="c", message_id="m", text="so far"),))
    assert world.host.expected is not None
    world.overdue = world.host.expected[1]
    world.start()
    world.resume()

    fault = world.of(GenerationFault)[0]
    assert fault.error["code"] == ErrorCodes.TIMED_OUT
    assert fault.error["details"] == {"modelId": REPO, "device": "wasm", "phase": "generation", "seconds": 60.0}
    assert (fault.message_id, fault.generated_text) == ("m", "so far")
    assert (await world.heard(WorkerReady)).model_id == REPO


async def test_a_load_that_hangs_is_reported_as_such_and_not_repeated() -> None:
    class Hanging(MemoryEngine):
        async def load(self, spec: LoadSpec) -> LoadedModel:
            hangs.set()
            await asyncio.Event().wait()
            return await super().load(spec)

    hangs = asyncio.Event()
    world = World(MemoryFetcher(hub_answers()), engine=Hanging())
    await world.manager.load_model(load_request())
    await hangs.wait()
    assert world.host.expected is not None
    world.overdue = world.host.expected[1]
    world.start()
    world.events.clear()
    world.resume()

    error = world.of(Fault)[0].error
    assert error["code"] == ErrorCodes.TIMED_OUT
    assert (await world.manager.describe())["error"] == error
    assert (world.manager.state, world.kept) == (State.ERROR, Baton(error=error))


async def test_a_limit_that_was_changed_counts_for_the_next_answer(world: World) -> None:
    await world.load()
    world.resources = replace(world.resources, token_timeout_seconds=5)
    await rest(world, 1)
    world.manager.begin_generation()

    assert world.host.expected is not None
    assert world.host.expected[0] == 5


# Settings


@pytest.mark.parametrize(("wanted", "cores", "used"), [(0, 8, 2), (1, 8, 1), (6, 8, 6), (64, 8, 8), (64, 0, 64)])
async def test_a_load_takes_the_threads_that_the_person_wants_as_far_as_there_are_cores(
    wanted: int, cores: int, used: int
) -> None:
    report = DeviceReport(webgpu=False, f16=False, threads=2, cores=cores)
    world = World(MemoryFetcher(hub_answers()), engine=MemoryEngine(report))
    world.resources = replace(ResourceSettings(), threads=wanted)
    await world.load()

    assert world.manager.ready_model().spec.threads == used
    devices = (await world.manager.describe())["devices"]
    assert isinstance(devices, dict)
    assert devices["threads"] == used


async def test_settings_that_cannot_be_read_keep_no_model_from_loading(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken() -> ResourceSettings:
        raise StorageError("The disk is gone.")

    monkeypatch.setattr(world.manager, "_resources", broken)
    await world.load()
    assert (await world.manager.ensure_ready(lambda: None)).spec.device is Device.WASM


async def test_a_load_that_failed_before_has_no_say_over_the_one_that_runs(world: World) -> None:
    error = ModelNotFound(REPO).to_wire()
    SharedBaton(world.host, []).retain(Baton(error=error).to_text())
    world.start()
    world.resume()
    await world.manager.load_model(load_request())

    assert (await Wait(world).task).spec.repo == REPO
