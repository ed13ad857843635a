"""Gated, private and unknown repositories, with and without tokens."""

from __future__ import annotations

import pytest

from tests.tools.hub.conftest import REPOSITORY, WEIGHTS, HubClient

FILE = "resolve/main/onnx/model.onnx"
READER = {"Authorization": "Bearer hf_reader"}
STRANGER = {"Authorization": "Bearer hf_stranger"}
WRONG = {"Authorization": "Bearer hf_wrong"}


@pytest.mark.parametrize(
    ("path", "headers", "status", "code"),
    [
        (f"/acme/gated/{FILE}", {}, 401, "GatedRepo"),
        (f"/acme/gated/{FILE}", STRANGER, 403, "GatedRepo"),
        (f"/acme/gated/{FILE}", READER, 200, None),
        (f"/acme/gated/{FILE}", WRONG, 401, None),
        ("/api/models/acme/gated", {}, 200, None),
        ("/api/models/acme/gated/tree/main", {}, 200, None),
        ("/api/models/acme/private", {}, 401, None),
        ("/api/models/acme/private", STRANGER, 404, "RepoNotFound"),
        ("/api/models/acme/private", READER, 200, None),
        (f"/acme/private/{FILE}", {}, 401, "RepoNotFound"),
        (f"/acme/private/{FILE}", READER, 200, None),
        ("/api/models/acme/unknown", {}, 401, None),
        ("/api/models/acme/unknown", READER, 404, "RepoNotFound"),
        (f"/acme/unknown/{FILE}", {}, 401, "RepoNotFound"),
        (f"/acme/unknown/{FILE}", STRANGER, 404, "RepoNotFound"),
        (f"/{REPOSITORY}/resolve/main/onnx/none.onnx", {}, 404, "EntryNotFound"),
        (f"/{REPOSITORY}/resolve/none/config.json", {}, 404, "RevisionNotFound"),
        (f"/{REPOSITORY}/resolve/main/..%2F..%2Fetc%2Fpasswd", {}, 404, "EntryNotFound"),
        (f"/{REPOSITORY}/resolve/main/.hidden", {}, 404, "EntryNotFound"),
    ],
)
def test_each_visitor_gets_what_the_hub_would_answer(
    client: HubClient, path: str, headers: dict[str, str], status: int, code: str | None
) -> None:
    received = client.get(path, **headers)

    assert (received.status, received.headers.get("x-error-code")) == (status, code)
    assert (status == 200) == ("x-error-message" not in received.headers)


def test_a_gated_repository_says_so_in_its_metadata(client: HubClient) -> None:
    described = client.once("/api/models/acme/gated").json()

    assert isinstance(described, dict)
    assert described["gated"] == "manual"


def test_the_words_are_the_hubs(client: HubClient) -> None:
    assert client.once("/api/models/acme/unknown").json() == {"error": "Invalid username or password."}
    assert b"not in the authorized list" in client.once(f"/acme/gated/{FILE}", **STRANGER).body
    assert b"Please log in" in client.once(f"/acme/gated/{FILE}").body


def test_a_reader_of_a_gated_repository_needs_no_token_on_the_cdn(client: HubClient) -> None:
    link = client.once(f"/acme/gated/{FILE}", **READER).headers["location"]

    assert client.once(link).body == WEIGHTS
    assert client.once(link, **READER).status == 400, "object storage refuses a token next to a signed link"
