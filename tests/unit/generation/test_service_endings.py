"""How answers end before their time: stopped, failed, or with their thread."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from tabagent.adapters.memory.engine import MemoryEngine
from tabagent.adapters.memory.fetcher import MemoryFetcher
from tabagent.errors import InvalidState
from tabagent.events import ErrorCodes
from tabagent.events import ModelWorkerStates as State
from tabagent.generation.service import KEEP_SECONDS, GenerationService
from tabagent.messages import (
    GenerationComplete,
    GenerationFault,
    GenerationStatus,
    GenerationStopped,
    GenerationUpdate,
    InterruptGeneration,
    WorkerReady,
)
from tabagent.models.baton import Interrupted
from tabagent.parameters import Layer
from tabagent.ports.engine import KvCache, Logits
from tabagent.specs import Dtype
from tests.unit.conftest import SettingsOf, World, chat_request, hub_answers
from tests.unit.generation.conftest import EVERYTHING, LONG, SlowEngine, code, streamed

# Stop


async def test_a_stop_while_the_prompt_is_read_ends_it_without_text(ready: World) -> None:
    await ready.generation.send(chat_request(LONG))
    await ready.heard(GenerationStatus, 2)
    assert await ready.generation.interrupt(EVERYTHING) == {"stopped": True}
    stopped = await ready.heard(GenerationStopped)

    assert (stopped.generated_text, stopped.num_tokens, stopped.finish_reason) == ("", 0, "stopped")
    assert len(ready.engine.passes) <= 3
    assert ready.of(GenerationUpdate) == []
    await ready.until(lambda: ready.manager.state is State.IDLE)


async def test_a_stop_in_the_first_piece_of_a_prompt_is_heard_before_the_second() -> None:
    class Heard(MemoryEngine):
        """Hears the stop in the first pass of an answer."""

        async def forward(self, cache: KvCache, token_ids: Sequence[int], *, logits: bool = True) -> Logits | None:
            scores = await super().forward(cache, token_ids, logits=logits)
            if world.generation.describe()["generating"]:
                await world.generation.interrupt(EVERYTHING)
            return scores

    engine = Heard(context_length=1000)
    world = World(MemoryFetcher(hub_answers()), engine=engine)
    await world.load()
    engine.passes.clear()
    await world.generation.send(chat_request(LONG))

    assert (await world.heard(GenerationStopped)).generated_text == ""
    assert [len(tokens) for tokens in engine.passes] == [1]


async def test_a_stop_before_anything_was_computed_ends_it(ready: World) -> None:
    await ready.generation.send(chat_request("one"))
    await ready.generation.interrupt(EVERYTHING)

    assert (await ready.heard(GenerationStopped)).generated_text == ""


async def test_a_stop_while_tokens_come_keeps_what_has_come(ready: World) -> None:
    await ready.generation.send(chat_request(LONG))
    await ready.heard(GenerationUpdate, 3)
    await ready.generation.interrupt(EVERYTHING)
    stopped = await ready.heard(GenerationStopped)

    assert stopped.generated_text == streamed(ready) == "".join(f"w{n} " for n in range(stopped.num_tokens))
    assert 3 <= stopped.num_tokens <= 4
    assert stopped.finish_reason == "stopped"
    assert ready.of(GenerationComplete) == []


async def test_an_answer_that_ended_by_itself_is_complete_even_when_a_stop_came_last() -> None:
    class Ending(MemoryEngine):
        """Hears the stop in its last pass."""

        async def forward(self, cache: KvCache, token_ids: Sequence[int], *, logits: bool = True) -> Logits | None:
            scores = await super().forward(cache, token_ids, logits=logits)
            if world.generation.describe()["generating"] and cache.length == 4:
                await world.generation.interrupt(EVERYTHING)
            return scores

    world = World(MemoryFetcher(hub_answers()), engine=Ending())
    await world.load()
    await world.generation.send(chat_request("one two"))

    assert (await world.heard(GenerationComplete)).finish_reason == "stop"
    assert world.of(GenerationStopped) == []


async def test_a_stop_in_the_pass_before_the_last_token_of_the_limit_is_a_stop() -> None:
    class Heard(MemoryEngine):
        """Hears the stop after the first token."""

        async def forward(self, cache: KvCache, token_ids: Sequence[int], *, logits: bool = True) -> Logits | None:
            scores = await super().forward(cache, token_ids, logits=logits)
            if world.generation.describe()["generating"] and cache.length == 5:
                await world.generation.interrupt(EVERYTHING)
            return scores

    world = World(MemoryFetcher(hub_answers()), engine=Heard())
    await world.load()
    await world.generation.send(chat_request("one two three four", max_new_tokens=2))

    assert (await world.heard(GenerationStopped)).generated_text == "one two "


class SlowSettings(SettingsOf):
    """Settings that are read when the test says so."""

    read: asyncio.Event

    async def layers(self, repo: str, dtype: Dtype) -> list[Layer]:
        await self.read.wait()
        return await super().layers(repo, dtype)


@pytest.mark.parametrize("ids", [("", ""), ("chat-1", ""), ("", "message-1"), ("chat-1", "message-1")])
async def test_a_stop_right_behind_the_question_means_the_answer_that_is_still_being_accepted(
    ready: World, ids: tuple[str, str]
) -> None:
    settings = SlowSettings(ready)
    settings.read = asyncio.Event()
    generation = GenerationService(
        manager=ready.manager,
        engine=ready.engine,
        settings=settings,
        publish=ready.events.append,
        now=ready.clock.now,
    )
    accepted = asyncio.ensure_future(generation.send(chat_request("one")))
    other = asyncio.ensure_future(generation.send(chat_request("two", chat_id="chat-2", message_id="message-2")))
    await asyncio.sleep(0)
    with pytest.raises(InvalidState):
        await generation.interrupt(InterruptGeneration(chat_id="chat-3", message_id=""))
    assert await generation.interrupt(InterruptGeneration(chat_id=ids[0], message_id=ids[1])) == {"stopped": True}
    settings.read.set()

    assert (await accepted)["messageId"] == "message-1"
    await other
    stopped = await ready.heard(GenerationStopped)
    assert (stopped.message_id, stopped.generated_text, stopped.finish_reason) == ("message-1", "", "stopped")
    if any(ids):
        assert (await ready.heard(GenerationComplete)).message_id == "message-2"
    else:
        assert len(ready.of(GenerationStopped)) == 2
    await ready.rested()
    assert ready.manager.state is not State.GENERATING


async def test_a_stop_when_nothing_runs_is_refused(ready: World) -> None:
    with pytest.raises(InvalidState, match="nothing to stop"):
        await ready.generation.interrupt(EVERYTHING)
    await ready.generation.send(chat_request("one"))
    await ready.heard(GenerationComplete)
    with pytest.raises(InvalidState, match="nothing to stop"):
        await ready.generation.interrupt(EVERYTHING)

    assert ready.of(GenerationStopped) == []


@pytest.mark.parametrize(("chat_id", "message_id"), [("other", ""), ("", "other"), ("other", "message-1")])
async def test_a_stop_of_another_answer_is_refused_and_stops_nothing(
    ready: World, chat_id: str, message_id: str
) -> None:
    await ready.generation.send(chat_request("one two three"))
    with pytest.raises(InvalidState, match="another one"):
        await ready.generation.interrupt(InterruptGeneration(chat_id=chat_id, message_id=message_id))

    assert (await ready.heard(GenerationComplete)).generated_text == "one two three "


@pytest.mark.parametrize(("chat_id", "message_id"), [("chat-1", ""), ("", "message-1"), ("chat-1", "message-1")])
async def test_a_stop_of_the_running_answer_by_its_ids_stops_it(ready: World, chat_id: str, message_id: str) -> None:
    await ready.generation.send(chat_request(LONG))

    assert await ready.generation.interrupt(InterruptGeneration(chat_id=chat_id, message_id=message_id)) == {
        "stopped": True
    }
    await ready.heard(GenerationStopped)


async def test_after_a_stop_the_next_answer_is_whole(ready: World) -> None:
    await ready.generation.send(chat_request(LONG))
    await ready.generation.interrupt(EVERYTHING)
    await ready.heard(GenerationStopped)
    await ready.generation.send(chat_request("one two"))

    assert (await ready.heard(GenerationComplete)).generated_text == "one two "


async def test_finishing_stops_the_answer_and_waits_for_its_end(ready: World) -> None:
    await ready.generation.send(chat_request(LONG))
    await ready.heard(GenerationUpdate)
    await ready.generation.finish()

    assert len(ready.of(GenerationStopped)) == 1
    assert ready.manager.state is not State.GENERATING


async def test_finishing_with_nothing_to_finish_does_nothing(ready: World) -> None:
    await ready.generation.finish()

    assert ready.events == []


# Failures


@pytest.mark.parametrize(("phase", "text"), [("prefill", ""), ("decode", "one ")])
async def test_a_failing_engine_breaks_the_answer_off_with_what_had_come(ready: World, phase: str, text: str) -> None:
    ready.engine.fails_at = phase
    await ready.generation.send(chat_request("one two three"))
    fault = await ready.heard(GenerationFault)

    assert code(fault) is ErrorCodes.GENERATION_FAILED
    assert (fault.chat_id, fault.message_id) == ("chat-1", "message-1")
    assert fault.generated_text == streamed(ready) == text
    assert ready.of(GenerationComplete) == []


async def test_after_an_engines_failure_the_thread_ends_and_the_next_one_has_the_model(ready: World) -> None:
    ready.engine.fails_at = "decode"
    await ready.generation.send(chat_request("one two three"))
    await ready.until(lambda: ready.host.restarts)
    assert ready.host.restarts == [ErrorCodes.GENERATION_FAILED.value]
    assert ready.kept.interrupted == ()

    ready.engine.fails_at = ""
    ready.start()
    ready.resume()
    await ready.heard(WorkerReady)
    await ready.generation.send(chat_request("one two"))
    assert (await ready.heard(GenerationComplete)).generated_text == "one two "


async def test_a_mistake_of_ours_breaks_the_answer_off_without_its_values() -> None:
    class Mistaken(MemoryEngine):
        async def forward(self, cache: KvCache, token_ids: Sequence[int], *, logits: bool = True) -> Logits | None:
            if world.generation.describe()["generating"]:
                raise KeyError("my secret prompt")
            return await super().forward(cache, token_ids, logits=logits)

    world = World(MemoryFetcher(hub_answers()), engine=Mistaken())
    await world.load()
    await world.generation.send(chat_request("one two"))
    fault = await world.heard(GenerationFault)

    assert code(fault) is ErrorCodes.INTERNAL
    assert "secret" not in str(fault.error)
    await world.until(lambda: world.host.restarts)


# The thread's end


async def test_the_text_so_far_is_kept_for_the_next_thread_from_time_to_time() -> None:
    engine = SlowEngine()
    world = World(MemoryFetcher(hub_answers()), engine=engine)
    await world.load()
    engine.world = world
    request = chat_request("one two three four five six")
    await world.generation.send(request)
    assert world.kept.interrupted == (Interrupted(chat_id="chat-1", message_id="message-1", request=request),)
    await world.heard(GenerationUpdate, 4)

    assert KEEP_SECONDS == 0.5
    (kept,) = world.kept.interrupted
    assert kept.text
    assert streamed(world).startswith(kept.text)
    assert len(streamed(world)) - len(kept.text) <= len("three four ")
    await world.heard(GenerationComplete)
    await world.until(lambda: world.manager.state is State.IDLE)
    assert not world.kept.interrupted


async def test_an_answer_is_known_to_the_next_thread_before_its_first_token(ready: World) -> None:
    await ready.generation.send(chat_request(LONG))
    await ready.heard(GenerationStatus)

    assert ready.kept.interrupted == (Interrupted(chat_id="chat-1", message_id="message-1", text=""),)


async def test_the_next_thread_reports_the_broken_answer_and_loads_its_model(ready: World) -> None:
    await ready.generation.send(chat_request(LONG))
    await ready.heard(GenerationUpdate)
    (kept,) = ready.kept.interrupted
    ready.start()
    ready.events.clear()
    ready.resume()

    fault = ready.of(GenerationFault)[0]
    assert code(fault) is ErrorCodes.RUNTIME_RESTARTED
    assert (fault.chat_id, fault.message_id, fault.generated_text) == ("chat-1", "message-1", kept.text)
    await ready.heard(WorkerReady)
