"""From a conversation to streamed text, whatever comes between."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tabagent.adapters.memory.engine import MemoryEngine
from tabagent.adapters.memory.fetcher import MemoryFetcher
from tabagent.codec import encode_event
from tabagent.errors import Busy, ContextOverflow, InvalidState, TabAgentError, TemplateFailed
from tabagent.events import ErrorCodes
from tabagent.events import ModelWorkerStates as State
from tabagent.generation.prefill import PIECE_TOKENS_DYNAMIC
from tabagent.generation.service import KEEP_SECONDS
from tabagent.messages import (
    GenerationComplete,
    GenerationFault,
    GenerationStatus,
    GenerationStopped,
    GenerationUpdate,
    InterruptGeneration,
    WorkerReady,
    WorkerStateChanged,
)
from tabagent.models.baton import Interrupted
from tabagent.ports.engine import TokenSink
from tabagent.specs import ChatMessage, Dtype, GenerationSettings
from tests.unit.conftest import World, chat_request, hub_answers, load_request

EVERYTHING = InterruptGeneration(chat_id="", message_id="")
LONG = " ".join(f"w{number}" for number in range(200))


class SlowEngine(MemoryEngine):
    """Takes a second for a pass of the prompt and half a second for a token."""

    world: World | None = None

    async def prefill(self, token_ids: Sequence[int]) -> None:
        await super().prefill(token_ids)
        if self.world:
            self.world.clock.advance(1)

    async def decode(self, token_ids: Sequence[int], settings: GenerationSettings, sink: TokenSink) -> bool:
        def timed(text: str, count: int) -> None:
            if self.world:
                self.world.clock.advance(0.5)
            sink(text, count)

        return await super().decode(token_ids, settings, timed)


@pytest.fixture
async def ready() -> World:
    """A world with an 8-bit model loaded, of room enough for long prompts."""
    world = World(MemoryFetcher(hub_answers()), engine=MemoryEngine(context_length=1000))
    await world.load()
    return world


def streamed(world: World) -> str:
    """Return all text that came as updates."""
    return "".join(update.token for update in world.of(GenerationUpdate))


def code(fault: GenerationFault) -> ErrorCodes:
    return ErrorCodes(str(fault.error["code"]))


# An answer


async def test_a_conversation_is_accepted_at_once_and_its_answer_comes_as_events(ready: World) -> None:
    reply = await ready.generation.send(chat_request("one two three"))

    assert reply == {"chatId": "chat-1", "messageId": "message-1", "promptTokens": 3}
    assert ready.of(GenerationUpdate) == []
    assert (await ready.heard(GenerationComplete)).generated_text == "one two three "


async def test_the_events_of_an_answer_come_in_order(ready: World) -> None:
    await ready.generation.send(chat_request("one two three"))
    await ready.heard(GenerationComplete)
    await ready.until(lambda: ready.manager.state is State.IDLE)

    assert [type(event) for event in ready.events] == [
        WorkerStateChanged,
        *[GenerationStatus] * 2,
        *[GenerationUpdate] * 3,
        GenerationComplete,
        WorkerStateChanged,
    ]
    assert ready.states == [State.GENERATING, State.IDLE]


async def test_the_final_text_is_all_updates_together(ready: World) -> None:
    await ready.generation.send(chat_request("one two three"))
    done = await ready.heard(GenerationComplete)

    assert done.generated_text == done.output == streamed(ready) == "one two three "
    assert (done.num_tokens, done.prompt_tokens, done.finish_reason) == (3, 3, "stop")


@given(st.lists(st.sampled_from(["a", "bc", "é", "漢字", "😀"]), min_size=1, max_size=80), st.integers(1, 90))
async def test_no_text_is_lost_for_any_prompt_and_limit(words: list[str], limit: int) -> None:
    world = World(MemoryFetcher(hub_answers()), engine=MemoryEngine(context_length=1000))
    await world.load()
    await world.generation.send(chat_request(" ".join(words), max_new_tokens=limit))
    done = await world.heard(GenerationComplete)

    assert done.generated_text == streamed(world) == "".join(f"{word} " for word in words[:limit])
    assert done.num_tokens == min(limit, len(words))


async def test_an_answer_that_reaches_its_limit_says_so(ready: World) -> None:
    await ready.generation.send(chat_request("one two three", max_new_tokens=2))
    done = await ready.heard(GenerationComplete)

    assert (done.generated_text, done.num_tokens, done.finish_reason) == ("one two ", 2, "length")


async def test_every_event_names_its_answer(ready: World) -> None:
    await ready.generation.send(chat_request("one two three", chat_id="c9", message_id="m9"))
    await ready.heard(GenerationComplete)
    about = [encode_event(event)["payload"] for event in ready.events if not isinstance(event, WorkerStateChanged)]

    assert about
    assert all(isinstance(payload, dict) and payload["chatId"] == "c9" for payload in about)
    assert all(isinstance(payload, dict) and payload["messageId"] == "m9" for payload in about)


async def test_figures_are_measured_from_the_request_and_the_first_token() -> None:
    clock_engine = SlowEngine()
    world = World(MemoryFetcher(hub_answers()), engine=clock_engine)
    await world.load()
    clock_engine.world = world
    await world.generation.send(chat_request("one two three four five"))
    done = await world.heard(GenerationComplete)

    # Two pieces of the prompt at a second each, then five tokens at half a second each.
    assert done.time_to_first_token == 2500
    assert done.tps == 2
    assert [update.num_tokens for update in world.of(GenerationUpdate)] == [1, 2, 3, 4, 5]
    assert world.of(GenerationUpdate)[-1].tps == 2


async def test_the_second_answer_is_independent_of_the_first(ready: World) -> None:
    await ready.generation.send(chat_request("one two"))
    await ready.heard(GenerationComplete)
    await ready.until(lambda: ready.manager.state is State.IDLE)
    await ready.generation.send(chat_request("three", message_id="message-2"))
    done = await ready.heard(GenerationComplete, 2)

    assert (done.message_id, done.generated_text, done.num_tokens) == ("message-2", "three ", 1)


# The prompt


async def test_the_prompt_is_read_in_pieces_with_the_first_token_alone(ready: World) -> None:
    await ready.generation.send(chat_request(LONG))
    await ready.heard(GenerationComplete)

    assert ready.engine.passes == [1, *[PIECE_TOKENS_DYNAMIC] * 6, 6]
    assert ready.engine.prefilled == list(range(199))


async def test_weights_without_dynamic_quantization_take_longer_pieces() -> None:
    world = World(MemoryFetcher(hub_answers()), engine=MemoryEngine(context_length=1000))
    await world.load(load_request(dtype=Dtype.FP32))
    await world.generation.send(chat_request(LONG))
    await world.heard(GenerationComplete)

    assert world.engine.passes == [128, 71]


async def test_a_prompt_of_one_token_needs_no_pieces(ready: World) -> None:
    await ready.generation.send(chat_request("one"))
    await ready.heard(GenerationComplete)

    assert ready.engine.passes == []
    assert ready.of(GenerationStatus) == []


async def test_how_far_the_prompt_is_read_is_told(ready: World) -> None:
    await ready.generation.send(chat_request(LONG))
    await ready.heard(GenerationComplete)

    assert [(status.phase, status.done, status.total) for status in ready.of(GenerationStatus)[:3]] == [
        ("prefill", 1, 200),
        ("prefill", 33, 200),
        ("prefill", 65, 200),
    ]


async def test_the_cache_of_the_answer_before_is_not_read_on(ready: World) -> None:
    for number in (1, 2):
        await ready.generation.send(chat_request("one two three"))
        await ready.heard(GenerationComplete, number)
        await ready.until(lambda: ready.manager.state is State.IDLE)

    assert ready.engine.passes == [1, 1]


# Refusals


async def refusal(world: World, kind: type[TabAgentError], text: str = "one", role: str = "user") -> None:
    """Send what must be refused with nothing computed, nothing told and the state as it was."""
    state, passes = world.manager.state, list(world.engine.passes)
    world.events.clear()
    with pytest.raises(kind):
        await world.generation.send(
            replace(chat_request(), messages=(ChatMessage(role, "tool"), ChatMessage("user", text)))
        )
    assert (world.events, world.manager.state, world.engine.passes) == ([], state, passes)


async def test_without_a_model_there_is_no_answer(world: World) -> None:
    await refusal(world, InvalidState)


async def test_a_conversation_beyond_the_context_is_refused_before_anything_is_computed(ready: World) -> None:
    await refusal(ready, ContextOverflow, " ".join(["word"] * 999))


async def test_the_longest_conversation_that_leaves_room_for_a_token_is_answered(ready: World) -> None:
    await ready.generation.send(chat_request(" ".join(["word"] * 999)))
    done = await ready.heard(GenerationComplete)

    assert (done.prompt_tokens, done.num_tokens, done.finish_reason) == (999, 1, "length")


async def test_a_conversation_that_the_template_refuses_is_refused(ready: World) -> None:
    await refusal(ready, TemplateFailed, role="tool")


async def test_a_second_conversation_is_busy_and_the_first_one_goes_on(ready: World) -> None:
    await ready.generation.send(chat_request("one two three"))
    with pytest.raises(Busy):
        await ready.generation.send(chat_request("four", message_id="message-2"))

    assert (await ready.heard(GenerationComplete)).generated_text == "one two three "
    assert {update.message_id for update in ready.of(GenerationUpdate)} == {"message-1"}


async def test_after_a_refusal_the_next_conversation_is_answered(ready: World) -> None:
    await refusal(ready, TemplateFailed, role="tool")
    await ready.generation.send(chat_request("one"))

    assert (await ready.heard(GenerationComplete)).generated_text == "one "


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


async def test_a_stop_before_anything_was_computed_ends_it(ready: World) -> None:
    await ready.generation.send(chat_request("one"))
    await ready.generation.interrupt(EVERYTHING)

    assert (await ready.heard(GenerationStopped)).generated_text == ""


async def test_a_stop_while_tokens_come_keeps_what_has_come(ready: World) -> None:
    await ready.generation.send(chat_request(LONG))
    await ready.heard(GenerationUpdate, 3)
    await ready.generation.interrupt(EVERYTHING)
    stopped = await ready.heard(GenerationStopped)

    assert stopped.generated_text == streamed(ready) == "w0 w1 w2 "
    assert (stopped.num_tokens, stopped.finish_reason) == (3, "stopped")
    assert ready.of(GenerationComplete) == []


async def test_an_answer_that_ended_by_itself_is_complete_even_when_a_stop_came_last() -> None:
    class Ending(MemoryEngine):
        """Hears the stop after its last token."""

        async def decode(self, token_ids: Sequence[int], settings: GenerationSettings, sink: TokenSink) -> bool:
            ended = await super().decode(token_ids, settings, sink)
            if world.generation.describe():
                await world.generation.interrupt(EVERYTHING)
            return ended

    world = World(MemoryFetcher(hub_answers()), engine=Ending())
    await world.load()
    await world.generation.send(chat_request("one two"))

    assert (await world.heard(GenerationComplete)).finish_reason == "stop"
    assert world.of(GenerationStopped) == []


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
    await ready.until(lambda: ready.manager.state is State.IDLE)
    await ready.generation.send(chat_request("one two"))

    assert (await ready.heard(GenerationComplete)).generated_text == "one two "


async def test_finishing_stops_the_answer_and_waits_for_its_end(ready: World) -> None:
    await ready.generation.send(chat_request(LONG))
    await ready.heard(GenerationUpdate)
    await ready.generation.finish()

    assert len(ready.of(GenerationStopped)) == 1
    assert ready.manager.state is State.IDLE


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
    assert ready.kept.interrupted is None

    ready.engine.fails_at = ""
    ready.start()
    ready.resume()
    await ready.heard(WorkerReady)
    await ready.generation.send(chat_request("one two"))
    assert (await ready.heard(GenerationComplete)).generated_text == "one two "


async def test_a_mistake_of_ours_breaks_the_answer_off_without_its_values() -> None:
    class Mistaken(MemoryEngine):
        async def prefill(self, token_ids: Sequence[int]) -> None:
            if world.generation.describe():
                raise KeyError("my secret prompt")

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
    await world.generation.send(chat_request("one two three four"))
    assert world.kept.interrupted is None
    await world.heard(GenerationUpdate, 3)

    # Half a second a token: the first is kept, and then every second one.
    assert KEEP_SECONDS == 0.5
    assert world.kept.interrupted == Interrupted(chat_id="chat-1", message_id="message-1", text="one two three ")
    await world.heard(GenerationComplete)
    await world.until(lambda: world.manager.state is State.IDLE)
    assert world.kept.interrupted is None


async def test_an_answer_is_known_to_the_next_thread_before_its_first_token(ready: World) -> None:
    await ready.generation.send(chat_request(LONG))
    await ready.heard(GenerationStatus)

    assert ready.kept.interrupted == Interrupted(chat_id="chat-1", message_id="message-1", text="")


async def test_the_next_thread_reports_the_broken_answer_and_loads_its_model(ready: World) -> None:
    await ready.generation.send(chat_request(LONG))
    await ready.heard(GenerationUpdate)
    kept = ready.kept.interrupted
    assert kept is not None
    ready.start()
    ready.events.clear()
    ready.resume()

    fault = ready.of(GenerationFault)[0]
    assert code(fault) is ErrorCodes.RUNTIME_RESTARTED
    assert (fault.chat_id, fault.message_id, fault.generated_text) == ("chat-1", "message-1", kept.text)
    await ready.heard(WorkerReady)


async def test_a_thread_without_a_broken_answer_reports_none(world: World) -> None:
    world.generation.resume(None)

    assert world.events == []


# Questions


async def test_the_running_answer_is_told_to_a_page_that_comes_late(ready: World) -> None:
    assert ready.generation.describe() is None
    await ready.generation.send(chat_request(LONG))
    await ready.heard(GenerationUpdate, 2)

    assert ready.generation.describe() == {"chatId": "chat-1", "messageId": "message-1", "text": streamed(ready)}
    await ready.heard(GenerationComplete)
    assert ready.generation.describe() is None
