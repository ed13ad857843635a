"""An entry of the logs, and the payloads of the messages about them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import ClassVar, cast

from tabagent.errors import JsonObject, JsonValue
from tabagent.events import UIEventNames


class LogLevel(StrEnum):
    """The levels of the original; `log` comes from pages alone."""

    DEBUG = "debug"
    LOG = "log"
    INFO = "info"
    WARN = "warn"
    ERROR = "error"


@dataclass(frozen=True, slots=True, kw_only=True)
class LogEntry:
    """What happened, as the store `TabAgentLogs` keeps it.

    Attributes:
        id: Ids are in the order of the entries; see `tabagent.logbook.ids`.
        timestamp: Milliseconds since 1970.
        component: Who says it: a module of Python without `tabagent.`, or a page.
        extension_session_id: Start of the background that it belongs to.
        chat_session_id: The chat that it is about; empty for none.
        correlation_id: The request that it was done for; empty for none.
        details: Figures and places, as plain JSON.
    """

    id: str
    timestamp: int
    level: LogLevel
    message: str
    component: str
    extension_session_id: str
    chat_session_id: str = ""
    correlation_id: str = ""
    details: JsonObject | None = None

    def to_record(self) -> JsonObject:
        """Return it with the original's names."""
        record: JsonObject = {
            "id": self.id,
            "timestamp": self.timestamp,
            "level": str(self.level),
            "message": self.message,
            "component": self.component,
            "extensionSessionId": self.extension_session_id,
        }
        optional: JsonObject = {
            "chatSessionId": self.chat_session_id,
            "correlationId": self.correlation_id,
            "details": self.details,
        }
        return record | {name: value for name, value in optional.items() if value}

    @staticmethod
    def from_record(record: Mapping[str, JsonValue]) -> LogEntry:
        """Read what `to_record` made."""
        return LogEntry(
            id=str(record["id"]),
            timestamp=cast(int, record["timestamp"]),
            level=LogLevel(str(record["level"])),
            message=str(record["message"]),
            component=str(record["component"]),
            extension_session_id=str(record["extensionSessionId"]),
            chat_session_id=str(record.get("chatSessionId", "")),
            correlation_id=str(record.get("correlationId", "")),
            details=cast("JsonObject | None", record.get("details")),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class AddLog:
    """An entry of one of our own pages.

    Attributes:
        content: What may be personal; kept only while the person lets the logs hold such things.
    """

    level: LogLevel
    message: str
    component: str
    chat_session_id: str = ""
    correlation_id: str = ""
    details: JsonObject | None = None
    content: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LogFilters:
    """Which entries are asked for; what is empty does not filter.

    Attributes:
        components: A component's own entries, and those of its parts: `models` has `models.downloads`.
        text: Occurs in the message, the component or the details, in any case.
        before, after: Ids that entries come before or after.
        limit: The newest ones of those that fit.
    """

    levels: frozenset[LogLevel] = frozenset()
    components: tuple[str, ...] = ()
    session_id: str = ""
    correlation_id: str = ""
    text: str = ""
    before: str = ""
    after: str = ""
    limit: int = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class GetLogs:
    """Ask for entries.

    Attributes:
        follow: Tell all pages of new entries for the next half minute.
    """

    filters: LogFilters = field(default_factory=LogFilters)
    follow: bool = False


class LogField(StrEnum):
    """Fields whose values can be asked for."""

    LEVEL = "level"
    COMPONENT = "component"
    SESSION = "extensionSessionId"
    CHAT = "chatSessionId"
    CORRELATION = "correlationId"


@dataclass(frozen=True, slots=True, kw_only=True)
class GetUniqueLogValues:
    """Ask for the values of a field."""

    field_name: LogField


@dataclass(frozen=True, slots=True, kw_only=True)
class ClearLogs:
    """Delete entries; an empty session means all."""

    session_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LogEntriesAdded:
    """What was logged since the last such event, while a page follows."""

    name: ClassVar[UIEventNames] = UIEventNames.LOG_ENTRIES_ADDED
    entries: list[JsonValue]
