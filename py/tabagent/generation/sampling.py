"""Picks the next token of an answer.

The distribution is that of Hugging Face transformers' processors in their order: what the history does to the scores
(`tabagent.generation.penalties`), then temperature and filters (`tabagent.generation.warpers`). A step must cost
microseconds, not milliseconds, so the scores stay where the engine has them as long as the best few are enough to know
the result exactly; only what needs every score (sampling without `top_k`, scores that get better) reads them all.

A constraint masks what the filters left: a token that it refuses is drawn again, which is the same as a draw from the
masked distribution, and where the filters left nothing that it allows, the likeliest token that it allows is taken.
"""

from __future__ import annotations

import math
import random
from array import array
from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Protocol

from tabagent.generation.penalties import UNCHANGED, Changes, Penalties
from tabagent.generation.warpers import Totals, draw_weights, exponentials, totals_of, warp, warpers_of
from tabagent.parameters import GenerationSettings
from tabagent.ports.engine import Logits

# A character has at most four bytes, so at most three tokens in a row add nothing to the text.
_OPEN_TOKENS = 3
# Tokens looked at, best first, before the constraint is asked what would do.
_LOOKED_AT = 1024
# Draws before all of the kept tokens are checked at once.
_DRAWS = 16


class Constraint(Protocol):
    """Says of an answer's text, while it grows, what may come next.

    A text may stop in the middle of anything, and a U+FFFD at its end stands for a character that is not whole yet: the
    text that comes after it brings the whole character.
    """

    def allows(self, text: str) -> bool:
        """Tell whether the answer may go on with this text; changes nothing."""

    def feed(self, text: str) -> None:
        """Take note that the answer went on with this text, which is allowed."""

    @property
    def complete(self) -> bool:
        """The answer may end here."""

    @property
    def finished(self) -> bool:
        """Nothing but white space could follow."""

    def continuations(self) -> Sequence[str]:
        """Return short texts that may come next, at least one unless `finished`."""


class InvalidScores(ValueError):
    """The engine computed scores that are no numbers; `remove_invalid_values` would replace them."""

    def __init__(self) -> None:
        super().__init__(
            "the scores of the next token are not all numbers; the weights may be damaged or the device may compute "
            "wrongly (the setting remove_invalid_values goes on in spite of it)"
        )


class NoTokenLeft(ValueError):
    """Bans or a constraint leave no token that could come next."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"no token is left that may come next: {reason}")


@dataclass(frozen=True, slots=True)
class _Head:
    """The best tokens after the changes of the step.

    Attributes:
        tokens, scores: Best first; every token that is not among them has a lower score than the last of them.
        whole: No other token can come.
    """

    tokens: list[int]
    scores: list[float]
    whole: bool


class Sampler:
    """The choices of one answer.

    Args:
        settings: As `tabagent.parameters.combine` makes them. Where the context allows fewer tokens than
            `max_new_tokens`, that must have been lowered for `forced_eos_token_id` to come in time.
        prompt: Token ids before the answer.
        end_tokens: Tokens that end the answer. With a constraint they come when it is `complete` only, and at once when
            it is `finished`; a model without any ends when the caller sees `finished`.
        constraint: What the answer's text must look like.
        text_of: What the answer's text would grow by with a token; needed with a constraint.
        encode: Token ids of a short text. With a constraint it saves the search through the whole vocabulary where none
            of the likeliest tokens is allowed.
        uniform: Returns numbers from 0 to below 1; by default those of Python's `random.Random(seed)`, which are the
            same on every platform, or the system's when there is no seed.
    """

    def __init__(
        self,
        settings: GenerationSettings,
        prompt: Sequence[int],
        end_tokens: frozenset[int],
        *,
        constraint: Constraint | None = None,
        text_of: Callable[[int], str] | None = None,
        encode: Callable[[str], Sequence[int]] | None = None,
        uniform: Callable[[], float] | None = None,
    ) -> None:
        self._penalties = Penalties(settings, prompt, end_tokens)
        self._end_tokens = end_tokens
        self._constraint = constraint
        self._text_of = text_of or _no_text
        self._encode = encode
        self._open = 0  # tokens since the text last grew
        self._greedy = not settings.do_sample or settings.temperature == 0
        self._takes_best = self._greedy and constraint is None and self._penalties.none
        self._temperature = settings.temperature
        self._warpers = [] if self._greedy else warpers_of(settings)
        # A generator of its own: the module's has the state that the memory snapshot has frozen.
        self._uniform = uniform or random.Random(settings.seed).random  # noqa: S311 - not for secrets
        first = next(iter(self._warpers), None)
        self._needs_all = not self._greedy and (first is None or first.needs_totals)
        self._first_look = max(settings.top_k + 14, 64) if settings.top_k else 256

    async def pick(self, logits: Logits) -> int:
        """Choose the next token and remember it.

        Raises:
            InvalidScores: A score that matters is NaN or infinite.
            NoTokenLeft: Bans or the constraint allow no token of the vocabulary.
        """
        if self._takes_best:
            return logits.argmax()
        forced = self._penalties.forced
        if forced:
            token = forced[0] if len(forced) == 1 else max(forced, key=logits.read().__getitem__)
        elif self._constraint is not None and self._constraint.finished and self._end_tokens:
            token = min(self._end_tokens)
        else:
            token = await self._choose(logits)
        self._penalties.append(token)
        self._feed(token)
        return token

    async def _choose(self, logits: Logits) -> int:
        changes = self._penalties.changes
        if self._greedy and changes.none and self._constraint is None:
            return logits.argmax()
        totals: Totals | None = None
        if self._needs_all or not changes.only_lower:
            scores = logits.read()
            if not changes.none:
                changes.apply(scores)
                logits.write(scores)
                changes = UNCHANGED
            if self._needs_all and not self._warpers:
                return await self._draw_from_all(logits, scores)
            if self._needs_all:
                totals = totals_of(scores, self._temperature)
                if math.isnan(totals.log_sum):
                    raise _bad_scores(scores)
        if self._greedy:
            return await self._best_allowed(logits, changes, set())
        return await self._draw(logits, changes, totals)

    async def _draw(self, logits: Logits, changes: Changes, totals: Totals | None) -> int:
        """Draw from what the filters leave."""
        count = self._first_look
        kept = None
        while kept is None:
            head = await self._head(logits, changes, count)
            count *= 4
            if head.scores:
                scaled = [score / self._temperature for score in head.scores]
                kept = warp(self._warpers, scaled, head.whole, totals)
        tokens = head.tokens[slice(*kept)]
        weights = draw_weights(scaled[slice(*kept)])
        tried: set[int] = set()
        token = self._drawn(tokens, list(accumulate(weights)), _DRAWS, tried)
        if token is None:
            allowed = [index for index, token in enumerate(tokens) if token not in tried and self._allows(token)]
            tried.update(tokens)
            if allowed:
                tokens = [tokens[index] for index in allowed]
                token = self._drawn(tokens, list(accumulate(weights[index] for index in allowed)), 1, set())
        return await self._best_allowed(logits, changes, tried) if token is None else token

    async def _draw_from_all(self, logits: Logits, scores: array[float]) -> int:
        """Draw from the whole vocabulary."""
        sums = list(accumulate(exponentials(scores, max(scores), self._temperature)))
        if not 0 < sums[-1] < math.inf:
            raise _bad_scores(scores)
        tried: set[int] = set()
        # A constraint that refuses nearly all of the mass gets its likeliest token: to check the whole vocabulary for
        # the exact draw would take seconds.
        token = self._drawn(range(len(sums)), sums, _DRAWS * _DRAWS, tried)
        return await self._best_allowed(logits, UNCHANGED, tried) if token is None else token

    def _drawn(self, tokens: Sequence[int], sums: Sequence[float], draws: int, tried: set[int]) -> int | None:
        """Draw until a token is allowed.

        Args:
            tokens: What is drawn from.
            sums: Sums of the weights up to each token.
            draws: None is returned after this many.
            tried: Tokens that are not allowed; those that are found are added.
        """
        for _ in range(draws):
            index = bisect_right(sums, self._uniform() * sums[-1])
            token = tokens[min(index, len(sums) - 1)]
            if token not in tried:
                if self._allows(token):
                    return token
                tried.add(token)
        return None

    async def _best_allowed(self, logits: Logits, changes: Changes, tried: set[int]) -> int:
        """Return the likeliest token that is allowed; those in `tried` are known not to be."""
        count, looked_at_continuations = 16, False
        while True:
            head = await self._head(logits, changes, count)
            for token in head.tokens:
                if token not in tried:
                    if self._allows(token):
                        return token
                    tried.add(token)
            if head.whole:
                raise NoTokenLeft("the JSON that was asked for needs text that this model's tokens cannot spell")
            if count >= _LOOKED_AT and self._constraint is not None and not looked_at_continuations:
                looked_at_continuations = True
                found = self._continuation(self._constraint, logits, changes)
                if found is not None:
                    return found
            count *= 4

    def _continuation(self, constraint: Constraint, logits: Logits, changes: Changes) -> int | None:
        """Return the likeliest of the tokens with which the constraint would be content, as far as they are known."""
        if self._encode is None:
            return None
        scores = logits.read()
        tokens = {token for text in constraint.continuations() for token in self._encode(text) if token < len(scores)}
        allowed = [(changes.lowered(token, scores[token]), -token) for token in tokens if self._allows(token)]
        best = max(allowed, default=(-math.inf, 0))
        return -best[1] if best[0] > -math.inf else None

    async def _head(self, logits: Logits, changes: Changes, count: int) -> _Head:
        """Return the best tokens after the changes, as far as the best `count` before them tell."""
        tokens, scores = await logits.top(count)
        total = sum(scores)
        if math.isnan(total) or total == math.inf:
            raise InvalidScores
        whole = len(tokens) < count
        least = -math.inf if whole else scores[-1]
        if not changes.none:
            lowered = map(changes.lowered, tokens, scores)
            ranked = sorted((-score, token) for token, score in zip(tokens, lowered, strict=True))
            tokens, scores = [token for _, token in ranked], [-score for score, _ in ranked]
        # Tokens that were not asked for have at most the score `least`, which no change makes higher.
        certain = next((index for index, score in enumerate(scores) if score <= least), len(scores))
        if whole and certain == 0:
            raise NoTokenLeft("bans and limits of the settings exclude the whole vocabulary")
        return _Head(tokens[:certain], scores[:certain], whole)

    def _allows(self, token: int) -> bool:
        """Tell whether the constraint lets a token come."""
        constraint = self._constraint
        if constraint is None:
            return True
        if token in self._end_tokens:
            return constraint.complete
        text = self._text_of(token)
        return (self._open < _OPEN_TOKENS or _grows(text)) and constraint.allows(text)

    def _feed(self, token: int) -> None:
        """Tell the constraint of a token that was chosen."""
        if self._constraint is None or not self._allows(token) or token in self._end_tokens:
            return  # a forced token may be one that is not allowed
        text = self._text_of(token)
        self._open = 0 if _grows(text) else self._open + 1
        self._constraint.feed(text)


def _grows(text: str) -> bool:
    """Tell whether a text has a whole character."""
    return bool(text) and not text.endswith("\ufffd")


def _bad_scores(scores: array[float]) -> ValueError:
    """Return the error of scores that have no usable sum."""
    banned = all(score == -math.inf for score in scores)
    return NoTokenLeft("bans and limits of the settings exclude the whole vocabulary") if banned else InvalidScores()


def _no_text(token: int) -> str:
    raise NoTokenLeft(f"the text of token {token} is not known, which a constraint needs")
