"""`InferenceEngine` without a model: every pass takes the same time, so that what is left is Python's own."""

from __future__ import annotations

from array import array
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import cast

from tabagent.errors import JsonValue
from tabagent.ports.engine import KvCache, Logits
from tabagent.specs import ChatMessage, DeviceReport, LoadedModel, LoadSpec

# About what a small model's step takes on two cores.
PASS_MS = 25.0
CONTEXT_TOKENS = 4096
VOCABULARY = 1000


class ConstantLogits:
    """One token has all of the score.

    Args:
        best: That token.
    """

    def __init__(self, best: int) -> None:
        self._best = best

    def read(self) -> array[float]:
        """Return a one among zeros."""
        return array("f", [float(token == self._best) for token in range(VOCABULARY)])

    def write(self, scores: array[float]) -> None:
        """Forget them: nobody samples here."""

    def argmax(self) -> int:
        """Return the token."""
        return self._best

    async def top(self, count: int) -> tuple[list[int], list[float]]:
        """Return the token alone."""
        return [self._best], [1.0]


class ConstantKvCache:
    """A number of tokens."""

    size = 0
    cuts_freely = False

    def __init__(self) -> None:
        self.length = 0

    async def crop(self, length: int) -> int:
        """Count fewer tokens."""
        self.length = min(self.length, length)
        return self.length

    async def release(self) -> None:
        """Count none."""
        self.length = 0


class ConstantEngine:
    """Its tokens are words with numbers, each followed by the next.

    Args:
        compute: Takes as many milliseconds as it is told.
    """

    heap_bytes = 0

    def __init__(self, compute: Callable[[float], Awaitable[None]]) -> None:
        self._compute = compute

    async def probe(self) -> DeviceReport:
        """Return a machine with one core."""
        return DeviceReport(webgpu=False, f16=False, threads=1)

    async def prepare(self) -> None:
        """Do nothing."""

    async def load(self, spec: LoadSpec) -> LoadedModel:
        """Return a model that never ends by itself."""
        return LoadedModel(spec=spec, context_length=CONTEXT_TOKENS, dynamic_quantization=False)

    def render(self, messages: Sequence[ChatMessage], variables: Mapping[str, JsonValue]) -> str:
        """Put the contents in a row."""
        return " ".join(message.content for message in messages)

    def encode(self, text: str) -> list[int]:
        """Return a token for each word."""
        return [len(word) for word in text.split()]

    def decode(self, token_ids: Sequence[int]) -> str:
        """Return a word for each token."""
        return "".join([f" word{token}" for token in token_ids])

    def new_cache(self) -> KvCache:
        """Return an empty cache."""
        return ConstantKvCache()

    async def forward(self, cache: KvCache, token_ids: Sequence[int], *, logits: bool = True) -> Logits | None:
        """Take the time of a pass."""
        await self._compute(PASS_MS)
        kept = cast(ConstantKvCache, cache)
        kept.length += len(token_ids)
        return ConstantLogits(kept.length % VOCABULARY)

    async def forward_each(self, cache: KvCache, token_ids: Sequence[int]) -> Sequence[Logits]:
        """Take the time of a pass."""
        await self._compute(PASS_MS)
        kept = cast(ConstantKvCache, cache)
        begin, kept.length = kept.length, kept.length + len(token_ids)
        return [ConstantLogits(length % VOCABULARY) for length in range(begin + 1, kept.length + 1)]

    async def unload(self) -> None:
        """Do nothing."""
