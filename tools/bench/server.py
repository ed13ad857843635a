"""Serves the peers' pages on 127.0.0.1, isolated so that WebAssembly threads work in them."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import partial
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit

CONTENT_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript",
    ".json": "application/json",
    ".mjs": "text/javascript",
    ".wasm": "application/wasm",
}
# How soon the server notices that it should end.
POLL_SECONDS = 0.02
HEADERS = {
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Cross-Origin-Resource-Policy": "same-origin",
    # Peers may keep what they load, compiled code included, as any website lets them.
    "Cache-Control": "public, max-age=86400",
}


@contextmanager
def serve(folders: Mapping[str, Path]) -> Iterator[str]:
    """Serve folders, or single files, under the names that are given, and yield the address without a last slash."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Handler, folders)) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, args=(POLL_SECONDS,), name="bench-pages", daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def __init__(self, folders: Mapping[str, Path], *arguments: object) -> None:
        self._folders = folders
        super().__init__(*arguments)  # type: ignore[arg-type]  # what the server passes

    def handle(self) -> None:
        """Answer a connection's requests; a page that closes may hang up at any time."""
        with suppress(ConnectionError):
            super().handle()

    def do_GET(self) -> None:
        """Send a file."""
        path = self._file()
        if path is None:
            self.send_error(HTTPStatus.NOT_FOUND)
            return
        with path.open("rb") as stream:
            self.send_response(HTTPStatus.OK)
            self.send_header("Content-Type", CONTENT_TYPES.get(path.suffix, "application/octet-stream"))
            self.send_header("Content-Length", str(path.stat().st_size))
            for name, value in HEADERS.items():
                self.send_header(name, value)
            self.end_headers()
            shutil.copyfileobj(stream, self.wfile, 1 << 20)

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - the base class's name
        """Print nothing."""

    def _file(self) -> Path | None:
        name, _, rest = unquote(urlsplit(self.path).path).lstrip("/").partition("/")
        root = self._folders.get(name)
        if root is None:
            return None
        path = (root / rest).resolve() if rest else root.resolve()
        inside = path.is_relative_to(root.resolve())
        return path if inside and path.is_file() else None
