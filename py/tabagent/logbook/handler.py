"""Makes entries of what Python logs, without anything that could be personal.

A message is made of the words in the source and of arguments; an argument that is an error is told by its code or its
kind alone, because its text may quote what a person wrote. Of what was raised, kinds and places are kept.
"""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable, Mapping
from typing import Any, cast

from tabagent import correlation
from tabagent.errors import JsonObject, JsonValue, TabAgentError
from tabagent.log_messages import AddLog, LogEntry, LogLevel

ROOT = "tabagent"
# What writes the entries down must not make some.
OWN = "tabagent.logbook.ring"
MAX_FRAMES = 12
# How `extra` of a logging call names a figure or two, and the chat that it is about.
DETAILS, CHAT = "details", "chat_id"


class RingHandler(logging.Handler):
    """Adds every record to the ring.

    Args:
        add: Adds an entry.
        shows_content: Whether entries may hold what people wrote, errors' texts included.
    """

    def __init__(self, add: Callable[[AddLog], LogEntry], shows_content: Callable[[], bool]) -> None:
        super().__init__(logging.DEBUG)
        self._add, self._shows_content = add, shows_content

    def emit(self, record: logging.LogRecord) -> None:
        """Add a record."""
        if record.name == OWN:
            return
        try:
            self._add(self._said(record))
        except Exception:  # noqa: BLE001 - as every handler of logging: what fails here must not end who logs
            self.handleError(record)

    def _said(self, record: logging.LogRecord) -> AddLog:
        in_full = self._shows_content()
        details: JsonObject = {**getattr(record, DETAILS, {})}
        if record.exc_info is not None and record.exc_info[1] is not None:
            details |= _raised(record.exc_info[1], in_full=in_full)
        return AddLog(
            level=_level(record.levelno),
            message=record.getMessage() if in_full else _message(record),
            component=record.name.removeprefix(f"{ROOT}."),
            chat_session_id=str(getattr(record, CHAT, "")),
            correlation_id=correlation.current(),
            details=details or None,
        )


def _level(number: int) -> LogLevel:
    if number >= logging.ERROR:
        return LogLevel.ERROR
    if number >= logging.WARNING:
        return LogLevel.WARN
    return LogLevel.INFO if number >= logging.INFO else LogLevel.DEBUG


def _message(record: logging.LogRecord) -> str:
    arguments: Any = record.args
    if not arguments:
        return str(record.msg)
    if isinstance(arguments, Mapping):
        return str(record.msg) % {name: _told(value) for name, value in arguments.items()}
    return str(record.msg) % tuple(map(_told, arguments))


def _told(argument: object) -> object:
    if isinstance(argument, TabAgentError):
        return str(argument.code)
    return type(argument).__name__ if isinstance(argument, BaseException) else argument


def _raised(error: BaseException, *, in_full: bool) -> JsonObject:
    frames = traceback.extract_tb(error.__traceback__)[-MAX_FRAMES:]
    places: list[JsonValue] = [f"{_file(frame.filename)}:{frame.lineno} {frame.name}" for frame in frames]
    told: JsonObject = {"error": cast(str, _told(error)), "frames": places}
    return told | {"text": str(error)} if in_full else told


def _file(path: str) -> str:
    """Return a module's path below the package, whatever archive it lies in."""
    return path[path.rfind(f"/{ROOT}/") + 1 :]
