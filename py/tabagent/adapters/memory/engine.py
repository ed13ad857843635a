"""`InferenceEngine` without a model: repeats the last user message, one word a token."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from tabagent.errors import GenerationFailed, LoadFailed, TemplateFailed
from tabagent.models.quants import DYNAMICALLY_QUANTIZED
from tabagent.ports.engine import TokenSink
from tabagent.specs import ChatMessage, DeviceReport, GenerationSettings, LoadedModel, LoadSpec


class MemoryEngine:
    """Speaks the words of the prompt; its tokens are the words' places in a vocabulary that grows.

    Args:
        report: The devices of the pretended machine.
        context_length: Tokens that fit.
        fails_at: "load", "prefill" or "decode" to fail there, or "" to work.
    """

    def __init__(
        self,
        report: DeviceReport | None = None,
        *,
        context_length: int = 64,
        fails_at: str = "",
    ) -> None:
        self.report = report or DeviceReport(webgpu=False, f16=False, threads=2)
        self.fails_at = fails_at
        self.prefilled: list[int] = []
        self.passes: list[int] = []
        self.unloaded = 0
        self._context_length = context_length
        self._vocabulary: list[str] = []
        self._spec: LoadSpec | None = None
        self._interrupted = False

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
        )

    def encode(self, messages: Sequence[ChatMessage]) -> list[int]:
        """Turn the words of all messages into tokens."""
        if any(message.role == "tool" for message in messages):
            raise TemplateFailed("no tools here")
        return [self._token(word) for message in messages for word in message.content.split()]

    async def prefill(self, token_ids: Sequence[int]) -> None:
        """Take the tokens in."""
        await asyncio.sleep(0)
        self._fail("prefill")
        self.prefilled.extend(token_ids)
        self.passes.append(len(token_ids))

    async def decode(self, token_ids: Sequence[int], settings: GenerationSettings, sink: TokenSink) -> bool:
        """Say the prompt's words again; ends after the last of them."""
        self._interrupted = False
        for count, token in enumerate(token_ids, 1):
            await asyncio.sleep(0)
            if count > 1:
                self._fail("decode")
            if self._interrupted or count > settings.max_new_tokens:
                return False
            known = token < len(self._vocabulary)
            sink(f"{self._vocabulary[token]} " if known else "? ", count)
        return True

    def interrupt(self) -> None:
        """End a running `decode`."""
        self._interrupted = True

    async def clear_cache(self) -> None:
        """Forget the prompt."""
        self.prefilled, self.passes = [], []

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
            raise GenerationFailed(self._spec.repo, self._spec.device, phase, "device lost")
