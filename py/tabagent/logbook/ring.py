"""The ring of entries: the newest are kept, within limits, in batches.

Whoever adds an entry waits for nothing: it is put into a list, and a timer writes the list down.
"""

from __future__ import annotations

import asyncio
import json
import logging
import random
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import takewhile

from tabagent.errors import JsonObject, JsonValue
from tabagent.log_messages import AddLog, LogEntry, LogLevel
from tabagent.logbook.ids import entry_id, size_of
from tabagent.ports.log_store import LogStore
from tabagent.store_errors import StorageError

logger = logging.getLogger(__name__)

# Days of ordinary use, and small enough to be read in one go (some 50 ms) and sent by mail.
MAX_ENTRIES = 5_000
MAX_BYTES = 2 * 1024 * 1024
# No single entry may push out more than a small part of the others.
MAX_ENTRY_BYTES = 16 * 1024
MAX_MESSAGE_CHARACTERS = 2_000
# One transaction a second at most; an error waits for less, because the thread may be about to end.
FLUSH_SECONDS = 1.0
FLUSH_ERRORS_SECONDS = 0.05

CallLater = Callable[[float, Callable[[], None]], object]


class LogRing:
    """Adds entries, writes them down, and lets the oldest go.

    Args:
        store: Where they are written.
        session_id: Start of the background that new entries belong to.
        now: Seconds since 1970.
        call_later: Runs a function after so many seconds.
        added: Called with each new entry.
    """

    def __init__(
        self,
        store: LogStore,
        session_id: str,
        *,
        now: Callable[[], float],
        call_later: CallLater,
        added: Callable[[LogEntry], None] = lambda entry: None,
    ) -> None:
        self._store, self._session_id = store, session_id
        self._now, self._call_later = now, call_later
        self.added = added
        self._thread = random.randrange(0x10000)  # noqa: S311 - tells threads apart, keeps no secret
        self._number = self._last = 0
        self._unwritten: list[LogEntry] = []
        # Ids of everything that is stored, oldest first; None until they were read.
        self._stored: deque[str] | None = None
        self._due = float("inf")
        self._lock = asyncio.Lock()
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def session_id(self) -> str:
        """Start of the background that new entries belong to."""
        return self._session_id

    def add(self, said: AddLog) -> LogEntry:
        """Add an entry of now."""
        # A clock that is set back must not change the order.
        self._last = timestamp = max(self._last, int(self._now() * 1000))
        self._number += 1
        entry = LogEntry(
            id="",
            timestamp=timestamp,
            level=said.level,
            message=said.message[:MAX_MESSAGE_CHARACTERS],
            component=said.component,
            extension_session_id=self._session_id,
            chat_session_id=said.chat_session_id,
            correlation_id=said.correlation_id,
            details=said.details,
        )
        size = _bytes(entry)
        if size > MAX_ENTRY_BYTES:
            entry = replace(entry, details={"leftOut": f"{size:,} bytes"})
            size = _bytes(entry)
        entry = replace(entry, id=entry_id(timestamp, self._number, self._thread, size))
        self._unwritten.append(entry)
        del self._unwritten[:-MAX_ENTRIES]
        self._schedule(FLUSH_ERRORS_SECONDS if said.level is LogLevel.ERROR else FLUSH_SECONDS)
        self.added(entry)
        return entry

    def unwritten(self) -> list[JsonValue]:
        """Return the records of what is not written down yet, for the next thread."""
        return [entry.to_record() for entry in self._unwritten]

    def take_over(self, records: Sequence[JsonObject]) -> None:
        """Write down what the thread before did not come to."""
        self._unwritten[:0] = [LogEntry.from_record(record) for record in records]
        if records:
            self._schedule(FLUSH_SECONDS)

    async def flush(self) -> None:
        """Write down what is not yet, and let go what is over the limits.

        Raises:
            StorageError: It stays to be written; the next entry tries again.
        """
        async with self._lock:
            batch = list(self._unwritten)
            stored, foreign = await self._known()
            ids = [*stored, *(entry.id for entry in batch)]
            sizes = [size_of(each) or 0 for each in ids]
            total, going = sum(sizes), 0
            while len(ids) - going > MAX_ENTRIES or total > MAX_BYTES:
                total -= sizes[going]
                going += 1
            if not batch and not going and not foreign:
                return
            gone = set(ids[:going])
            await self._store.change(
                [entry for entry in batch if entry.id not in gone],
                [*foreign, *(each for each in stored if each in gone)],
            )
            self._stored = deque(ids[going:])
            written = {entry.id for entry in batch}
            self._unwritten = [entry for entry in self._unwritten if entry.id not in written]

    async def read(self, *, after: str = "", before: str = "") -> list[LogEntry]:
        """Return entries, oldest first: all, or those with ids between two."""
        await self.flush()
        stored, _ = await self._known()
        # From the newest on: whoever follows asks for the last few.
        wanted = list(takewhile(lambda each: each > after, reversed(stored)))
        if before:
            wanted = [each for each in wanted if each < before]
        return await self._store.read(wanted[-1], wanted[0]) if wanted else []

    async def delete(self, ids: Sequence[str]) -> None:
        """Delete entries."""
        async with self._lock:
            stored, _ = await self._known()
            await self._store.change([], ids)
            gone = set(ids)
            self._stored = deque(each for each in stored if each not in gone)

    async def _known(self) -> tuple[deque[str], list[str]]:
        """Return the ids that are stored, and those that are not ours: nothing readable is behind them."""
        if self._stored is not None:
            return self._stored, []
        ids = await self._store.ids()
        foreign = [each for each in ids if size_of(each) is None]
        stored = deque(each for each in ids if size_of(each) is not None)
        if not foreign:
            self._stored = stored
        return stored, foreign

    def _schedule(self, seconds: float) -> None:
        due = self._now() + seconds
        if due >= self._due:
            return
        self._due = due
        self._call_later(seconds, self._begin_flush)

    def _begin_flush(self) -> None:
        if not self._unwritten:
            return
        self._due = float("inf")
        task = asyncio.ensure_future(self._flush_quietly())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _flush_quietly(self) -> None:
        try:
            await self.flush()
        except StorageError as error:
            # For the console alone: what this module says is never an entry.
            logger.warning("the logs cannot be written now: %s", error)


def _bytes(entry: LogEntry) -> int:
    return len(json.dumps(entry.to_record(), ensure_ascii=False).encode())
