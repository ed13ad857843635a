"""The KV caches of the chats: what a prompt has in common with the one before is not computed again.

A cache belongs to one chat and is never looked at for another one. Together they have a budget of memory; the chat
that was used the longest time ago gives its cache back first.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import takewhile

from tabagent.generation.prefill import reusable
from tabagent.ports.engine import InferenceEngine, KvCache, Logits
from tabagent.specs import LoadedModel


@dataclass(slots=True)
class ChatCache:
    """The KV cache of a chat and what it stands for.

    Attributes:
        token_ids: The tokens whose keys and values are in it.
        as_prompt: How many of them, from the start, were computed in a prompt's pieces and not one by one.
    """

    kv: KvCache
    token_ids: list[int] = field(default_factory=list)
    as_prompt: int = 0

    def common(self, prompt: Sequence[int]) -> int:
        """Return the number of tokens that this cache and a prompt begin with alike."""
        return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(self.token_ids, prompt, strict=False)))

    async def read(self, engine: InferenceEngine, tokens: Sequence[int], *, logits: bool = False) -> Logits | None:
        """Compute a piece of a prompt behind what is in it; see `InferenceEngine.forward`."""
        scores = await engine.forward(self.kv, tokens, logits=logits)
        self.token_ids.extend(tokens)
        self.as_prompt = len(self.token_ids)
        return scores


class ChatCaches:
    """Caches by chat.

    Args:
        new_cache: Makes an empty one for the loaded model.
        budget: Returns how many bytes all of them may take.
    """

    def __init__(self, new_cache: Callable[[], KvCache], budget: Callable[[], int]) -> None:
        self._new_cache, self._budget = new_cache, budget
        self._chats: OrderedDict[str, ChatCache] = OrderedDict()
        self._open: ChatCache | None = None  # the one that is computed with

    @property
    def size(self) -> int:
        """Bytes of all caches."""
        return sum(cache.kv.size for cache in (*self._chats.values(), self._open) if cache is not None)

    async def open(self, chat_id: str, prompt: Sequence[int], loaded: LoadedModel, *, reuse: bool) -> ChatCache:
        """Return the chat's cache, cut to what `prompt` begins with; an empty one when there is nothing in common.

        What was computed token by token is only kept where that is the same as in longer passes: with and without a
        cache, an answer has the same text. It is the caller's until `keep` or `drop`: when the computation fails it is
        lost.
        """
        cache = self._open = self._chats.pop(chat_id, None) or ChatCache(self._new_cache())
        if not cache.token_ids:
            return cache
        common = cache.common(prompt)
        if not loaded.alike_alone:
            common = min(common, cache.as_prompt)
        dynamic = loaded.dynamic_quantization
        kept = reusable(common, len(prompt), dynamic_quantization=dynamic) if reuse else 0
        # A cut may leave less than was asked for, at a place where no piece begins.
        left = await cache.kv.crop(kept)
        if left != kept:
            left = await cache.kv.crop(0)
        del cache.token_ids[left:]
        cache.as_prompt = min(cache.as_prompt, left)
        return cache

    def unread(self, loaded: LoadedModel) -> tuple[str, list[int]] | None:
        """Return the chat that was used last, if its next prompt could not go on from all that its cache holds.

        Returns:
            Its id and the cache's tokens; None where nothing would be lost.
        """
        if loaded.alike_alone or not self._chats:
            return None
        chat_id, cache = next(reversed(self._chats.items()))
        # Where a cut forgets everything, the whole chat would be read.
        lost = cache.as_prompt < len(cache.token_ids) and cache.kv.cuts_freely
        return (chat_id, list(cache.token_ids)) if lost else None

    async def keep(self, chat_id: str, cache: ChatCache) -> None:
        """Keep a chat's cache for its next prompt, and give others back where all together are over the budget."""
        replaced = self._chats.pop(chat_id, None)
        if replaced is not None:
            await replaced.kv.release()
        self._chats[chat_id], self._open = cache, None
        while self._chats and self.size > self._budget():
            _, oldest = self._chats.popitem(last=False)
            await oldest.kv.release()

    async def drop(self, cache: ChatCache) -> None:
        """Give an open cache back, for a chat whose next prompt wants nothing of it."""
        self._open = None
        await cache.kv.release()

    async def release(self) -> None:
        """Give everything back."""
        while self._chats:
            _, cache = self._chats.popitem()
            await cache.kv.release()
