"""Signing in by OAuth, as an extension does."""

from __future__ import annotations

import base64
import hashlib
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest

from tests.tools.hub.conftest import HubClient
from tools.hub import LocalHub

APP = "app-1"
BACK = "https://abcdefghijklmnopabcdefghijklmnop.chromiumapp.org/hf"
VERIFIER = "a-verifier-of-at-least-forty-three-characters-00"
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
ASKED = {
    "client_id": APP,
    "redirect_uri": BACK,
    "response_type": "code",
    "scope": "openid profile gated-repos",
    "state": "s1",
    "code_challenge": CHALLENGE,
    "code_challenge_method": "S256",
}


def authorize(client: HubClient, **changed: str) -> dict[str, str]:
    answer = client.once(f"/oauth/authorize?{urlencode(ASKED | changed)}")
    assert answer.status == 302, answer.body
    assert answer.headers["location"].startswith(BACK)
    return dict(parse_qsl(urlsplit(answer.headers["location"]).query))


def ask_token(client: HubClient, **form: str) -> tuple[int, Any]:
    answer = client.post("/oauth/token", {"client_id": APP} | form)
    return answer.status, answer.json()


def exchange(client: HubClient, code: str, **changed: str) -> tuple[int, Any]:
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": BACK, "code_verifier": VERIFIER}
    return ask_token(client, **(form | changed))


def test_a_code_becomes_a_token_that_the_hub_knows(client: HubClient, hub: LocalHub) -> None:
    hub.oauth.user = "reader"

    back = authorize(client)
    status, given = exchange(client, back["code"])

    assert (back["state"], status) == ("s1", 200)
    assert given["token_type"] == "bearer"
    assert given["expires_in"] > 0
    assert given["scope"] == ASKED["scope"]
    header = {"Authorization": f"Bearer {given['access_token']}"}
    known: Any = client.once("/api/whoami-v2", **header).json()
    assert known["name"] == "reader"
    assert client.once("/oauth/userinfo", **header).json() == {
        "sub": "reader",
        "name": "reader",
        "preferred_username": "reader",
    }
    assert client.get("/acme/gated/resolve/main/onnx/model.onnx", **header).status == 200


def test_a_refusal_comes_back_as_one(client: HubClient, hub: LocalHub) -> None:
    hub.oauth.denied = True

    back = authorize(client)

    assert (back["error"], back["state"]) == ("access_denied", "s1")
    assert "code" not in back


@pytest.mark.parametrize(
    "changed",
    [
        {"code_verifier": "another-verifier-of-at-least-forty-three-char"},
        {"redirect_uri": "https://elsewhere.example/"},
        {"client_id": "another-app"},
    ],
)
def test_a_code_is_of_use_only_to_the_one_who_asked(client: HubClient, changed: dict[str, str]) -> None:
    status, answer = exchange(client, authorize(client)["code"], **changed)

    assert (status, answer["error"]) == (400, "invalid_grant")


def test_a_code_is_of_use_once(client: HubClient) -> None:
    code = authorize(client)["code"]

    assert exchange(client, "never-given")[0] == 400
    assert exchange(client, code)[0] == 200
    assert exchange(client, code)[0] == 400


def test_an_expired_token_is_renewed_once_by_its_refresh_token(client: HubClient, hub: LocalHub) -> None:
    _, given = exchange(client, authorize(client)["code"])
    hub.oauth.expire_tokens()
    assert client.once("/api/whoami-v2", Authorization=f"Bearer {given['access_token']}").status == 401
    assert client.once("/api/whoami-v2", Authorization="Bearer hf_reader").status == 200

    status, renewed = ask_token(client, grant_type="refresh_token", refresh_token=given["refresh_token"])

    assert status == 200
    assert client.once("/api/whoami-v2", Authorization=f"Bearer {renewed['access_token']}").status == 200
    assert ask_token(client, grant_type="refresh_token", refresh_token=given["refresh_token"])[0] == 400


def test_a_revoked_app_cannot_renew(client: HubClient, hub: LocalHub) -> None:
    _, given = exchange(client, authorize(client)["code"])
    hub.oauth.revoke()

    status, answer = ask_token(client, grant_type="refresh_token", refresh_token=given["refresh_token"])

    assert (status, answer["error"]) == (400, "invalid_grant")


def test_apps_must_use_pkce(client: HubClient) -> None:
    assert authorize(client, code_challenge_method="plain")["error"] == "invalid_request"
    assert authorize(client, response_type="token")["error"] == "unsupported_response_type"


def test_an_unknown_app_is_not_sent_back(client: HubClient, hub: LocalHub) -> None:
    hub.oauth.client_ids = frozenset({"another-app"})

    assert client.once(f"/oauth/authorize?{urlencode(ASKED)}").status == 400
    assert exchange(client, "code") == (401, {"error": "invalid_client", "error_description": "client is invalid"})


def test_an_unknown_grant_is_refused(client: HubClient) -> None:
    assert ask_token(client, grant_type="password")[1]["error"] == "unsupported_grant_type"
