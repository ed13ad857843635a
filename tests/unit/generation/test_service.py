"""From a conversation to streamed text, whatever comes between."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tabagent.adapters.memory.engine import MemoryEngine
from tabagent.adapters.memory.fetcher import MemoryFetcher
from tabagent.codec import encode_event
from tabagent.errors import Busy, ContextOverflow, InvalidState, TabAgentError, TemplateFailed
from tabagent.events import ModelWorkerStates as State
from tabagent.generation.prefill import PIECE_TOKENS_DYNAMIC
from tabagent.messages import GenerationComplete, GenerationStatus, GenerationUpdate, WorkerStateChanged
from tabagent.specs import ChatMessage, Dtype
from tests.unit.conftest import World, chat_request, hub_answers, load_request
from tests.unit.generation.conftest import LONG, SlowEngine, streamed

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


# Questions


async def test_the_running_answer_is_told_to_a_page_that_comes_late(ready: World) -> None:
    assert ready.generation.describe() is None
    await ready.generation.send(chat_request(LONG))
    await ready.heard(GenerationUpdate, 2)

    assert ready.generation.describe() == {"chatId": "chat-1", "messageId": "message-1", "text": streamed(ready)}
    await ready.heard(GenerationComplete)
    assert ready.generation.describe() is None
