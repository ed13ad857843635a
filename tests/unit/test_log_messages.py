"""Entries of the logs as records of the store."""

import pytest

from tabagent.errors import JsonObject
from tabagent.log_messages import LogEntry, LogLevel

RECORD: JsonObject = {
    "id": "1",
    "timestamp": 1_700_000_000_000,
    "level": "warn",
    "message": "slow",
    "component": "models",
    "extensionSessionId": "start-1",
}


def test_a_record_has_the_originals_names() -> None:
    entry = LogEntry(
        id="1",
        timestamp=1_700_000_000_000,
        level=LogLevel.WARN,
        message="slow",
        component="models",
        extension_session_id="start-1",
    )

    assert entry.to_record() == RECORD
    assert LogEntry.from_record(RECORD) == entry


def test_what_is_not_empty_comes_back() -> None:
    record: JsonObject = RECORD | {"chatSessionId": "chat", "correlationId": "r-1", "details": {"tokens": 3}}

    assert LogEntry.from_record(record).to_record() == record


@pytest.mark.parametrize("broken", [{"id": "1"}, RECORD | {"level": "loud"}])
def test_what_is_no_entry_is_refused(broken: JsonObject) -> None:
    with pytest.raises((KeyError, ValueError)):
        LogEntry.from_record(broken)
