"""What earlier versions left is taken over, whatever ends in the middle, and nothing of it is lost."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from tabagent.adapters.memory.chunk_store import MemoryBytes, MemoryChunkStore
from tabagent.adapters.memory.hasher import MemoryHasher
from tabagent.adapters.memory.legacy_profile import MemoryLegacyProfile
from tabagent.adapters.memory.model_index import MemoryModelIndex
from tabagent.adapters.memory.vault import MemoryVault
from tabagent.errors import StorageError
from tabagent.models import files as files_module
from tabagent.models.account import LOGIN
from tabagent.models.adoption import Adoption
from tabagent.models.quants import entry_from_listing
from tabagent.models.store import ModelStore
from tabagent.specs import Backend, Dtype, FileKey, ModelFile, QuantStatus, RepositoryListing
from tests.contracts.legacy_profile import COMMIT, address, record_of
from tests.unit.models.transfer_machine import git, reader

REPO, OTHER = "acme/tiny", "zeta/other"
TOKEN = "hf_AbCdEfGhIjKlMnOpQrStUvWxYz0123456789"
FILES: dict[str, bytes] = {
    "config.json": b'{"transformers.js_config": {"use_external_data_format": {"model_q4.onnx": 1}}}',
    "tokenizer.json": b"{}",
    "onnx/model_q4.onnx": b"graph of 33 bytes, three chunks..",
    "onnx/model_q4.onnx_data": bytes(range(64)),
}


class OldBrowser:
    """An old profile, and the new store beside it."""

    def __init__(self, capacity: int | None = None) -> None:
        self.profile = MemoryLegacyProfile()
        self.chunks, self.index, self.vault = MemoryChunkStore(capacity), MemoryModelIndex(), MemoryVault()
        self.changes = 0
        self.start()

    def start(self, wrap: Callable[[Any], Any] = lambda thing: thing) -> None:
        """Begin a thread; `wrap` may put something around everything that outlives it."""
        self.store = ModelStore(
            index=wrap(self.index),
            chunks={Backend.OPFS: wrap(self.chunks)},
            hasher=MemoryHasher(),
            default=Backend.OPFS,
        )
        self.adoption = Adoption(wrap(self.profile), self.store, wrap(self.vault), self._changed)

    def _changed(self) -> None:
        self.changes += 1

    def leave_whole(self, repo: str = REPO, contents: dict[str, bytes] = FILES, revision: str = "main") -> None:
        """What TabAgent stored: a Blob under each file's address."""
        for path, data in contents.items():
            self.profile.records[address(FileKey(repo, path), revision)] = data

    def leave_chunked(self, repo: str = REPO, contents: dict[str, bytes] = FILES, *, ours: bool = False) -> None:
        """What TabAgent, or this project's first form, stored: chunks and a record of each file."""
        for path, data in contents.items():
            for index, start in enumerate(range(0, len(data), 20)):
                self.profile.records[f"{repo}/{path}_chunk_{index}"] = data[start : start + 20]
            record = record_of(FileKey(repo, path), len(data), 20)
            self.profile.records[f"{repo}/{path}:manifest"] = record | ({"revision": COMMIT} if ours else {})

    async def download(self, contents: dict[str, bytes] = FILES, *, only: tuple[str, ...] = tuple(FILES)) -> None:
        """Store a model as from the hub."""
        files = [ModelFile(path=path, size=len(data), digest=git(data)) for path, data in contents.items()]
        listing = RepositoryListing(repo=REPO, commit="c0ffee", task="text-generation", files=tuple(files))
        await self.store.put_entry(entry_from_listing(listing))
        for file in files:
            if file.path in only:
                await self.store.save_chunked_file(REPO, file, reader(contents[file.path]), revision="c0ffee")

    async def stored(self, repo: str = REPO) -> dict[str, bytes]:
        found = {}
        for record in await self.store.records(repo):
            content = await self.store.assemble_chunks(record.key)
            if content is not None:
                found[record.key.path] = content
        return found

    async def statuses(self, repo: str = REPO) -> dict[Dtype, QuantStatus]:
        entry = await self.store.entry(repo)
        return {quant.dtype: quant.status for quant in entry.quants} if entry else {}


@pytest.fixture(autouse=True)
def _small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files_module, "CHUNK_BYTES", 16)


@pytest.fixture
def old() -> OldBrowser:
    return OldBrowser()


# The token


async def test_a_token_moves_into_the_vault(old: OldBrowser) -> None:
    old.profile.records["huggingface_token"] = TOKEN.encode()
    await old.adoption.run()

    assert json.loads(await old.vault.get(LOGIN) or "{}")["token"] == TOKEN
    assert old.profile.records == {}
    assert old.changes == 1


async def test_a_login_since_then_counts(old: OldBrowser) -> None:
    await old.vault.put(LOGIN, '{"token": "hf_newer"}')
    old.profile.records["huggingface_token"] = TOKEN.encode()
    await old.adoption.run()

    assert await old.vault.get(LOGIN) == '{"token": "hf_newer"}'
    assert old.profile.records == {}
    assert old.changes == 0


async def test_the_token_comes_first_and_does_not_need_room() -> None:
    old = OldBrowser(capacity=0)
    old.leave_whole()
    old.profile.records["huggingface_token"] = TOKEN.encode()
    await old.adoption.run()

    assert await old.vault.get(LOGIN)
    assert "huggingface_token" not in old.profile.records


async def test_the_token_is_not_logged(old: OldBrowser, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    old.profile.records["huggingface_token"] = TOKEN.encode()
    await old.adoption.run()

    assert TOKEN not in caplog.text


# Models


@pytest.mark.parametrize("leave", ["whole", "chunked", "ours"])
async def test_a_model_is_taken_over_in_each_shape(old: OldBrowser, leave: str) -> None:
    match leave:
        case "whole":
            old.leave_whole()
        case "chunked":
            old.leave_chunked()
        case "ours":
            old.leave_chunked(ours=True)
    old.profile.entries.append({"repo": REPO, "task": "text2text-generation", "manifestVersion": 1})
    await old.adoption.run()

    assert await old.stored() == FILES
    assert await old.statuses() == {Dtype.Q4: QuantStatus.DOWNLOADED}
    assert old.profile.records == {}
    entry = await old.store.entry(REPO)
    assert entry is not None
    assert entry.task == "text2text-generation"
    assert entry.commit == (COMMIT if leave == "ours" else "")
    assert all(record.digest is not None for record in await old.store.records(REPO))
    assert old.changes == 1


async def test_nothing_to_take_over_costs_one_look(old: OldBrowser) -> None:
    looks: list[str] = []

    def watched(thing: Any) -> Any:
        return Watched(thing, looks.append)

    old.start(watched)
    await old.adoption.run()

    assert looks == ["token", "files"]
    assert old.changes == 0


class Watched:
    """Tells of every call of an object's methods before it is made."""

    def __init__(self, thing: Any, tell: Callable[[str], None]) -> None:
        self._thing, self._tell = thing, tell

    def __getattr__(self, name: str) -> Callable[..., Awaitable[Any]]:
        async def call(*arguments: Any, **options: Any) -> Any:
            self._tell(name)
            await asyncio.sleep(0)
            return await getattr(self._thing, name)(*arguments, **options)

        return call


class Killed(BaseException):
    """The browser ended here."""


@pytest.mark.parametrize("ours", [True, False])
async def test_a_kill_at_any_point_loses_nothing_and_the_next_start_goes_on(ours: bool) -> None:
    calls = 0
    for limit in range(1, 1000):
        old = OldBrowser()
        old.leave_chunked(ours=ours)
        old.profile.records["huggingface_token"] = TOKEN.encode()
        calls = 0

        def count(name: str, limit: int = limit) -> None:
            nonlocal calls
            calls += 1
            if calls == limit:
                raise Killed(name)

        old.start(lambda thing, count=count: Watched(thing, count))  # type: ignore[misc]  # a lambda with a default
        try:
            await old.adoption.run()
        except Killed:
            pass
        else:
            break
        old.start()
        whole = await old.stored()
        left = {source.key.path for source in await old.profile.files()}
        assert whole.keys() | left == FILES.keys()
        assert all(whole[path] == FILES[path] for path in whole)
        if await old.statuses() == {Dtype.Q4: QuantStatus.DOWNLOADED}:
            assert whole == FILES
        await old.adoption.run()
        assert await old.stored() == FILES
        assert await old.statuses() == {Dtype.Q4: QuantStatus.DOWNLOADED}
        assert old.profile.records == {}
        assert await old.vault.get(LOGIN)
    assert calls > 50


async def test_what_finds_no_room_waits_for_the_next_start() -> None:
    old = OldBrowser(capacity=120)
    old.leave_whole()
    await old.adoption.run()
    assert await old.statuses() == {Dtype.Q4: QuantStatus.AVAILABLE}
    assert {file.key.path for file in await old.profile.files()} == FILES.keys() - (await old.stored()).keys()

    old.chunks.capacity = None
    old.start()
    await old.adoption.run()

    assert await old.stored() == FILES
    assert old.profile.records == {}


async def test_a_second_start_does_nothing(old: OldBrowser) -> None:
    old.leave_whole()
    await old.adoption.run()
    old.chunks.capacity = 0
    changes = old.changes
    old.start()
    await old.adoption.run()

    assert old.changes == changes
    assert await old.statuses() == {Dtype.Q4: QuantStatus.DOWNLOADED}


@pytest.mark.parametrize("missing", ["config.json", "tokenizer.json", "onnx/model_q4.onnx", "onnx/model_q4.onnx_data"])
async def test_half_a_model_is_not_touched(old: OldBrowser, missing: str) -> None:
    old.leave_whole(contents={path: data for path, data in FILES.items() if path != missing})
    before = dict(old.profile.records)
    await old.adoption.run()

    if missing == "config.json":
        # Without it nobody knows of the data; a model without it cannot be loaded anyway.
        assert await old.store.entries() == ()
    assert old.profile.records == before
    assert await old.store.records() == ()
    assert old.changes == 0


async def test_files_that_no_load_needs_go_with_their_model(old: OldBrowser) -> None:
    old.leave_whole(contents={**FILES, "vocab.json": b"{}"})
    await old.adoption.run()
    assert old.profile.records == {}

    await old.store.delete_model(REPO)
    assert await old.store.records() == ()


async def test_a_model_that_was_downloaded_since_is_not_copied(old: OldBrowser) -> None:
    old.leave_whole()
    await old.download()
    old.chunks.capacity = 0
    await old.adoption.run()

    entry = await old.store.entry(REPO)
    assert entry is not None
    assert entry.commit == "c0ffee"
    assert await old.statuses() == {Dtype.Q4: QuantStatus.DOWNLOADED}
    assert old.profile.records == {}


@pytest.mark.parametrize("path", ["tokenizer.json", "onnx/model_q4.onnx"])
@pytest.mark.parametrize(
    "change", [lambda data: data[:-1], lambda data: bytes([data[0] ^ 1]) + data[1:]], ids=["shorter", "other"]
)
async def test_an_older_version_is_not_mixed_into_a_newer_one(
    old: OldBrowser, path: str, change: Callable[[bytes], bytes]
) -> None:
    old.leave_whole(contents={**FILES, "onnx/model.onnx": b"fp32"})
    newer = {**FILES, path: change(FILES[path])}
    await old.download(newer)
    before = dict(old.profile.records)
    await old.adoption.run()

    assert await old.stored() == newer
    assert old.profile.records == before


async def test_another_dtype_joins_a_model_that_was_downloaded_since(old: OldBrowser) -> None:
    old.leave_whole(contents={**FILES, "onnx/model.onnx": b"fp32"})
    await old.download()
    await old.adoption.run()

    assert await old.statuses() == dict.fromkeys((Dtype.Q4, Dtype.FP32), QuantStatus.DOWNLOADED)
    assert old.profile.records == {}


async def test_a_model_is_pinned_to_the_commit_whose_files_it_has(old: OldBrowser) -> None:
    old.leave_whole()
    await old.download(only=())
    await old.adoption.run()

    entry = await old.store.entry(REPO)
    assert entry is not None
    assert entry.commit == "c0ffee"
    assert await old.statuses() == {Dtype.Q4: QuantStatus.DOWNLOADED}


async def test_a_download_that_has_begun_is_left_alone(old: OldBrowser) -> None:
    old.leave_whole()
    data = FILES["onnx/model_q4.onnx_data"]
    file = ModelFile(path="onnx/model_q4.onnx_data", size=len(data), digest=git(data))
    record = await old.store.begin_file(REPO, file, revision="c0ffee")
    record = await old.store.write_chunk(record, 0, MemoryBytes(data[:16]))
    await old.adoption.run()

    assert await old.store.record(record.key) == record
    assert [found.key.path for found in await old.profile.files()] == ["onnx/model_q4.onnx_data"]
    assert await old.statuses() == {Dtype.Q4: QuantStatus.AVAILABLE}


async def test_a_file_that_cannot_be_read_does_not_hold_up_the_next_model(
    old: OldBrowser, caplog: pytest.LogCaptureFixture
) -> None:
    old.leave_whole()
    old.leave_whole(OTHER)
    broken = address(FileKey(REPO, "onnx/model_q4.onnx"))
    read = old.profile.read

    async def refuse(file: Any, offset: int, length: int) -> Any:
        if (file.key.repo, file.key.path) == (REPO, "onnx/model_q4.onnx"):
            raise StorageError("The disk does not answer.")
        return await read(file, offset, length)

    old.profile.read = refuse  # type: ignore[method-assign]  # a disk that fails in one place
    await old.adoption.run()

    assert await old.statuses(OTHER) == {Dtype.Q4: QuantStatus.DOWNLOADED}
    assert broken in old.profile.records
    assert "The disk does not answer" in caplog.text


async def test_no_more_than_a_chunk_is_read_at_a_time(old: OldBrowser) -> None:
    old.leave_chunked(contents={**FILES, "onnx/model.onnx": bytes(1000)})
    await old.adoption.run()

    small = {len(FILES["config.json"])}
    assert {count for count in old.profile.reads if count > 16} <= small


async def test_who_waits_for_a_model_gets_it_first(old: OldBrowser) -> None:
    for repo in ("acme/a", "acme/b", OTHER):
        old.leave_whole(repo)
    old.start(lambda thing: Watched(thing, lambda name: None))
    running = asyncio.ensure_future(old.adoption.run())
    await asyncio.sleep(0)
    await old.adoption.settled(OTHER)

    assert await old.statuses(OTHER) == {Dtype.Q4: QuantStatus.DOWNLOADED}
    assert await old.statuses("acme/b") == {}
    await running
    assert await old.statuses("acme/b") == {Dtype.Q4: QuantStatus.DOWNLOADED}


async def test_nobody_waits_for_what_is_not_taken_over(old: OldBrowser) -> None:
    await old.adoption.settled(REPO)
    running = asyncio.ensure_future(old.adoption.run())
    await old.adoption.settled(REPO)
    await running
    await old.adoption.settled(REPO)


async def test_nobody_waits_for_ever_when_there_is_no_room() -> None:
    old = OldBrowser(capacity=0)
    old.leave_whole()
    running = asyncio.ensure_future(old.adoption.run())
    await asyncio.sleep(0)
    await asyncio.wait_for(old.adoption.settled(REPO), timeout=5)
    await running


async def test_what_is_left_can_be_discarded(old: OldBrowser) -> None:
    old.leave_whole()
    old.leave_chunked(OTHER)
    await old.adoption.discard(OTHER)
    assert {file.key.repo for file in await old.profile.files()} == {REPO}
    await old.adoption.discard()

    assert await old.profile.files() == ()
