"""The server itself: TLS, names, the log, start and end."""

from __future__ import annotations

import http.client
import json
import socket
import ssl
import threading
from pathlib import Path

import pytest

from tests.tools.hub.conftest import REPOSITORY, WEIGHTS, HubClient, write_model
from tools.environment import ToolError
from tools.hub import CDN_HOST, MIRROR_HOST, CutAt, HubRepository, LocalHub
from tools.hub.contents import FileContent
from tools.hub.hashes import REMEMBERED_FROM_BYTES, HashCache, hash_content

WEIGHTS_URL = f"/{REPOSITORY}/resolve/main/onnx/model.onnx"


@pytest.mark.parametrize("name", ["huggingface.co", CDN_HOST, "cdn-lfs.hf.co", MIRROR_HOST])
def test_the_certificate_is_valid_for_the_hubs_names(client: HubClient, name: str) -> None:
    connection = client.connect(name)
    connection.close()


def test_a_client_that_was_not_told_does_not_trust_it(hub: LocalHub) -> None:
    context = ssl.create_default_context()
    with (
        socket.create_connection(("127.0.0.1", hub.port), timeout=10) as plain,
        pytest.raises(ssl.SSLCertVerificationError),
    ):
        context.wrap_socket(plain, server_hostname="huggingface.co")


def test_chromium_is_told_the_names_the_port_and_the_key(hub: LocalHub) -> None:
    rules, key = hub.chromium_arguments[:2]

    assert rules == (f"--host-resolver-rules=MAP huggingface.co 127.0.0.1:{hub.port},MAP *.hf.co 127.0.0.1:{hub.port}")
    assert key.startswith("--ignore-certificate-errors-spki-list=")


def test_one_connection_carries_many_requests(client: HubClient, hub: LocalHub) -> None:
    connection = client.connect("huggingface.co")
    for _ in range(3):
        connection.request("GET", f"/api/models/{REPOSITORY}")
        assert json.loads(connection.getresponse().read())["id"] == REPOSITORY
    connection.close()

    assert len(hub.requests) == 3


def test_many_connections_are_served_at_once(client: HubClient) -> None:
    bodies: list[bytes] = []
    threads = [threading.Thread(target=lambda: bodies.append(client.get(WEIGHTS_URL).body)) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)

    assert bodies == [WEIGHTS] * 12


def test_the_log_tells_what_was_asked_and_what_was_sent(client: HubClient, hub: LocalHub) -> None:
    client.get(WEIGHTS_URL, Range="bytes=0-99", Authorization="Bearer hf_reader")

    first, second = hub.requests
    assert (first.method, first.host, first.path, first.status) == ("GET", "huggingface.co", WEIGHTS_URL, 302)
    assert (first.range, first.authorization) == ("bytes=0-99", "Bearer hf_reader")
    assert (second.host, second.target, second.status) == (CDN_HOST, WEIGHTS_URL, 206)
    assert (second.bytes_sent, second.complete, second.authorization) == (100, True, None)
    assert hub.requests.bytes_sent("*/onnx/*", host=CDN_HOST) == 100


def test_the_log_tells_which_bytes_of_a_file_were_sent_again(client: HubClient, hub: LocalHub) -> None:
    for asked in ("bytes=0-99", "bytes=200-299", "bytes=50-149", "bytes=60-69"):
        client.get(WEIGHTS_URL, Range=asked)
    client.get(WEIGHTS_URL, "HEAD")

    spans = hub.requests.spans("*/model.onnx")

    assert spans == [range(100), range(200, 300), range(50, 150), range(60, 70)]
    assert hub.requests.overlap("*/model.onnx") == 50 + 10
    assert hub.requests.overlap("*/nothing") == 0


def test_bytes_that_a_cut_kept_back_were_not_sent(client: HubClient, hub: LocalHub) -> None:
    hub.faults.add("*/model.onnx", CutAt(offset=1000), times=1)
    with pytest.raises(http.client.IncompleteRead):
        client.get(WEIGHTS_URL)
    client.get(WEIGHTS_URL, Range="bytes=900-")

    assert hub.requests.overlap("*/model.onnx") == 100


def test_overlap_is_of_one_file(client: HubClient, hub: LocalHub) -> None:
    client.get(WEIGHTS_URL)
    client.get(f"/{REPOSITORY}/resolve/main/config.json")

    with pytest.raises(ValueError, match=r"\* fits several files: .*config.json, .*model.onnx"):
        hub.requests.overlap("*")


def test_the_hub_answers_under_a_second_name(model_folder: Path, tmp_path: Path) -> None:
    repositories = {
        REPOSITORY: HubRepository(folder=model_folder),
        "acme/mirrored": HubRepository(folder=model_folder, hosts=MIRROR_HOST),
    }
    with LocalHub(repositories, hash_cache=tmp_path / "h.json") as hub:
        client = HubClient(hub)
        mirror = f"https://{MIRROR_HOST}"

        assert client.once(f"{mirror}/api/models/acme/mirrored").status == 200
        assert client.once("/api/models/acme/mirrored").status == 401
        assert client.get(f"{mirror}{WEIGHTS_URL}").body == WEIGHTS
        assert client.get(f"{mirror}/{REPOSITORY}/resolve/main/config.json").status == 200
        assert {entry.host for entry in hub.requests} == {MIRROR_HOST, "huggingface.co", CDN_HOST}


def test_a_cleared_log_is_empty_and_goes_on(client: HubClient, hub: LocalHub) -> None:
    client.get(WEIGHTS_URL)
    hub.requests.clear()
    assert (len(hub.requests), hub.requests.bytes_sent()) == (0, 0)

    client.get(WEIGHTS_URL)

    assert hub.requests.bytes_sent(host=CDN_HOST) == len(WEIGHTS)


def test_waiting_for_a_request_that_does_not_come_says_what_came(client: HubClient, hub: LocalHub) -> None:
    client.once(f"/api/models/{REPOSITORY}")

    assert len(hub.requests.wait_for("/api/models/*")) == 1
    with pytest.raises(TimeoutError, match=f"0 of 1 requests of /none in 0.01 s; seen: /api/models/{REPOSITORY}"):
        hub.requests.wait_for("/none", timeout_s=0.01)


def test_a_taken_port_is_one_clear_line(hub: LocalHub) -> None:
    second = LocalHub({}, port=hub.port)

    with pytest.raises(ToolError, match=rf"cannot listen on port {hub.port} .*: free the port or choose another"):
        second.__enter__()


def test_a_closed_hub_refuses_connections_and_ends_idle_ones(model_folder: Path, tmp_path: Path) -> None:
    with LocalHub({REPOSITORY: model_folder}, hash_cache=tmp_path / "h.json") as hub:
        client = HubClient(hub)
        idle = client.connect("huggingface.co")
        idle.request("GET", f"/api/models/{REPOSITORY}")
        idle.getresponse().read()
        workers = {thread for thread in threading.enumerate() if "process_request_thread" in thread.name}
        assert workers

    for worker in workers:
        worker.join(5)
    assert not any(worker.is_alive() for worker in workers)
    with pytest.raises(OSError, match="refused"):
        client.connect("huggingface.co")
    assert idle.sock.recv(1) == b""
    idle.close()


def test_the_commit_depends_on_content_alone(tmp_path: Path) -> None:
    folders = [write_model(tmp_path / name) for name in ("one", "two")]
    with LocalHub({"a/one": folders[0], "b/two": folders[1]}, hash_cache=tmp_path / "h.json") as hub:
        assert hub.commit("a/one").sha == hub.commit("b/two").sha
        (folders[1] / "config.json").write_text("{}")
        assert hub.commit("a/one").sha != hub.commit("b/two").sha


def test_large_files_are_hashed_once(tmp_path: Path) -> None:
    large = tmp_path / "large.bin"
    large.write_bytes(b"x" * REMEMBERED_FROM_BYTES)
    cache_file = tmp_path / "cache" / "hashes.json"
    HashCache(cache_file).of(FileContent(large))

    remembered = json.loads(cache_file.read_text())
    remembered[str(large)]["sha256"] = "from the cache"
    cache_file.write_text(json.dumps(remembered))

    assert HashCache(cache_file).of(FileContent(large)).sha256 == "from the cache"
    large.write_bytes(b"y" * (REMEMBERED_FROM_BYTES + 1))
    assert HashCache(cache_file).of(FileContent(large)) == hash_content(FileContent(large), REMEMBERED_FROM_BYTES + 1)


def test_hashes_of_files_that_are_gone_are_forgotten(tmp_path: Path) -> None:
    cache_file = tmp_path / "hashes.json"
    for name in ("first.bin", "second.bin"):
        large = tmp_path / name
        large.write_bytes(b"x" * REMEMBERED_FROM_BYTES)
        HashCache(cache_file).of(FileContent(large))
        large.unlink()

    assert list(json.loads(cache_file.read_text())) == [str(tmp_path / "second.bin")]


def test_a_hash_cache_that_cannot_be_used_costs_only_time(tmp_path: Path) -> None:
    large = tmp_path / "large.bin"
    large.write_bytes(b"x" * REMEMBERED_FROM_BYTES)
    blocked = tmp_path / "a-file" / "hashes.json"
    blocked.parent.write_text("not a folder")
    broken = tmp_path / "broken.json"
    broken.write_text("[not json")

    hashes = hash_content(FileContent(large), REMEMBERED_FROM_BYTES)
    assert HashCache(blocked).of(FileContent(large)) == HashCache(broken).of(FileContent(large)) == hashes
