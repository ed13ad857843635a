"""Reading prompts: in pieces, after what is known already, and without what does not fit."""

from __future__ import annotations

from tabagent.adapters.memory.engine import MemoryEngine
from tabagent.adapters.memory.fetcher import MemoryFetcher
from tabagent.generation.prefill import PIECE_TOKENS_DYNAMIC
from tabagent.messages import GenerationComplete, GenerationStatus
from tabagent.parameters import ResourceSettings
from tabagent.specs import Dtype
from tests.unit.conftest import World, chat_request, hub_answers, load_request
from tests.unit.generation.conftest import LONG, answered

# The prompt


def sizes(world: World) -> list[int]:
    """Return how many tokens the engine's passes had."""
    return [len(tokens) for tokens in world.engine.passes]


async def test_the_prompt_is_read_in_pieces_with_the_first_token_alone(ready: World) -> None:
    await ready.generation.send(chat_request(LONG, max_new_tokens=1))
    await ready.heard(GenerationComplete)

    assert sizes(ready) == [1, *[PIECE_TOKENS_DYNAMIC] * 6, 7]
    assert ready.engine.caches[-1].tokens == list(range(1, 201))


async def test_weights_without_dynamic_quantization_take_longer_pieces() -> None:
    world = World(MemoryFetcher(hub_answers()), engine=MemoryEngine(context_length=1000))
    await world.load(load_request(dtype=Dtype.FP32))
    world.engine.passes.clear()
    await world.generation.send(chat_request(LONG, max_new_tokens=1))
    await world.heard(GenerationComplete)

    assert sizes(world) == [32, 64, 104]


async def test_a_prompt_of_one_token_is_one_pass(ready: World) -> None:
    await ready.generation.send(chat_request("one", max_new_tokens=1))
    await ready.heard(GenerationComplete)

    assert sizes(ready) == [1]


async def test_how_far_the_prompt_is_read_is_told(ready: World) -> None:
    await ready.generation.send(chat_request(LONG))
    await ready.heard(GenerationComplete)

    assert [(status.phase, status.done, status.total) for status in ready.of(GenerationStatus)[:3]] == [
        ("prefill", 1, 200),
        ("prefill", 33, 200),
        ("prefill", 65, 200),
    ]


# The cache


async def test_the_next_turn_computes_only_what_is_new(exact: World) -> None:
    await answered(exact, "one two three four")
    exact.engine.passes.clear()
    done = await answered(exact, "one two three four", "one two three four", "five")

    # Of the answer's four words the last one was never computed: nothing came after it.
    assert (done.cached_tokens, done.prompt_tokens) == (7, 9)
    assert sizes(exact)[0] == 2
    assert done.generated_text == "one two three four "


async def test_two_interleaved_chats_never_see_each_other(exact: World) -> None:
    alone = [await answered(exact, "a b c", chat_id="x"), await answered(exact, "a b c", "a b c", "d", chat_id="x")]
    await answered(exact, "a b c", chat_id="1")
    await answered(exact, "a b z", chat_id="2")
    again = await answered(exact, "a b c", "a b c", "d", chat_id="1")
    other = await answered(exact, "a b z", "a b z", "d", chat_id="2")

    assert again.generated_text == alone[1].generated_text == "a b c a "
    assert other.generated_text == "a b z a "
    # Two tokens are always computed.
    assert again.cached_tokens == other.cached_tokens == 5


async def test_a_regenerated_answer_reuses_its_prompt(exact: World) -> None:
    await answered(exact, "one two three four")
    done = await answered(exact, "one two three four")

    assert done.cached_tokens == 2


async def test_reuse_can_be_switched_off(exact: World) -> None:
    await answered(exact, "one two three four")

    assert (await answered(exact, "one two three four", use_cache=False)).cached_tokens == 0


async def test_the_budget_of_the_settings_is_kept(exact: World) -> None:
    exact.resources = ResourceSettings(cache_megabytes=0)
    await answered(exact, "one two three four")

    assert exact.generation.cache_bytes == 0
    assert (await answered(exact, "one two three four")).cached_tokens == 0


async def test_an_answer_that_is_continued_goes_on_after_its_text(exact: World) -> None:
    done = await answered(exact, "one two three", "one two")

    assert done.prompt_tokens == 5


async def test_a_model_without_a_template_gets_a_dialogue_that_begins_with_its_first_token() -> None:
    engine = MemoryEngine(context_length=1000)
    engine.has_template, engine.bos_token = False, 0
    world = World(MemoryFetcher(hub_answers()), engine=engine)
    await world.load(load_request(dtype=Dtype.FP32))
    await answered(world, "one two", max_new_tokens=1)

    tokens = engine.caches[-1].tokens
    assert tokens[0] == 0
    assert engine.decode(tokens[1:]) == "User: one two Assistant: "


# Long conversations


async def test_turns_that_do_not_fit_are_left_out_and_told() -> None:
    world = World(MemoryFetcher(hub_answers()), engine=MemoryEngine(context_length=40))
    await world.load(load_request(dtype=Dtype.FP32))
    texts = [f"{word} {word} {word}" for word in "abcdefghijklm"]
    done = await answered(world, *texts, max_new_tokens=2)

    assert 0 < done.left_out < len(texts) - 1
    assert done.prompt_tokens == 3 * (len(texts) - done.left_out)
    assert {status.left_out for status in world.of(GenerationStatus) if status.phase == "prefill"} == {done.left_out}
