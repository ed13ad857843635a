"""What earlier versions left, beside what is stored already, or cannot be taken over."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from tabagent.adapters.memory.chunk_store import MemoryBytes
from tabagent.models import files as files_module
from tabagent.specs import Dtype, FileKey, ModelFile, QuantStatus
from tabagent.store_errors import StorageError
from tests.contracts.legacy_profile import address
from tests.unit.models.old_browser import FILES, OTHER, REPO, OldBrowser, Watched
from tests.unit.models.transfer_machine import git


@pytest.fixture(autouse=True)
def _small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files_module, "CHUNK_BYTES", 16)


@pytest.fixture
def old() -> OldBrowser:
    return OldBrowser()


@pytest.mark.parametrize("missing", ["config.json", "tokenizer.json", "onnx/model_q4.onnx", "onnx/model_q4.onnx_data"])
async def test_half_a_model_is_not_touched(old: OldBrowser, missing: str) -> None:
    old.leave_whole(contents={path: data for path, data in FILES.items() if path != missing})
    before = dict(old.profile.records)
    await old.adoption.run()

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


async def test_who_comes_before_a_run_that_was_announced_waits_for_it(old: OldBrowser) -> None:
    old.leave_whole()
    old.adoption.announce()
    waiting = asyncio.ensure_future(old.adoption.settled(REPO))
    await asyncio.sleep(0)
    assert not waiting.done()
    running = asyncio.ensure_future(old.adoption.run())
    await waiting

    assert await old.statuses() == {Dtype.Q4: QuantStatus.DOWNLOADED}
    await running


async def test_nobody_waits_for_a_run_that_was_called_off(old: OldBrowser) -> None:
    old.leave_whole()
    old.adoption.announce()
    waiting = asyncio.ensure_future(old.adoption.settled(REPO))
    await asyncio.sleep(0)
    old.adoption.call_off()
    await asyncio.wait_for(waiting, timeout=5)

    assert await old.statuses() == {}


async def test_nobody_waits_for_ever_when_there_is_no_room() -> None:
    old = OldBrowser(capacity=0)
    old.leave_whole()
    running = asyncio.ensure_future(old.adoption.run())
    await asyncio.sleep(0)
    await asyncio.wait_for(old.adoption.settled(REPO), timeout=5)
    await running


async def test_what_is_discarded_meanwhile_is_not_taken_over(old: OldBrowser) -> None:
    for repo in ("acme/a", "acme/b", OTHER):
        old.leave_whole(repo)
    begun = asyncio.Event()
    old.start(lambda thing: Watched(thing, lambda name: begun.set() if name == "write_chunks" else None))
    running = asyncio.ensure_future(old.adoption.run())
    await begun.wait()
    waiting = asyncio.ensure_future(old.adoption.settled(OTHER))
    await old.adoption.discard()
    await running
    await waiting

    assert await old.statuses("acme/a") == {Dtype.Q4: QuantStatus.DOWNLOADED}
    assert [entry.repo for entry in await old.store.entries()] == ["acme/a"]
    assert old.profile.records == {}


async def test_what_is_left_can_be_discarded(old: OldBrowser) -> None:
    old.leave_whole()
    old.leave_chunked(OTHER)
    await old.adoption.discard(OTHER)
    assert {file.key.repo for file in await old.profile.files()} == {REPO}
    await old.adoption.discard()

    assert await old.profile.files() == ()


async def test_a_database_that_cannot_be_read_is_tried_again_at_the_next_start(
    old: OldBrowser, caplog: pytest.LogCaptureFixture
) -> None:
    old.leave_whole()

    async def refuse() -> Any:
        raise StorageError("The disk does not answer.")

    files, old.profile.files = old.profile.files, refuse  # type: ignore[method-assign]  # a disk that fails for a while
    await old.adoption.run()
    await old.adoption.settled(REPO)
    assert "cannot be taken over now" in caplog.text

    old.profile.files = files  # type: ignore[method-assign]  # it works again
    await old.adoption.run()
    assert await old.statuses() == {Dtype.Q4: QuantStatus.DOWNLOADED}
