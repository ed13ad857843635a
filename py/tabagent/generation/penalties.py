"""What the history of a conversation does to the scores of the next token: penalties, bans and forced tokens.

The rules and their order are those of Hugging Face transformers (`_get_logits_processor` in
`src/transformers/generation/utils.py`). The history is indexed as it grows, so that a step costs the same after ten
tokens and after ten thousand.
"""

from __future__ import annotations

import math
import sys
from array import array
from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from tabagent.parameters import GenerationSettings

LARGEST = 3.4028234663852886e38
"""Of a 32-bit float; what `remove_invalid_values` puts in the place of infinity."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What is done to the scores of one step, in this order.

    Attributes:
        penalized: Tokens whose scores are made worse by `penalty` (divided when positive, else multiplied).
        banned: Tokens that cannot come.
        clean: NaN becomes 0 and infinities become the largest number, also those of banned tokens.
        boost: Added to the scores of `boosted`, times their absolute value.
        suppressed: Tokens that cannot come, whatever the steps before did.
    """

    penalized: AbstractSet[int] = frozenset()
    penalty: float = 1.0
    banned: AbstractSet[int] = frozenset()
    clean: bool = False
    boosted: AbstractSet[int] = frozenset()
    boost: float = 0.0
    suppressed: AbstractSet[int] = frozenset()

    @property
    def none(self) -> bool:
        """Nothing changes."""
        return not (self.clean or self.boost or self.banned or self.suppressed) and self.penalty == 1

    @property
    def only_lower(self) -> bool:
        """No score gets higher, so that tokens behind the best ones stay behind them."""
        return not (self.clean or self.boost) and self.penalty >= 1

    def lowered(self, token: int, score: float) -> float:
        """Return what becomes of one score; only where `only_lower` holds."""
        if token in self.banned or token in self.suppressed:
            return -math.inf
        if token in self.penalized:
            return score * self.penalty if score < 0 else score / self.penalty
        return score

    def apply(self, scores: array[float]) -> None:
        """Change the scores of the whole vocabulary; tokens that it does not have are passed over."""
        size, penalty = len(scores), self.penalty
        if penalty != 1:
            for token in self.penalized:
                if token < size:
                    score = scores[token]
                    scores[token] = score * penalty if score < 0 else score / penalty
        _ban(self.banned, scores)
        if self.clean:
            _clean(scores)
        if self.boost:
            for token in self.boosted:
                if token < size and scores[token] != -math.inf:  # a banned end stays banned
                    scores[token] = min(scores[token] + abs(scores[token]) * self.boost, LARGEST)
        _ban(self.suppressed, scores)


UNCHANGED = Changes()


class Penalties:
    """Keeps the history and says what it does to the next step.

    Args:
        prompt: Token ids before the answer; they count as history.
        end_tokens: Tokens that end an answer.

    Attributes:
        none: No setting forces a token or changes a score, whatever comes.
    """

    def __init__(self, settings: GenerationSettings, prompt: Sequence[int], end_tokens: frozenset[int]) -> None:
        self._settings = settings
        self._prompt_length = len(prompt)
        self._end_tokens = end_tokens
        self._history: list[int] = []
        self._seen: set[int] = set()
        self._ngram_size = settings.no_repeat_ngram_size
        self._ngrams: dict[tuple[int, ...], set[int]] = {}
        self._words = _BadWords(settings.bad_words_ids or (), end_tokens)
        self._suppressed = frozenset(settings.suppress_tokens or ())
        self._at_begin = self._suppressed | frozenset(settings.begin_suppress_tokens or ())
        # after a forced token, the next one is the first that is chosen
        self._begin = self._prompt_length + (settings.forced_bos_token_id is not None)
        self._limit = min(
            self._prompt_length + settings.max_new_tokens,
            settings.max_length if settings.max_length is not None else sys.maxsize,
        )
        self._decay = settings.exponential_decay_length_penalty
        self.none = _changes_nothing(settings, self._prompt_length)
        for token in prompt:
            self.append(token)

    def append(self, token: int) -> None:
        """Note that a token was chosen."""
        if self.none:
            return
        self._history.append(token)
        self._seen.add(token)
        size = self._ngram_size
        if 0 < size <= len(self._history):
            window = tuple(self._history[-size:])
            self._ngrams.setdefault(window[:-1], set()).add(window[-1])

    @property
    def forced(self) -> Sequence[int]:
        """The tokens of which one must come; empty for a free choice.

        `forced_bos_token_id` is the answer's first token (transformers forces it only after a prompt of one token,
        which no chat has), `forced_eos_token_id` the last that the limits allow.
        """
        if self.none:
            return ()
        settings, length = self._settings, len(self._history)
        if settings.forced_bos_token_id is not None and length == self._prompt_length:
            return (settings.forced_bos_token_id,)
        if settings.forced_eos_token_id is not None and length == self._limit - 1:
            return settings.forced_eos_token_id
        return ()

    @property
    def changes(self) -> Changes:
        """What is done to the scores of the next token; valid until `append`."""
        if self.none:
            return UNCHANGED
        settings = self._settings
        boost = self._boost
        return Changes(
            penalized=self._seen,
            penalty=settings.repetition_penalty,
            banned=self._banned,
            clean=settings.remove_invalid_values,
            boosted=self._end_tokens,
            boost=boost,
            suppressed=self._at_begin if len(self._history) == self._begin else self._suppressed,
        )

    @property
    def _banned(self) -> AbstractSet[int]:
        """Tokens that would repeat an n-gram, complete a bad word, or end the answer too early."""
        banned = self._words.after(self._history)
        size = self._ngram_size
        if size > 0:
            prefix = tuple(self._history[max(0, len(self._history) - size + 1) :])
            banned = banned | self._ngrams.get(prefix, frozenset())
        length = len(self._history)
        early = length < self._settings.min_length or length - self._prompt_length < self._settings.min_new_tokens
        return banned | self._end_tokens if early else banned

    @property
    def _boost(self) -> float:
        """How much likelier an end is made by `exponential_decay_length_penalty`."""
        if not self._decay:
            return 0.0
        start, factor = self._decay
        over = len(self._history) - self._prompt_length - start
        if over <= 0:
            return 0.0
        try:
            return float(factor**over - 1)
        except OverflowError:
            return LARGEST


class _BadWords:
    """Sequences of tokens that must not be completed."""

    def __init__(self, words: Iterable[Sequence[int]], end_tokens: frozenset[int]) -> None:
        self._always: frozenset[int] = frozenset()
        self._by_last: dict[int, list[tuple[int, ...]]] = {}
        for word in map(tuple, words):
            if len(word) > 1:
                self._by_last.setdefault(word[-2], []).append(word)
            elif word and word[0] not in end_tokens:
                self._always |= {word[0]}

    def after(self, history: Sequence[int]) -> AbstractSet[int]:
        """Return the tokens that would complete a word."""
        words = self._by_last.get(history[-1]) if history else None
        if not words:
            return self._always
        size = len(history)
        # as in transformers, a word as long as the history is looked at, a longer one is not
        hits = [word for word in words if len(word) <= size and tuple(history[1 - len(word) :]) == word[:-1]]
        return self._always | {word[-1] for word in hits}


def _changes_nothing(settings: GenerationSettings, prompt_length: int) -> bool:
    """Tell whether no step of an answer is changed by the settings."""
    return not (
        settings.repetition_penalty != 1
        or settings.no_repeat_ngram_size
        or settings.bad_words_ids
        or settings.suppress_tokens
        or settings.begin_suppress_tokens
        or settings.forced_bos_token_id is not None
        or settings.forced_eos_token_id is not None
        or settings.min_length > prompt_length
        or settings.min_new_tokens
        or settings.exponential_decay_length_penalty
        or settings.remove_invalid_values
    )


def _ban(tokens: AbstractSet[int], scores: array[float]) -> None:
    size = len(scores)
    for token in tokens:
        if token < size:
            scores[token] = -math.inf


def _clean(scores: array[float]) -> None:
    """Put numbers in the place of NaN and infinities."""
    if math.isfinite(sum(scores)):
        return
    for token, score in enumerate(scores):
        if not math.isfinite(score):
            scores[token] = 0.0 if math.isnan(score) else math.copysign(LARGEST, score)
