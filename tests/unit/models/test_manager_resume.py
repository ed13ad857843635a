"""What a thread begins with."""

from __future__ import annotations

from dataclasses import replace

from tabagent.engine_errors import GenerationFailed
from tabagent.errors import ModelNotFound
from tabagent.events import ErrorCodes
from tabagent.events import LoadingStatusTypes as Status
from tabagent.events import ModelWorkerStates as State
from tabagent.messages import (
    Event,
    Fault,
    GenerationFault,
    LoadingProgress,
    WorkerReady,
)
from tabagent.models.baton import Baton, Interrupted, SharedBaton
from tabagent.specs import Dtype
from tests.unit.conftest import REPO, World, load_request

WEIGHTS = "onnx/model_quantized.onnx"
CHOSEN = replace(load_request(dtype=Dtype.Q8), free_dtype=True)
FAILURE = GenerationFailed(REPO, "q8", "wasm", "decode", "shader failed")


def only(kinds: tuple[type[Event], ...], events: list[Event]) -> list[type[Event]]:
    return [type(event) for event in events if isinstance(event, kinds)]


def leave(world: World, baton: Baton) -> None:
    """Let the thread before this one leave a baton."""
    SharedBaton(world.host, []).retain(baton.to_text())


async def test_a_first_thread_begins_with_nothing(world: World) -> None:
    world.resume()

    assert world.manager.state is State.UNINITIALIZED
    assert world.events == []
    assert world.kept == Baton()


async def test_a_baton_with_a_load_goes_on_where_it_was(world: World) -> None:
    leave(world, Baton(load=CHOSEN, percent=50))
    world.start()
    world.resume()
    assert world.of(LoadingProgress)[0].progress == 50

    ready = await world.heard(WorkerReady)
    assert (ready.model_id, ready.load_id) == (REPO, "load-1")
    assert min(event.progress for event in world.of(LoadingProgress)) == 50


async def test_a_baton_is_not_resumed_twice_should_the_thread_die_again(world: World) -> None:
    leave(world, Baton(load=CHOSEN, percent=50))
    world.start()
    world.resume()

    assert world.kept.load is None


async def test_a_baton_with_a_failed_load_reports_it(world: World) -> None:
    error = ModelNotFound(REPO).to_wire()
    leave(world, Baton(failed_load=load_request(load_id="l-3"), percent=92, error=error))
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
    leave(world, Baton(error=error))
    world.start()
    world.resume()

    description = await world.manager.describe()
    assert (description["state"], description["error"]) == (State.ERROR.value, error)
    assert world.events == []


async def test_answers_that_run_or_wait_are_kept_beside_the_model(world: World) -> None:
    await world.load()
    world.manager.begin_generation()
    running = Interrupted(chat_id="c", message_id="m", text="so far")
    waiting = Interrupted(chat_id="d", message_id="n")
    world.manager.keep_answers((running, waiting))
    assert world.kept == Baton(load=CHOSEN, interrupted=(running, waiting))

    world.manager.end_generation()
    world.manager.keep_answers((waiting,))
    assert world.kept == Baton(load=CHOSEN, interrupted=(waiting,))
    world.manager.keep_answers(())
    assert world.kept == Baton(load=CHOSEN)


async def test_every_answer_that_ran_or_waited_is_reported_once_with_its_text(world: World) -> None:
    answers = Interrupted(chat_id="c", message_id="m", text="so far"), Interrupted(chat_id="d", message_id="n")
    leave(world, Baton(interrupted=answers))
    world.start()
    world.resume()

    faults = world.of(GenerationFault)
    assert [(fault.chat_id, fault.message_id, fault.generated_text) for fault in faults] == [
        ("c", "m", "so far"),
        ("d", "n", ""),
    ]
    assert {fault.error["code"] for fault in faults} == {ErrorCodes.RUNTIME_RESTARTED.value}
    assert world.kept.interrupted == ()


async def test_an_answer_that_waited_for_a_load_is_reported_with_what_the_load_failed_with(world: World) -> None:
    error = ModelNotFound(REPO).to_wire()
    leave(world, Baton(error=error, interrupted=(Interrupted(chat_id="c", message_id="m"),)))
    world.start()
    world.resume()

    assert world.of(GenerationFault)[0].error == error
