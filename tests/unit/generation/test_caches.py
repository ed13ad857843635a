"""The KV caches of the chats."""

from __future__ import annotations

from tabagent.adapters.memory.engine import TOKEN_BYTES, MemoryEngine, MemoryKvCache
from tabagent.generation.caches import ChatCache, ChatCaches

PLENTY = 10**6


class Caches:
    """Caches, and an engine that fills them."""

    def __init__(self, budget: int = PLENTY, *, can_crop: bool = True) -> None:
        self.engine = MemoryEngine(can_crop=can_crop)
        self.budget = budget
        self.caches = ChatCaches(self.engine.new_cache, lambda: self.budget)

    async def answer(
        self, chat: str, prompt: list[int], answer: list[int], *, dynamic: bool = False, reuse: bool = True
    ) -> int:
        """Read a prompt, write an answer, keep both; return how many tokens were known."""
        cache = await self.caches.open(chat, prompt, dynamic_quantization=dynamic, reuse=reuse)
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

    assert await caches.answer("a", [1, 2, 3, 4, 5, 6], [7]) == 5


async def test_what_the_template_rewrote_is_computed_again() -> None:
    caches = Caches()
    await caches.answer("a", [1, 2, 3], [90, 91, 4])

    assert await caches.answer("a", [1, 2, 3, 4, 6], [7]) == 3
    assert caches.of("a").tokens == [1, 2, 3, 4, 6, 7]


async def test_an_edited_message_reuses_what_is_before_it() -> None:
    caches = Caches()
    await caches.answer("a", [1, 2, 3], [4, 5])
    await caches.answer("a", [1, 2, 3, 4, 5, 6], [7])

    assert await caches.answer("a", [1, 2, 9], [4]) == 2


async def test_the_same_prompt_again_computes_its_last_token() -> None:
    caches = Caches()
    await caches.answer("a", [1, 2, 3], [4, 5])

    assert await caches.answer("a", [1, 2, 3], [8]) == 2


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
        first, second = [*first, turn, 1], [*second, turn + 50, 2]

    assert known == [0, 0, 4, 4, 6, 6, 8, 8, 10, 10, 12, 12]


async def test_dynamic_quantization_reuses_whole_pieces_of_prompts_only() -> None:
    caches = Caches()
    prompt = list(range(70))
    await caches.answer("a", prompt, list(range(70, 200)), dynamic=True)

    assert await caches.answer("a", list(range(200)), [1], dynamic=True) == 65


async def test_without_reuse_everything_is_computed() -> None:
    caches = Caches()
    await caches.answer("a", [1, 2, 3], [4])

    assert await caches.answer("a", [1, 2, 3, 4, 5], [6], reuse=False) == 0


async def test_a_state_that_cannot_be_cut_begins_anew() -> None:
    caches = Caches(can_crop=False)
    await caches.answer("a", [1, 2, 3], [4])

    assert await caches.answer("a", [1, 2, 3, 4, 5], [6]) == 4
    assert await caches.answer("a", [1, 2, 9], [6]) == 0


async def test_a_cut_at_another_place_than_asked_for_is_no_cut() -> None:
    class Stubborn(MemoryKvCache):
        async def crop(self, length: int) -> int:
            return await super().crop(length - 1 if length > 1 else length)

    caches = ChatCaches(Stubborn, lambda: PLENTY)
    cache = await caches.open("a", [1, 2, 3], dynamic_quantization=False, reuse=True)
    assert isinstance(cache.kv, Stubborn)
    cache.kv.tokens, cache.token_ids = [1, 2, 3, 4], [1, 2, 3, 4]
    await caches.keep("a", cache)
    cache = await caches.open("a", [1, 2, 3, 5], dynamic_quantization=False, reuse=True)

    assert (cache.kv.length, cache.token_ids) == (0, [])


async def test_over_the_budget_the_chat_that_waited_longest_gives_way() -> None:
    caches = Caches(budget=10 * TOKEN_BYTES)
    await caches.answer("a", [1, 2, 3], [4])
    await caches.answer("b", [1, 2, 3], [4])
    await caches.answer("a", [1, 2, 3, 4, 5], [6])
    oldest = caches.of("b")
    await caches.answer("c", [1, 2], [3])

    assert oldest.released
    assert await caches.answer("a", [1, 2, 3, 4, 5, 6, 7], [8]) == 6


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
