"""The stand-in for Google answers as Google does, where TabAgent asks."""

from __future__ import annotations

import http.client
import json
import socket
import ssl
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from tools.google import ACCOUNTS_HOST, API_HOST, OAUTH_HOST, DriveItem, LocalGoogle
from tools.hub import Html, Status, WrongLength

REDIRECT = f"https://{'abcdefgh' * 4}.chromiumapp.org/"
SCOPE = "https://www.googleapis.com/auth/drive.readonly"
FOLDER = "application/vnd.google-apps.folder"
ITEMS = [
    DriveItem(id="old", name="It's old.txt", content=b"old", modified="2025-01-01T00:00:00Z"),
    DriveItem(id="new", name="New.txt", content=b"new", searchable="needle"),
    DriveItem(id="sub", name="Sub", mime_type=FOLDER, modified="2024-01-01T00:00:00Z"),
    DriveItem(id="in", name="Inside", parent="sub", exports={"text/plain": b"exported"}),
    DriveItem(id="theirs", name="Theirs", parent=None),
]


class Client:
    """Asks by Google's names."""

    def __init__(self, google: LocalGoogle) -> None:
        self.google = google
        self._context = ssl.create_default_context(cadata=google.authority_pem.decode())

    def ask(
        self, host: str, path: str, *, body: dict[str, str] | None = None, token: str = ""
    ) -> tuple[int, dict[str, str], bytes]:
        plain = socket.create_connection(("127.0.0.1", self.google.port), timeout=10)
        connection = http.client.HTTPConnection(host, timeout=10)
        connection.sock = self._context.wrap_socket(plain, server_hostname=host)
        try:
            headers = {"Authorization": f"Bearer {token}"} if token else {}
            connection.request("GET" if body is None else "POST", path, urlencode(body) if body else None, headers)
            answer = connection.getresponse()
            return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
        finally:
            connection.close()

    def sign_in(self, **changes: str) -> dict[str, str]:
        asked = {
            "client_id": "client",
            "redirect_uri": REDIRECT,
            "response_type": "token",
            "scope": SCOPE,
            "state": "s",
        }
        _, headers, _ = self.ask(ACCOUNTS_HOST, f"/o/oauth2/v2/auth?{urlencode(asked | changes)}")
        parts = urlsplit(headers["location"])
        return {name: found[0] for name, found in parse_qs(parts.fragment or parts.query).items()}

    def api(self, path: str, **query: str) -> tuple[int, Any]:
        token = next(iter(self.google.sign_in.tokens), "")
        status, _, body = self.ask(API_HOST, f"/drive/v3/{path}?{urlencode(query)}", token=token)
        return status, json.loads(body)

    def names(self, **query: str) -> list[str]:
        status, answer = self.api("files", **query)
        assert status == 200, answer
        return [file["name"] for file in answer["files"]]


@pytest.fixture
def client() -> Iterator[Client]:
    with LocalGoogle(ITEMS, page_size=2) as google:
        client = Client(google)
        client.sign_in()
        yield client


def test_a_sign_in_ends_with_a_token_in_the_fragment(client: Client) -> None:
    answer = client.sign_in()

    assert answer["access_token"] in client.google.sign_in.tokens
    assert (answer["state"], answer["scope"], answer["expires_in"]) == ("s", SCOPE, "3599")
    assert client.sign_in(response_type="code")["code"]


def test_a_person_may_refuse_or_have_to_be_asked(client: Client) -> None:
    client.google.sign_in.seen = False
    assert client.sign_in(prompt="none")["error"] == "interaction_required"
    client.google.sign_in.denied = True
    assert client.sign_in()["error"] == "access_denied"


def test_an_unknown_app_is_sent_nowhere(client: Client) -> None:
    status, headers, _ = client.ask(ACCOUNTS_HOST, f"/o/oauth2/v2/auth?{urlencode({'client_id': 'x'})}")

    assert (status, "location" in headers) == (400, False)


def test_a_code_without_a_secret_gets_no_token(client: Client) -> None:
    status, _, body = client.ask(OAUTH_HOST, "/token", body={"grant_type": "authorization_code", "code": "4/code"})

    assert (status, json.loads(body)["error_description"]) == (400, "client_secret is missing.")


def test_a_revoked_token_is_good_for_nothing(client: Client) -> None:
    [token] = client.google.sign_in.tokens

    assert client.ask(OAUTH_HOST, "/revoke", body={"token": token})[0] == 200
    assert client.ask(OAUTH_HOST, "/revoke", body={"token": token})[0] == 400
    assert client.ask(API_HOST, "/drive/v3/about", token=token)[0] == 401
    assert client.google.sign_in.revoked == [token]


def test_folders_are_listed_page_by_page_in_order(client: Client) -> None:
    query = {"q": "'root' in parents and trashed = false", "orderBy": "folder,modifiedTime desc"}
    status, first = client.api("files", fields="nextPageToken,files(id,name)", **query)

    assert (status, [file["id"] for file in first["files"]]) == (200, ["sub", "new"])
    assert first["files"][0] == {"id": "sub", "name": "Sub"}
    assert client.names(pageToken=first["nextPageToken"], **query) == ["It's old.txt"]
    client.google.pages_loop = True
    assert client.api("files", pageToken="page-2", **query)[1]["nextPageToken"] == "page-2"


def test_searches_find_names_and_texts(client: Client) -> None:
    def search(words: str) -> str:
        return f"(name contains '{words}' or fullText contains '{words}') and trashed = false"

    assert client.names(q=search("needle")) == ["New.txt"]
    assert client.names(q=search("it\\'s")) == ["It's old.txt"]
    assert client.names(q="sharedWithMe = true and trashed = false") == ["Theirs"]
    assert client.api("files", q=search("it's"))[0] == 400
    assert client.api("files", q=search("x"), orderBy="folder")[0] == 400


def test_files_are_described_downloaded_and_exported(client: Client) -> None:
    [token] = client.google.sign_in.tokens
    assert client.api("files/old", fields="id,size")[1] == {"id": "old", "size": "3"}
    assert client.ask(API_HOST, "/drive/v3/files/old?alt=media", token=token)[2] == b"old"
    assert client.ask(API_HOST, "/drive/v3/files/in/export?mimeType=text/plain", token=token)[2] == b"exported"
    assert client.api("files/in/export", mimeType="text/csv")[0] == 400
    assert client.api("files/none")[0] == 404
    assert client.api("about")[1]["user"]["emailAddress"] == "ada@example.org"


def test_it_misbehaves_when_told(client: Client) -> None:
    faults, [token] = client.google.faults, client.google.sign_in.tokens
    faults.add("/drive/v3/about", Status(403, "7", "rateLimitExceeded"), times=1)
    status, headers, body = client.ask(API_HOST, "/drive/v3/about", token=token)
    assert (status, headers["retry-after"]) == (403, "7")
    assert json.loads(body)["error"]["errors"][0]["reason"] == "rateLimitExceeded"
    faults.add("/drive/v3/about", Html(), times=1)
    assert b"<html>" in client.ask(API_HOST, "/drive/v3/about", token=token)[2]
    faults.add("/drive/v3/about", WrongLength(-5), times=1)
    with pytest.raises(ValueError, match=r"delimiter|Expecting|Unterminated"):
        client.api("about")
    client.google.sign_in.expire()
    assert client.api("about")[0] == 401
