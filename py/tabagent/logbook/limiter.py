"""How often something may happen."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable


class RateLimiter:
    """Lets so many through within any span of time.

    Args:
        most: How many.
        seconds: The span.
        now: Seconds of any clock.
    """

    def __init__(self, most: int, seconds: float, now: Callable[[], float]) -> None:
        self._times: deque[float] = deque(maxlen=most)
        self._most, self._seconds, self._now = most, seconds, now

    def allows(self) -> bool:
        """Tell whether one more may; it then counts."""
        now = self._now()
        if len(self._times) == self._most and now - self._times[0] < self._seconds:
            return False
        self._times.append(now)
        return True
