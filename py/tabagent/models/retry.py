"""When a failed request is sent again, and after how long."""

from __future__ import annotations

import email.utils
import random

from tabagent.errors import HubUnavailable, Offline
from tabagent.store_errors import ConnectionLost, IncompleteFile

# Tries of one request without a new chunk in between. With the pauses below they take about 8 seconds in all: enough
# for a change of networks; after a longer loss the person presses Resume.
ATTEMPTS = 5
FIRST_PAUSE_SECONDS = 0.5
# Above this the hub's own wish to wait is told to the person instead of being followed.
LONGEST_PAUSE_SECONDS = 60.0

# Request timeout, too early, too many requests, and servers that are down for a while.
PASSING_STATUSES = frozenset({408, 425, 429, 500, 502, 503, 504})


def is_passing(error: Exception) -> bool:
    """Tell whether the same request may succeed later by itself."""
    if isinstance(error, HubUnavailable):
        return error.status in PASSING_STATUSES
    return isinstance(error, ConnectionLost | IncompleteFile | Offline)


def pause_before(attempt: int, error: Exception, now: float) -> float | None:
    """Return the seconds to wait before a request is sent again, or None to give up.

    Args:
        attempt: How many tries have failed, from 1.
        error: Of the last one.
        now: Seconds since 1970, for `Retry-After` with a date.
    """
    if attempt >= ATTEMPTS or not is_passing(error):
        return None
    asked = _retry_after(error.retry_after, now) if isinstance(error, HubUnavailable) else None
    if asked is not None:
        return asked if asked <= LONGEST_PAUSE_SECONDS else None
    # Up to a quarter more, so that connections that broke together do not come back together.
    return FIRST_PAUSE_SECONDS * 2.0 ** (attempt - 1) * random.uniform(1.0, 1.25)  # noqa: S311 - not a secret


def _retry_after(value: str, now: float) -> float | None:
    """Return the seconds that a `Retry-After` header asks for, or None when it says nothing (RFC 9110, 10.2.3)."""
    if value.strip().isdecimal():
        return float(value)
    try:
        return max(0.0, email.utils.parsedate_to_datetime(value).timestamp() - now)
    except ValueError:
        return None
