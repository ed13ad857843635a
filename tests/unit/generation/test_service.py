"""From a conversation to streamed text, whatever comes between."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tabagent.adapters.memory.engine import UNSPEAKABLE, MemoryEngine
from tabagent.adapters.memory.fetcher import MemoryFetcher
from tabagent.codec import encode_event
from tabagent.engine_errors import ContextOverflow, TemplateFailed
from tabagent.errors import InvalidState, JsonValue, QueueFull, TabAgentError
from tabagent.events import ErrorCodes
from tabagent.events import ModelWorkerStates as State
from tabagent.generation.decoding import TELL_SECONDS
from tabagent.generation.fitting import SHORTEST_ANSWER
from tabagent.generation.queue import MOST_WAITING
from tabagent.messages import (
    GenerationComplete,
    GenerationFault,
    GenerationStatus,
    GenerationStopped,
    GenerationUpdate,
    InterruptGeneration,
    WorkerStateChanged,
)
from tabagent.parameters import BadSetting
from tests.unit.conftest import World, chat_request, hub_answers
from tests.unit.generation.conftest import LONG, SlowEngine, answered, streamed

# An answer


async def test_a_conversation_is_accepted_at_once_and_its_answer_comes_as_events(ready: World) -> None:
    reply = await ready.generation.send(chat_request("one two three"))

    assert reply == {"chatId": "chat-1", "messageId": "message-1", "promptTokens": 3, "queued": 0}
    assert ready.of(GenerationUpdate) == []
    assert (await ready.heard(GenerationComplete)).generated_text == "one two three "


async def test_the_events_of_an_answer_come_in_order(ready: World) -> None:
    await ready.generation.send(chat_request("one two three"))
    await ready.heard(GenerationComplete)
    await ready.until(lambda: ready.manager.state is State.IDLE)

    kinds = [type(event) for event in ready.events]
    assert [kind for place, kind in enumerate(kinds) if kind not in kinds[:place] or kind is WorkerStateChanged] == [
        WorkerStateChanged,
        GenerationStatus,
        GenerationUpdate,
        GenerationComplete,
        WorkerStateChanged,
    ]
    assert ready.states == [State.GENERATING, State.IDLE]


async def test_the_final_text_is_all_updates_together(ready: World) -> None:
    await ready.generation.send(chat_request("one two three"))
    done = await ready.heard(GenerationComplete)

    assert done.generated_text == done.output == streamed(ready) == "one two three "
    assert (done.num_tokens, done.prompt_tokens, done.finish_reason) == (3, 3, "stop")
    assert (done.cached_tokens, done.left_out) == (0, 0)


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


async def test_tokens_that_come_faster_than_anybody_reads_are_told_together(exact: World) -> None:
    await answered(exact, "one two three four")

    assert [update.num_tokens for update in exact.of(GenerationUpdate)] == [1, 4]


async def test_the_first_token_is_told_at_once_even_where_its_text_is_held_back(ready: World) -> None:
    await answered(ready, "one two", stop=["one x"])

    assert [(update.num_tokens, update.token) for update in ready.of(GenerationUpdate)][:2] == [(1, ""), (2, "one two")]


async def test_no_later_update_is_empty(ready: World) -> None:
    await answered(ready, "one two three four", stop=["two"])

    assert [update.token for update in ready.of(GenerationUpdate)] == ["one", " "]


async def test_every_event_names_its_answer(ready: World) -> None:
    await ready.generation.send(chat_request("one two three", chat_id="c9", message_id="m9"))
    await ready.heard(GenerationComplete)
    about = [encode_event(event)["payload"] for event in ready.events if not isinstance(event, WorkerStateChanged)]

    assert about
    assert all(isinstance(payload, dict) and payload["chatId"] == "c9" for payload in about)
    assert all(isinstance(payload, dict) and payload["messageId"] == "m9" for payload in about)


async def test_figures_are_measured_from_the_request_and_the_first_token() -> None:
    engine = SlowEngine()
    world = World(MemoryFetcher(hub_answers()), engine=engine)
    await world.load()
    engine.world = world
    await world.generation.send(chat_request("one two three four five"))
    done = await world.heard(GenerationComplete)

    # Two pieces of the prompt at a second each, whose scores are the first token; four passes of half a second; the
    # pass that finds the end.
    assert done.time_to_first_token == 2000
    assert done.tps == 2
    assert done.prefill_tps == 2.5
    assert world.of(GenerationUpdate)[0].num_tokens == 1
    assert world.of(GenerationUpdate)[-1].num_tokens == 5
    assert world.of(GenerationUpdate)[-1].tps == 2
    assert world.of(GenerationUpdate)[-1].prefill_tps == 2.5


async def test_the_second_answer_is_independent_of_the_first(ready: World) -> None:
    await ready.generation.send(chat_request("one two"))
    await ready.heard(GenerationComplete)
    await ready.until(lambda: ready.manager.state is State.IDLE)
    await ready.generation.send(chat_request("three", message_id="message-2"))
    done = await ready.heard(GenerationComplete, 2)

    assert (done.message_id, done.generated_text, done.num_tokens) == ("message-2", "three ", 1)


# Settings


async def test_settings_come_from_the_model_then_the_person_then_the_message(exact: World) -> None:
    exact.layers = [{"max_new_tokens": 2}, {"max_new_tokens": 3}]
    await exact.generation.send(replace(chat_request("one two three four"), options={}))
    by_person = await exact.heard(GenerationComplete)
    await exact.generation.send(replace(chat_request("one two three four"), options={"max_new_tokens": 1}))
    by_message = await exact.heard(GenerationComplete, 2)

    assert (by_person.num_tokens, by_message.num_tokens) == (3, 1)


async def test_a_system_prompt_comes_first(exact: World) -> None:
    await answered(exact, "one", system_prompt="be brief")

    assert exact.engine.decode(exact.engine.caches[-1].tokens[:3]) == "be brief one "


async def test_max_length_counts_the_prompt(exact: World) -> None:
    assert (await answered(exact, "one two three four", max_length=6)).num_tokens == 2


async def test_an_end_token_of_the_person_ends_the_answer(exact: World) -> None:
    end = exact.engine.encode("three")[0]

    assert (await answered(exact, "one two three", eos_token_id=end)).generated_text == "one two "


async def test_a_stop_string_ends_the_answer_and_is_not_shown(exact: World) -> None:
    done = await answered(exact, "one two three four", stop=["two th"])

    assert (done.generated_text, done.finish_reason) == ("one ", "stop_string")
    assert streamed(exact) == "one "


async def test_an_answer_has_a_time_limit() -> None:
    engine = SlowEngine(context_length=1000)
    world = World(MemoryFetcher(hub_answers()), engine=engine)
    await world.load()
    engine.world = world
    await world.generation.send(replace(chat_request(LONG), options={"max_time": 12}))
    done = await world.heard(GenerationComplete)

    # Eight pieces of the prompt at a second each, then half a second for each token after the first.
    assert (done.num_tokens, done.finish_reason) == (9, "time")


async def test_options_that_are_wrong_are_refused(exact: World) -> None:
    with pytest.raises(BadSetting):
        await exact.generation.send(replace(chat_request(), options={"min_new_tokens": 9, "max_new_tokens": 3}))

    assert exact.events == []


@pytest.mark.parametrize(
    "limit", [{"max_new_tokens": 2}, {"max_new_tokens": 3, "forced_eos_token_id": 0}, {"max_time": 7 * TELL_SECONDS}]
)
async def test_json_that_does_not_end_is_an_error_with_what_had_come(ready: World, limit: dict[str, JsonValue]) -> None:
    words = '{ "a": [ 1, 2, 3 ] }'
    await ready.generation.send(replace(chat_request(words), options={"json_mode": True, **limit}))
    fault = await ready.heard(GenerationFault)

    assert fault.error["code"] == ErrorCodes.INCOMPLETE_JSON
    assert fault.generated_text == '{ "a": '
    assert ready.host.restarts == []
    assert (await answered(ready, "one")).generated_text == "one "


async def test_json_that_the_person_stops_is_no_error(ready: World) -> None:
    await ready.generation.send(replace(chat_request('{ "a": [ 1, 2, 3 ] }'), options={"json_mode": True}))
    await ready.heard(GenerationUpdate)
    await ready.generation.interrupt(InterruptGeneration(chat_id="", message_id=""))

    assert (await ready.heard(GenerationStopped)).finish_reason == "stopped"
    assert ready.of(GenerationFault) == []


async def test_json_that_is_continued_goes_on_with_the_value_that_was_begun(exact: World) -> None:
    schema: JsonValue = {"const": {"a": [1, 2]}}
    rest = await answered(exact, '{ "a": [ 1, 2 ] }', '{ "a": [ ', json_schema=schema, max_new_tokens=9)
    anew = await answered(exact, '{ "a": [ 1, 2 ] }', "Here: ", json_schema=schema, max_new_tokens=9)

    assert json.loads('{ "a": [ ' + rest.generated_text) == json.loads(anew.generated_text) == {"a": [1, 2]}


# Many


async def test_a_second_conversation_waits_for_the_first(ready: World) -> None:
    await ready.generation.send(chat_request("one two three"))
    reply = await ready.generation.send(chat_request("four", chat_id="chat-2", message_id="message-2"))
    first, second = await ready.heard(GenerationComplete), await ready.heard(GenerationComplete, 2)

    assert reply["queued"] == 1
    assert (first.message_id, first.generated_text) == ("message-1", "one two three ")
    assert (second.message_id, second.generated_text) == ("message-2", "four ")
    waiting = [status for status in ready.of(GenerationStatus) if status.phase == "queued"]
    assert {(status.message_id, status.done, status.total) for status in waiting} == {("message-2", 1, 2)}


async def test_the_visible_chat_comes_first(ready: World) -> None:
    await ready.generation.send(chat_request("one"))
    await ready.heard(GenerationStatus)
    await ready.generation.send(replace(chat_request("two", chat_id="b", message_id="hidden"), visible=False))
    await ready.generation.send(chat_request("three", chat_id="c", message_id="visible"))
    await ready.heard(GenerationComplete, 3)

    assert [done.message_id for done in ready.of(GenerationComplete)] == ["message-1", "visible", "hidden"]


async def test_the_state_is_generating_until_nobody_waits_any_more(ready: World) -> None:
    for number in range(3):
        await ready.generation.send(chat_request("one", message_id=f"message-{number}"))
    await ready.heard(GenerationComplete, 3)
    await ready.until(lambda: ready.manager.state is State.IDLE)

    assert ready.states == [State.GENERATING, State.IDLE]


async def test_too_many_conversations_are_refused(ready: World) -> None:
    await ready.generation.send(chat_request("one"))
    await ready.heard(GenerationStatus)
    for number in range(MOST_WAITING):
        await ready.generation.send(chat_request("one", message_id=f"waiting-{number}"))
    with pytest.raises(QueueFull):
        await ready.generation.send(chat_request("one", message_id="late"))

    await ready.heard(GenerationComplete, MOST_WAITING + 1)


async def test_a_waiting_conversation_can_be_withdrawn(ready: World) -> None:
    await ready.generation.send(chat_request("one two three"))
    await ready.generation.send(chat_request("four", message_id="message-2"))
    await ready.generation.interrupt(InterruptGeneration(chat_id="", message_id="message-2"))
    stopped = await ready.heard(GenerationStopped)

    assert (stopped.message_id, stopped.generated_text, stopped.finish_reason) == ("message-2", "", "stopped")
    assert (await ready.heard(GenerationComplete)).generated_text == "one two three "


# Refusals


async def refusal(world: World, kind: type[TabAgentError], text: str = "one") -> None:
    """Send what must be refused with nothing computed, nothing told and the state as it was."""
    state, passes = world.manager.state, len(world.engine.passes)
    world.events.clear()
    with pytest.raises(kind):
        await world.generation.send(chat_request(text))
    assert (world.events, world.manager.state, len(world.engine.passes)) == ([], state, passes)


async def test_without_a_model_there_is_no_answer(world: World) -> None:
    await refusal(world, InvalidState)


async def test_a_conversation_beyond_the_context_is_refused_before_anything_is_computed(ready: World) -> None:
    await refusal(ready, ContextOverflow, " ".join(["word"] * 999))


async def test_the_longest_conversation_that_leaves_room_for_an_answer_is_answered(ready: World) -> None:
    room = 1000 // SHORTEST_ANSWER
    await ready.generation.send(chat_request(" ".join(["word"] * (1000 - room))))
    done = await ready.heard(GenerationComplete)

    assert (done.prompt_tokens, done.num_tokens, done.finish_reason) == (1000 - room, room, "length")


async def test_a_conversation_that_the_template_refuses_is_refused(ready: World) -> None:
    await refusal(ready, TemplateFailed, UNSPEAKABLE)


async def test_a_conversation_of_which_the_template_makes_nothing_is_refused(ready: World) -> None:
    await refusal(ready, TemplateFailed, " ")


async def test_after_a_refusal_the_next_conversation_is_answered(ready: World) -> None:
    await refusal(ready, TemplateFailed, UNSPEAKABLE)
    await ready.generation.send(chat_request("one"))

    assert (await ready.heard(GenerationComplete)).generated_text == "one "


# Questions


async def test_the_running_answer_is_told_to_a_page_that_comes_late(ready: World) -> None:
    assert ready.generation.describe() == {"generating": None, "queued": [], "rereading": False}
    await ready.generation.send(chat_request(LONG))
    await ready.heard(GenerationUpdate, 2)
    await ready.generation.send(chat_request("one", message_id="message-2"))

    assert ready.generation.describe() == {
        "generating": {"chatId": "chat-1", "messageId": "message-1", "text": streamed(ready)},
        "queued": [{"chatId": "chat-1", "messageId": "message-2", "text": ""}],
        "rereading": False,
    }
    await ready.heard(GenerationComplete, 2)
    await ready.rested()
