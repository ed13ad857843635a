"""A task that stores something is cancelled: what is stored all the same counts."""

from __future__ import annotations

import asyncio

import pytest

from tabagent.adapters.memory.chunk_store import MemoryBytes
from tabagent.ports.model_index import IndexChange
from tabagent.specs import FileKey, ModelFile
from tests.unit.models.conftest import CHUNK
from tests.unit.models.dying import Disk

pytestmark = pytest.mark.usefixtures("small_chunks")

BODY = b"0123456789"
FILE = ModelFile(path="onnx/model.onnx", size=len(BODY), digest=None)
KEY = FileKey("acme/tiny", FILE.path)


async def test_a_chunk_whose_writer_was_cancelled_counts_when_the_index_has_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A full disk ends the other requests of a download, also one whose chunk is being written down."""
    disk = Disk()
    store = disk.store()
    record = await store.begin_file("acme/tiny", FILE, revision="c1")
    await store.write_chunk(record, 0, MemoryBytes(BODY[:CHUNK]))
    apply, applied = disk.index.apply, asyncio.Event()

    async def apply_and_hang(change: IndexChange) -> None:
        await apply(change)
        applied.set()
        await asyncio.Event().wait()

    monkeypatch.setattr(disk.index, "apply", apply_and_hang)
    writing = asyncio.ensure_future(store.write_chunk(record, 1, MemoryBytes(BODY[CHUNK : 2 * CHUNK])))
    await applied.wait()
    writing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await writing
    monkeypatch.undo()

    assert (await store.known(KEY)).missing == (2,)
    assert (await store.begin_file("acme/tiny", FILE, revision="c1")).missing == (2,)
