"""Answers the messages about the logs."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime

from tabagent import correlation, log_codec
from tabagent.codec import decode_empty
from tabagent.errors import Busy, JsonObject, JsonValue
from tabagent.events import DBEventNames, RuntimeMessageTypes
from tabagent.log_messages import AddLog, ClearLogs, GetLogs, GetUniqueLogValues
from tabagent.logbook.filters import matching
from tabagent.logbook.limiter import RateLimiter
from tabagent.logbook.ring import LogRing
from tabagent.logbook.sessions import LogSessions
from tabagent.logbook.tail import LogTail
from tabagent.messages import Empty
from tabagent.ports.file_offer import FileOffer
from tabagent.router import EventRouter

ABOUT_LOGS = frozenset(
    {
        DBEventNames.DB_ADD_LOG_REQUEST,
        DBEventNames.DB_GET_LOGS_REQUEST,
        DBEventNames.DB_GET_UNIQUE_LOG_VALUES_REQUEST,
        DBEventNames.DB_GET_CURRENT_AND_LAST_LOG_SESSION_IDS_REQUEST,
        RuntimeMessageTypes.GET_LOG_SESSIONS,
        RuntimeMessageTypes.GET_LOG_ENTRIES,
    }
)
# Of pages: an error in a loop must not push everything else out of the ring.
MAX_ENTRIES_A_MINUTE = 60


class LogService:
    """Handles every request about logs.

    Args:
        ring: The entries.
        sessions: Starts of the background.
        tail: Tells pages that follow.
        offers: Hand an export to a page.
        now: Seconds since 1970.
        shows_content: Whether entries may hold what people wrote.
    """

    def __init__(
        self,
        ring: LogRing,
        sessions: LogSessions,
        tail: LogTail,
        offers: FileOffer,
        *,
        now: Callable[[], float],
        shows_content: Callable[[], bool],
    ) -> None:
        self._ring, self._sessions, self._tail, self._offers = ring, sessions, tail, offers
        self._now, self._shows_content = now, shows_content
        self._limiter = RateLimiter(MAX_ENTRIES_A_MINUTE, 60.0, now)
        self._offered = ""

    async def add(self, said: AddLog) -> JsonObject:
        """Add an entry of a page.

        Raises:
            Busy: Pages added too many within a minute.
        """
        if not self._limiter.allows():
            raise Busy(f"Pages may add {MAX_ENTRIES_A_MINUTE} entries a minute to the logs. Try again in a minute.")
        return {"logId": self._ring.add(kept_of(said, in_full=self._shows_content())).id}

    async def get(self, request: GetLogs) -> JsonObject:
        """Answer with the newest entries that fit, oldest first, and whether there are more before them."""
        if request.follow:
            self._tail.follow()
        filters = request.filters
        found = matching(await self._ring.read(after=filters.after, before=filters.before), filters)
        records: list[JsonValue] = [entry.to_record() for entry in found[-filters.limit :]]
        return {"entries": records, "more": len(found) > len(records)}

    async def unique(self, request: GetUniqueLogValues) -> list[JsonValue]:
        """Return the values of a field, in order."""
        records = [entry.to_record() for entry in await self._ring.read()]
        return [*sorted({str(record[request.field_name]) for record in records if record.get(request.field_name)})]

    async def clear(self, request: ClearLogs) -> int:
        """Delete entries; return how many."""
        entries = await self._ring.read()
        ids = [entry.id for entry in entries if request.session_id in ("", entry.extension_session_id)]
        await self._ring.delete(ids)
        return len(ids)

    async def sessions(self) -> JsonObject:
        """Answer with the starts of the background that have entries, newest first."""
        found: dict[str, JsonObject] = {}
        for entry in await self._ring.read():
            known = found.setdefault(
                entry.extension_session_id,
                {"id": entry.extension_session_id, "first": entry.timestamp, "last": entry.timestamp, "entries": 0},
            )
            known |= {"last": entry.timestamp, "entries": int(str(known["entries"])) + 1}
        return {"sessions": [*reversed(found.values())], **await self._sessions.both()}

    async def export(self, request: GetLogs) -> JsonObject:
        """Answer with an address from which the page can download the entries that fit, one JSON object a line."""
        entries = matching(await self._ring.read(), request.filters)
        text = "".join(json.dumps(entry.to_record(), ensure_ascii=False) + "\n" for entry in entries)
        await self._offers.withdraw(self._offered)
        content = text.encode()
        self._offered = await self._offers.offer([content])
        day = datetime.fromtimestamp(self._now(), UTC).date().isoformat()
        return {"address": self._offered, "name": f"tabagent-logs-{day}.jsonl", "size": len(content)}


def kept_of(said: AddLog, *, in_full: bool) -> AddLog:
    """Return what is kept of a page's entry: what may be personal only when the person lets the logs hold it."""
    details: JsonObject = {**(said.details or {})} | ({"text": said.content} if in_full and said.content else {})
    return AddLog(
        level=said.level,
        message=said.message,
        component=said.component,
        chat_session_id=said.chat_session_id,
        correlation_id=said.correlation_id or correlation.current(),
        details=details or None,
    )


def register_logs(router: EventRouter, service: LogService, sessions: LogSessions) -> None:
    """Give every request about logs its handler."""

    async def entries(request: GetLogs) -> JsonObject:
        return {"data": (await service.get(request))["entries"]}

    async def added(request: AddLog) -> JsonObject:
        return {"data": await service.add(request)}

    async def unique(request: GetUniqueLogValues) -> JsonObject:
        return {"data": await service.unique(request)}

    async def clear(request: ClearLogs) -> JsonObject:
        return {"data": {"deletedCount": await service.clear(request)}}

    async def ids(request: Empty) -> JsonObject:
        return {"data": await sessions.both()}

    async def listed(request: Empty) -> JsonObject:
        return await service.sessions()

    router.on(DBEventNames.DB_ADD_LOG_REQUEST, log_codec.decode_add_log, added)
    router.on(DBEventNames.DB_GET_LOGS_REQUEST, log_codec.decode_get_logs, entries)
    router.on(DBEventNames.DB_GET_UNIQUE_LOG_VALUES_REQUEST, log_codec.decode_unique_values, unique)
    router.on(DBEventNames.DB_CLEAR_LOGS_REQUEST, log_codec.decode_clear_logs, clear)
    router.on(DBEventNames.DB_GET_CURRENT_AND_LAST_LOG_SESSION_IDS_REQUEST, decode_empty, ids)
    router.on(RuntimeMessageTypes.GET_LOG_SESSIONS, decode_empty, listed)
    router.on(RuntimeMessageTypes.GET_LOG_ENTRIES, log_codec.decode_get_logs, service.get)
    router.on(RuntimeMessageTypes.EXPORT_LOGS, log_codec.decode_get_logs, service.export)
