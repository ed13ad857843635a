"""A model that is given back because nobody uses it, and brought again."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from tabagent.errors import InvalidState, TabAgentError
from tabagent.events import ErrorCodes
from tabagent.events import ModelWorkerStates as State
from tabagent.messages import ResetComplete, WorkerReady, WorkerStateChanged
from tabagent.models.baton import Baton, Interrupted, SharedBaton
from tabagent.specs import Dtype
from tests.unit.conftest import OTHER_REPO, REPO, World, load_request
from tests.unit.models.model_user import Wait, rest

CHOSEN = replace(load_request(dtype=Dtype.Q8), free_dtype=True)
NAME = {"modelId": REPO, "dtype": "q8"}


async def asleep(world: World) -> None:
    """Load a model, let it fall asleep, and begin the next thread."""
    await world.load()
    await rest(world, 6)
    assert world.host.restarts == ["the model was not used for a while"]
    world.start()
    world.events.clear()
    world.resume()


async def test_a_model_that_nobody_uses_is_given_back_with_its_thread(world: World) -> None:
    await world.load()
    await rest(world, 4.5)
    assert world.host.restarts == []
    await rest(world, 1)

    assert world.host.restarts == ["the model was not used for a while"]
    assert world.kept == Baton(asleep=CHOSEN)
    told = world.of(WorkerStateChanged)[-1]
    assert (told.state, told.model_id, told.asleep) == (State.UNINITIALIZED, None, NAME)


async def test_every_thread_after_it_knows_the_model_that_is_asleep(world: World) -> None:
    await asleep(world)
    assert (world.manager.state, world.kept) == (State.UNINITIALIZED, Baton(asleep=CHOSEN))
    world.start()
    world.resume()

    description = await world.manager.describe()
    assert (description["asleep"], description["modelId"]) == (NAME, None)
    assert world.manager.in_use() == []


async def test_the_next_prompt_brings_it_back_and_says_so_once(world: World) -> None:
    await asleep(world)
    world.fetcher.sent.clear()
    assert world.manager.ready_or_wakeable() is None
    wait = Wait(world)
    loaded = await wait.task

    assert (loaded.spec.repo, loaded.spec.dtype, wait.told) == (REPO, Dtype.Q8, 1)
    assert world.fetcher.requests == []
    assert world.kept == Baton(load=CHOSEN)
    assert (await world.manager.describe())["asleep"] is None
    assert world.of(WorkerStateChanged)[-1].asleep is None


async def test_two_prompts_wake_it_once(world: World) -> None:
    await asleep(world)
    first, second = Wait(world), Wait(world)
    await asyncio.gather(first.task, second.task)

    assert len(world.of(WorkerReady)) == 1
    assert (first.told, second.told) == (1, 1)


async def test_an_answer_keeps_the_model_awake(world: World) -> None:
    await world.load()
    await rest(world, 4)
    world.manager.begin_generation()
    await rest(world, 60)
    assert world.host.restarts == []
    world.manager.end_generation()
    await rest(world, 4)
    assert world.host.restarts == []
    await rest(world, 2)
    assert len(world.host.restarts) == 1


async def test_a_question_for_the_model_begins_its_time_anew(world: World) -> None:
    await world.load()
    await rest(world, 4.5)
    world.manager.ready_or_wakeable()
    await rest(world, 4.5)
    assert world.host.restarts == []
    await rest(world, 1)

    assert len(world.host.restarts) == 1


async def test_an_answer_that_waits_keeps_the_model_awake(world: World) -> None:
    await world.load()
    world.manager.keep_answers((Interrupted(chat_id="c", message_id="m"),))
    await rest(world, 10)

    assert world.host.restarts == []


async def test_an_open_panel_keeps_the_model_awake_for_longer(world: World) -> None:
    world.host.pages = 1
    await world.load()
    await rest(world, 29)
    assert world.host.restarts == []
    await rest(world, 2)

    assert len(world.host.restarts) == 1


async def test_a_load_of_another_model_keeps_the_thread(world: World) -> None:
    await world.load()
    await rest(world, 4.5)
    await world.manager.load_model(load_request(OTHER_REPO, load_id="load-2"))
    await rest(world, 0.1)
    await world.until(lambda: world.host.restarts)

    assert world.host.restarts == ["another model is loaded"]


async def test_a_switch_that_failed_lets_the_model_fall_asleep_later(world: World) -> None:
    await world.load()
    await world.manager.load_model(load_request("acme/none"))
    await world.load_failure()
    await world.until(lambda: world.manager.state is State.MODEL_READY)
    await rest(world, 6)

    assert world.kept == Baton(asleep=CHOSEN)


async def test_a_reset_forgets_the_model_that_is_asleep(world: World) -> None:
    await asleep(world)
    world.manager.reset()
    await world.heard(ResetComplete)

    assert world.kept == Baton()


async def test_another_model_takes_the_place_of_the_one_that_is_asleep(world: World) -> None:
    await asleep(world)
    await world.load(load_request(OTHER_REPO))

    assert world.kept.asleep is None


async def test_a_model_that_cannot_be_had_leaves_the_one_that_is_asleep(world: World) -> None:
    await asleep(world)
    await world.manager.load_model(load_request("acme/none"))
    await world.load_failure()
    await world.until(lambda: world.manager.state is State.UNINITIALIZED)

    assert world.kept == Baton(asleep=CHOSEN)
    assert (await Wait(world).task).spec.repo == REPO


async def test_a_model_that_does_not_start_leaves_the_one_that_is_asleep(world: World) -> None:
    await asleep(world)
    world.engine.fails_at = "load"
    await world.manager.load_model(load_request(OTHER_REPO))
    await world.until(lambda: len(world.host.restarts) == 2)
    world.engine.fails_at = ""
    world.start()
    world.resume()

    assert (world.manager.state, world.kept.asleep) == (State.ERROR, CHOSEN)
    assert (await Wait(world).task).spec.repo == REPO
    assert world.kept == Baton(load=CHOSEN)


async def test_a_model_that_does_not_wake_is_an_error_and_sleeps_no_more(world: World) -> None:
    await asleep(world)
    world.engine.fails_at = "load"
    wait = Wait(world)

    with pytest.raises(TabAgentError) as failure:
        await wait.task
    assert failure.value.code is ErrorCodes.LOAD_FAILED
    assert world.kept.asleep is None
    assert world.kept.error is not None


async def test_a_model_that_was_deleted_in_its_sleep_is_not_downloaded_again(world: World) -> None:
    await asleep(world)
    await world.store.delete_model(REPO)
    world.fetcher.sent.clear()

    with pytest.raises(InvalidState, match="was deleted"):
        await Wait(world).task
    assert world.fetcher.requests == []


async def test_downloads_go_on_in_the_thread_after_it(world: World) -> None:
    await world.load()
    world.shared.keep_downloads([(OTHER_REPO, Dtype.Q4)])
    await rest(world, 6)

    assert SharedBaton.read(world.host.baton) == (Baton(asleep=CHOSEN), [(OTHER_REPO, Dtype.Q4)])
