"""Sends events to the pages in batches, so that a fast model does not flood them.

Text of one answer is joined and progress of one load or download is replaced by the newer state; nothing else is
merged, the order of different events stays, and nothing is lost.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import replace

from tabagent.codec import encode_event
from tabagent.events import LoadingStatusTypes
from tabagent.messages import DownloadProgress, Event, GenerationStatus, GenerationUpdate, LoadingProgress, MemoryStats
from tabagent.models.host_layer import HostLayer
from tabagent.ports.channel import EventChannel
from tabagent.ports.host import RuntimeHost

# 20 batches a second: text flows, and on two cores each message takes its time from the engine's threads.
BATCH_SECONDS = 1 / 20
# A storage that hangs must not keep a broken engine alive.
LAST_WORK_SECONDS = 1.0

logger = logging.getLogger(__name__)

Clock = Callable[[], float]
CallLater = Callable[[float, Callable[[], None]], object]


class EventPublisher:
    """Collects events and posts them at most once per `BATCH_SECONDS`.

    Args:
        channel: Where batches go.
        now: Monotonic seconds.
        call_later: Runs a function after so many seconds (`asyncio.AbstractEventLoop.call_later`).
    """

    def __init__(self, channel: EventChannel, now: Clock, call_later: CallLater) -> None:
        self._channel = channel
        self._now = now
        self._call_later = call_later
        self._listeners: list[Callable[[Event], None]] = []
        self._pending: list[Event] = []
        self._last_flush = float("-inf")
        self._scheduled = False
        self._closed = False

    def listen(self, listener: Callable[[Event], None]) -> None:
        """Let a part of the background hear every event as it is published, before any are merged."""
        self._listeners.append(listener)

    def publish(self, event: Event) -> None:
        """Queue an event; it leaves within one batch time."""
        if self._closed:
            return
        for listener in self._listeners:
            listener(event)
        merged = _merged(self._pending[-1], event) if self._pending else None
        if merged is None:
            self._pending.append(event)
        else:
            self._pending[-1] = merged
        wait = self._last_flush + BATCH_SECONDS - self._now()
        if wait <= 0:
            # Also when a flush is scheduled: its timer may be waiting for the engine's current step.
            self.flush()
        elif not self._scheduled:
            self._scheduled = True
            self._call_later(wait, self._flush_scheduled)

    def flush(self) -> None:
        """Post what is queued now."""
        if not self._pending:
            return
        batch, self._pending = self._pending, []
        self._last_flush = self._now()
        self._channel.broadcast([encode_event(event) for event in batch])

    def close(self) -> None:
        """Post what is queued, and take nothing more: this thread is over, and the next one says what comes of it."""
        self.flush()
        self._closed = True

    def _flush_scheduled(self) -> None:
        self._scheduled = False
        self.flush()


class FlushingHost(HostLayer):
    """Posts what is queued before a restart, so that no event dies with the thread, and lets what is written end.

    Args:
        host: Restarts.
        publisher: Holds the queue.

    Attributes:
        last_work: Waited for, but not for long, between the last event and the thread's end; or None.
    """

    def __init__(self, host: RuntimeHost, publisher: EventPublisher) -> None:
        super().__init__(host)
        self._publisher = publisher
        self.last_work: Callable[[], Awaitable[None]] | None = None
        self._ending: asyncio.Task[None] | None = None

    def retain(self, baton: str) -> None:
        """Keep `baton` for the next thread; the last one is that of the restart."""
        if self._ending is None:
            super().retain(baton)

    def restart(self, reason: str) -> None:
        """Flush, then end this thread."""
        if self.last_work is None:
            self._publisher.flush()
            self._host.restart(reason)
        elif self._ending is None:
            self._publisher.close()
            self._ending = asyncio.ensure_future(self._end(reason, self.last_work))

    async def _end(self, reason: str, last_work: Callable[[], Awaitable[None]]) -> None:
        try:
            await asyncio.wait_for(last_work(), LAST_WORK_SECONDS)
        except Exception:
            logger.warning("work was left undone at the thread's end", exc_info=True)
        self._host.restart(reason)


def _merged(last: Event, new: Event) -> Event | None:
    """Return one event that says what both say, or None when they must stay apart."""
    if isinstance(new, GenerationUpdate) and isinstance(last, GenerationUpdate):
        same = (last.chat_id, last.message_id) == (new.chat_id, new.message_id)
        return replace(new, token=last.token + new.token) if same else None
    if isinstance(new, GenerationStatus) and isinstance(last, GenerationStatus):
        return new if (last.chat_id, last.message_id) == (new.chat_id, new.message_id) else None
    if isinstance(new, LoadingProgress) and isinstance(last, LoadingProgress):
        moving = last.status == new.status == LoadingStatusTypes.PROGRESS
        return new if moving and last.load_id == new.load_id else None
    if isinstance(new, DownloadProgress) and isinstance(last, DownloadProgress):
        same = (last.model_id, last.dtype, last.status) == (new.model_id, new.dtype, new.status)
        return new if same else None
    if isinstance(new, MemoryStats) and isinstance(last, MemoryStats):
        return new
    return None
