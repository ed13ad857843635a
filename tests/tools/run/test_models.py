"""Where a run's models come from."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tools.environment import ToolError
from tools.run.arguments import DEFAULT_MODEL, RunOptions
from tools.run.models import hub_answers, local_repositories


@contextmanager
def answering(status: int, headers: dict[str, str], released: threading.Event | None = None) -> Iterator[str]:
    """Serve one answer to everything; with an event, only after it."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if released is not None:
                released.wait(10)
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()

        def log_message(self, *args: object) -> None:
            """Stay quiet."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.parametrize(
    ("status", "headers", "expected"),
    [
        (200, {"Content-Type": "application/json; charset=utf-8"}, True),
        (200, {"Content-Type": "text/html"}, False),
        (401, {"X-Error-Message": "Invalid username or password."}, True),
        (404, {"X-Error-Message": "Repository not found"}, True),
        (403, {}, False),
        (502, {}, False),
    ],
)
def test_only_the_hub_itself_counts_as_an_answer(status: int, headers: dict[str, str], expected: bool) -> None:
    with answering(status, headers) as address:
        assert hub_answers("acme/tiny", address=address) is expected


def test_a_hub_that_takes_too_long_does_not_count() -> None:
    released = threading.Event()
    with answering(200, {"Content-Type": "application/json"}, released) as address:
        assert hub_answers("acme/tiny", address=address, limit_s=0.2) is False
        released.set()


def test_nobody_there_does_not_count() -> None:
    assert hub_answers("acme/tiny", address="http://127.0.0.1:9") is False


def make_model(folder: Path) -> Path:
    folder.mkdir(parents=True)
    (folder / "config.json").write_text("{}")
    return folder


def test_the_default_model_is_made_and_all_others_are_served_too(tmp_path: Path) -> None:
    other = make_model(tmp_path / "models" / "acme" / "tiny")
    (tmp_path / "models" / "acme" / "half").mkdir()
    default = tmp_path / "default"

    found = local_repositories(RunOptions(), folder=tmp_path / "models", make_default=lambda: default)

    assert found == {"acme/tiny": other, DEFAULT_MODEL: default}


def test_another_model_does_not_make_the_default_one(tmp_path: Path) -> None:
    other = make_model(tmp_path / "acme" / "tiny")

    def make_default() -> Path:
        raise AssertionError("it takes a minute")

    assert local_repositories(RunOptions(model="acme/tiny"), folder=tmp_path, make_default=make_default) == {
        "acme/tiny": other
    }


def test_a_model_that_is_not_here_is_named_with_those_that_are(tmp_path: Path) -> None:
    make_model(tmp_path / "acme" / "tiny")

    with pytest.raises(
        ToolError, match=rf"acme/large is not on this machine .* choose one of {DEFAULT_MODEL}, acme/tiny"
    ):
        local_repositories(RunOptions(model="acme/large"), folder=tmp_path)
