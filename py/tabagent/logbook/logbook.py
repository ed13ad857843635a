"""Puts the parts of the logs together."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from tabagent.log_messages import LogEntriesAdded
from tabagent.logbook import console
from tabagent.logbook.content import shown_payload
from tabagent.logbook.debug_switch import DebugSwitch, Settings
from tabagent.logbook.event_log import EventLog
from tabagent.logbook.handler import DETAILS, RingHandler
from tabagent.logbook.handover import LogHandover, handed_over
from tabagent.logbook.ring import CallLater, LogRing
from tabagent.logbook.service import ABOUT_LOGS, LogService, register_logs
from tabagent.logbook.sessions import LogSessions
from tabagent.logbook.tail import LogTail
from tabagent.messages import Event, Request, SettingsChanged
from tabagent.model_messages import SettingsScope
from tabagent.ports.browser_state import BrowserState
from tabagent.ports.file_offer import FileOffer
from tabagent.ports.host import RuntimeHost
from tabagent.ports.log_store import LogStore
from tabagent.router import EventRouter

logger = logging.getLogger(__name__)
requests = logging.getLogger("tabagent.router")


class Logbook:
    """The logs of one thread.

    Args:
        store: Keeps the entries.
        kept: Keeps what is known of starts and of the debug switch.
        session_id: This start of the background.
        now: Seconds since 1970.
        call_later: Runs a function after so many seconds.
    """

    def __init__(
        self, store: LogStore, kept: BrowserState, session_id: str, *, now: Callable[[], float], call_later: CallLater
    ) -> None:
        self._kept, self._now, self._call_later = kept, now, call_later
        self.ring = LogRing(store, session_id, now=now, call_later=call_later)
        self.sessions = LogSessions(session_id, kept)
        self._switch: DebugSwitch | None = None
        self._events = EventLog(self.shows_content)
        self._tasks: set[asyncio.Future[None]] = set()

    def shows_content(self) -> bool:
        """Tell whether entries may hold what people wrote."""
        return self._switch is not None and self._switch.on

    def listen(self, baton: str, reason: str) -> None:
        """Take in what Python logs from now on, and what the thread before left.

        Args:
            baton: Of the thread before.
            reason: Why this thread was started.
        """
        self.ring.take_over(handed_over(baton))
        console.configure(more=RingHandler(self.ring.add, self.shows_content))
        # One line: what follows in an error's text is a stack, or what somebody wrote.
        logger.info("a thread of the background starts: %s", reason.splitlines()[0][:200] if reason else "it was asked")

    def hand_over(self, host: RuntimeHost) -> LogHandover:
        """Return a host that keeps what is not written down over a restart."""
        return LogHandover(host, self.ring.unwritten)

    def note(self, event: Event) -> None:
        """Log what the background publishes, and follow the debug switch."""
        self._events.note(event)
        if isinstance(event, SettingsChanged) and event.scope is SettingsScope.RESOURCES and self._switch is not None:
            self._switch.changed()

    def note_request(self, request: Request) -> None:
        """Log that a request came; those about the logs themselves are not worth an entry."""
        if request.name in ABOUT_LOGS:
            return
        details = {"payload": shown_payload(request.payload)} if self.shows_content() else {}
        requests.debug("request %s", request.name, extra={DETAILS: details})

    def connect(
        self,
        router: EventRouter,
        settings: Settings,
        offers: FileOffer,
        publish: Callable[[LogEntriesAdded], None],
    ) -> None:
        """Answer the messages about logs, follow the debug switch, and write this start down."""
        tail = LogTail(publish, self._now, self._call_later)
        self.ring.added = tail.add
        self._switch = DebugSwitch(
            settings,
            self._kept,
            self.ring.session_id,
            now=self._now,
            call_later=self._call_later,
            spawn=self._spawn,
        )
        service = LogService(self.ring, self.sessions, tail, offers, now=self._now, shows_content=self.shows_content)
        register_logs(router, service, self.sessions)
        self._spawn(self._begin(self._switch))

    async def _begin(self, switch: DebugSwitch) -> None:
        await switch.begin(new_start=await self.sessions.begin())

    def _spawn(self, work: Awaitable[None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
