"""Counts the tokens of one answer and times them."""

from __future__ import annotations

from collections.abc import Callable


class TokenMeter:
    """Token count, time to first token, and the speeds of prefill and decode.

    Args:
        now: Monotonic seconds.
    """

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._start = now()
        self._first: float | None = None
        self._last = self._start
        self._prefill_begun: float | None = None
        self._prefilled = 0
        self.tokens = 0

    def begin_prefill(self) -> None:
        """Note that the prompt's computation begins."""
        self._prefill_begun = self._now()

    def prefill(self, tokens: int) -> None:
        """Note that `tokens` more tokens of the prompt were computed."""
        self._prefilled += tokens
        self._last = self._now()

    def count(self, tokens: int) -> float:
        """Note that `tokens` tokens exist by now, and return the time."""
        self._last = self._now()
        if self._first is None and tokens > 0:
            self._first = self._last
        self.tokens = tokens
        return self._last

    @property
    def elapsed(self) -> float:
        """Seconds since the request."""
        return self._now() - self._start

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

    @property
    def prefill_per_second(self) -> float:
        """Tokens of the prompt that were computed, over the time until the first token; 0 while nobody can tell."""
        if self._prefill_begun is None:
            return 0.0
        end = self._last if self._first is None else self._first
        return round(self._prefilled / (end - self._prefill_begun), 2) if end > self._prefill_begun else 0.0
