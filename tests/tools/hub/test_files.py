"""Files: redirects, ranges, entity tags, commits."""

from __future__ import annotations

import hashlib
from urllib.parse import urlsplit

import pytest

from tests.tools.hub.conftest import CONFIG, REPOSITORY, WEIGHTS, HubClient
from tools.hub import CDN_HOST, LocalHub

WEIGHTS_URL = f"/{REPOSITORY}/resolve/main/onnx/model.onnx"
CONFIG_URL = f"/{REPOSITORY}/resolve/main/config.json"
SHA256 = hashlib.sha256(WEIGHTS).hexdigest()


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_an_lfs_file_is_a_redirect_to_the_cdn(client: HubClient, hub: LocalHub, method: str) -> None:
    answer = client.once(WEIGHTS_URL, method)

    assert answer.status == 302
    assert urlsplit(answer.headers["location"]).hostname == CDN_HOST
    assert "X-Amz-Signature=" in answer.headers["location"]
    assert answer.headers["x-repo-commit"] == hub.commit(REPOSITORY).sha
    assert answer.headers["x-linked-size"] == str(len(WEIGHTS))
    assert answer.headers["x-linked-etag"] == f'"{SHA256}"'
    assert answer.headers["accept-ranges"] == "bytes"


def test_the_cdn_gives_the_bytes(client: HubClient) -> None:
    received = client.get(WEIGHTS_URL)

    assert (received.status, received.body) == (200, WEIGHTS)
    assert received.headers["etag"] == f'"{SHA256}"'
    assert received.headers["content-length"] == str(len(WEIGHTS))


def test_a_small_file_is_a_redirect_within_the_hub(client: HubClient, hub: LocalHub) -> None:
    first = client.once(CONFIG_URL)
    last = client.get(CONFIG_URL)

    sha = hub.commit(REPOSITORY).sha
    assert first.status == 307
    assert first.headers["location"].startswith(f"/api/resolve-cache/models/{REPOSITORY}/{sha}/config.json?")
    assert (last.status, last.body, last.headers["x-repo-commit"]) == (200, CONFIG, sha)
    assert last.headers["etag"] == first.headers["x-linked-etag"]


def test_head_announces_the_length_without_the_bytes(client: HubClient) -> None:
    received = client.get(WEIGHTS_URL, "HEAD")

    assert (received.status, received.body, received.headers["content-length"]) == (200, b"", str(len(WEIGHTS)))


def test_an_empty_file_is_a_file(client: HubClient) -> None:
    received = client.get(f"/{REPOSITORY}/resolve/main/empty.txt")

    assert (received.status, received.body) == (200, b"")


def test_raw_gives_the_pointer_of_an_lfs_file(client: HubClient) -> None:
    assert f"oid sha256:{SHA256}" in client.once(f"/{REPOSITORY}/raw/main/onnx/model.onnx").body.decode()
    assert client.once(f"/{REPOSITORY}/raw/main/config.json").body == CONFIG


@pytest.mark.parametrize(
    ("asked", "start", "stop"),
    [
        ("bytes=0-0", 0, 1),
        ("bytes=100-199", 100, 200),
        ("bytes=1000-", 1000, len(WEIGHTS)),
        ("bytes=-10", len(WEIGHTS) - 10, len(WEIGHTS)),
        ("bytes=5-99999999", 5, len(WEIGHTS)),
        ("bytes=-99999999", 0, len(WEIGHTS)),
    ],
)
def test_a_range_gives_that_part(client: HubClient, asked: str, start: int, stop: int) -> None:
    received = client.get(WEIGHTS_URL, Range=asked)

    assert (received.status, received.body) == (206, WEIGHTS[start:stop])
    assert received.headers["content-range"] == f"bytes {start}-{stop - 1}/{len(WEIGHTS)}"


@pytest.mark.parametrize("asked", [f"bytes={len(WEIGHTS)}-", "bytes=-0", "bytes=99999999-99999999"])
def test_a_range_outside_of_the_file_is_refused(client: HubClient, asked: str) -> None:
    received = client.get(WEIGHTS_URL, Range=asked)

    assert (received.status, received.headers["content-range"]) == (416, f"bytes */{len(WEIGHTS)}")


@pytest.mark.parametrize("asked", ["bytes=0-1,5-6", "bytes=9-3", "bytes=-", "lines=1-2", "bytes=a-b"])
def test_a_range_that_cannot_be_read_gives_the_whole_file(client: HubClient, asked: str) -> None:
    assert client.get(WEIGHTS_URL, Range=asked).status == 200


def test_if_range_with_another_tag_gives_the_whole_file(client: HubClient) -> None:
    same = client.get(WEIGHTS_URL, Range="bytes=10-19", If_Range=f'"{SHA256}"')
    other = client.get(WEIGHTS_URL, Range="bytes=10-19", If_Range='"older"')

    assert (same.status, other.status, other.body) == (206, 200, WEIGHTS)


def test_a_known_tag_gives_not_modified(client: HubClient) -> None:
    received = client.get(WEIGHTS_URL, If_None_Match=f'"{SHA256}"')

    assert (received.status, received.body) == (304, b"")


def test_scripts_of_any_origin_may_read_the_answers(client: HubClient) -> None:
    origin = "chrome-extension://abcdefghijklmnopabcdefghijklmnop"
    answer = client.once(WEIGHTS_URL, Origin=origin)
    preflight = client.once(WEIGHTS_URL, "OPTIONS", Origin=origin, Access_Control_Request_Headers="authorization,range")

    assert answer.headers["access-control-allow-origin"] == origin
    assert {"X-Linked-Size", "X-Error-Code", "Content-Range", "ETag"} <= set(
        answer.headers["access-control-expose-headers"].split(",")
    )
    assert preflight.status == 204
    assert preflight.headers["access-control-allow-headers"] == "authorization,range"
    assert "GET" in preflight.headers["access-control-allow-methods"]


def test_a_cdn_link_expires(client: HubClient, hub: LocalHub) -> None:
    link = client.once(WEIGHTS_URL).headers["location"]
    assert client.once(link).status == 200

    hub.expire_links()

    assert client.once(link).status == 403
    assert client.get(WEIGHTS_URL).status == 200


def test_a_change_makes_a_new_commit_and_the_old_one_stays(client: HubClient, hub: LocalHub) -> None:
    before = hub.commit(REPOSITORY).sha

    after = hub.write(REPOSITORY, "onnx/model.onnx", b"new weights").sha

    assert after != before
    assert client.get(WEIGHTS_URL).body == b"new weights"
    assert client.get(WEIGHTS_URL.replace("main", before)).body == WEIGHTS
    assert hub.write(REPOSITORY, "onnx/model.onnx", WEIGHTS).sha == before, "the id depends on the content alone"


def test_a_removed_file_stays_in_its_commit(client: HubClient, hub: LocalHub) -> None:
    before = hub.commit(REPOSITORY).sha

    hub.remove(REPOSITORY, "config.json")

    assert client.get(CONFIG_URL).headers["x-error-code"] == "EntryNotFound"
    assert client.get(CONFIG_URL.replace("main", before)).body == CONFIG
