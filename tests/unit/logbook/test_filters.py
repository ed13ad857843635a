"""Which entries are asked for."""

import pytest

from tabagent.log_messages import LogEntry, LogFilters, LogLevel
from tabagent.logbook.filters import matching


def entry(number: int, **changes: object) -> LogEntry:
    fields: dict[str, object] = {
        "id": str(number),
        "timestamp": number,
        "level": LogLevel.INFO,
        "message": f"message {number}",
        "component": "models.downloads",
        "extension_session_id": "s",
    }
    return LogEntry(**(fields | changes))  # type: ignore[arg-type]


ENTRIES = [
    entry(1, level=LogLevel.WARN, component="modelsmith"),
    entry(2, correlation_id="r-1", details={"file": "Straße.json"}),
    entry(3, extension_session_id="other"),
    entry(4, component="generation"),
]


@pytest.mark.parametrize(
    ("filters", "ids"),
    [
        (LogFilters(), "1234"),
        (LogFilters(levels=frozenset({LogLevel.WARN})), "1"),
        (LogFilters(components=("models",)), "23"),
        (LogFilters(components=("models", "generation")), "234"),
        (LogFilters(session_id="other"), "3"),
        (LogFilters(correlation_id="r-1"), "2"),
        (LogFilters(text="MESSAGE 4"), "4"),
        (LogFilters(text="strasse"), "2"),
        (LogFilters(text="generation"), "4"),
        (LogFilters(before="3"), "12"),
        (LogFilters(after="2"), "34"),
        (LogFilters(text="nowhere"), ""),
    ],
)
def test_entries_that_fit_are_returned_in_order(filters: LogFilters, ids: str) -> None:
    assert "".join(found.id for found in matching(ENTRIES, filters)) == ids
