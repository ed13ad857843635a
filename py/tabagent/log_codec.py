"""Checks the payloads of messages about the logs."""

from __future__ import annotations

import json
from collections.abc import Callable
from enum import StrEnum
from typing import TypeVar, cast

from tabagent.codec import Fields, shown
from tabagent.errors import BadRequest, JsonObject, JsonValue
from tabagent.log_messages import AddLog, ClearLogs, GetLogs, GetUniqueLogValues, LogField, LogFilters, LogLevel

MAX_MESSAGE_CHARACTERS = 2_000
MAX_CONTENT_CHARACTERS = 4_000
MAX_DETAILS_CHARACTERS = 4_000
MAX_COMPONENT_CHARACTERS = 60
MAX_TEXT_CHARACTERS = 200
MAX_VALUES = 100
# A page draws no more at once.
MAX_ENTRIES = 1_000
ALL = "all"

EnumT = TypeVar("EnumT", bound=StrEnum)


def decode_add_log(payload: JsonObject) -> AddLog:
    """Decode DB_ADD_LOG_REQUEST."""
    read = Fields(_object(payload, "logEntryData"))
    details = _object(payload, "logEntryData").get("details")
    if details is not None and not isinstance(details, dict):
        raise BadRequest(f"details must be an object, not {shown(details)}.", field="details")
    if len(json.dumps(details)) > MAX_DETAILS_CHARACTERS:
        raise BadRequest(f"details are over {MAX_DETAILS_CHARACTERS:,} characters of JSON.", field="details")
    return AddLog(
        level=_member(read.text("level"), LogLevel, "level"),
        message=read.text("message", limit=MAX_MESSAGE_CHARACTERS),
        component=read.text("component", limit=MAX_COMPONENT_CHARACTERS),
        chat_session_id=read.text("chatSessionId", default=""),
        correlation_id=read.text("correlationId", default=""),
        details=details,
        content=read.text("content", default="", limit=MAX_CONTENT_CHARACTERS),
    )


def decode_get_logs(payload: JsonObject) -> GetLogs:
    """Decode DB_GET_LOGS_REQUEST, GET_LOG_ENTRIES and EXPORT_LOGS."""
    values = _object(payload, "filters", default={})
    read = Fields(values)
    filters = LogFilters(
        levels=frozenset(_member(level, LogLevel, "levels") for level in _texts(values, "levels")),
        components=tuple(_texts(values, "components")),
        session_id=read.text("sessionId", default=""),
        correlation_id=read.text("correlationId", default=""),
        text=read.text("text", default="", limit=MAX_TEXT_CHARACTERS),
        before=read.text("before", default=""),
        after=read.text("after", default=""),
        limit=read.integer("limit", LogFilters().limit, 1, MAX_ENTRIES),
    )
    return GetLogs(filters=filters, follow=Fields(payload).switch("follow", default=False))


def decode_unique_values(payload: JsonObject) -> GetUniqueLogValues:
    """Decode DB_GET_UNIQUE_LOG_VALUES_REQUEST."""
    return GetUniqueLogValues(field_name=_member(Fields(payload).text("fieldName"), LogField, "fieldName"))


def decode_clear_logs(payload: JsonObject) -> ClearLogs:
    """Decode DB_CLEAR_LOGS_REQUEST: `filter` is "all" or a session's id."""
    chosen = Fields(payload).text("filter", default=ALL)
    return ClearLogs(session_id="" if chosen == ALL else chosen)


def _object(payload: JsonObject, name: str, default: JsonObject | None = None) -> JsonObject:
    value = payload.get(name, default)
    if not isinstance(value, dict):
        raise BadRequest(f"{name} must be an object, not {shown(value)}.", field=name)
    return value


def _texts(values: JsonObject, name: str) -> list[str]:
    found = values.get(name, [])
    fits: Callable[[JsonValue], bool] = lambda item: isinstance(item, str) and 0 < len(item) <= MAX_TEXT_CHARACTERS  # noqa: E731
    if not isinstance(found, list) or len(found) > MAX_VALUES or not all(map(fits, found)):
        raise BadRequest(f"{name} must be a list of at most {MAX_VALUES} short texts, not {shown(found)}.", field=name)
    return cast("list[str]", found)


def _member(value: str, kind: type[EnumT], name: str) -> EnumT:
    try:
        return kind(value)
    except ValueError:
        known = ", ".join(kind)
        raise BadRequest(f"{name} {shown(value)} is not known. Use one of: {known}.", field=name) from None
