"""The port `Logits` over a list, which notes what it is asked for."""

from __future__ import annotations

import math
from array import array
from collections.abc import Sequence


class Scores:
    """Scores of a small vocabulary; NaN counts as the best of all."""

    def __init__(self, scores: Sequence[float]) -> None:
        self._scores = array("f", scores)
        self.asked: list[str] = []

    def read(self) -> array[float]:
        self.asked.append("read")
        return self._scores[:]

    def write(self, scores: array[float]) -> None:
        self.asked.append("write")
        self._scores = scores[:]

    def argmax(self) -> int:
        self.asked.append("argmax")
        return self._ranked()[0]

    async def top(self, count: int) -> tuple[list[int], list[float]]:
        self.asked.append(f"top {count}")
        best = self._ranked()[:count]
        return best, [self._scores[token] for token in best]

    def _ranked(self) -> list[int]:
        scores = self._scores
        return sorted(range(len(scores)), key=lambda token: -math.inf if math.isnan(scores[token]) else -scores[token])
