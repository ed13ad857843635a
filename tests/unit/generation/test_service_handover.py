"""Answers that wait for a model whose thread ends: begun by the next one where that goes on without WebGPU."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tabagent.engine_errors import DeviceLost, LoadFailed
from tabagent.events import ErrorCodes
from tabagent.messages import (
    GenerationComplete,
    GenerationFault,
    GenerationStatus,
    GenerationStopped,
    InterruptGeneration,
    LoadModel,
    SendChatMessage,
    WorkerReady,
)
from tabagent.models.baton import Baton, SharedBaton
from tabagent.specs import ChatMessage, Device
from tests.unit.conftest import World, chat_request, load_request
from tests.unit.generation.conftest import code
from tests.unit.models.test_life import Card, card_world, next_thread, next_thread_now

TURNS = (ChatMessage("user", "one"), ChatMessage("assistant", "two"), ChatMessage("user", "three four"))
FIRST = SendChatMessage(
    chat_id="chat-1", message_id="first", messages=TURNS, options={"max_new_tokens": 3}, tools=({"name": "look"},)
)
SECOND = replace(chat_request("five six"), chat_id="chat-2", message_id="second", visible=False)


async def asleep(request: LoadModel | None = None, fails_at: str = "load") -> tuple[World, Card]:
    """Return a world whose model was given back, and whose card cannot compute."""
    world, card = card_world("", LoadFailed)
    await world.load(request)
    SharedBaton(world.host, []).retain(Baton(asleep=request or load_request()).to_text())
    await next_thread_now(world)
    card.webgpu_fails_at = fails_at
    return world, card


async def ended(world: World, count: int) -> list[tuple[str, str]]:
    """Return the ids and texts of so many answers, in the order of their ends."""
    await world.heard(GenerationComplete, count)
    return [(done.message_id, done.generated_text) for done in world.of(GenerationComplete)]


@pytest.mark.parametrize("fails_at", ["load", "warm-up"])
async def test_answers_that_wait_for_a_model_that_fails_on_webgpu_are_given_on_the_cpu(fails_at: str) -> None:
    world, card = await asleep(fails_at=fails_at)
    await world.generation.send(FIRST)
    await world.generation.send(SECOND)
    await next_thread(world)

    assert await ended(world, 2) == [("first", "one two three "), ("second", "five six ")]
    assert world.of(GenerationFault) == []
    assert [device for _, device in card.loads][-2:] == [Device.WEBGPU, Device.WASM]
    phases = [status.phase for status in world.of(GenerationStatus) if status.message_id == "first"]
    assert phases[:2] == ["loading", "loading"]
    await world.until(lambda: not world.kept.interrupted)


async def test_a_thread_that_hangs_while_webgpu_wakes_a_model_leaves_its_answers_to_the_next(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world, card = await asleep()
    fail = card._fail_on_webgpu
    left: list[tuple[str, str]] = []

    def hang(phase: str) -> None:
        if phase == "load" and card._device is Device.WEBGPU:
            assert world.host.expected is not None
            left.append((world.host.baton, world.host.expected[1]))
        fail(phase)

    monkeypatch.setattr(card, "_fail_on_webgpu", hang)
    await world.generation.send(FIRST)
    await world.until(lambda: left)
    world.host.baton, world.overdue = left[0]
    world.events.clear()
    await next_thread_now(world)

    assert (await world.heard(WorkerReady)).execution_provider == Device.WASM
    assert await ended(world, 1) == [("first", "one two three ")]
    assert world.of(GenerationFault) == []


async def test_where_the_cpu_fails_too_the_answer_says_what_the_load_failed_with() -> None:
    world, card = await asleep()
    await world.generation.send(FIRST)
    await world.until(lambda: world.kept.webgpu_failed)
    card.fails_at = "load"
    await next_thread_now(world)
    fault = await world.heard(GenerationFault)

    assert (fault.message_id, code(fault)) == ("first", ErrorCodes.LOAD_FAILED)
    assert len(world.of(GenerationFault)) == 1
    await world.until(lambda: not world.kept.interrupted)


async def test_an_answer_that_the_next_thread_has_not_begun_can_be_stopped_there() -> None:
    world, _ = await asleep()
    await world.generation.send(FIRST)
    await world.generation.send(SECOND)
    await next_thread(world)
    await world.generation.interrupt(InterruptGeneration(chat_id="chat-2", message_id="second"))
    await world.generation.interrupt(InterruptGeneration(chat_id="chat-1", message_id="first"))

    await world.heard(GenerationStopped, 2)
    assert {stopped.message_id for stopped in world.of(GenerationStopped)} == {"first", "second"}
    assert world.of(GenerationComplete) == []


async def test_an_answer_that_was_stopped_before_its_thread_ended_is_not_begun() -> None:
    world, _ = await asleep()
    await world.generation.send(FIRST)
    await world.heard(GenerationStatus)
    await world.generation.interrupt(InterruptGeneration(chat_id="chat-1", message_id="first"))
    await next_thread(world)
    await world.heard(WorkerReady)

    assert [fault.message_id for fault in world.of(GenerationFault)] == ["first"]
    assert world.of(GenerationComplete) == []


async def test_a_device_that_is_lost_in_one_answer_leaves_those_that_wait_to_the_cpu() -> None:
    world, card = card_world(kind=DeviceLost)
    await world.load()
    card.webgpu_fails_at = "warm-up"
    await world.generation.send(FIRST)
    await world.generation.send(SECOND)
    await next_thread(world)

    assert await ended(world, 1) == [("second", "five six ")]
    assert [(fault.message_id, code(fault)) for fault in world.of(GenerationFault)] == [
        ("first", ErrorCodes.DEVICE_LOST)
    ]


async def test_answers_that_wait_for_a_model_that_does_not_come_back_are_reported() -> None:
    world, _ = await asleep(fails_at="")
    await world.generation.send(FIRST)
    await next_thread_now(world)

    assert [(fault.message_id, code(fault)) for fault in world.of(GenerationFault)] == [
        ("first", ErrorCodes.RUNTIME_RESTARTED)
    ]
    assert world.generation.describe() == {"generating": None, "queued": [], "rereading": False}
