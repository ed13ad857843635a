"""Computes one answer: reads the prompt in pieces, then hands over to the decode loop."""

from __future__ import annotations

from collections.abc import Callable

from tabagent.generation.answer import Answer, Prompt
from tabagent.generation.caches import ChatCache, ChatCaches
from tabagent.generation.decoding import STOPPED, Decoding
from tabagent.generation.prefill import PieceSizer
from tabagent.messages import Event
from tabagent.ports.engine import InferenceEngine, Logits
from tabagent.specs import LoadedModel


class AnswerWriter:
    """Drives the engine.

    Args:
        engine: Computes.
        caches: KV caches of the chats.
        publish: Sends events to the pages.
        alive: Called after every pass of the engine.
        now: Monotonic seconds.
    """

    def __init__(
        self,
        engine: InferenceEngine,
        caches: ChatCaches,
        publish: Callable[[Event], None],
        alive: Callable[[Answer], None],
        now: Callable[[], float],
    ) -> None:
        self._engine, self._caches = engine, caches
        self._publish, self._alive = publish, alive
        self._sizer = PieceSizer(now)

    async def write(self, answer: Answer, prompt: Prompt, loaded: LoadedModel) -> str:
        """Compute and publish an answer's text.

        Returns:
            Why it ended.

        Raises:
            GenerationFailed, OutOfMemory, DeviceLost: The device failed; what was streamed stays.
            IncompleteJson: The answer had to be JSON and reached its limit before its end.
            NothingAllowed: The settings forbid everything that could come next.
        """
        reuse = prompt.settings.use_cache
        cache = await self._caches.open(answer.chat_id, prompt.token_ids, loaded, reuse=reuse)
        answer.cached = len(cache.token_ids)
        logits = await self._read_prompt(answer, prompt, loaded, cache)
        try:
            if logits is None:
                return STOPPED
            decoding = Decoding(self._engine, answer, prompt, loaded, cache, self._publish)
            return await decoding.run(logits, lambda: self._alive(answer))
        finally:
            await (self._caches.keep(answer.chat_id, cache) if reuse else self._caches.drop(cache))

    async def _read_prompt(
        self, answer: Answer, prompt: Prompt, loaded: LoadedModel, cache: ChatCache
    ) -> Logits | None:
        """Compute the prompt; None when the person stopped it in between."""
        ids, total = prompt.token_ids, len(prompt.token_ids)
        logits: Logits | None = None
        answer.meter.begin_prefill()
        pieces = self._sizer.pieces(answer.cached, total, dynamic_quantization=loaded.dynamic_quantization)
        for piece in pieces:
            tokens = ids[piece.start : piece.stop]
            logits = await cache.read(self._engine, tokens, logits=piece.stop == total)
            answer.meter.prefill(len(tokens))
            self._alive(answer)
            self._publish(answer.status("prefill", piece.stop, total))
            if answer.stopped:
                return None
        return logits
