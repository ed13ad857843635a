"""Counts the tokens of one answer and times them."""

from __future__ import annotations

from collections.abc import Callable


class TokenMeter:
    """Token count, time to first token and decode speed.

    Args:
        now: Monotonic seconds.
    """

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._start = now()
        self._first: float | None = None
        self._last = self._start
        self.tokens = 0

    def count(self, tokens: int) -> None:
        """Note that `tokens` tokens exist by now."""
        self._last = self._now()
        if self._first is None and tokens > 0:
            self._first = self._last
        self.tokens = tokens

    @property
    def time_to_first_token(self) -> float:
        """Milliseconds from the request to the first token; 0 before it."""
        return 0.0 if self._first is None else round((self._first - self._start) * 1000, 1)

    @property
    def tokens_per_second(self) -> float:
        """Decode speed: tokens after the first, over the time since it; 0 until there are two."""
        if self._first is None or self.tokens < 2 or self._last <= self._first:
            return 0.0
        return round((self.tokens - 1) / (self._last - self._first), 2)
