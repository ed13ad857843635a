"""What computes: loads a model and turns token ids into scores for the next one."""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence
from typing import Protocol

from tabagent.errors import JsonValue
from tabagent.specs import ChatMessage, DeviceReport, LoadedModel, LoadSpec


class Logits(Protocol):
    """The score of every token of the vocabulary to come next, where the engine has them.

    Valid until the next `forward` of the engine that gave them.
    """

    def read(self) -> array[float]:
        """Return a copy, of type code `f`, one score for each token id."""

    def write(self, scores: array[float]) -> None:
        """Put other scores in their place."""

    def argmax(self) -> int:
        """Return the token with the highest score."""

    async def top(self, count: int) -> tuple[list[int], list[float]]:
        """Return the `count` best token ids and their scores, best first; all of them when there are fewer."""


class KvCache(Protocol):
    """The keys and values of a sequence of tokens, which the next ones attend to."""

    @property
    def length(self) -> int:
        """Number of tokens in it."""

    @property
    def size(self) -> int:
        """Bytes that it takes."""

    @property
    def cuts_freely(self) -> bool:
        """Whether `crop` keeps any number of tokens and costs nothing, so that tokens may be computed on trial."""

    async def crop(self, length: int) -> int:
        """Forget what comes after the first `length` tokens.

        Returns:
            The tokens that are left: `length`, or fewer when the model's state cannot be cut there.
        """

    async def release(self) -> None:
        """Give the memory back; the cache must not be used afterwards."""


class InferenceEngine(Protocol):
    """One model at a time.

    After an error of `load` or `forward` the engine is poisoned (a property of transformers.js, see
    docs/architecture.md): the caller ends the runtime's thread and starts a new one.
    """

    @property
    def heap_bytes(self) -> int:
        """Bytes of the engine's own memory, which never shrinks while the thread lives; 0 before the first load."""

    async def probe(self) -> DeviceReport:
        """Ask the machine for its devices; asks for a WebGPU adapter each time."""

    async def load(self, spec: LoadSpec) -> LoadedModel:
        """Load tokenizer and weights from the model store.

        Raises:
            LoadFailed, OutOfMemory, DeviceLost: The files are damaged or the device refused them.
        """

    def render(self, messages: Sequence[ChatMessage], variables: Mapping[str, JsonValue]) -> str:
        """Apply the model's chat template, ready for the answer.

        Args:
            messages: The conversation.
            variables: What the template may ask for besides, `tools` among them.

        Raises:
            TemplateFailed: The template refused them, or there is none.
        """

    def encode(self, text: str) -> list[int]:
        """Return a text's token ids; special tokens are those that the text spells out."""

    def decode(self, token_ids: Sequence[int]) -> str:
        """Return the text of tokens, special ones left out; U+FFFD stands for parts of characters."""

    def new_cache(self) -> KvCache:
        """Return an empty cache for the loaded model."""

    async def forward(self, cache: KvCache, token_ids: Sequence[int], *, logits: bool = True) -> Logits | None:
        """Compute the next tokens of a sequence into its cache.

        Args:
            cache: Holds all tokens before these.
            token_ids: One or more.
            logits: Whether the scores after the last token are wanted.

        Raises:
            GenerationFailed, OutOfMemory, DeviceLost: The device failed.
        """

    async def forward_each(self, cache: KvCache, token_ids: Sequence[int]) -> Sequence[Logits]:
        """Do the same and return the scores after every one of the tokens.

        Raises:
            GenerationFailed, OutOfMemory, DeviceLost: The device failed.
        """

    async def unload(self) -> None:
        """Dispose the model; no-op without one."""
