"""Requests and answers of the local hub as plain values, between the rules of the Hub and the sockets."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from urllib.parse import parse_qs, unquote, urlsplit

from tools.hub.contents import Content

EXPOSED_HEADERS = (
    "X-Repo-Commit,X-Request-Id,X-Error-Code,X-Error-Message,X-Total-Count,ETag,Link,Accept-Ranges,Content-Range,"
    "X-Linked-Size,X-Linked-ETag,X-Xet-Hash"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A request, taken apart.

    Attributes:
        method: GET, HEAD, POST or OPTIONS.
        host: the name that the client asked, lower case, without the port.
        url: path and query as they came.
        headers: by lower-case name.
        body: what came with it.
    """

    method: str
    host: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def segments(self) -> list[str]:
        """The parts of the path, decoded one by one, so that a revision may contain a slash."""
        return [unquote(part) for part in urlsplit(self.url).path.lstrip("/").split("/")]

    @property
    def path(self) -> str:
        """The decoded path."""
        return unquote(urlsplit(self.url).path)

    @property
    def query(self) -> str:
        """The query as it came, without the question mark."""
        return urlsplit(self.url).query

    def parameter(self, name: str, default: str = "") -> str:
        """Return the first value of a query parameter."""
        return parse_qs(self.query, keep_blank_values=True).get(name, [default])[0]


@dataclass(frozen=True, slots=True)
class FileSlice:
    """Part of a file as an answer's body, read only while it is sent.

    Attributes:
        content: of the file.
        start: offset of the first byte.
        length: in bytes.
        altered: whether all bits are turned over, for the fault `Alter`.
    """

    content: Content
    start: int
    length: int
    altered: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer.

    Attributes:
        status: the HTTP status.
        headers: in order, without Content-Length.
        body: what a GET receives.
    """

    status: int
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes | FileSlice = b""

    @property
    def length(self) -> int:
        """Length of the body, in bytes."""
        return self.body.length if isinstance(self.body, FileSlice) else len(self.body)

    def with_headers(self, *headers: tuple[str, str]) -> Answer:
        """Return the answer with more headers."""
        return Answer(self.status, self.headers + headers, self.body)


def json_answer(value: object, *headers: tuple[str, str], status: int = 200) -> Answer:
    """Answer with a value as JSON."""
    kind = ("Content-Type", "application/json; charset=utf-8")
    return Answer(status, (kind, *headers), json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode())


def redirect(status: int, location: str, *headers: tuple[str, str]) -> Answer:
    """Answer with a redirect, in the words of the Hub."""
    text = f"{HTTPStatus(status).phrase}. Redirecting to {location}"
    kind = ("Content-Type", "text/plain; charset=utf-8")
    return Answer(status, (kind, ("Location", location), ("Vary", "Accept"), *headers), text.encode())


def api_error(status: int, message: str, code: str | None = None) -> Answer:
    """Answer as the Hub's API does when it refuses: JSON, and the reason in headers."""
    return json_answer({"error": message}, *_error_headers(status, message, code), status=status)


def file_error(status: int, message: str, code: str | None = None) -> Answer:
    """Answer as the Hub's `resolve` does when it refuses: plain text, and the reason in headers."""
    headers = (("Content-Type", "text/plain; charset=utf-8"), *_error_headers(status, message, code))
    return Answer(status, headers, message.encode())


def cors_headers(request: Request) -> tuple[tuple[str, str], ...]:
    """Return the headers by which the Hub allows scripts of any origin to read its answers."""
    origin = request.headers.get("origin", "https://huggingface.co")
    return (
        ("Access-Control-Allow-Origin", origin),
        ("Vary", "Origin"),
        ("Access-Control-Expose-Headers", EXPOSED_HEADERS),
        ("Access-Control-Max-Age", "86400"),
    )


def preflight(request: Request) -> Answer:
    """Answer an OPTIONS request of a browser that asks whether it may send the real one."""
    headers = [("Access-Control-Allow-Methods", "GET,HEAD,POST,OPTIONS")]
    wanted = request.headers.get("access-control-request-headers")
    if wanted:
        headers.append(("Access-Control-Allow-Headers", wanted))
    # Chromium's checks of requests into the local network, in its present and former form.
    headers += [("Access-Control-Allow-Private-Network", "true"), ("Access-Control-Allow-Local-Network", "true")]
    return Answer(204, tuple(headers))


def _error_headers(status: int, message: str, code: str | None) -> tuple[tuple[str, str], ...]:
    headers = [("X-Error-Message", message)]
    if code is not None:
        headers.insert(0, ("X-Error-Code", code))
    if status == HTTPStatus.UNAUTHORIZED:
        headers.append(("WWW-Authenticate", 'Bearer realm="Authentication required", charset="UTF-8"'))
    return tuple(headers)
