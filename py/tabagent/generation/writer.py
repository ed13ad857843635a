"""Computes one answer: reads the prompt in pieces, then decodes token by token."""

from __future__ import annotations

import time
from collections.abc import Callable

from tabagent.engine_errors import IncompleteJson
from tabagent.generation.answer import Answer, Prompt
from tabagent.generation.caches import ChatCache, ChatCaches
from tabagent.generation.json_grammar import JsonConstraint
from tabagent.generation.prefill import PieceSizer
from tabagent.generation.sampling import Sampler
from tabagent.generation.text_stream import TextStream
from tabagent.messages import Event
from tabagent.ports.engine import InferenceEngine, Logits
from tabagent.specs import LoadedModel

STOP, STOP_STRING, LENGTH, TIME, STOPPED = "stop", "stop_string", "length", "time", "stopped"


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
        now: Callable[[], float] = time.monotonic,
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
        """
        cache = await self._caches.open(
            answer.chat_id,
            prompt.token_ids,
            dynamic_quantization=loaded.dynamic_quantization,
            reuse=prompt.settings.use_cache,
        )
        answer.cached = len(cache.token_ids)
        logits = await self._read_prompt(answer, prompt, loaded, cache)
        try:
            return STOPPED if logits is None else await self._decode(answer, prompt, loaded, cache, logits)
        finally:
            await self._caches.keep(answer.chat_id, cache)

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
            logits = await self._engine.forward(cache.kv, tokens, logits=piece.stop == total)
            cache.token_ids.extend(tokens)
            cache.as_prompt = len(cache.token_ids)
            answer.meter.prefill(len(tokens))
            self._alive(answer)
            self._publish(answer.status("prefill", piece.stop, total))
            if answer.stopped:
                return None
        return logits

    async def _decode(
        self, answer: Answer, prompt: Prompt, loaded: LoadedModel, cache: ChatCache, logits: Logits
    ) -> str:
        settings = prompt.settings
        stream = TextStream(self._engine.decode, settings.stop)
        constraint = JsonConstraint(settings.json_schema) if settings.json_mode else None
        end_tokens = frozenset(settings.eos_token_id or ()) or loaded.end_tokens
        sampler = Sampler(settings, prompt.token_ids, end_tokens, constraint=constraint, text_of=stream.peek)
        limit = min(settings.max_new_tokens, loaded.context_length - len(prompt.token_ids))
        try:
            reason = await self._tokens(answer, cache, logits, sampler, stream, end_tokens, settings.max_time, limit)
        finally:
            # Also of an answer that breaks off.
            rest = stream.finish()
            if rest:
                self._publish(answer.update(rest))
        if constraint is not None and not constraint.complete and reason in (LENGTH, TIME):
            raise IncompleteJson(answer.meter.tokens)
        return reason

    async def _tokens(
        self,
        answer: Answer,
        cache: ChatCache,
        logits: Logits,
        sampler: Sampler,
        stream: TextStream,
        end_tokens: frozenset[int],
        max_time: float | None,
        limit: int,
    ) -> str:
        """Decode until something ends it; return what did."""
        tokens = 0
        while (token := await sampler.pick(logits)) not in end_tokens:
            tokens += 1
            answer.meter.count(tokens)
            text = stream.push(token)
            # The first token is told at once, it ends the wait; of the others only what has become text.
            if text or tokens == 1:
                self._publish(answer.update(text))
            reason = self._ending(answer, stream, max_time, tokens, limit)
            if reason:
                return reason
            following = await self._engine.forward(cache.kv, [token])
            assert following is not None, "scores were asked for"  # noqa: S101 - a bug, not an input
            logits = following
            cache.token_ids.append(token)
            self._alive(answer)
        return STOP

    def _ending(self, answer: Answer, stream: TextStream, max_time: float | None, tokens: int, limit: int) -> str:
        """Return why the answer ends after its newest token, or an empty text."""
        if stream.stopped:
            return STOP_STRING
        if answer.stopped:
            return STOPPED
        if tokens >= limit:
            return LENGTH
        return TIME if max_time is not None and answer.meter.elapsed >= max_time else ""
