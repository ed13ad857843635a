"""What a model is given of a request: settings in their order, variables of the template, room for an answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest

from tabagent.adapters.memory.engine import MemoryEngine
from tabagent.adapters.memory.fetcher import MemoryFetcher
from tabagent.errors import JsonObject, JsonValue
from tabagent.messages import GenerationComplete
from tabagent.parameters import ResourceSettings
from tabagent.specs import ChatMessage, Dtype, LoadedModel, LoadSpec
from tests.unit.conftest import World, chat_request, hub_answers, load_request
from tests.unit.generation.conftest import LONG, answered


class Curious(MemoryEngine):
    """Remembers what its template was given; its model may bring settings."""

    def __init__(self, *, context_length: int = 1000, defaults: JsonObject | None = None) -> None:
        super().__init__(context_length=context_length)
        self.defaults: JsonObject = defaults or {}
        self.given: list[Mapping[str, JsonValue]] = []

    async def load(self, spec: LoadSpec) -> LoadedModel:
        return replace(await super().load(spec), defaults=self.defaults)

    def render(self, messages: Sequence[ChatMessage], variables: Mapping[str, JsonValue]) -> str:
        self.given.append(dict(variables))
        return super().render(messages, variables)


async def world_of(engine: MemoryEngine) -> World:
    world = World(MemoryFetcher(hub_answers()), engine=engine)
    await world.load(load_request(dtype=Dtype.FP32))
    return world


async def without_template(bos_token: int | None) -> World:
    engine = MemoryEngine(context_length=1000)
    engine.has_template, engine.bos_token = False, bos_token
    return await world_of(engine)


@pytest.mark.parametrize(
    ("layers", "options", "tokens"),
    [
        ([{}, {}], {}, 1),
        ([{"max_new_tokens": 2}, {}], {}, 2),
        ([{"max_new_tokens": 2}, {"max_new_tokens": 3}], {}, 3),
        ([{"max_new_tokens": 2}, {"max_new_tokens": 3}], {"max_new_tokens": 4}, 4),
    ],
)
async def test_the_person_comes_before_the_model_and_the_message_before_both(
    layers: list[JsonObject], options: JsonObject, tokens: int
) -> None:
    world = await world_of(Curious(defaults={"max_new_tokens": 1}))
    world.layers = [*layers]
    await world.generation.send(replace(chat_request("one two three four five"), options=options))

    assert (await world.heard(GenerationComplete)).num_tokens == tokens


async def test_the_template_gets_the_variables_of_the_settings_and_the_tools_of_the_request() -> None:
    engine = Curious()
    tool: JsonObject = {"name": "look"}
    world = await world_of(engine)
    options: JsonObject = {"chat_template_kwargs": {"enable_thinking": False}}
    await world.generation.send(replace(chat_request("one"), options=options, tools=(tool,)))
    await world.heard(GenerationComplete)

    assert engine.given[-1] == {"enable_thinking": False, "tools": [tool]}


async def test_a_prefix_comes_before_the_whole_prompt(exact: World) -> None:
    await answered(exact, "one", prefix="first of all ", system_prompt="be brief")

    assert exact.engine.decode(exact.engine.caches[-1].tokens[:6]) == "first of all be brief one "


async def test_a_template_writes_the_first_token_itself() -> None:
    engine = MemoryEngine(context_length=1000)
    engine.bos_token = 0
    world = await world_of(engine)
    await answered(world, "one two", max_new_tokens=1)

    assert engine.caches[-1].tokens[:2] == engine.encode("one two")


async def test_an_answer_without_a_template_ends_where_the_other_speaks_or_at_a_stop_string() -> None:
    dialogue = await without_template(None)
    by_stop = await answered(dialogue, "one two", stop=["two"], max_new_tokens=9)

    assert (by_stop.generated_text, by_stop.finish_reason) == ("User: one ", "stop_string")


@pytest.mark.parametrize("speaker", ["User:", "Assistant:"])
async def test_an_answer_without_a_template_ends_before_the_word_for_either_side(speaker: str) -> None:
    class Lines(MemoryEngine):
        """Its words are whole lines."""

        def decode(self, token_ids: Sequence[int]) -> str:
            return super().decode(token_ids).replace("line ", "\n").replace("end ", "\n")

    engine = Lines(context_length=1000)
    engine.has_template = False
    done = await answered(await world_of(engine), f"one line {speaker} two", max_new_tokens=9)

    assert (done.generated_text, done.finish_reason) == ("User: one ", "stop_string")


async def test_only_what_the_answer_may_take_is_kept_free_for_it() -> None:
    world = await world_of(MemoryEngine(context_length=40))
    words = [" ".join([letter] * 7) for letter in "abcde"]
    done = await answered(world, *words, max_new_tokens=4)

    assert (done.prompt_tokens, done.left_out) == (35, 0)


async def test_a_quarter_of_the_context_is_kept_free_for_an_answer_of_any_length() -> None:
    world = await world_of(MemoryEngine(context_length=40))
    words = [" ".join([letter] * 6) for letter in "abcde"]
    done = await answered(world, *words, max_new_tokens=512)

    assert (done.prompt_tokens, done.left_out, done.num_tokens) == (30, 0, 10)


async def test_the_budget_of_the_caches_is_in_millions_of_bytes(exact: World) -> None:
    exact.resources = ResourceSettings(cache_megabytes=1)
    await answered(exact, LONG)

    assert (await answered(exact, LONG)).cached_tokens == 198
