"""Answers conversations: takes them in, lets them wait for the one engine, and reports how each ends.

A request is answered as soon as its prompt is known to fit, or at once when the model has to be brought back first;
text and outcome follow as events.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Protocol

from tabagent import correlation
from tabagent.engine_errors import TemplateFailed
from tabagent.errors import InvalidState, JsonObject, JsonValue, TabAgentError, wire_error
from tabagent.generation.answer import Answer, Prompt
from tabagent.generation.caches import ChatCaches
from tabagent.generation.conversation import prepare
from tabagent.generation.decoding import STOPPED
from tabagent.generation.fitting import fit
from tabagent.generation.json_grammar import JsonConstraint
from tabagent.generation.meter import TokenMeter
from tabagent.generation.queue import AnswerQueue
from tabagent.generation.rehearsal import Rehearsal
from tabagent.generation.rereading import Rereading
from tabagent.generation.templates import FALLBACK_STOP, render_prompt
from tabagent.generation.writer import AnswerWriter
from tabagent.messages import Event, InterruptGeneration, SendChatMessage
from tabagent.models.manager import ModelManager
from tabagent.parameters import GenerationSettings, Layer, ResourceSettings, combine
from tabagent.ports.engine import InferenceEngine
from tabagent.specs import ChatMessage, Dtype, LoadedModel

logger = logging.getLogger(__name__)

# How often the text so far is put where it outlives the thread.
KEEP_SECONDS = 0.5
# How often the supervisor hears that the engine computes.
ALIVE_SECONDS = 1.0
# Of the context, kept free for the answer when it may be longer than that.
ANSWER_SHARE = 4


EVERYTHING = InterruptGeneration(chat_id="", message_id="")


class SettingsSource(Protocol):
    """Where the person's settings are."""

    async def layers(self, repo: str, dtype: Dtype) -> list[Layer]:
        """Return what the person set for all models and for this one."""

    async def resources(self) -> ResourceSettings:
        """Return what the machine may be used for."""


class GenerationService:
    """Handles SEND_CHAT_MESSAGE and INTERRUPT_GENERATION.

    Args:
        manager: Lends the engine.
        engine: Computes.
        settings: The person's.
        publish: Sends events to the pages.
        now: Monotonic seconds.
    """

    def __init__(
        self,
        *,
        manager: ModelManager,
        engine: InferenceEngine,
        settings: SettingsSource,
        publish: Callable[[Event], None],
        now: Callable[[], float],
    ) -> None:
        self._manager, self._engine, self._settings = manager, engine, settings
        self._publish, self._now = publish, now
        self._budget = 0
        self._caches = ChatCaches(engine.new_cache, lambda: self._budget)
        self._writer = AnswerWriter(engine, self._caches, publish, self._note_life, now)
        self._rereading = Rereading(engine, self._caches, now)
        self._queue: AnswerQueue[Answer] = AnswerQueue()
        self._answer: Answer | None = None
        # Those whose prompts are being read: a stop that comes right behind the question means one of them.
        self._arriving: list[Answer] = []
        self._task: asyncio.Task[None] | None = None
        self._generating = self._rereads = self._finishing = False
        self._kept_at = self._alive_at = float("-inf")

    @property
    def cache_bytes(self) -> int:
        """Bytes of all KV caches."""
        return self._caches.size

    @property
    def answering(self) -> frozenset[str]:
        """Ids of the answers that are written or wait."""
        running = () if self._answer is None else (self._answer,)
        return frozenset(answer.message_id for answer in (*running, *self._arriving, *self._queue))

    async def send(self, request: SendChatMessage) -> JsonObject:
        """Accept a conversation; it is answered when its turn comes.

        Raises:
            InvalidState, Busy, QueueFull: The engine cannot be had.
            BadSetting, UnsupportedSetting: Of the options.
            TemplateFailed: The model's template refuses the messages, or makes nothing of them.
            ContextOverflow: The last turn does not fit.
        """
        answer = Answer(request, TokenMeter(self._now))
        loaded = self._manager.ready_or_wakeable()
        if loaded is not None:
            self._arriving.append(answer)
            try:
                answer.prompt = await self._read(request, loaded)
            finally:
                self._arriving.remove(answer)
        self._queue.put(answer)
        reply: JsonObject = {"chatId": answer.chat_id, "messageId": answer.message_id, "queued": self._ahead_of(answer)}
        if answer.prompt is not None:
            reply["promptTokens"] = len(answer.prompt.token_ids)
        if answer.stopped:
            self._withdraw(InterruptGeneration(chat_id=answer.chat_id, message_id=answer.message_id))
            return reply
        self._keep_all()
        self._wake()
        return reply

    def resume(self, requests: Sequence[SendChatMessage]) -> None:
        """Take the requests that waited for a model in the thread before this one; they are answered once it is there.

        What becomes of them is published: pages have had the replies already.
        """
        for request in requests:
            self._queue.put(Answer(request, TokenMeter(self._now)))
        if requests:
            self._keep_all()
            self._wake()

    async def rehearse(self, loaded: LoadedModel, told: Callable[[], None]) -> bool:
        """Answer for nobody, so that the first real answer finds everything warm; see `Rehearsal.run`."""
        return await Rehearsal(self._engine, self._read, self._now).run(loaded, told)

    async def interrupt(self, request: InterruptGeneration) -> JsonObject:
        """Stop the running answer, or withdraw ones that wait; without ids, the running one.

        Raises:
            InvalidState: The request means none of them.
        """
        running = () if self._answer is None else (self._answer,)
        if running and not request.message_id and not request.chat_id:
            running[0].stopped = True
            self._keep_all()
            return {"stopped": True}
        meant = [
            answer for answer in (*running, *self._arriving) if answer.is_meant(request.chat_id, request.message_id)
        ]
        for answer in meant:
            answer.stopped = True
        self._keep_all()
        if not self._withdraw(request) and not meant:
            if not running and not len(self._queue):
                raise InvalidState("No answer is being written, so there is nothing to stop.")
            raise InvalidState("The answer that is being written is another one.")
        return {"stopped": True}

    async def finish(self) -> None:
        """Stop everything and wait for its end."""
        self._finishing = True
        self._withdraw(EVERYTHING)
        for answer in self._arriving:
            answer.stopped = True
        if self._answer is not None:
            self._answer.stopped = True
        if self._task is not None:
            await self._task
        self._finishing = False

    def describe(self) -> JsonObject:
        """Return `generating`, `queued` and `rereading` for GET_MODEL_WORKER_STATE."""
        queued: list[JsonValue] = [answer.describe() for answer in self._queue]
        generating = self._answer.describe() if self._answer else None
        return {"generating": generating, "queued": queued, "rereading": self._rereads}

    def _wake(self) -> None:
        """Write what waits."""
        if self._task is None:
            self._task = asyncio.ensure_future(self._work())
        else:
            self._tell_waiting()

    def _withdraw(self, request: InterruptGeneration) -> bool:
        """Take answers that wait out of the queue; tell whether there were any."""
        withdrawn = self._queue.withdraw(lambda item: item.is_meant(request.chat_id, request.message_id))
        for answer in withdrawn:
            self._publish(answer.finished(STOPPED))
        if withdrawn:
            self._tell_waiting()
            self._keep_all()
        return bool(withdrawn)

    async def _work(self) -> None:
        """Write answers as long as some wait, then read them again for their chats' next questions."""
        try:
            while (answer := self._queue.take()) is not None:
                self._answer = answer
                self._tell_waiting()
                with correlation.correlated(answer.correlation_id):
                    if not await self._complete(answer):
                        return
                if len(self._queue):
                    continue
                if self._generating:
                    self._generating = False
                    self._manager.end_generation()
                self._keep_all()
                if not await self._reread():
                    return
        finally:
            self._answer = self._task = None

    async def _reread(self) -> bool:
        """Use the time until somebody asks for something.

        Returns:
            Whether the engine can go on.
        """
        loaded = self._manager.loaded
        if loaded is None:
            return True
        self._rereads = True
        try:
            await self._rereading.run(
                loaded,
                wanted=lambda: (
                    self._manager.rests(loaded) and not (self._finishing or self._arriving or len(self._queue))
                ),
                alive=self._manager.expect_token,
            )
        except Exception as error:
            logger.warning("an answer could not be read again", exc_info=not isinstance(error, TabAgentError))
            broken = self._manager.breaks_engine(error)
            if broken:
                self._manager.engine_failed(error)
            return not broken
        finally:
            self._rereads = False
            self._manager.at_ease()
        return True

    async def _complete(self, answer: Answer) -> bool:
        """Write one answer and report its end.

        Returns:
            Whether the engine can go on.
        """
        try:
            loaded = self._manager.ready_or_wakeable() or await self._manager.ensure_ready(
                lambda: self._publish(answer.status("loading", 0, 0))
            )
            if answer.prompt is None:
                answer.prompt = await self._read(answer.request, loaded)
            self._budget = (await self._settings.resources()).cache_megabytes * 1_000_000
            if not self._generating:
                self._manager.begin_generation()
            self._generating = answer.begun = True
            self._keep_all()
            reason = await self._writer.write(answer, answer.prompt, loaded)
        except Exception as error:  # noqa: BLE001 - a task has no caller: what it does not report here is lost
            return self._fail(answer, error)
        self._answer = None
        self._publish(answer.finished(reason))
        return True

    def _fail(self, answer: Answer, error: Exception) -> bool:
        logger.warning("an answer failed", exc_info=not isinstance(error, TabAgentError))
        self._answer = None
        self._publish(answer.fault(wire_error(error)))
        self._keep_all()
        broken = answer.begun and self._manager.breaks_engine(error)
        if broken:
            # Those that wait are left to the next thread.
            self._manager.engine_failed(error)
        return not broken

    async def _read(self, request: SendChatMessage, loaded: LoadedModel) -> Prompt:
        """Return a request's prompt for a model, with everything decided."""
        spec = loaded.spec
        settings = combine(loaded.defaults, *await self._settings.layers(spec.repo, spec.dtype), request.options)
        schema = dict(settings.json_schema) if settings.json_schema is not None else None
        messages = prepare(
            request.messages, system_prompt=settings.system_prompt, json_mode=settings.json_mode, json_schema=schema
        )
        variables: dict[str, JsonValue] = {**(settings.chat_template_kwargs or {})}
        if request.tools:
            variables["tools"] = list(request.tools)

        # A template writes the token that begins a text itself.
        begin = [loaded.bos_token] if loaded.bos_token is not None and not loaded.has_template else []

        def encode(turns: tuple[ChatMessage, ...]) -> list[int]:
            text = render_prompt(self._engine.render, loaded.has_template, turns, variables)
            return begin + self._engine.encode((settings.prefix or "") + text)

        reserve = min(settings.max_new_tokens, max(1, loaded.context_length // ANSWER_SHARE))
        fitted = fit(messages, encode, loaded.context_length, reserve)
        if not fitted.token_ids:
            raise TemplateFailed("it makes an empty prompt of them")
        return Prompt(
            token_ids=fitted.token_ids,
            settings=_for_prompt(settings, len(fitted.token_ids), has_template=loaded.has_template),
            left_out=fitted.left_out,
            constraint=_json(request, schema) if settings.json_mode else None,
        )

    def _ahead_of(self, answer: Answer) -> int:
        return list(self._queue).index(answer) + (self._answer is not None)

    def _tell_waiting(self) -> None:
        total = len(self._queue) + (self._answer is not None)
        for place, answer in enumerate(self._queue, start=self._answer is not None):
            if place:
                self._publish(answer.status("queued", place, total))

    def _note_life(self, answer: Answer) -> None:
        now = self._now()
        if now - self._alive_at > ALIVE_SECONDS:
            self._alive_at = now
            self._manager.expect_token()
        if now - self._kept_at > KEEP_SECONDS:
            self._keep_all()

    def _keep_all(self) -> None:
        """Remember how far every answer is, in case the thread ends."""
        self._kept_at = self._now()
        running = () if self._answer is None else (self._answer,)
        self._manager.keep_answers(tuple(answer.interrupted() for answer in (*running, *self._queue)))


def _for_prompt(settings: GenerationSettings, prompt_tokens: int, *, has_template: bool) -> GenerationSettings:
    """Apply `max_length`, which counts the prompt too, and end answers of plain dialogues where the other speaks."""
    limit = settings.max_new_tokens
    if settings.max_length is not None:
        limit = max(1, min(limit, settings.max_length - prompt_tokens))
    stop = settings.stop if has_template else (*settings.stop, *FALLBACK_STOP)
    return replace(settings, max_new_tokens=limit, stop=stop)


def _json(request: SendChatMessage, schema: JsonObject | None) -> JsonConstraint:
    """Return what a JSON answer must look like; one that is continued goes on with the value that it began."""
    constraint = JsonConstraint(schema)
    begun = request.messages[-1].content if request.continues else ""
    # What is no beginning of such a value was not written as one.
    if begun and constraint.allows(begun):
        constraint.feed(begun)
    return constraint
