"""A hub with one small model, and a client that reaches it by its real names."""

from __future__ import annotations

import http.client
import json
import socket
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode, urljoin, urlsplit

import pytest

from tools.hub import HubRepository, LocalHub

REPOSITORY = "acme/tiny"
WEIGHTS = bytes(range(256)) * 400
CONFIG = b'{"model_type": "llama", "architectures": ["LlamaForCausalLM"]}'


@dataclass(frozen=True)
class Received:
    """An answer as a client got it."""

    status: int
    headers: dict[str, str]
    body: bytes
    url: str

    def json(self) -> object:
        return json.loads(self.body)


class HubClient:
    """Asks the hub under the Hub's names, as a mapped Chromium does."""

    def __init__(self, hub: LocalHub) -> None:
        self._port = hub.port
        self._context = ssl.create_default_context(cadata=hub.authority_pem.decode())

    def connect(self, host: str) -> http.client.HTTPConnection:
        plain = socket.create_connection(("127.0.0.1", self._port), timeout=10)
        connection = http.client.HTTPConnection(host, timeout=10)
        connection.sock = self._context.wrap_socket(plain, server_hostname=host)
        return connection

    def once(self, url: str, method: str = "GET", **headers: str) -> Received:
        """Ask without following redirects; header names are given with underscores."""
        return self._ask(url, method, headers)

    def post(self, url: str, form: dict[str, str]) -> Received:
        """Send a form."""
        return self._ask(url, "POST", {"Content-Type": "application/x-www-form-urlencoded"}, urlencode(form).encode())

    def _ask(self, url: str, method: str, headers: dict[str, str], body: bytes | None = None) -> Received:
        parts = urlsplit(urljoin("https://huggingface.co/", url))
        assert parts.hostname is not None
        connection = self.connect(parts.hostname)
        try:
            path = parts.path + (f"?{parts.query}" if parts.query else "")
            sent = {key.replace("_", "-"): value for key, value in headers.items()}
            connection.request(method, path, body=body, headers=sent)
            answer = connection.getresponse()
            received = {name.lower(): value for name, value in answer.getheaders()}
            return Received(answer.status, received, answer.read(), parts.geturl())
        finally:
            connection.close()

    def get(self, url: str, method: str = "GET", **headers: str) -> Received:
        """Ask and follow redirects; like a browser, the token stays with the first host."""
        received = self.once(url, method, **headers)
        hops = 0
        while received.status in {302, 307}:
            hops += 1
            assert hops < 20, "too many redirects"
            following = urljoin(received.url, received.headers["location"])
            if urlsplit(following).hostname != urlsplit(received.url).hostname:
                headers.pop("Authorization", None)
            received = self.once(following, method, **headers)
        return received


def write_model(folder: Path) -> Path:
    """Write the files of a model that is only looked at, never run."""
    (folder / "onnx").mkdir(parents=True)
    (folder / "config.json").write_bytes(CONFIG)
    (folder / "onnx" / "model.onnx").write_bytes(WEIGHTS)
    (folder / "empty.txt").write_bytes(b"")
    (folder / ".hidden").write_text("no")
    return folder


@pytest.fixture
def model_folder(tmp_path: Path) -> Path:
    return write_model(tmp_path / "tiny")


@pytest.fixture
def hub(model_folder: Path, tmp_path: Path) -> Iterator[LocalHub]:
    readers = frozenset({"reader"})
    repositories = {
        REPOSITORY: HubRepository(folder=model_folder),
        "acme/gated": HubRepository(folder=model_folder, gated="manual", readers=readers),
        "acme/private": HubRepository(folder=model_folder, private=True, readers=readers),
        "other/encoder": HubRepository(folder=model_folder, pipeline_tag="feature-extraction"),
    }
    tokens = {"hf_reader": "reader", "hf_stranger": "stranger"}
    with LocalHub(repositories, tokens=tokens, hash_cache=tmp_path / "hashes.json") as opened:
        yield opened


@pytest.fixture
def client(hub: LocalHub) -> HubClient:
    return HubClient(hub)
