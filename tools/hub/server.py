"""The local hub's server: sockets, TLS, threads, and the names under which Chromium finds it."""

from __future__ import annotations

import contextlib
import socket
import socketserver
import ssl
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import replace
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self, cast

from tools.environment import CACHE, ToolError
from tools.hub.access import Access
from tools.hub.answers import Answer, FileSlice, Request, cors_headers, file_error, preflight
from tools.hub.api import Api
from tools.hub.certificate import make_certificate
from tools.hub.contents import Generated
from tools.hub.faults import (
    Corrupt,
    Cut,
    CutAt,
    Faults,
    Html,
    Stall,
    StallAt,
    Status,
    Throttle,
    WrongLength,
)
from tools.hub.files import CDN_HOST, SECOND_CDN_HOST, Files
from tools.hub.hashes import HashCache
from tools.hub.oauth import OAuth
from tools.hub.repository import Commit, HubRepository, Repository
from tools.hub.request_log import LoggedRequest, RequestLog
from tools.hub.sending import BodyFaults, BodySender, ConnectionEndedError, reset_on_close

HUB_HOST = "huggingface.co"
# The same hub under a name that the extension may reach too, for tests of sources that a person adds.
MIRROR_HOST = "mirror.hf.co"
# `*.hf.co` covers the CDN names at any depth, in Chromium's mapping; a certificate's wildcard covers one level only.
MAPPED_NAMES = (HUB_HOST, "*.hf.co")
CERTIFIED_NAMES = (HUB_HOST, "*.hf.co", "*.xethub.hf.co", "localhost", "127.0.0.1")
_ADDRESS = "127.0.0.1"
_IDLE_SECONDS = 120
_PAGE = b"<!DOCTYPE html><html><head><title>Sign in to the network</title></head><body>Welcome.</body></html>"


class LocalHub:
    """A Hugging Face Hub on this machine, running while it is open as a context manager.

    Attributes:
        port: where it listens, on 127.0.0.1, with TLS.
        requests: what it was asked for.
        faults: what goes wrong.
        oauth: the sign-in for apps: who agrees, and to which.
        tokens: user names by access token, those that OAuth gave included; it may be changed.
        authority_pem: the certificate for clients that can be given one.
        chromium_arguments: what makes a Chromium use it in place of huggingface.co.
    """

    def __init__(
        self,
        repositories: Mapping[str, Path | HubRepository],
        *,
        port: int = 0,
        tokens: Mapping[str, str] | None = None,
        redirect_small_files: bool = True,
        hash_cache: Path = CACHE / "hub" / "hashes.json",
    ) -> None:
        """Describe the hub; nothing listens before it is opened.

        Args:
            repositories: folders by repository name, `owner/name`.
            port: where to listen; 0 takes a free one.
            tokens: user names by access token.
            redirect_small_files: whether files outside of LFS take a redirect too, as on the real Hub.
            hash_cache: where the hashes of large files are remembered.
        """
        hashes = HashCache(hash_cache)
        self._repositories = {
            name: Repository(name, HubRepository(folder=given) if isinstance(given, Path) else given, hashes)
            for name, given in repositories.items()
        }
        self.requests = RequestLog()
        self.faults = Faults()
        self.port = port
        access = Access(self._repositories, dict(tokens or {}))
        self.tokens = access.tokens
        self.oauth = OAuth(access)
        self._files = Files(access, self.faults, redirect_small_files)
        self._api = Api(access, self._files.announced_size)
        self._certificate = make_certificate(CERTIFIED_NAMES)
        self._server: SiteServer | None = None

    @property
    def authority_pem(self) -> bytes:
        """The certificate of the authority that signed the hub's, in PEM."""
        return self._certificate.authority_pem

    @property
    def chromium_arguments(self) -> list[str]:
        """Command line arguments by which Chromium finds this hub under the Hub's names, and trusts it."""
        rules = ",".join(f"MAP {name} {_ADDRESS}:{self.port}" for name in MAPPED_NAMES)
        return [
            f"--host-resolver-rules={rules}",
            f"--ignore-certificate-errors-spki-list={self._certificate.spki}",
            "--no-proxy-server",  # a proxy would resolve the names itself
        ]

    def write(self, repository: str, path: str, content: bytes) -> Commit:
        """Replace or add a file of a repository in a new commit, and return it."""
        return self._repositories[repository].write(path, content)

    def generate(self, repository: str, path: str, content: Generated) -> Commit:
        """Replace or add a generated file of a repository in a new commit, and return it."""
        return self._repositories[repository].generate(path, content)

    def remove(self, repository: str, path: str) -> Commit:
        """Remove a file of a repository in a new commit, and return it."""
        return self._repositories[repository].remove(path)

    def commit(self, repository: str) -> Commit:
        """Return the commit that `main` of a repository names now."""
        return self._repositories[repository].head()

    def expire_links(self) -> None:
        """Make all CDN links that were given out until now answer 403."""
        self._files.expire_links()

    def target(self, request: Request) -> str:
        """Return what a request is about, the same for all hops to a file."""
        return self._files.target(request)

    def answer(self, request: Request) -> Answer:
        """Return the answer to a request, with the faults that replace an answer as a whole."""
        if request.method == "OPTIONS":
            return preflight(request)
        target = self.target(request)
        if status := self.faults.strike(Status, request.host, target):
            answer = file_error(status[1].code, status[1].message)
            wait = status[1].retry_after
            return answer if wait is None else answer.with_headers(("Retry-After", wait))
        if self.faults.strike(Html, request.host, target):
            return Answer(HTTPStatus.OK, (("Content-Type", "text/html; charset=utf-8"),), _PAGE)
        is_api = request.path.startswith("/api/") and not request.path.startswith("/api/resolve-cache/")
        if request.host in {CDN_HOST, SECOND_CDN_HOST}:
            return self._files.answer(request)
        if is_api:
            return self._api.answer(request)
        return self.oauth.answer(request) or self._files.answer(request)

    def __enter__(self) -> Self:
        try:
            self._server = SiteServer((_ADDRESS, self.port), self, self._certificate.server_context)
        except OSError as error:
            reason = error.strerror or error
            raise ToolError(
                f"the local hub cannot listen on port {self.port} ({reason}): free the port or choose another"
            ) from error
        self.port = self._server.server_address[1]
        self._server.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._server is not None:
            self._server.stop()
            self._server = None
        for repository in self._repositories.values():
            repository.close()


class Site(Protocol):
    """What the server asks: a hub, or another site that is stood in for."""

    @property
    def requests(self) -> RequestLog:
        """What it was asked for."""
        ...

    @property
    def faults(self) -> Faults:
        """What goes wrong."""
        ...

    def target(self, request: Request) -> str:
        """Return what a request is about."""
        ...

    def answer(self, request: Request) -> Answer:
        """Return the answer to a request."""
        ...


class SiteServer(socketserver.ThreadingMixIn, socketserver.TCPServer):
    """One thread accepts, each connection has its own; all of them end with the hub."""

    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], hub: Site, context: ssl.SSLContext) -> None:
        self.hub = hub
        self.closing = threading.Event()
        self._context = context
        self._changed = threading.Condition()
        self._connections: set[socket.socket] = set()
        super().__init__(address, _Handler)
        self._acceptor = threading.Thread(
            target=self.serve_forever, kwargs={"poll_interval": 0.05}, name="local-hub", daemon=True
        )

    def start(self) -> None:
        """Accept connections."""
        self._acceptor.start()

    def stop(self) -> None:
        """Accept nothing any more and end all connections."""
        self.closing.set()
        self.shutdown()
        self._acceptor.join()
        limit = time.monotonic() + 5
        with self._changed:
            for connection in self._connections:
                with contextlib.suppress(OSError):
                    # Not the TLS layer's shutdown, which would pull the object from under the thread that uses it.
                    socket.socket.shutdown(connection, socket.SHUT_RDWR)
            while self._connections and self._changed.wait(limit - time.monotonic()):
                pass
        self.server_close()

    def get_request(self) -> tuple[socket.socket, tuple[str, int]]:
        """Return the next connection, under TLS."""
        plain, address = super().get_request()
        # The handshake waits for the client, so it belongs to the connection's own thread.
        connection = self._context.wrap_socket(plain, server_side=True, do_handshake_on_connect=False)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with self._changed:
            self._connections.add(connection)
        return connection, address

    def shutdown_request(self, request: socket.socket | tuple[bytes, socket.socket]) -> None:
        """End a connection."""
        super().shutdown_request(request)
        with self._changed:
            self._connections.discard(cast(socket.socket, request))
            self._changed.notify_all()

    def handle_error(self, request: object, client_address: object) -> None:
        """Keep quiet about connections that end early: clients do that, and faults. Programming errors are shown."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(cast(socket.socket, request), client_address)


class _Handler(BaseHTTPRequestHandler):
    """Reads requests of one connection, writes the hub's answers."""

    server: SiteServer
    protocol_version = "HTTP/1.1"
    server_version = "TabAgentLocalHub"
    sys_version = ""
    timeout = _IDLE_SECONDS

    def setup(self) -> None:
        self.request.settimeout(_IDLE_SECONDS)
        self.request.do_handshake()
        super().setup()

    def do_GET(self) -> None:
        self._respond()

    do_HEAD = do_GET  # noqa: N815
    do_POST = do_GET  # noqa: N815
    do_OPTIONS = do_GET  # noqa: N815

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Print nothing: the request log has it."""

    def _respond(self) -> None:
        hub = self.server.hub
        headers = {name.lower(): value for name, value in self.headers.items()}
        host = headers.get("host", "").partition(":")[0].lower()
        body = self.rfile.read(int(headers.get("content-length", "0")))
        request = Request(method=self.command, host=host, url=self.path, headers=headers, body=body)
        entry = hub.requests.begin(
            LoggedRequest(
                number=0,
                method=request.method,
                host=host,
                path=request.path,
                query=request.query,
                target=hub.target(request),
                range=headers.get("range"),
                authorization=headers.get("authorization"),
            )
        )
        answer = hub.answer(request)
        try:
            self._send(request, answer, entry)
        except ConnectionEndedError as ended:
            if ended.reset:
                reset_on_close(self.connection)
            self.close_connection = True

    def _send(self, request: Request, answer: Answer, entry: LoggedRequest) -> None:
        log = self.server.hub.requests
        announced = answer.length
        has_body = request.method in {"GET", "POST"} and answer.status not in {
            HTTPStatus.NO_CONTENT,
            HTTPStatus.NOT_MODIFIED,
        }
        faults = BodyFaults()
        if has_body and (isinstance(answer.body, FileSlice) or answer.status == HTTPStatus.OK):
            faults, extra = self._body_faults(request.host, entry.target, answer)
            announced = max(0, announced + extra)
        start = answer.body.start if has_body and isinstance(answer.body, FileSlice) else None
        entry = replace(entry, start=start, status=answer.status, complete=not has_body or answer.length == 0)
        log.update(entry)
        self._send_head(request, answer, announced)
        if not has_body:
            return

        def count(length: int) -> None:
            nonlocal entry
            sent = entry.bytes_sent + length
            entry = replace(entry, bytes_sent=sent, complete=sent >= answer.length)
            log.update(entry)

        sender = BodySender(self.connection, self.server.closing, count)
        sender.send(answer.body, min(announced, answer.length), faults)
        if announced > answer.length:
            raise ConnectionEndedError

    def _send_head(self, request: Request, answer: Answer, length: int) -> None:
        self.send_response(answer.status)
        given = {name.lower() for name, _ in answer.headers}
        for name, value in (*answer.headers, *cors_headers(request)):
            self.send_header(name, value)
        if answer.status not in {HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED} and "content-length" not in given:
            self.send_header("Content-Length", str(length))
        self.end_headers()

    def _body_faults(self, host: str, target: str, answer: Answer) -> tuple[BodyFaults, int]:
        """Return what goes wrong with this body, and how much is added to its length in the headers."""
        start = answer.body.start if isinstance(answer.body, FileSlice) else 0
        span = range(start, start + answer.length)
        strike = self.server.hub.faults.strike
        corrupt, throttle = strike(Corrupt, host, target, span), strike(Throttle, host, target)
        wrong_length = strike(WrongLength, host, target)
        cut, cut_at = strike(Cut, host, target), strike(CutAt, host, target, span)
        stall, stall_at = strike(Stall, host, target), strike(StallAt, host, target, span)
        cuts = [cut[1]] if cut else []
        if cut_at:
            cuts.append(Cut(cut_at[1].offset - start, cut_at[1].reset))
        if stall_at and not stall:
            stall = stall_at[0], Stall(stall_at[1].offset - start, stall_at[1].limit_s)
        faults = BodyFaults(
            cut=min(cuts, key=lambda each: each.after_bytes, default=None),
            stall=stall,
            corrupt=corrupt[1] if corrupt else None,
            throttle=throttle[1] if throttle else None,
        )
        return faults, wrong_length[1].extra if wrong_length else 0
