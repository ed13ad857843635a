"""Which tokens stay in the draw: top-k, nucleus, min-p, typical, epsilon and eta sampling.

Each filter looks at scores in descending order and keeps a contiguous part of them, so that the best few tokens are
nearly always enough: the rest of a vocabulary of up to 260,000 is looked at only when a filter cannot decide without
it. Meaning and order of the filters are those of Hugging Face transformers (`TopKLogitsWarper` and its siblings in
`src/transformers/generation/logits_process.py`, order in `_get_logits_processor`), which transformers.js follows.

Scores are logits, already divided by the temperature.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import repeat
from operator import mul, neg
from typing import Protocol

from tabagent.parameters import GenerationSettings

Kept = tuple[int, int]
"""First index that is kept, and the one after the last."""


@dataclass(frozen=True, slots=True)
class Totals:
    """What a filter must know of tokens that it does not see.

    Attributes:
        log_sum: Logarithm of the sum of the exponentials of all scores.
        entropy: Of the distribution, in nats.
    """

    log_sum: float
    entropy: float


class Warper(Protocol):
    """One filter.

    Attributes:
        needs_totals: The filter cannot work on the best tokens alone.
    """

    needs_totals: bool

    def keep(self, scores: Sequence[float], whole: bool, totals: Totals) -> Kept | None:
        """Tell which part of the scores stays.

        Args:
            scores: Best first, at least one. Every token that is not among them has a lower score than the last.
            whole: There are no other tokens.
            totals: Of all tokens; its fields are not looked at unless `needs_totals`.

        Returns:
            None when more scores are needed to tell.
        """


class TopK:
    """The `count` best, and what ties with the last of them."""

    needs_totals = False

    def __init__(self, count: int) -> None:
        self._count = count

    def keep(self, scores: Sequence[float], whole: bool, totals: Totals) -> Kept | None:
        """See `Warper`."""
        if len(scores) < self._count and not whole:
            return None
        last = scores[min(self._count, len(scores)) - 1]
        return 0, bisect_right(scores, -last, key=neg)


class TopP:
    """The fewest of the best tokens that together have the mass."""

    needs_totals = True

    def __init__(self, mass: float) -> None:
        self._mass = mass

    def keep(self, scores: Sequence[float], whole: bool, totals: Totals) -> Kept | None:
        """See `Warper`."""
        mass, log_sum = 0.0, totals.log_sum
        for index, score in enumerate(scores):
            if mass >= self._mass:
                return 0, max(index, 1)
            mass += math.exp(score - log_sum)
        return (0, len(scores)) if whole or mass >= self._mass else None


class MinP:
    """The tokens with at least this part of the best token's probability."""

    needs_totals = False

    def __init__(self, part: float) -> None:
        self._distance = math.log(part)

    def keep(self, scores: Sequence[float], whole: bool, totals: Totals) -> Kept | None:
        """See `Warper`."""
        return _down_to(scores[0] + self._distance, scores, whole)


class Typical:
    """The tokens whose information is nearest to the entropy and that together have the mass."""

    needs_totals = True

    def __init__(self, mass: float) -> None:
        self._mass = mass

    def keep(self, scores: Sequence[float], whole: bool, totals: Totals) -> Kept | None:
        """See `Warper`."""
        centre = totals.log_sum - totals.entropy  # the score of a token that has just this information
        low = high = bisect_left(scores, -centre, key=neg)
        mass = reach = 0.0
        while mass < self._mass:
            if high == len(scores) and not whole:
                return None
            if low == 0 and high == len(scores):
                return low, high
            above = scores[low - 1] - centre if low else math.inf
            below = centre - scores[high] if high < len(scores) else math.inf
            if above <= below:
                low -= 1
            else:
                high += 1
            reach = min(above, below)
            mass += math.exp((scores[low] if above <= below else scores[high - 1]) - totals.log_sum)
        return self._with_ties(scores, low, high, centre, reach, whole)

    @staticmethod
    def _with_ties(
        scores: Sequence[float], low: int, high: int, centre: float, reach: float, whole: bool
    ) -> Kept | None:
        """Add what is as near as the last token."""
        while low and scores[low - 1] - centre <= reach:
            low -= 1
        while high < len(scores) and centre - scores[high] <= reach:
            high += 1
        return (low, high) if whole or high < len(scores) else None


class Epsilon:
    """The tokens with at least this probability; the best one always."""

    needs_totals = True

    def __init__(self, probability: float) -> None:
        self._log = math.log(probability)

    def keep(self, scores: Sequence[float], whole: bool, totals: Totals) -> Kept | None:
        """See `Warper`."""
        return _down_to(self._log + totals.log_sum, scores, whole)


class Eta:
    """The tokens with a least probability that is lower the higher the entropy is; the best one always."""

    needs_totals = True

    def __init__(self, epsilon: float) -> None:
        self._log = math.log(epsilon)

    def keep(self, scores: Sequence[float], whole: bool, totals: Totals) -> Kept | None:
        """See `Warper`."""
        least = min(self._log, self._log / 2 - totals.entropy)
        return _down_to(least + totals.log_sum, scores, whole)


def warpers_of(settings: GenerationSettings) -> list[Warper]:
    """Return the filters that do something, in the order in which they act."""
    found: list[Warper] = []
    if settings.top_k > 0:
        found.append(TopK(settings.top_k))
    if settings.top_p < 1:
        found.append(TopP(settings.top_p))
    if settings.min_p > 0:
        found.append(MinP(settings.min_p))
    if settings.typical_p < 1:
        found.append(Typical(settings.typical_p))
    if 0 < settings.epsilon_cutoff < 1:
        found.append(Epsilon(settings.epsilon_cutoff))
    if 0 < settings.eta_cutoff < 1:
        found.append(Eta(settings.eta_cutoff))
    return found


def warp(warpers: Sequence[Warper], scores: list[float], whole: bool, totals: Totals | None) -> Kept | None:
    """Apply the filters one after another, each to what the ones before it left.

    Args:
        warpers: The filters.
        scores: Best first, at least one; higher than those of all other tokens.
        whole: There are no other tokens.
        totals: Of all tokens; may be None where the first filter does not need it.

    Returns:
        The part that is kept, or None when more scores are needed.
    """
    first = 0
    for warper in warpers:
        if warper.needs_totals and totals is None:
            totals = totals_of(scores, 1.0)
        kept = warper.keep(scores, whole, totals or _UNKNOWN)
        if kept is None:
            return None
        scores, first, whole, totals = scores[kept[0] : kept[1]], first + kept[0], True, None
    return (first, first + len(scores)) if whole else None


def totals_of(scores: Sequence[float], temperature: float) -> Totals:
    """Return the totals of scores in any order that are still to be divided by the temperature.

    Two passes at C speed; the scores of impossible tokens are minus infinity. Both results are NaN when a score is NaN
    or infinite.
    """
    peak = max(scores)
    powers = list(exponentials(scores, peak, temperature))
    total = sum(powers)
    if not total > 0 or math.isinf(total):
        return Totals(math.nan, math.nan)
    if -math.inf in scores:
        moment = sum(power * score for power, score in zip(powers, scores, strict=True) if power > 0)
    else:
        moment = sum(map(mul, powers, scores))
    log_sum = math.log(total)
    scaled = _shift(peak, temperature)
    return Totals(log_sum + scaled, log_sum + scaled - moment / total / temperature)


def exponentials(scores: Iterable[float], peak: float, temperature: float) -> Iterable[float]:
    """Return `exp(score / temperature)` of each score, times one factor that keeps the sum in range.

    One call of a C function a score in all usual cases: the factor is 1 there (see `_shift`), and the division by the
    temperature is in the base of the power.
    """
    if _shift(peak, temperature):
        return [math.exp((score - peak) / temperature) for score in scores]
    if temperature == 1:
        return map(math.exp, scores)
    return map(math.pow, repeat(math.exp(1 / temperature)), scores)


def draw_weights(scores: Sequence[float]) -> list[float]:
    """Return the weights of a draw from scores, the best of which is first or not."""
    peak = max(scores)
    return [math.exp(score - peak) for score in scores]


def _shift(peak: float, temperature: float) -> float:
    """Return what is taken from the scores before the exponential: nothing, or the best score."""
    inside = abs(peak / temperature) < 600 and temperature > 0.002  # exp(709) is the largest that a float holds
    return 0.0 if inside else peak / temperature


def _down_to(least: float, scores: Sequence[float], whole: bool) -> Kept | None:
    """Keep the scores that are not lower than `least`; the best one always."""
    kept = bisect_right(scores, -min(least, scores[0]), key=neg)
    return (0, kept) if whole or kept < len(scores) else None


_UNKNOWN = Totals(math.nan, math.nan)
