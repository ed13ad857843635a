"""Answers conversations: reads the prompt in pieces, decodes, streams, stops.

One answer at a time. The request is answered as soon as the prompt is known to fit; text and outcome follow as events.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from tabagent.errors import ContextOverflow, InvalidState, JsonObject, RuntimeRestarted, TabAgentError, wire_error
from tabagent.generation.meter import TokenMeter
from tabagent.generation.prefill import pieces
from tabagent.messages import (
    Event,
    GenerationComplete,
    GenerationFault,
    GenerationStatus,
    GenerationStopped,
    GenerationUpdate,
    InterruptGeneration,
    SendChatMessage,
)
from tabagent.models.baton import Interrupted
from tabagent.models.manager import ModelManager
from tabagent.ports.engine import InferenceEngine
from tabagent.specs import GenerationSettings, LoadedModel

logger = logging.getLogger(__name__)

# How often the text so far is put where it outlives the thread.
KEEP_SECONDS = 0.5


@dataclass(slots=True)
class Answer:
    """The answer that is being written."""

    chat_id: str
    message_id: str
    token_ids: list[int]
    settings: GenerationSettings
    meter: TokenMeter
    parts: list[str] = field(default_factory=list)
    stopped: bool = False
    kept_at: float = 0.0

    @property
    def text(self) -> str:
        """Everything that was streamed so far."""
        return "".join(self.parts)


class GenerationService:
    """Handles SEND_CHAT_MESSAGE and INTERRUPT_GENERATION.

    Args:
        manager: Lends the engine.
        engine: Computes.
        publish: Sends events to the pages.
        now: Monotonic seconds.
    """

    def __init__(
        self,
        manager: ModelManager,
        engine: InferenceEngine,
        publish: Callable[[Event], None],
        now: Callable[[], float],
    ) -> None:
        self._manager, self._engine, self._publish, self._now = manager, engine, publish, now
        self._answer: Answer | None = None
        self._task: asyncio.Task[None] | None = None

    def resume(self, interrupted: Interrupted | None) -> None:
        """Report the answer that the thread before this one was writing."""
        if interrupted is None:
            return
        error = RuntimeRestarted("it ended while an answer was being written").to_wire()
        self._publish(
            GenerationFault(
                chat_id=interrupted.chat_id,
                message_id=interrupted.message_id,
                error=error,
                generated_text=interrupted.text,
            )
        )

    async def send(self, request: SendChatMessage) -> JsonObject:
        """Accept a conversation and begin to answer it.

        Raises:
            InvalidState, Busy: The engine cannot be had.
            TemplateFailed: The model's template refuses the messages.
            ContextOverflow: They do not fit.
        """
        meter = TokenMeter(self._now)
        loaded = self._manager.ready_model()
        token_ids = self._engine.encode(request.messages)
        settings = _fitting(request.settings, len(token_ids), loaded.context_length)
        self._manager.begin_generation()
        answer = Answer(request.chat_id, request.message_id, token_ids, settings, meter)
        self._answer = answer
        self._task = asyncio.ensure_future(self._write(answer, loaded))
        return {"chatId": answer.chat_id, "messageId": answer.message_id, "promptTokens": len(token_ids)}

    async def interrupt(self, request: InterruptGeneration) -> JsonObject:
        """Stop the running answer.

        Raises:
            InvalidState: None is running, or another one than the request names.
        """
        answer = self._answer
        if answer is None:
            raise InvalidState("No answer is being written, so there is nothing to stop.")
        if request.chat_id not in ("", answer.chat_id) or request.message_id not in ("", answer.message_id):
            raise InvalidState("The answer that is being written is another one.", messageId=answer.message_id)
        answer.stopped = True
        self._engine.interrupt()
        return {"stopped": True}

    async def finish(self) -> None:
        """Stop the running answer and wait for its end."""
        if self._task is not None and self._answer is not None:
            await self.interrupt(InterruptGeneration(chat_id="", message_id=""))
            await self._task

    def describe(self) -> JsonObject | None:
        """Return the running answer for GET_MODEL_WORKER_STATE, or None."""
        answer = self._answer
        if answer is None:
            return None
        return {"chatId": answer.chat_id, "messageId": answer.message_id, "text": answer.text}

    async def _write(self, answer: Answer, loaded: LoadedModel) -> None:
        self._manager.keep_answer(Interrupted(chat_id=answer.chat_id, message_id=answer.message_id))
        try:
            await self._engine.clear_cache()
            ended = False
            if await self._read_prompt(answer, loaded):
                ended = await self._engine.decode(answer.token_ids, answer.settings, self._sink(answer))
        except Exception as error:  # noqa: BLE001 - a task has no caller: what it does not report here is lost
            self._fail(answer, error)
            return
        self._answer = self._task = None
        self._publish(_finished(answer, ended=ended))
        self._manager.end_generation()

    async def _read_prompt(self, answer: Answer, loaded: LoadedModel) -> bool:
        total = len(answer.token_ids)
        for piece in pieces(total, dynamic_quantization=loaded.dynamic_quantization):
            await self._engine.prefill(answer.token_ids[piece.start : piece.stop])
            self._publish(
                GenerationStatus(
                    chat_id=answer.chat_id, message_id=answer.message_id, phase="prefill", done=piece.stop, total=total
                )
            )
            if answer.stopped:
                return False
        return not answer.stopped

    def _sink(self, answer: Answer) -> Callable[[str, int], None]:
        def on_token(text: str, count: int) -> None:
            answer.meter.count(count)
            if not text and count > 1:
                # Part of a word: it is told with its text. The first token is told at once, it ends the wait.
                return
            answer.parts.append(text)
            self._publish(
                GenerationUpdate(
                    chat_id=answer.chat_id,
                    message_id=answer.message_id,
                    token=text,
                    tps=answer.meter.tokens_per_second,
                    num_tokens=count,
                    time_to_first_token=answer.meter.time_to_first_token,
                )
            )
            if self._now() - answer.kept_at > KEEP_SECONDS:
                answer.kept_at = self._now()
                kept = Interrupted(chat_id=answer.chat_id, message_id=answer.message_id, text=answer.text)
                self._manager.keep_answer(kept)

        return on_token

    def _fail(self, answer: Answer, error: Exception) -> None:
        logger.warning("an answer failed", exc_info=not isinstance(error, TabAgentError))
        self._answer = self._task = None
        wire = wire_error(error)
        self._publish(
            GenerationFault(
                chat_id=answer.chat_id, message_id=answer.message_id, error=wire, generated_text=answer.text
            )
        )
        self._manager.end_generation()
        self._manager.engine_failed(str(wire["code"]))


def _fitting(settings: GenerationSettings, prompt_tokens: int, context_length: int) -> GenerationSettings:
    room = context_length - prompt_tokens
    if room < 1:
        raise ContextOverflow(prompt_tokens, context_length)
    return replace(settings, max_new_tokens=min(settings.max_new_tokens, room))


def _finished(answer: Answer, *, ended: bool) -> GenerationComplete | GenerationStopped:
    kind = GenerationStopped if answer.stopped and not ended else GenerationComplete
    reason = "stop" if ended else "stopped" if answer.stopped else "length"
    return kind(
        chat_id=answer.chat_id,
        message_id=answer.message_id,
        generated_text=answer.text,
        output=answer.text,
        tps=answer.meter.tokens_per_second,
        num_tokens=answer.meter.tokens,
        time_to_first_token=answer.meter.time_to_first_token,
        prompt_tokens=len(answer.token_ids),
        finish_reason=reason,
    )
