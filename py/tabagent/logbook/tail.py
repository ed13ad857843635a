"""Tells pages of new entries while one of them follows the logs; otherwise nothing is sent."""

from __future__ import annotations

from collections.abc import Callable

from tabagent.errors import JsonValue
from tabagent.log_messages import LogEntriesAdded, LogEntry

# A page that follows says so again before this is over; one that was closed just stops.
FOLLOW_SECONDS = 30.0
# Often enough for the eye.
PUBLISH_SECONDS = 0.25
# Of one event; whoever wants what was left out asks for it.
MAX_ENTRIES = 200


class LogTail:
    """Collects entries and publishes them in batches.

    Args:
        publish: Sends events to the pages.
        now: Seconds of any clock.
        call_later: Runs a function after so many seconds.
    """

    def __init__(
        self,
        publish: Callable[[LogEntriesAdded], None],
        now: Callable[[], float],
        call_later: Callable[[float, Callable[[], None]], object],
    ) -> None:
        self._publish, self._now, self._call_later = publish, now, call_later
        self._until = float("-inf")
        self._new: list[LogEntry] = []

    def follow(self) -> None:
        """Publish what comes within the next half minute."""
        self._until = self._now() + FOLLOW_SECONDS

    def add(self, entry: LogEntry) -> None:
        """Take an entry in."""
        if self._now() > self._until:
            return
        if not self._new:
            self._call_later(PUBLISH_SECONDS, self._send)
        self._new.append(entry)

    def _send(self) -> None:
        batch, self._new = self._new[-MAX_ENTRIES:], []
        records: list[JsonValue] = [entry.to_record() for entry in batch]
        self._publish(LogEntriesAdded(entries=records))
