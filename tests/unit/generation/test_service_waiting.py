"""Answers that wait: their places, what ends them, and what the supervisor and the next thread hear meanwhile."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from tabagent.adapters.memory.engine import MemoryEngine
from tabagent.adapters.memory.fetcher import MemoryFetcher
from tabagent.adapters.memory.host import MemoryHost
from tabagent.correlation import correlated, current
from tabagent.errors import InvalidState
from tabagent.events import ErrorCodes
from tabagent.events import ModelWorkerStates as State
from tabagent.generation.service import ALIVE_SECONDS, GenerationService
from tabagent.messages import (
    Event,
    GenerationComplete,
    GenerationFault,
    GenerationStatus,
    GenerationStopped,
    GenerationUpdate,
    InterruptGeneration,
)
from tabagent.models.baton import Baton, SharedBaton
from tabagent.parameters import Layer, ResourceSettings
from tabagent.specs import Dtype
from tests.unit.conftest import SettingsOf, World, chat_request, hub_answers, load_request
from tests.unit.generation.conftest import EVERYTHING, LONG, SlowEngine, answered, code


async def three(world: World) -> None:
    """Send three conversations and wait until the first is being answered."""
    for number in range(3):
        await world.generation.send(chat_request(LONG, chat_id=f"chat-{number}", message_id=f"message-{number}"))
    await world.until(lambda: world.generation.describe()["generating"])


def places(world: World, message_id: str) -> list[tuple[int, int]]:
    """Return the places that were told of an answer that waits, with how many there were."""
    queued = [status for status in world.of(GenerationStatus) if status.phase == "queued"]
    return [(status.done, status.total) for status in queued if status.message_id == message_id]


# Places


async def test_a_reply_says_how_many_come_before(ready: World) -> None:
    await ready.generation.send(chat_request(LONG))
    await ready.heard(GenerationStatus)
    replies = [await ready.generation.send(chat_request("one", message_id=name)) for name in ("second", "third")]

    assert [reply["queued"] for reply in replies] == [1, 2]
    assert places(ready, "second") == [(1, 2), (1, 3)]
    assert places(ready, "third") == [(2, 3)]


async def test_those_that_wait_hear_when_they_come_nearer(ready: World) -> None:
    await three(ready)
    ready.events.clear()
    await ready.heard(GenerationComplete, 2)

    assert places(ready, "message-2") == [(1, 2)]


async def test_those_that_wait_hear_when_one_before_them_is_withdrawn(ready: World) -> None:
    await three(ready)
    ready.events.clear()
    await ready.generation.interrupt(InterruptGeneration(chat_id="", message_id="message-1"))

    assert places(ready, "message-2") == [(1, 2)]


async def test_each_answer_is_a_time_of_its_own_for_the_state(ready: World) -> None:
    for count in (1, 2):
        await answered(ready, "one")
        await ready.until(lambda: ready.manager.state is State.IDLE)
        assert ready.states == [State.GENERATING, State.IDLE] * count


# Ends


async def test_a_stop_without_ids_means_the_answer_that_runs(ready: World) -> None:
    await three(ready)
    await ready.generation.interrupt(EVERYTHING)
    await ready.heard(GenerationStopped)
    await ready.heard(GenerationComplete, 2)

    assert [stopped.message_id for stopped in ready.of(GenerationStopped)] == ["message-0"]


async def test_a_stop_of_a_chat_that_asked_nothing_is_refused_while_another_is_answered(ready: World) -> None:
    await three(ready)
    with pytest.raises(InvalidState, match="another one"):
        await ready.generation.interrupt(InterruptGeneration(chat_id="chat-9", message_id=""))
    await ready.heard(GenerationComplete, 3)

    assert ready.of(GenerationStopped) == []


async def test_finishing_withdraws_those_that_wait(ready: World) -> None:
    await three(ready)
    await ready.generation.finish()

    assert {stopped.message_id for stopped in ready.of(GenerationStopped)} == {f"message-{n}" for n in range(3)}
    assert ready.of(GenerationComplete) == []
    assert ready.generation.answering == frozenset()


async def test_finishing_stops_an_answer_whose_prompt_is_still_being_read(ready: World) -> None:
    class Slow(SettingsOf):
        async def layers(self, repo: str, dtype: Dtype) -> list[Layer]:
            await read.wait()
            return []

    read = asyncio.Event()
    generation = GenerationService(
        manager=ready.manager,
        engine=ready.engine,
        settings=Slow(ready),
        publish=ready.events.append,
        now=ready.clock.now,
    )
    accepted = asyncio.ensure_future(generation.send(chat_request("one")))
    await asyncio.sleep(0)
    assert generation.answering == {"message-1"}
    await generation.finish()
    read.set()
    await accepted

    assert (await ready.heard(GenerationStopped)).generated_text == ""
    assert ready.engine.passes == []


# What others hear


async def test_what_is_published_of_an_answer_belongs_to_the_request_that_asked_for_it(ready: World) -> None:
    heard: list[tuple[str, Event]] = []
    generation = GenerationService(
        manager=ready.manager,
        engine=ready.engine,
        settings=SettingsOf(ready),
        publish=lambda event: heard.append((current(), event)),
        now=ready.clock.now,
    )
    for name in ("first", "second"):
        with correlated(name):
            await generation.send(chat_request("one two", chat_id=name, message_id=name))
    await ready.until(lambda: sum(isinstance(event, GenerationComplete) for _, event in heard) == 2)

    told = [
        (name, event.message_id) for name, event in heard if isinstance(event, GenerationUpdate | GenerationComplete)
    ]
    assert {message_id for _, message_id in told} == {"first", "second"}
    assert all(name == message_id for name, message_id in told)


async def test_the_supervisor_hears_that_the_engine_computes_about_every_second() -> None:
    class Counting(MemoryHost):
        times: list[float]

        def expect_within(self, seconds: float, why: str) -> None:
            super().expect_within(seconds, why)
            # What is computed after the answer is not told to anybody, and watched piece by piece.
            if not world.of(GenerationComplete):
                self.times.append(world.clock.now())

    engine, host = SlowEngine(context_length=1000), Counting()
    host.times = []
    world = World(MemoryFetcher(hub_answers()), engine=engine, host=host)
    await world.load()
    engine.world = world
    host.times.clear()
    await world.generation.send(chat_request(LONG, max_new_tokens=20))
    await world.heard(GenerationComplete)
    pauses = [later - earlier for earlier, later in zip(host.times, host.times[1:], strict=False)]

    assert ALIVE_SECONDS == 1
    # Passes take a second, then half a second.
    assert set(pauses[1:]) == {1.5, 2.0}


async def test_an_answer_that_was_withdrawn_is_nothing_that_the_next_thread_has_to_report(ready: World) -> None:
    await three(ready)
    await ready.generation.interrupt(InterruptGeneration(chat_id="", message_id="message-1"))

    assert [answer.message_id for answer in ready.kept.interrupted] == ["message-0", "message-2"]


async def test_a_stop_of_an_answer_that_waits_for_its_model_is_known_to_the_next_thread(world: World) -> None:
    await asleep(world)
    await world.generation.send(chat_request("one"))
    await world.heard(GenerationStatus)
    assert [answer.request is None for answer in world.kept.interrupted] == [False]
    await world.generation.interrupt(EVERYTHING)

    assert [answer.request is None for answer in world.kept.interrupted] == [True]


async def test_requests_that_are_taken_over_are_left_to_the_next_thread_too(ready: World) -> None:
    request = replace(chat_request("one"), visible=False)
    ready.generation.resume([request])

    assert [answer.request for answer in ready.kept.interrupted] == [request]


async def asleep(world: World) -> None:
    """Load a model, and go on in a thread that would bring it back for the next prompt."""
    await world.load()
    SharedBaton(world.host, []).retain(Baton(asleep=load_request()).to_text())
    world.start()
    world.resume()
    world.events.clear()


async def test_a_model_that_fails_to_come_back_ends_the_thread_once(world: World) -> None:
    await asleep(world)
    world.engine.fails_at = "load"
    await world.generation.send(chat_request("one"))
    fault = await world.heard(GenerationFault)

    assert code(fault) is ErrorCodes.LOAD_FAILED
    assert world.host.restarts == [ErrorCodes.LOAD_FAILED]
    assert world.kept.error == fault.error


async def test_a_mistake_before_anything_is_computed_ends_no_thread() -> None:
    class Mistaken(SettingsOf):
        async def resources(self) -> ResourceSettings:
            raise KeyError("mistake")

    world = World(MemoryFetcher(hub_answers()), engine=MemoryEngine())
    await world.load()
    generation = GenerationService(
        manager=world.manager,
        engine=world.engine,
        settings=Mistaken(world),
        publish=world.events.append,
        now=world.clock.now,
    )
    await generation.send(chat_request("one"))

    assert code(await world.heard(GenerationFault)) is ErrorCodes.INTERNAL
    assert world.host.restarts == []
