"""Payloads of messages about the logs are checked field by field."""

import pytest

from tabagent import log_codec
from tabagent.errors import BadRequest, JsonObject, JsonValue
from tabagent.log_messages import LogField, LogFilters, LogLevel

ENTRY: JsonObject = {"level": "error", "message": "broke", "component": "panel"}


def test_an_entry_of_a_page_is_decoded() -> None:
    more: JsonObject = {"details": {"line": 3}, "content": "what was typed", "chatSessionId": "c", "correlationId": "r"}
    said = log_codec.decode_add_log({"logEntryData": ENTRY | more})

    assert (said.level, said.message, said.component) == (LogLevel.ERROR, "broke", "panel")
    assert (said.details, said.content, said.chat_session_id, said.correlation_id) == (
        {"line": 3},
        "what was typed",
        "c",
        "r",
    )


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"level": "loud"}, "level"),
        ({"message": ""}, "message"),
        ({"message": "x" * 2_001}, "message"),
        ({"component": "x" * 61}, "component"),
        ({"details": [1]}, "details"),
        ({"details": {"a": "x" * 4_000}}, "details"),
        ({"content": "x" * 4_001}, "content"),
    ],
)
def test_an_entry_that_is_wrong_or_too_large_is_refused(change: JsonObject, field: str) -> None:
    with pytest.raises(BadRequest) as caught:
        log_codec.decode_add_log({"logEntryData": ENTRY | change})

    assert caught.value.details["field"] == field


def test_an_entry_is_needed() -> None:
    with pytest.raises(BadRequest):
        log_codec.decode_add_log({})


def test_filters_are_decoded() -> None:
    filters: JsonObject = {
        "levels": ["warn", "error"],
        "components": ["models"],
        "sessionId": "s",
        "correlationId": "r",
        "text": "slow",
        "before": "b",
        "after": "a",
        "limit": 5,
    }
    request = log_codec.decode_get_logs({"filters": filters, "follow": True})

    assert request.follow is True
    assert request.filters == LogFilters(
        levels=frozenset({LogLevel.WARN, LogLevel.ERROR}),
        components=("models",),
        session_id="s",
        correlation_id="r",
        text="slow",
        before="b",
        after="a",
        limit=5,
    )
    assert log_codec.decode_get_logs({}).filters == LogFilters()


WRONG_FILTERS: list[JsonObject] = [
    {"levels": "warn"},
    {"levels": ["loud"]},
    {"components": [3]},
    {"components": ["x"] * 101},
    {"limit": 0},
    {"limit": 1_001},
    {"text": "x" * 201},
    {"sessionId": 3},
]


@pytest.mark.parametrize("filters", WRONG_FILTERS, ids=str)
def test_a_wrong_filter_is_refused(filters: JsonObject) -> None:
    with pytest.raises(BadRequest):
        log_codec.decode_get_logs({"filters": filters})


@pytest.mark.parametrize("filters", [None, 3, "all", []])
def test_filters_must_be_an_object(filters: JsonValue) -> None:
    with pytest.raises(BadRequest):
        log_codec.decode_get_logs({"filters": filters})


def test_a_field_is_one_of_the_entries() -> None:
    assert log_codec.decode_unique_values({"fieldName": "component"}).field_name is LogField.COMPONENT
    with pytest.raises(BadRequest, match="correlationId"):
        log_codec.decode_unique_values({"fieldName": "message"})


def test_all_means_every_session() -> None:
    assert log_codec.decode_clear_logs({}).session_id == log_codec.decode_clear_logs({"filter": "all"}).session_id == ""
    assert log_codec.decode_clear_logs({"filter": "start-1"}).session_id == "start-1"
