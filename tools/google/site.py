"""The stand-in's hosts and the Drive API."""

from __future__ import annotations

import re
from collections.abc import Iterable
from http import HTTPStatus
from types import TracebackType
from typing import Self

from tools.google.items import DriveItem, found, ordered
from tools.google.sign_in import SignIn
from tools.hub.answers import Answer, Request, json_answer, preflight
from tools.hub.certificate import make_certificate
from tools.hub.faults import Faults, Html, Status
from tools.hub.request_log import RequestLog
from tools.hub.server import SiteServer

ACCOUNTS_HOST, OAUTH_HOST, API_HOST = "accounts.google.com", "oauth2.googleapis.com", "www.googleapis.com"
HOSTS = (ACCOUNTS_HOST, OAUTH_HOST, API_HOST)
ROOT = "0AStandInRoot"
USER = {"displayName": "Ada", "emailAddress": "ada@example.org"}
_ADDRESS = "127.0.0.1"
_PAGE = b"<!DOCTYPE html><html><body>Welcome to this network.</body></html>"


class LocalGoogle:
    """Google on this machine, running while it is open as a context manager.

    Attributes:
        items: the files of the Drive; they may be changed.
        drives: shared drives by their ids.
        page_size: at most so many files in a page, whatever is asked for.
        pages_loop: whether the last page leads to the first.
        sign_in: who agrees, and to what.
        requests: what it was asked for.
        faults: what goes wrong.
        port: where it listens, on 127.0.0.1, with TLS.
    """

    def __init__(self, items: Iterable[DriveItem] = (), *, client_id: str = "client", page_size: int = 100) -> None:
        self.items = list(items)
        self.drives: dict[str, str] = {}
        self.page_size, self.pages_loop = page_size, False
        self.sign_in = SignIn(client_id)
        self.requests, self.faults = RequestLog(), Faults()
        self.port = 0
        self._certificate = make_certificate(HOSTS)
        self._server: SiteServer | None = None

    @property
    def authority_pem(self) -> bytes:
        """The certificate of the authority that signed the stand-in's, in PEM."""
        return self._certificate.authority_pem

    @property
    def chromium_arguments(self) -> list[str]:
        """Command line arguments by which Chromium finds it under Google's names, and trusts it."""
        return [
            f"--host-resolver-rules={','.join(f'MAP {name} {_ADDRESS}:{self.port}' for name in HOSTS)}",
            f"--ignore-certificate-errors-spki-list={self._certificate.spki}",
            "--no-proxy-server",
        ]

    def reset(self) -> None:
        """Behave well again, with nobody signed in and an empty log."""
        self.faults.clear()
        self.requests.clear()
        self.sign_in.reset()
        self.pages_loop = False

    def target(self, request: Request) -> str:
        """Return what a request is about: its path."""
        return request.path

    def answer(self, request: Request) -> Answer:
        """Return the answer to a request, with the faults that replace it as a whole."""
        if request.method == "OPTIONS":
            return preflight(request)
        if status := self.faults.strike(Status, request.host, request.path):
            wait = status[1].retry_after
            answer = error(status[1].code, status[1].message)
            return answer if wait is None else answer.with_headers(("Retry-After", wait))
        if self.faults.strike(Html, request.host, request.path):
            return Answer(HTTPStatus.OK, (("Content-Type", "text/html; charset=utf-8"),), _PAGE)
        match request.method, request.host, request.path:
            case "GET", "accounts.google.com", "/o/oauth2/v2/auth":
                return self.sign_in.authorize(request)
            case "POST", "oauth2.googleapis.com", "/token":
                return self.sign_in.token()
            case "POST", "oauth2.googleapis.com", "/revoke":
                return self.sign_in.revoke(request)
            case "GET", "www.googleapis.com", _:
                return self._api(request)
        return error(HTTPStatus.NOT_FOUND, "notFound")

    def _api(self, request: Request) -> Answer:
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        if token not in self.sign_in.tokens:
            return error(HTTPStatus.UNAUTHORIZED, "authError")
        match request.segments:
            case ["drive", "v3", "about"]:
                return json_answer({"user": USER})
            case ["drive", "v3", "drives"]:
                return json_answer({"drives": [{"id": key, "name": name} for key, name in self.drives.items()]})
            case ["drive", "v3", "files"]:
                return self._list(request)
            case ["drive", "v3", "files", "root"]:
                return json_answer({"id": ROOT})
            case ["drive", "v3", "files", file_id, *rest]:
                item = next((item for item in self.items if item.id == file_id), None)
                return self._file(request, item, rest) if item else error(HTTPStatus.NOT_FOUND, "notFound")
        return error(HTTPStatus.NOT_FOUND, "notFound")

    def _list(self, request: Request) -> Answer:
        query, order = request.parameter("q"), request.parameter("orderBy")
        items = found(self.items, query)
        if items is None or (order and "fullText" in query):
            return error(HTTPStatus.BAD_REQUEST, "badRequest")
        items = ordered(items) if order else items
        token = request.parameter("pageToken", "0").removeprefix("page-")
        size = min(self.page_size, int(request.parameter("pageSize", "100")))
        start = int(token) if token.isdecimal() else 0
        page: dict[str, object] = {
            "files": [
                _chosen(item.described(ROOT), request.parameter("fields")) for item in items[start : start + size]
            ]
        }
        if start + size < len(items):
            page["nextPageToken"] = f"page-{start + size}"
        elif self.pages_loop:
            page["nextPageToken"] = f"page-{size}"
        return json_answer(page)

    def _file(self, request: Request, item: DriveItem, rest: list[str]) -> Answer:
        if rest == ["export"]:
            kind = request.parameter("mimeType")
            if kind not in item.exports:
                return error(HTTPStatus.BAD_REQUEST, "badRequest")
            return Answer(HTTPStatus.OK, (("Content-Type", kind),), item.exports[kind])
        if request.parameter("alt") == "media":
            return Answer(HTTPStatus.OK, (("Content-Type", item.mime_type),), item.content)
        return json_answer(_chosen(item.described(ROOT), request.parameter("fields")))

    def __enter__(self) -> Self:
        self._server = SiteServer((_ADDRESS, 0), self, self._certificate.server_context)
        self.port = self._server.server_address[1]
        self._server.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._server is not None:
            self._server.stop()
            self._server = None


def error(status: int, reason: str) -> Answer:
    """Answer with an error in Google's form."""
    item = {"domain": "global", "reason": reason, "message": f"Google's words for {reason}."}
    body = {"error": {"code": int(status), "message": item["message"], "errors": [item]}}
    return json_answer(body, status=status)


def _chosen(described: dict[str, object], fields: str) -> dict[str, object]:
    """Keep the fields that were asked for."""
    wanted = set(re.findall(r"\w+", fields))
    return {name: value for name, value in described.items() if not fields or name in wanted}
