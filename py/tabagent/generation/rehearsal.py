"""The last step of a load: an answer for nobody.

The first answer after a load took half as long again to its first token as later ones. What a chat template, a
tokenizer, the sampler and Python's own code do for the first time has to be compiled by the browser just as the
engine's functions have, so what warms up goes the whole way of an answer: render, encode, read, write, decode.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable

from tabagent.engine_errors import ComputationFailed
from tabagent.errors import TabAgentError
from tabagent.generation.answer import Answer, Prompt
from tabagent.generation.caches import ChatCaches
from tabagent.generation.meter import TokenMeter
from tabagent.generation.writer import AnswerWriter
from tabagent.messages import Event, SendChatMessage
from tabagent.models.loader import WARM_UP_NEW_TOKENS
from tabagent.ports.engine import InferenceEngine
from tabagent.specs import ChatMessage, LoadedModel

logger = logging.getLogger(__name__)

# With what most templates add, a whole piece of a prompt and a part of one.
QUESTION = "Say in a few short words what you see when you look out of the window on a bright morning in early spring."
REQUEST = SendChatMessage(
    chat_id="rehearsal",
    message_id="rehearsal",
    messages=(ChatMessage("user", QUESTION),),
    options={"max_new_tokens": WARM_UP_NEW_TOKENS},
)


class Rehearsal:
    """Answers a question of its own.

    Args:
        engine: Computes.
        read: Returns a request's prompt.
        now: Monotonic seconds.
    """

    def __init__(
        self,
        engine: InferenceEngine,
        read: Callable[[SendChatMessage, LoadedModel], Awaitable[Prompt]],
        now: Callable[[], float],
    ) -> None:
        self._engine, self._read, self._now = engine, read, now

    async def run(self, loaded: LoadedModel, told: Callable[[], None]) -> bool:
        """Answer.

        Args:
            loaded: The model.
            told: Called after every pass.

        Returns:
            False where nothing was computed: the model's template or the settings refuse the question, which the
            person hears with the first real one.

        Raises:
            GenerationFailed, OutOfMemory, DeviceLost: The device failed.
        """
        answer = Answer(REQUEST, TokenMeter(self._now))
        # No bytes are kept, so the cache is given back with the end of the answer.
        caches = ChatCaches(self._engine.new_cache, lambda: 0)
        writer = AnswerWriter(self._engine, caches, _tell_nobody, lambda _: told(), self._now)
        try:
            await writer.write(answer, await self._read(REQUEST, loaded), loaded)
        except ComputationFailed:
            raise
        except TabAgentError as error:
            logger.info("the warm-up was cut short: %s", error)
        return answer.meter.tokens > 0


def _tell_nobody(event: Event) -> None:
    pass
