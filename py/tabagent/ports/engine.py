"""What computes: loads a model and turns token ids into text."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from tabagent.specs import ChatMessage, DeviceReport, GenerationSettings, LoadedModel, LoadSpec

TokenSink = Callable[[str, int], None]


class InferenceEngine(Protocol):
    """One model at a time.

    After an error of `load`, `prefill` or `decode` the engine is poisoned (a property of transformers.js, see
    docs/architecture.md): the caller ends the runtime's thread and starts a new one.
    """

    async def probe(self) -> DeviceReport:
        """Ask the machine for its devices; asks for a WebGPU adapter each time."""

    async def load(self, spec: LoadSpec) -> LoadedModel:
        """Load tokenizer and weights from the model store.

        Raises:
            LoadFailed: The files are damaged or the device refused them.
        """

    def encode(self, messages: Sequence[ChatMessage]) -> list[int]:
        """Apply the chat template, ready for the answer, and return its token ids.

        Raises:
            TemplateFailed: The template refused the messages.
        """

    async def prefill(self, token_ids: Sequence[int]) -> None:
        """Compute the next tokens of the prompt into the KV cache.

        Raises:
            GenerationFailed: The device failed.
        """

    async def decode(self, token_ids: Sequence[int], settings: GenerationSettings, sink: TokenSink) -> bool:
        """Generate from a prompt whose first tokens are in the KV cache; at least one must not be.

        Calls `sink(text, count)` for each token: `text` is what has become printable (may be empty), `count` the
        number of tokens that `text` and everything before stand for. Ends by itself at an end token or limit.

        Returns:
            True when an end token was generated, False when the limit or `interrupt` ended it.

        Raises:
            GenerationFailed: The device failed.
        """

    def interrupt(self) -> None:
        """Make a running `decode` return after the current token."""

    async def clear_cache(self) -> None:
        """Give the KV cache back."""

    async def unload(self) -> None:
        """Dispose the model; no-op without one."""
