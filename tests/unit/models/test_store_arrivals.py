"""Files that came without the hub: whether they are the hub's is found out by reading them."""

from __future__ import annotations

import asyncio

import pytest

from tabagent.models.store import ModelStore
from tabagent.specs import Backend, Dtype, FileKey, ManifestEntry, ModelFile, QuantStatus
from tests.unit.models.dying import Disk, reader
from tests.unit.models.tiny_model import CONFIG, CONTENTS, ENTRY, Q8, REPO, as_git, put_from_elsewhere, statuses

pytestmark = pytest.mark.usefixtures("small_chunks")

AVAILABLE, DOWNLOADED = QuantStatus.AVAILABLE, QuantStatus.DOWNLOADED


@pytest.fixture
def disk() -> Disk:
    return Disk()


@pytest.fixture
def store(disk: Disk) -> ModelStore:
    return disk.store()


@pytest.mark.parametrize("entry", [ENTRY, as_git(ENTRY)], ids=["sha256", "git"])
async def test_files_from_elsewhere_are_taken_for_the_hubs_when_they_are_the_same(
    store: ModelStore, disk: Disk, entry: ManifestEntry
) -> None:
    await put_from_elsewhere(store, CONFIG, Q8)
    await store.put_entry(entry)

    assert await statuses(store) == {Dtype.Q8: DOWNLOADED, Dtype.Q4: AVAILABLE}
    assert await store.is_stored(REPO, "c1", entry.common[0])
    await disk.must_be_tidy()


@pytest.mark.parametrize("entry", [ENTRY, as_git(ENTRY)], ids=["sha256", "git"])
async def test_files_from_elsewhere_with_other_bytes_are_not_the_hubs(store: ModelStore, entry: ManifestEntry) -> None:
    await put_from_elsewhere(store, CONFIG)
    await put_from_elsewhere(store, Q8, body=b"9876543210")
    await store.put_entry(entry)

    assert await statuses(store) == {Dtype.Q8: AVAILABLE, Dtype.Q4: AVAILABLE}


async def test_a_damaged_file_from_elsewhere_counts_as_missing_and_does_not_stop_the_listing(
    store: ModelStore, disk: Disk
) -> None:
    await put_from_elsewhere(store, CONFIG, Q8)
    disk.chunks[Backend.INDEXED_DB].damage(FileKey(REPO, Q8.path), 1)
    disk.index.check = None
    await store.put_entry(as_git(ENTRY))

    record = await store.record(FileKey(REPO, Q8.path))
    assert record is not None
    assert (record.missing, record.whole) == ((1,), False)
    assert await statuses(store) == {Dtype.Q8: AVAILABLE, Dtype.Q4: AVAILABLE}


async def test_a_content_is_not_taken_for_the_hubs_on_the_word_of_its_commit(store: ModelStore) -> None:
    """The record's digest and the listing's are of two kinds, and nobody has compared them yet."""
    wrong = ModelFile(path=Q8.path, size=Q8.size)
    await store.save_chunked_file(REPO, wrong, reader(b"9876543210"), revision="c1")
    record = await store.begin_file(REPO, as_git(ENTRY).quants[0].weights[0], revision="c1")

    assert not record.whole
    assert record.missing


async def test_a_file_that_is_moved_while_its_digest_is_found_stays_where_it_went(
    store: ModelStore, disk: Disk
) -> None:
    for turns in range(40):
        await put_from_elsewhere(store, CONFIG, Q8)
        record = await store.record(FileKey(REPO, Q8.path))
        assert record is not None
        listing = asyncio.ensure_future(store.put_entry(as_git(ENTRY)))
        for _ in range(turns):
            await asyncio.sleep(0)
        await store.move_file(record, Backend.OPFS)
        await listing

        await disk.must_be_true()
        assert await store.assemble_chunks(record.key) == CONTENTS[Q8.path]
        await store.delete_model(REPO)
