"""Files whose bytes are made while they are sent."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.tools.hub.conftest import HubClient
from tools.hub import CDN_HOST, Generated, HubRepository, LocalHub
from tools.hub.contents import BLOCK_BYTES, PAGE_BYTES
from tools.hub.hashes import HashCache

LARGE = Generated(seed=1, size=5 * BLOCK_BYTES + 777)
HUGE = Generated(seed=2, size=3 << 30)
DATA = "onnx/model.onnx_data"


def content(generated: Generated) -> bytes:
    stream = generated.open(0)
    return b"".join(iter(lambda: stream.read(1000_003), b""))


@pytest.fixture
def generated_hub(model_folder: Path, tmp_path: Path) -> Iterator[LocalHub]:
    repositories = {
        "acme/large": HubRepository(folder=model_folder, generated={DATA: LARGE}),
        "acme/bare": HubRepository(generated={"config.json": Generated(seed=3, size=10)}),
    }
    with LocalHub(repositories, hash_cache=tmp_path / "hashes.json") as opened:
        yield opened


def test_the_same_seed_gives_the_same_bytes_and_another_gives_others() -> None:
    assert content(LARGE) == content(Generated(seed=1, size=LARGE.size))
    assert content(LARGE) != content(Generated(seed=4, size=LARGE.size))
    assert len(content(LARGE)) == LARGE.size


def test_no_two_pages_are_alike() -> None:
    whole = content(LARGE)
    pages = [whole[start : start + PAGE_BYTES] for start in range(0, len(whole), PAGE_BYTES)]

    assert len(set(pages)) == len(pages)


def test_a_stream_can_begin_anywhere_even_beyond_4_gib_of_pages() -> None:
    whole = content(LARGE)

    assert LARGE.open(BLOCK_BYTES - 3).read(10) == whole[BLOCK_BYTES - 3 : BLOCK_BYTES]  # a block at most
    assert LARGE.open(LARGE.size - 5).read(10) == whole[-5:]
    assert LARGE.open(LARGE.size).read(10) == b""
    assert HUGE.open(HUGE.size - 5).read(10) == HUGE.block((3 << 10) - 1)[-5:]


def test_it_is_served_as_a_file_of_the_repository(generated_hub: LocalHub) -> None:
    client = HubClient(generated_hub)
    digest = hashlib.sha256(content(LARGE)).hexdigest()

    entry = client.once("/api/models/acme/large/tree/main/onnx").json()
    part = client.get(f"/acme/large/resolve/main/{DATA}", Range=f"bytes={BLOCK_BYTES - 2}-{BLOCK_BYTES + 1}")

    assert isinstance(entry, list)
    assert entry[1]["lfs"]["oid"] == digest
    assert entry[1]["size"] == LARGE.size
    assert part.body == content(LARGE)[BLOCK_BYTES - 2 : BLOCK_BYTES + 2]
    assert part.headers["content-range"] == f"bytes {BLOCK_BYTES - 2}-{BLOCK_BYTES + 1}/{LARGE.size}"
    assert client.get(f"/acme/large/resolve/main/{DATA}").body == content(LARGE)
    assert generated_hub.requests.bytes_sent(f"*/{DATA}", host=CDN_HOST) == LARGE.size + 4


def test_a_repository_needs_no_folder(generated_hub: LocalHub) -> None:
    assert HubClient(generated_hub).get("/acme/bare/resolve/main/config.json").body == content(Generated(3, 10))


def test_a_generated_file_can_change(generated_hub: LocalHub) -> None:
    client = HubClient(generated_hub)
    before = generated_hub.commit("acme/large").sha

    after = generated_hub.generate("acme/large", DATA, Generated(seed=9, size=LARGE.size)).sha

    assert after != before
    assert client.get(f"/acme/large/resolve/main/{DATA}").body == content(Generated(9, LARGE.size))
    assert client.get(f"/acme/large/resolve/{before}/{DATA}").body == content(LARGE)


def test_its_hashes_are_remembered(tmp_path: Path) -> None:
    cache_file = tmp_path / "hashes.json"
    HashCache(cache_file).of(LARGE)

    remembered = json.loads(cache_file.read_text())
    remembered[LARGE.key]["sha256"] = "from the cache"
    cache_file.write_text(json.dumps(remembered))

    assert HashCache(cache_file).of(LARGE).sha256 == "from the cache"
    assert HashCache(cache_file).of(Generated(seed=2, size=LARGE.size)).sha256 != "from the cache"
    assert HashCache(cache_file).of(LARGE).sha256 == "from the cache", "others do not push it out"
