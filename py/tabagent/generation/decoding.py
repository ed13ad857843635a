"""The decode loop: one token after the other, until something ends the answer."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace

from tabagent.engine_errors import GenerationFailed, IncompleteJson, NothingAllowed
from tabagent.generation.answer import Answer, Prompt
from tabagent.generation.caches import ChatCache
from tabagent.generation.lookup import PromptLookup
from tabagent.generation.sampling import InvalidScores, NoTokenLeft, Sampler
from tabagent.generation.text_stream import TextStream
from tabagent.messages import Event
from tabagent.parameters import GenerationSettings
from tabagent.ports.engine import InferenceEngine, Logits
from tabagent.specs import LoadedModel

# Tokens that are guessed at a time at most, where nobody says otherwise and the text stays the same for certain.
GUESSES = 8
# Text that has come since is told with the first token after this time: more often, and each message to the pages takes
# its time from the engine, while nobody reads that fast.
TELL_SECONDS = 1 / 15
STOP, STOP_STRING, LENGTH, TIME, STOPPED = "stop", "stop_string", "length", "time", "stopped"


class Decoding:
    """Writes one answer after its prompt.

    Args:
        engine: Computes.
        answer: Takes the text in.
        prompt: What was read.
        loaded: The model.
        cache: Has the prompt's keys and values.
        publish: Sends events to the pages.
    """

    def __init__(
        self,
        engine: InferenceEngine,
        answer: Answer,
        prompt: Prompt,
        loaded: LoadedModel,
        cache: ChatCache,
        publish: Callable[[Event], None],
    ) -> None:
        room = loaded.context_length - len(prompt.token_ids)
        settings = replace(prompt.settings, max_new_tokens=max(1, min(prompt.settings.max_new_tokens, room)))
        self._engine, self._answer, self._loaded, self._cache = engine, answer, loaded, cache
        self._publish, self._settings, self._constraint = publish, settings, prompt.constraint
        self._stream = TextStream(engine.decode, settings.stop)
        self._end_tokens = frozenset(settings.eos_token_id or ()) or loaded.end_tokens
        self._sampler = Sampler(
            settings,
            prompt.token_ids,
            self._end_tokens,
            constraint=prompt.constraint,
            text_of=self._stream.peek,
            encode=engine.encode,
        )
        self._lookup = PromptLookup(prompt.token_ids, _most_guesses(settings, loaded, cache))
        self._guess: list[int] = []  # tokens that were computed on trial
        self._rows: Sequence[Logits] = ()  # the scores after the last token and after each of these
        self._right = 0  # how many of them came true

    async def run(self, logits: Logits, alive: Callable[[], None]) -> str:
        """Decode and publish.

        Args:
            logits: The scores after the prompt.
            alive: Called after every pass.

        Returns:
            Why the answer ended.

        Raises:
            GenerationFailed, OutOfMemory, DeviceLost: The device failed; what had come was published.
            IncompleteJson: The limit came before the end of the JSON.
            NothingAllowed: The settings forbid everything that could come next.
        """
        try:
            reason = await self._tokens(logits, alive)
        except InvalidScores as error:
            spec = self._loaded.spec
            raise GenerationFailed(spec.repo, spec.dtype, spec.device, "decode", str(error)) from error
        except NoTokenLeft as error:
            raise NothingAllowed(str(error)) from error
        finally:
            # Also of an answer that breaks off.
            self._answer.untold.append(self._stream.finish())
            if any(self._answer.untold):
                self._publish(self._answer.update())
        await self._take_back_trial()
        # Among the limits' ends is one that `forced_eos_token_id` makes of them.
        if self._constraint is not None and not self._constraint.complete and reason in (LENGTH, TIME, STOP):
            raise IncompleteJson(self._answer.meter.tokens)
        return reason

    async def _tokens(self, logits: Logits, alive: Callable[[], None]) -> str:
        """Take tokens until something ends the answer; return what did."""
        answer, meter, stream = self._answer, self._answer.meter, self._stream
        tokens, told_at = 0, -math.inf
        while (token := await self._sampler.pick(logits)) not in self._end_tokens:
            tokens += 1
            now = meter.count(tokens)
            if text := stream.push(token):
                answer.untold.append(text)
            # The first token is told at once, it ends the wait; of the others only what has become text.
            if now - told_at >= TELL_SECONDS and (answer.untold or tokens == 1):
                told_at = now
                self._publish(answer.update())
            reason = self._ending(tokens)
            if reason:
                return reason
            self._lookup.push(token)
            logits = await self._next(token)
            alive()
        return STOP

    def _ending(self, tokens: int) -> str:
        """Return why the answer ends after its newest token, or an empty text."""
        if self._stream.stopped:
            return STOP_STRING
        if self._constraint is not None and self._constraint.finished:
            return STOP
        if self._answer.stopped:
            return STOPPED
        if tokens >= self._settings.max_new_tokens:
            return LENGTH
        limit = self._settings.max_time
        return TIME if limit is not None and self._answer.meter.elapsed >= limit else ""

    async def _next(self, token: int) -> Logits:
        """Return the scores after a token, which may be known from a trial."""
        if self._right < len(self._guess) and self._guess[self._right] == token:
            self._right += 1
            self._cache.token_ids.append(token)
            return self._rows[self._right]
        await self._take_back_trial()
        guess = self._lookup.guess()[: self._loaded.context_length - self._cache.kv.length - 1]
        if guess:
            self._rows = await self._engine.forward_each(self._cache.kv, [token, *guess])
            self._guess, logits = guess, self._rows[0]
        else:
            following = await self._engine.forward(self._cache.kv, [token])
            assert following is not None, "scores were asked for"  # noqa: S101 - a bug, not an input
            logits = following
        self._cache.token_ids.append(token)
        return logits

    async def _take_back_trial(self) -> None:
        """Forget guessed tokens that did not come true, and learn from it."""
        if self._guess:
            self._lookup.learn(len(self._guess), self._right)
            await self._cache.kv.crop(len(self._cache.token_ids))
            self._guess, self._rows, self._right = [], (), 0


def _most_guesses(settings: GenerationSettings, loaded: LoadedModel, cache: ChatCache) -> int:
    """Return how many tokens may be guessed at a time: none where that costs more than it gives."""
    wanted = settings.prompt_lookup_num_tokens
    if wanted is None:
        wanted = GUESSES if loaded.alike_alone else 0
    # What a pass with one scale for all its tokens computes depends on the guesses in it.
    return 0 if loaded.dynamic_quantization or not cache.kv.cuts_freely else wanted
