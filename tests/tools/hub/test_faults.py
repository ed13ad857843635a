"""The hub misbehaves when it is told to, and only then."""

from __future__ import annotations

import http.client
import threading
import time
from urllib.parse import urlsplit

import pytest

from tests.tools.hub.conftest import CONFIG, REPOSITORY, WEIGHTS, HubClient
from tools.hub import (
    CDN_HOST,
    SECOND_CDN_HOST,
    Alter,
    Corrupt,
    Cut,
    CutAt,
    ExtraRedirects,
    Html,
    IgnoreRange,
    LocalHub,
    Stall,
    StallAt,
    Status,
    Throttle,
    WrongLength,
)

PATTERN = "*/onnx/*"
WEIGHTS_URL = f"/{REPOSITORY}/resolve/main/onnx/model.onnx"


def test_a_cut_ends_the_body_early_and_only_as_often_as_asked(client: HubClient, hub: LocalHub) -> None:
    fault = hub.faults.add(PATTERN, Cut(after_bytes=1000), times=1)

    with pytest.raises(http.client.IncompleteRead) as caught:
        client.get(WEIGHTS_URL)

    assert caught.value.partial == WEIGHTS[:1000]
    assert fault.strikes == 1
    logged = hub.requests.matching(PATTERN, host=CDN_HOST)[-1]
    assert (logged.bytes_sent, logged.complete) == (1000, False)
    assert client.get(WEIGHTS_URL).body == WEIGHTS


def test_a_reset_is_an_error_of_the_connection(client: HubClient, hub: LocalHub) -> None:
    hub.faults.add(PATTERN, Cut(after_bytes=0, reset=True))

    with pytest.raises((ConnectionResetError, http.client.IncompleteRead)):
        client.get(WEIGHTS_URL)


def test_a_cut_counts_from_the_start_of_the_answer(client: HubClient, hub: LocalHub) -> None:
    hub.faults.add(PATTERN, Cut(after_bytes=10))

    with pytest.raises(http.client.IncompleteRead) as caught:
        client.get(WEIGHTS_URL, Range="bytes=500-999")

    assert caught.value.partial == WEIGHTS[500:510]


def test_a_cut_at_a_byte_of_the_file_strikes_the_range_that_has_it(client: HubClient, hub: LocalHub) -> None:
    fault = hub.faults.add(PATTERN, CutAt(offset=1000), times=1)

    before = client.get(WEIGHTS_URL, Range="bytes=0-999")
    after = client.get(WEIGHTS_URL, Range="bytes=1001-1999")
    assert fault.strikes == 0
    with pytest.raises(http.client.IncompleteRead) as caught:
        client.get(WEIGHTS_URL, Range="bytes=900-1099")
    again = client.get(WEIGHTS_URL, Range="bytes=900-1099")

    assert caught.value.partial == WEIGHTS[900:1000]
    assert (before.body, after.body, again.body) == (WEIGHTS[:1000], WEIGHTS[1001:2000], WEIGHTS[900:1100])


def test_a_cut_at_the_first_byte_of_a_range_sends_nothing(client: HubClient, hub: LocalHub) -> None:
    hub.faults.add(PATTERN, CutAt(offset=1000))

    with pytest.raises(http.client.IncompleteRead) as caught:
        client.get(WEIGHTS_URL, Range="bytes=1000-1099")

    assert caught.value.partial == b""


def test_the_earlier_of_two_cuts_counts(client: HubClient, hub: LocalHub) -> None:
    hub.faults.add(PATTERN, Cut(after_bytes=300))
    hub.faults.add(PATTERN, CutAt(offset=200))

    with pytest.raises(http.client.IncompleteRead) as caught:
        client.get(WEIGHTS_URL)

    assert caught.value.partial == WEIGHTS[:200]


def test_a_stall_at_a_byte_of_the_file_holds_the_range_that_has_it(client: HubClient, hub: LocalHub) -> None:
    fault = hub.faults.add(PATTERN, StallAt(offset=1000, limit_s=0.1))

    assert client.get(WEIGHTS_URL, Range="bytes=0-999").body == WEIGHTS[:1000]
    with pytest.raises(http.client.IncompleteRead) as caught:
        client.get(WEIGHTS_URL, Range="bytes=900-")

    fault.wait_until_struck()
    assert caught.value.partial == WEIGHTS[900:1000]


def test_a_stall_holds_the_rest_until_it_is_released(client: HubClient, hub: LocalHub) -> None:
    fault = hub.faults.add(PATTERN, Stall(after_bytes=1000))
    bodies: list[bytes] = []
    thread = threading.Thread(target=lambda: bodies.append(client.get(WEIGHTS_URL).body))
    thread.start()

    fault.wait_until_struck()
    assert hub.requests.bytes_sent(PATTERN, host=CDN_HOST) == 1000
    assert not bodies
    fault.release()
    thread.join(10)

    assert bodies == [WEIGHTS]


def test_a_stall_ends_with_its_limit(client: HubClient, hub: LocalHub) -> None:
    hub.faults.add(PATTERN, Stall(after_bytes=1000, limit_s=0.1))

    with pytest.raises(http.client.IncompleteRead):
        client.get(WEIGHTS_URL)


def test_closing_the_hub_ends_what_it_holds(client: HubClient, hub: LocalHub) -> None:
    fault = hub.faults.add(PATTERN, Stall(after_bytes=10))
    errors: list[Exception] = []

    def ask() -> None:
        try:
            client.get(WEIGHTS_URL)
        except (OSError, http.client.HTTPException) as error:
            errors.append(error)

    thread = threading.Thread(target=ask)
    thread.start()
    fault.wait_until_struck()
    hub.__exit__(None, None, None)
    thread.join(10)

    assert len(errors) == 1


def test_corrupt_bytes_keep_the_length_and_the_tag(client: HubClient, hub: LocalHub) -> None:
    right = client.get(WEIGHTS_URL)
    hub.faults.add(PATTERN, Corrupt(offset=700, length=2))

    wrong = client.get(WEIGHTS_URL)
    part = client.get(WEIGHTS_URL, Range="bytes=690-709")

    expected = WEIGHTS[:700] + bytes(255 - byte for byte in WEIGHTS[700:702]) + WEIGHTS[702:]
    assert wrong.body == expected
    assert wrong.headers["etag"] == right.headers["etag"]
    assert part.body == expected[690:710]


def test_wrong_bytes_count_only_answers_that_have_them(client: HubClient, hub: LocalHub) -> None:
    fault = hub.faults.add(PATTERN, Corrupt(offset=700), times=1)

    ranges = ["bytes=0-699", "bytes=701-800", "bytes=600-799", "bytes=600-799"]
    answers = [client.get(WEIGHTS_URL, Range=each).body for each in ranges]

    assert fault.strikes == 1
    assert answers[0] + WEIGHTS[700:701] + answers[1] == WEIGHTS[:801]
    assert answers[2] == WEIGHTS[600:700] + bytes([255 - WEIGHTS[700]]) + WEIGHTS[701:800]
    assert answers[3] == WEIGHTS[600:800]


def test_content_can_change_between_two_requests(client: HubClient, hub: LocalHub) -> None:
    hub.faults.add(PATTERN, Alter(), skip=1)

    first = client.get(WEIGHTS_URL, Range="bytes=0-99")
    resumed = client.get(WEIGHTS_URL, Range="bytes=100-", If_Range=first.headers["etag"])

    assert first.body == WEIGHTS[:100]
    assert (resumed.status, len(resumed.body)) == (200, len(WEIGHTS))
    assert resumed.body != WEIGHTS


def test_a_status_comes_with_retry_after_and_then_the_file(client: HubClient, hub: LocalHub) -> None:
    hub.faults.add(PATTERN, Status(503, retry_after="2"), times=2)

    answers = [client.get(WEIGHTS_URL) for _ in range(3)]

    assert [answer.status for answer in answers] == [503, 503, 200]
    assert answers[0].headers["retry-after"] == "2"


def test_some_answers_may_go_well_before_some_go_wrong(client: HubClient, hub: LocalHub) -> None:
    hub.faults.add(PATTERN, Status(429, retry_after="1"), host=CDN_HOST, skip=1, times=2)

    assert [client.get(WEIGHTS_URL).status for _ in range(5)] == [200, 429, 429, 200, 200]


def test_a_status_can_be_the_cdns(client: HubClient, hub: LocalHub) -> None:
    hub.faults.add(PATTERN, Status(500), host=CDN_HOST)

    assert client.once(WEIGHTS_URL).status == 302
    assert client.get(WEIGHTS_URL).status == 500


def test_the_api_can_fail_too(client: HubClient, hub: LocalHub) -> None:
    hub.faults.add("/api/models/*", Status(429, retry_after="30"))

    assert client.once(f"/api/models/{REPOSITORY}").status == 429


def test_a_captive_portal_answers_with_a_page(client: HubClient, hub: LocalHub) -> None:
    hub.faults.add("*", Html())

    received = client.once(f"/api/models/{REPOSITORY}")

    assert received.status == 200
    assert received.headers["content-type"].startswith("text/html")


def test_a_range_can_be_ignored(client: HubClient, hub: LocalHub) -> None:
    hub.faults.add(PATTERN, IgnoreRange())

    received = client.get(WEIGHTS_URL, Range="bytes=100-199")

    assert (received.status, received.body) == (200, WEIGHTS)


def test_a_length_that_is_too_large_ends_in_a_closed_connection(client: HubClient, hub: LocalHub) -> None:
    hub.faults.add(PATTERN, WrongLength(extra=5))

    with pytest.raises(http.client.IncompleteRead) as caught:
        client.get(WEIGHTS_URL)

    assert caught.value.partial == WEIGHTS


def test_a_length_that_is_too_small_shortens_the_file(client: HubClient, hub: LocalHub) -> None:
    hub.faults.add(PATTERN, WrongLength(extra=-5))

    assert client.get(WEIGHTS_URL).body == WEIGHTS[:-5]


def test_redirects_can_be_longer(client: HubClient, hub: LocalHub) -> None:
    hub.faults.add(PATTERN, ExtraRedirects(2))

    received = client.get(WEIGHTS_URL)

    assert received.body == WEIGHTS
    hosts = [entry.host for entry in hub.requests.matching(PATTERN)]
    assert hosts == ["huggingface.co", CDN_HOST, SECOND_CDN_HOST, CDN_HOST]
    assert urlsplit(received.url).hostname == CDN_HOST


def test_a_range_goes_through_all_redirects(client: HubClient, hub: LocalHub) -> None:
    hub.faults.add(PATTERN, ExtraRedirects(3))
    tag = client.get(WEIGHTS_URL).headers["etag"]

    part = client.get(WEIGHTS_URL, Range="bytes=10-19", If_Range=tag)
    other = client.get(WEIGHTS_URL, Range="bytes=10-19", If_Range='"older"')

    assert (part.status, part.body) == (206, WEIGHTS[10:20])
    assert part.headers["content-range"] == f"bytes 10-19/{len(WEIGHTS)}"
    assert (other.status, other.body) == (200, WEIGHTS)


def test_a_slow_line_takes_its_time(client: HubClient, hub: LocalHub) -> None:
    hub.faults.add(PATTERN, Throttle(bytes_per_second=400_000))
    began = time.monotonic()

    received = client.get(WEIGHTS_URL)

    assert received.body == WEIGHTS
    assert time.monotonic() - began > 0.8 * len(WEIGHTS) / 400_000


def test_faults_combine(client: HubClient, hub: LocalHub) -> None:
    hub.faults.add(PATTERN, Corrupt(offset=0))
    hub.faults.add(PATTERN, Cut(after_bytes=300))

    with pytest.raises(http.client.IncompleteRead) as caught:
        client.get(WEIGHTS_URL)

    assert caught.value.partial == b"\xff" + WEIGHTS[1:300]


def test_faults_end_when_they_are_cleared(client: HubClient, hub: LocalHub) -> None:
    hub.faults.add("*", Status(500))
    hub.faults.clear()

    assert client.get(WEIGHTS_URL).body == WEIGHTS
    assert client.get(f"/{REPOSITORY}/resolve/main/config.json").body == CONFIG
