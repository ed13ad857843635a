"""One answer: what was asked for, what has come of it, and the events that tell so."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from tabagent import correlation
from tabagent.errors import JsonObject
from tabagent.generation.json_grammar import JsonConstraint
from tabagent.generation.meter import TokenMeter
from tabagent.messages import (
    GenerationComplete,
    GenerationFault,
    GenerationStatus,
    GenerationStopped,
    GenerationUpdate,
    SendChatMessage,
)
from tabagent.models.baton import Interrupted
from tabagent.parameters import GenerationSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """A conversation as the loaded model reads it.

    Attributes:
        left_out: Messages that did not fit.
        constraint: What the answer must look like, if anything.
    """

    token_ids: Sequence[int]
    settings: GenerationSettings
    left_out: int
    constraint: JsonConstraint | None = None


@dataclass(slots=True, eq=False)
class Answer:
    """An answer that waits or is being written.

    Attributes:
        prompt: None until there is a model to read it.
        stopped: The person ended it.
        begun: The engine computes it, or did.
        cached: Tokens of the prompt that were known from an earlier answer.
        correlation_id: The request that it is written for; another one's task may write it.
        told: Texts of the updates so far.
        untold: What has come since the last of them.
    """

    request: SendChatMessage
    meter: TokenMeter
    prompt: Prompt | None = None
    told: list[str] = field(default_factory=list)
    untold: list[str] = field(default_factory=list)
    stopped: bool = False
    begun: bool = False
    cached: int = 0
    correlation_id: str = field(default_factory=correlation.current)

    @property
    def chat_id(self) -> str:
        """The chat that asked."""
        return self.request.chat_id

    @property
    def message_id(self) -> str:
        """The message that the answer is."""
        return self.request.message_id

    @property
    def visible(self) -> bool:
        """Whether the person looks at its chat."""
        return self.request.visible

    @property
    def text(self) -> str:
        """Everything that has come so far."""
        return "".join([*self.told, *self.untold])

    @property
    def left_out(self) -> int:
        """Messages that did not fit."""
        return self.prompt.left_out if self.prompt is not None else 0

    def is_meant(self, chat_id: str, message_id: str) -> bool:
        """Tell whether ids are this answer's; an empty one is anybody's."""
        return chat_id in ("", self.chat_id) and message_id in ("", self.message_id)

    def interrupted(self) -> Interrupted:
        """Return what the next thread is told, should this one end."""
        request = None if self.begun or self.stopped else self.request
        return Interrupted(chat_id=self.chat_id, message_id=self.message_id, text=self.text, request=request)

    def describe(self) -> JsonObject:
        """Return it for GET_MODEL_WORKER_STATE: the rest of its text comes with the next update."""
        return {"chatId": self.chat_id, "messageId": self.message_id, "text": "".join(self.told)}

    def status(self, phase: str, done: int, total: int) -> GenerationStatus:
        """Return the event of what it waits for."""
        return GenerationStatus(
            chat_id=self.chat_id,
            message_id=self.message_id,
            phase=phase,
            done=done,
            total=total,
            cached_tokens=self.cached,
            left_out=self.left_out,
        )

    def update(self) -> GenerationUpdate:
        """Return the event of the text that has come since the last one."""
        text = "".join(self.untold)
        self.told.append(text)
        self.untold.clear()
        return GenerationUpdate(
            chat_id=self.chat_id,
            message_id=self.message_id,
            token=text,
            tps=self.meter.tokens_per_second,
            num_tokens=self.meter.tokens,
            time_to_first_token=self.meter.time_to_first_token,
            prefill_tps=self.meter.prefill_per_second,
        )

    def finished(self, reason: str) -> GenerationComplete | GenerationStopped:
        """Return the event of its end."""
        kind = GenerationStopped if reason == "stopped" else GenerationComplete
        return kind(
            chat_id=self.chat_id,
            message_id=self.message_id,
            generated_text=self.text,
            output=self.text,
            tps=self.meter.tokens_per_second,
            num_tokens=self.meter.tokens,
            time_to_first_token=self.meter.time_to_first_token,
            prefill_tps=self.meter.prefill_per_second,
            prompt_tokens=len(self.prompt.token_ids) if self.prompt is not None else 0,
            cached_tokens=self.cached,
            left_out=self.left_out,
            finish_reason=reason,
        )

    def fault(self, error: JsonObject) -> GenerationFault:
        """Return the event of its failure."""
        return GenerationFault(chat_id=self.chat_id, message_id=self.message_id, error=error, generated_text=self.text)
