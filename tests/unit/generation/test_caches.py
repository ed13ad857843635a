"""The KV caches of the chats."""

from __future__ import annotations

from tabagent.adapters.memory.engine import TOKEN_BYTES, MemoryEngine, MemoryKvCache
from tabagent.generation.caches import ChatCache, ChatCaches
from tabagent.specs import Device, Dtype, LoadedModel, LoadSpec

PLENTY = 10**6
SPEC = LoadSpec(
    repo="acme/tiny",
    commit="c0ffee",
    dtype=Dtype.FP32,
    device=Device.WASM,
    task="text-generation",
    onnx_file="onnx/model.onnx",
    external_data_files=0,
    threads=2,
)
EXACT = LoadedModel(spec=SPEC, context_length=1000, dynamic_quantization=False)
BY_TOKEN = LoadedModel(spec=SPEC, context_length=1000, dynamic_quantization=False, alike_alone=False)
BY_PASS = LoadedModel(spec=SPEC, context_length=1000, dynamic_quantization=True, alike_alone=False)


class Caches:
    """Caches, and an engine that fills them."""

    def __init__(self, budget: int = PLENTY, *, can_crop: bool = True) -> None:
        self.engine = MemoryEngine(can_crop=can_crop)
        self.budget = budget
        self.caches = ChatCaches(self.engine.new_cache, lambda: self.budget)

    async def answer(
        self, chat: str, prompt: list[int], answer: list[int], *, loaded: LoadedModel = EXACT, reuse: bool = True
    ) -> int:
        """Read a prompt, write an answer, keep both; return how many tokens were known."""
        cache = await self.caches.open(chat, prompt, loaded, reuse=reuse)
        known = len(cache.token_ids)
        assert cache.token_ids == prompt[:known]
        assert cache.kv.length == known
        await self._add(cache, prompt[known:])
        cache.as_prompt = len(cache.token_ids)
        await self._add(cache, answer)
        await self.caches.keep(chat, cache)
        return known

    async def _add(self, cache: ChatCache, tokens: list[int]) -> None:
        if tokens:
            await self.engine.forward(cache.kv, tokens, logits=False)
        cache.token_ids.extend(tokens)

    def of(self, chat: str) -> MemoryKvCache:
        """Return the engine's cache of a chat that has one."""
        kv = self.caches._chats[chat].kv
        assert isinstance(kv, MemoryKvCache)
        return kv


async def test_the_first_prompt_of_a_chat_finds_nothing() -> None:
    assert await Caches().answer("a", [1, 2, 3], [4]) == 0


async def test_the_next_prompt_goes_on_after_the_answer() -> None:
    caches = Caches()
    await caches.answer("a", [1, 2, 3], [4, 5])

    assert await caches.answer("a", [1, 2, 3, 4, 5, 6, 7], [8]) == 5


async def test_tokens_behind_the_first_that_differs_are_computed_again_even_where_they_are_alike() -> None:
    caches = Caches()
    await caches.answer("a", [1, 2, 3], [4, 5, 6])

    assert await caches.answer("a", [1, 9, 3, 4, 5, 6, 7, 8], [1]) == 1


async def test_of_a_cache_that_was_cut_no_more_was_computed_as_a_prompt_than_is_left() -> None:
    caches = Caches()
    await caches.answer("a", [1, 2, 3, 4, 5], [6])
    cache = await caches.caches.open("a", [1, 2, 3, 9, 9], EXACT, reuse=True)

    assert (cache.token_ids, cache.as_prompt) == ([1, 2, 3], 3)


async def test_what_the_template_rewrote_is_computed_again() -> None:
    caches = Caches()
    await caches.answer("a", [1, 2, 3], [90, 91, 4])

    assert await caches.answer("a", [1, 2, 3, 4, 6], [7]) == 3
    assert caches.of("a").tokens == [1, 2, 3, 4, 6, 7]


async def test_an_edited_message_reuses_what_is_before_it() -> None:
    caches = Caches()
    await caches.answer("a", [1, 2, 3], [4, 5])
    await caches.answer("a", [1, 2, 3, 4, 5, 6], [7])

    assert await caches.answer("a", [1, 2, 9, 9], [4]) == 2


async def test_the_same_prompt_again_computes_its_last_tokens() -> None:
    caches = Caches()
    await caches.answer("a", [1, 2, 3], [4, 5])

    assert await caches.answer("a", [1, 2, 3], [8]) == 1


async def test_another_chat_sees_nothing_of_it() -> None:
    caches = Caches()
    await caches.answer("a", [1, 2, 3], [4, 5])

    assert await caches.answer("b", [1, 2, 3, 4, 5, 6], [7]) == 0
    assert caches.of("a").tokens == [1, 2, 3, 4, 5]


async def test_interleaved_chats_keep_what_is_theirs() -> None:
    caches = Caches()
    known = []
    first, second = [1, 2, 3], [1, 2, 8]
    for turn in range(10, 16):
        known.append(await caches.answer("a", first, [turn]))
        known.append(await caches.answer("b", second, [turn + 50]))
        first, second = [*first, turn, 1, 1], [*second, turn + 50, 2, 2]

    assert known == [0, 0, 4, 4, 7, 7, 10, 10, 13, 13, 16, 16]


async def test_dynamic_quantization_reuses_whole_pieces_of_prompts_only() -> None:
    caches = Caches()
    prompt = list(range(70))
    await caches.answer("a", prompt, list(range(70, 200)), loaded=BY_PASS)

    assert await caches.answer("a", list(range(200)), [1], loaded=BY_PASS) == 65


async def test_quantization_by_token_reuses_prompts_and_computes_answers_again() -> None:
    caches = Caches()
    prompt = list(range(70))
    await caches.answer("a", prompt, list(range(70, 200)), loaded=BY_TOKEN)

    assert await caches.answer("a", list(range(210)), [1], loaded=BY_TOKEN) == 70
    assert await caches.answer("a", list(range(220)), [1], loaded=BY_TOKEN) == 210


async def test_without_reuse_everything_is_computed() -> None:
    caches = Caches()
    await caches.answer("a", [1, 2, 3], [4])

    assert await caches.answer("a", [1, 2, 3, 4, 5], [6], reuse=False) == 0


async def test_a_state_that_cannot_be_cut_begins_anew() -> None:
    caches = Caches(can_crop=False)
    await caches.answer("a", [1, 2, 3], [4])

    assert await caches.answer("a", [1, 2, 3, 4, 5, 6], [7]) == 4
    assert await caches.answer("a", [1, 2, 9, 9], [6]) == 0


async def test_a_cut_at_another_place_than_asked_for_is_no_cut() -> None:
    class Stubborn(MemoryKvCache):
        async def crop(self, length: int) -> int:
            return await super().crop(length - 1 if length > 1 else length)

    caches = ChatCaches(Stubborn, lambda: PLENTY)
    cache = await caches.open("a", [1, 2, 3], EXACT, reuse=True)
    assert isinstance(cache.kv, Stubborn)
    cache.kv.tokens, cache.token_ids = [1, 2, 3, 4], [1, 2, 3, 4]
    await caches.keep("a", cache)
    cache = await caches.open("a", [1, 2, 3, 5, 6], EXACT, reuse=True)

    assert (cache.kv.length, cache.token_ids) == (0, [])


async def test_over_the_budget_the_chat_that_waited_longest_gives_way() -> None:
    caches = Caches(budget=10 * TOKEN_BYTES)
    await caches.answer("a", [1, 2, 3], [4])
    await caches.answer("b", [1, 2, 3], [4])
    await caches.answer("a", [1, 2, 3, 4, 5], [6])
    oldest = caches.of("b")
    await caches.answer("c", [1, 2], [3])

    assert oldest.released
    assert await caches.answer("a", [1, 2, 3, 4, 5, 6, 7, 8], [9]) == 6


async def test_as_many_chats_give_way_as_the_budget_asks_for() -> None:
    caches = Caches(budget=12 * TOKEN_BYTES)
    for chat in "abc":
        await caches.answer(chat, [1, 2, 3], [4])
    await caches.answer("d", [1, 2, 3, 4, 5, 6], [7])

    assert [cache.released for cache in caches.engine.caches] == [True, True, False, False]
    assert caches.caches.size == 11 * TOKEN_BYTES


async def test_a_cache_that_takes_another_ones_place_is_the_newest_and_the_other_is_given_back() -> None:
    caches = Caches(budget=8 * TOKEN_BYTES)
    first, second = [await caches.caches.open("a", [], EXACT, reuse=True) for _ in range(2)]
    await caches.caches.keep("a", first)
    await caches.answer("b", [1, 2, 3], [4])
    await caches.caches.keep("a", second)
    oldest = caches.of("b")
    assert caches.engine.caches[0].released
    await caches.answer("c", [1, 2, 3, 4], [5])

    assert oldest.released
    assert not caches.of("a").released


async def test_one_chat_over_the_budget_keeps_nothing() -> None:
    caches = Caches(budget=TOKEN_BYTES)
    await caches.answer("a", [1, 2, 3], [4])

    assert caches.caches.size == 0
    assert caches.engine.caches[0].released


async def test_the_size_is_that_of_all_chats_until_they_are_released() -> None:
    caches = Caches()
    await caches.answer("a", [1, 2, 3], [4])
    await caches.answer("b", [1], [2])
    size = caches.caches.size
    await caches.caches.release()

    assert size == 6 * TOKEN_BYTES
    assert caches.caches.size == 0
    assert all(cache.released for cache in caches.engine.caches)
