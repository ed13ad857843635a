"""Makes entries of what the background publishes: how a load and an answer go, in counts and never in words.

Events pass here on their way to the pages, so no service has to log what it tells anyway.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

from tabagent.errors import JsonObject
from tabagent.events import TransferStates
from tabagent.logbook.handler import CHAT, DETAILS
from tabagent.messages import (
    DownloadProgress,
    Event,
    Fault,
    GenerationComplete,
    GenerationFault,
    GenerationStatus,
    GenerationStopped,
    GenerationUpdate,
    WorkerReady,
    WorkerStateChanged,
)

answers = logging.getLogger("tabagent.generation")
models = logging.getLogger("tabagent.models")

# Of a transfer these come again and again, or are of no interest afterwards.
_PASSING = frozenset({TransferStates.QUEUED, TransferStates.DOWNLOADING, TransferStates.IMPORTING})


class EventLog:
    """Notes events.

    Args:
        shows_content: Whether entries may hold the text of answers.
    """

    def __init__(self, shows_content: Callable[[], bool]) -> None:
        self._shows_content = shows_content
        # How far the answer that is being written is known to be; one is written at a time.
        self._seen: tuple[str, str] = ("", "")
        self._transfers: dict[tuple[str, str], TransferStates] = {}

    def note(self, event: Event) -> None:
        """Log what is new in an event; costs next to nothing for each piece of an answer."""
        if isinstance(event, GenerationUpdate):
            if self._is_new(event.message_id, "text"):
                self._first_token(event)
        elif isinstance(event, GenerationStatus):
            self._status(event)
        elif isinstance(event, GenerationComplete | GenerationStopped):
            self._ended(event)
        elif isinstance(event, GenerationFault):
            _say(answers.warning, f"the answer broke off ({event.error['code']})", event, code=event.error["code"])
        else:
            self._of_models(event)

    def _of_models(self, event: Event) -> None:
        if isinstance(event, WorkerStateChanged):
            models.debug("the model's state is %s", event.state)
        elif isinstance(event, WorkerReady):
            models.info("%s %s is ready on %s", event.model_id, event.dtype, event.execution_provider)
        elif isinstance(event, Fault):
            models.warning("a load or a model failed: %s", event.error["code"])
        elif isinstance(event, DownloadProgress) and event.model_id:
            self._transfer(event)

    def _is_new(self, message_id: str, phase: str) -> bool:
        """Tell whether an answer enters a phase, and note it."""
        if self._seen == (message_id, phase):
            return False
        self._seen = (message_id, phase)
        return True

    def _status(self, event: GenerationStatus) -> None:
        if event.phase == "prefill":
            if event.done >= event.total:
                _say(
                    answers.info,
                    f"read {event.total:,} tokens of the prompt, {event.cached_tokens:,} of them known from before",
                    event,
                    tokens=event.total,
                    cachedTokens=event.cached_tokens,
                    leftOut=event.left_out,
                )
        elif event.phase == "loading":
            _say(answers.info, "the model is brought back for the answer", event)
        elif self._is_new(event.message_id, event.phase):
            _say(answers.info, f"the answer waits behind {event.done} others", event, ahead=event.done)

    def _first_token(self, event: GenerationUpdate) -> None:
        after = round(event.time_to_first_token)
        _say(
            answers.info,
            f"the first token came after {after:,} ms",
            event,
            milliseconds=after,
            promptTokensPerSecond=round(event.prefill_tps, 1),
        )

    def _ended(self, event: GenerationComplete | GenerationStopped) -> None:
        details: JsonObject = {
            "reason": event.finish_reason,
            "tokens": event.num_tokens,
            "tokensPerSecond": round(event.tps, 2),
            "promptTokens": event.prompt_tokens,
            "cachedTokens": event.cached_tokens,
            "leftOut": event.left_out,
        }
        if self._shows_content():
            details["text"] = event.generated_text
        text = f"the answer ended ({event.finish_reason}): {event.num_tokens:,} tokens, {event.tps:.1f} a second"
        _say(answers.info, text, event, **details)

    def _transfer(self, event: DownloadProgress) -> None:
        key = (event.model_id, event.dtype)
        before = self._transfers.get(key)
        self._transfers[key] = event.status
        if event.status in _PASSING or before is event.status:
            return
        if event.dtype:
            models.info("the files of %s %s: %s", event.model_id, event.dtype, event.status)
        else:
            # An import goes by the name of the person's own file.
            models.info("an import: %s", event.status)


def _say(
    log: Callable[..., None],
    text: str,
    event: GenerationStatus | GenerationUpdate | GenerationComplete | GenerationStopped | GenerationFault,
    /,
    **details: object,
) -> None:
    log(text, extra={CHAT: event.chat_id, DETAILS: {"messageId": event.message_id, **details}})
