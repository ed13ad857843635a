"""What is tried again, after how long, and what is given up at once."""

from __future__ import annotations

import datetime as dt
import email.utils

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tabagent import errors, store_errors
from tabagent.models.retry import ATTEMPTS, FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS, is_passing, pause_before

NOW = 1_795_435_200.0  # 2026-11-23 12:00 UTC
URL = "https://huggingface.co/x"


def refused(status: int, retry_after: str = "") -> errors.HubUnavailable:
    return errors.HubUnavailable(URL, status, "no", retry_after)


def http_date(seconds_from_now: float) -> str:
    moment = dt.datetime.fromtimestamp(NOW + seconds_from_now, dt.UTC)
    return email.utils.format_datetime(moment, usegmt=True)


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504])
def test_a_status_that_passes_is_tried_again(status: int) -> None:
    assert is_passing(refused(status))
    assert pause_before(1, refused(status), NOW) is not None


@pytest.mark.parametrize(
    "error",
    [
        *(refused(status) for status in (204, 304, 400, 404, 410, 501)),
        errors.ModelNotFound("acme/tiny"),
        errors.ModelGated("acme/tiny"),
        store_errors.IntegrityFailed("a", "b", "c"),
        store_errors.UnexpectedContent("a", "text/html"),
        store_errors.StorageFull(1, 0),
        store_errors.StorageError("refused"),
        store_errors.FileDamaged("acme/tiny", "a", [0]),
        store_errors.DownloadCancelled("acme/tiny"),
        ValueError("a bug"),
    ],
    ids=lambda error: f"{type(error).__name__} {getattr(error, 'status', '')}",
)
def test_what_does_not_pass_by_itself_is_given_up_at_once(error: Exception) -> None:
    assert not is_passing(error)
    assert pause_before(1, error, NOW) is None


@pytest.mark.parametrize(
    "error",
    [errors.Offline(URL), store_errors.ConnectionLost(URL), store_errors.IncompleteFile("a", 1, 2), refused(503)],
)
def test_pauses_double_and_end(error: Exception) -> None:
    pauses = [pause_before(attempt, error, NOW) for attempt in range(1, ATTEMPTS + 2)]

    for attempt, pause in enumerate(pauses[: ATTEMPTS - 1]):
        assert pause is not None
        assert 1 <= pause / (FIRST_PAUSE_SECONDS * 2**attempt) <= 1.25
    assert pauses[ATTEMPTS - 1 :] == [None, None]


def test_connections_that_broke_together_do_not_come_back_together() -> None:
    assert len({pause_before(1, store_errors.ConnectionLost(URL), NOW) for _ in range(20)}) > 1


@pytest.mark.parametrize(
    ("retry_after", "expected"),
    [
        ("0", 0),
        ("7", 7),
        (" 7 ", 7),
        (str(int(LONGEST_PAUSE_SECONDS)), LONGEST_PAUSE_SECONDS),
        (str(int(LONGEST_PAUSE_SECONDS) + 1), None),
        ("99999999999999999999", None),
        (http_date(30), 30),
        (http_date(-30), 0),
        (http_date(3600), None),
        ("Mon, 23 Nov 2026 12:00:10 +0000", 10),
    ],
)
@pytest.mark.parametrize("status", [429, 503])
def test_the_hubs_wish_is_followed_in_seconds_or_as_a_date(
    status: int, retry_after: str, expected: float | None
) -> None:
    assert pause_before(1, refused(status, retry_after), NOW) == expected


@pytest.mark.parametrize("retry_after", ["", "soon", "-3", "1.5", "7 seconds", "Wed, 99 Foo 2026"])
def test_a_wish_that_cannot_be_read_is_none(retry_after: str) -> None:
    pause = pause_before(1, refused(429, retry_after), NOW)

    assert pause is not None
    assert pause >= FIRST_PAUSE_SECONDS


def test_the_hubs_wish_does_not_make_tries_endless() -> None:
    assert pause_before(ATTEMPTS, refused(429, "1"), NOW) is None


@given(st.text(max_size=40) | st.integers().map(str) | st.datetimes().map(email.utils.format_datetime))
def test_no_header_breaks_it(retry_after: str) -> None:
    pause = pause_before(1, refused(429, retry_after), NOW)

    assert pause is None or 0 <= pause <= LONGEST_PAUSE_SECONDS
