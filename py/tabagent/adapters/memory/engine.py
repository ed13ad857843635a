"""`InferenceEngine` without a model: goes through the words of the prompt again, one word a token."""

from __future__ import annotations

import asyncio
from array import array
from collections.abc import Mapping, Sequence
from typing import cast

from tabagent.engine_errors import GenerationFailed, LoadFailed, TemplateFailed
from tabagent.errors import JsonValue
from tabagent.models.quants import DYNAMICALLY_QUANTIZED
from tabagent.ports.engine import KvCache, Logits
from tabagent.specs import ChatMessage, DeviceReport, LoadedModel, LoadSpec

END = "<end>"
# What its template refuses.
UNSPEAKABLE = "unspeakable"
TOKEN_BYTES = 8
VOCABULARY = 512


class MemoryLogits:
    """Scores in a list."""

    def __init__(self, scores: Sequence[float]) -> None:
        self._scores = array("f", scores)

    def read(self) -> array[float]:
        """Return a copy."""
        return self._scores[:]

    def write(self, scores: array[float]) -> None:
        """Take other scores."""
        self._scores = scores[:]

    def argmax(self) -> int:
        """Return the first of the best."""
        return max(range(len(self._scores)), key=self._scores.__getitem__)

    async def top(self, count: int) -> tuple[list[int], list[float]]:
        """Sort and cut."""
        best = sorted(range(len(self._scores)), key=lambda token: -self._scores[token])[:count]
        return best, [self._scores[token] for token in best]


class MemoryKvCache:
    """The tokens themselves."""

    def __init__(self) -> None:
        self.tokens: list[int] = []
        self.prompt: list[int] | None = None
        self.on_trial = False
        self.released = False

    @property
    def length(self) -> int:
        """Tokens in it."""
        return len(self.tokens)

    @property
    def size(self) -> int:
        """Bytes, as if each token took `TOKEN_BYTES`."""
        return TOKEN_BYTES * len(self.tokens)

    @property
    def cuts_freely(self) -> bool:
        """Lists can be cut."""
        return True

    async def crop(self, length: int) -> int:
        """Cut the list; unless that takes back a trial, what comes next is the rest of another prompt."""
        del self.tokens[length:]
        if not self.on_trial:
            self.prompt = None
        self.on_trial = False
        return len(self.tokens)

    async def release(self) -> None:
        """Forget everything."""
        self.tokens, self.released = [], True


class MemoryEngine:
    """Its tokens are words, by their places in a vocabulary that grows; the answer to a prompt is the prompt.

    Word n of the answer is word n of the prompt, which is everything up to the first pass that asked for scores; after
    its last word comes the end.

    Args:
        report: The devices of the pretended machine.
        context_length: Tokens that fit.
        fails_at: "load", "prefill" or "decode" to fail there, or "" to work.
        can_crop: Whether caches can be cut.
    """

    def __init__(
        self, report: DeviceReport | None = None, *, context_length: int = 64, fails_at: str = "", can_crop: bool = True
    ) -> None:
        self.report = report or DeviceReport(webgpu=False, f16=False, threads=2)
        self.fails_at, self.can_crop = fails_at, can_crop
        self.passes: list[list[int]] = []
        self.caches: list[MemoryKvCache] = []
        self.unloaded = 0
        self.has_template = True
        self.bos_token: int | None = None
        self.scores_are_numbers = True
        self._context_length = context_length
        self._vocabulary: list[str] = [END]
        self._spec: LoadSpec | None = None

    @property
    def heap_bytes(self) -> int:
        """Those of all caches that were made."""
        return sum(cache.size for cache in self.caches)

    async def probe(self) -> DeviceReport:
        """Return the given report."""
        return self.report

    async def load(self, spec: LoadSpec) -> LoadedModel:
        """Pretend to load."""
        await asyncio.sleep(0)
        if self.fails_at == "load":
            raise LoadFailed(spec.repo, spec.dtype, spec.device, "protobuf parsing failed", damaged=True)
        self._spec = spec
        return LoadedModel(
            spec=spec,
            context_length=self._context_length,
            dynamic_quantization=spec.dtype in DYNAMICALLY_QUANTIZED,
            end_tokens=frozenset({0}),
            bos_token=self.bos_token,
            has_template=self.has_template,
        )

    def render(self, messages: Sequence[ChatMessage], variables: Mapping[str, JsonValue]) -> str:
        """Put the contents of all messages in a row."""
        if any(message.content == UNSPEAKABLE for message in messages):
            raise TemplateFailed("no such message")
        return " ".join(message.content for message in messages)

    def encode(self, text: str) -> list[int]:
        """Turn words into tokens."""
        return [self._token(word) for word in text.split()]

    def decode(self, token_ids: Sequence[int]) -> str:
        """Put words together, each with a space behind it."""
        words = self._vocabulary
        return "".join(f"{words[token] if token < len(words) else '?'} " for token in token_ids if token)

    def new_cache(self) -> KvCache:
        """Return an empty list of tokens."""
        cache = MemoryKvCache() if self.can_crop else _UncuttableKvCache()
        self.caches.append(cache)
        return cache

    async def forward(self, cache: KvCache, token_ids: Sequence[int], *, logits: bool = True) -> Logits | None:
        """Take tokens in and name the next word."""
        await asyncio.sleep(0)
        kept = cast(MemoryKvCache, cache)
        self._fail("prefill" if kept.prompt is None else "decode")
        kept.tokens.extend(token_ids)
        self.passes.append(list(token_ids))
        if not logits:
            return None
        if kept.prompt is None:
            kept.prompt = list(kept.tokens)
        place = len(kept.tokens) - len(kept.prompt)
        best = kept.prompt[place] if place < len(kept.prompt) else 0
        if not self.scores_are_numbers:
            return MemoryLogits([float("nan")] * VOCABULARY)
        return MemoryLogits([1.0 if token == best else -1.0 - token / VOCABULARY for token in range(VOCABULARY)])

    async def forward_each(self, cache: KvCache, token_ids: Sequence[int]) -> Sequence[Logits]:
        """Take tokens in one by one; counts as one pass."""
        passes = list(self.passes)
        scores = [await self.forward(cache, [token]) for token in token_ids]
        self.passes = [*passes, list(token_ids)]
        cast(MemoryKvCache, cache).on_trial = True
        return [score for score in scores if score is not None]

    async def unload(self) -> None:
        """Forget the model."""
        self.unloaded += 1
        self._spec = None

    def _token(self, word: str) -> int:
        if word not in self._vocabulary:
            self._vocabulary.append(word)
        return self._vocabulary.index(word)

    def _fail(self, phase: str) -> None:
        if self.fails_at == phase and self._spec is not None:
            raise GenerationFailed(self._spec.repo, self._spec.dtype, self._spec.device, phase, "shader failed")


class _UncuttableKvCache(MemoryKvCache):
    """Of a model whose state sums up all tokens."""

    @property
    def cuts_freely(self) -> bool:
        """Nothing can be cut."""
        return False

    async def crop(self, length: int) -> int:
        """Forget everything, unless nothing has to be forgotten."""
        return await super().crop(length if length >= len(self.tokens) else 0)
