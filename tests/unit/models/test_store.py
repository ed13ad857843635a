"""The manifest beside the files: statuses in the same transaction, and nothing that is not there."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest

from tabagent.models.store import ModelStore
from tabagent.ports.model_index import IndexChange
from tabagent.specs import Backend, Dtype, FileKey, ModelFile, Quant, QuantStatus
from tabagent.store_errors import FileDamaged, StorageError
from tests.unit.models.dying import Disk, reader
from tests.unit.models.tiny_model import (
    CONFIG,
    CONTENTS,
    ENTRY,
    Q4,
    Q4_DATA,
    Q8,
    REPO,
    put,
    put_from_elsewhere,
    statuses,
)

pytestmark = pytest.mark.usefixtures("small_chunks")

AVAILABLE, DOWNLOADED, FAILED = QuantStatus.AVAILABLE, QuantStatus.DOWNLOADED, QuantStatus.FAILED


@pytest.fixture
def disk() -> Disk:
    return Disk()


@pytest.fixture
def store(disk: Disk) -> ModelStore:
    return disk.store()


async def begin(store: ModelStore, file: ModelFile) -> None:
    """Store the first chunk of a file."""
    record = await store.begin_file(REPO, file, revision="c1")
    await store.write_chunk(record, 0, await reader(CONTENTS[file.path])(0, record.length_of(0)))


async def paths(store: ModelStore) -> list[str]:
    return [record.key.path for record in await store.records(REPO)]


# Listings


async def test_an_unknown_repository_has_no_entry(store: ModelStore) -> None:
    assert await store.entry(REPO) is None
    assert await store.entries() == ()


async def test_a_new_listing_is_kept_with_nothing_downloaded(store: ModelStore) -> None:
    assert await store.put_entry(ENTRY) == ENTRY
    assert await store.entries() == (ENTRY,)


async def test_a_listing_finds_what_is_stored_already(store: ModelStore) -> None:
    await put(store, CONFIG, Q8)
    await store.put_entry(ENTRY)

    assert await statuses(store) == {Dtype.Q8: DOWNLOADED, Dtype.Q4: AVAILABLE}


async def test_a_listing_that_breaks_what_is_stored_waits(store: ModelStore) -> None:
    await store.put_entry(ENTRY)
    await put(store, CONFIG, Q8)
    newer = replace(ENTRY, commit="c2", quants=(Quant(dtype=Dtype.Q8, weights=(replace(Q8, digest="sha256:other"),)),))
    after = await store.put_entry(newer)

    assert (after.commit, after.newer) == ("c1", "c2")
    assert await store.entry(REPO) == after
    assert (await statuses(store))[Dtype.Q8] is DOWNLOADED


# Statuses


async def drop_first(store: ModelStore, key: FileKey) -> None:
    await store.drop_chunks(key, [0])


async def test_statuses_follow_each_file_as_it_becomes_whole(store: ModelStore) -> None:
    await store.put_entry(ENTRY)
    seen = []
    for file in (CONFIG, Q8, Q4, Q4_DATA):
        await put(store, file)
        seen.append(list((await statuses(store)).values()))

    assert seen == [
        [AVAILABLE, AVAILABLE],
        [DOWNLOADED, AVAILABLE],
        [DOWNLOADED, AVAILABLE],
        [DOWNLOADED, DOWNLOADED],
    ]


@pytest.mark.parametrize("change", [drop_first, ModelStore.restart_file, ModelStore.delete_file])
async def test_a_status_falls_with_the_file(
    store: ModelStore, change: Callable[[ModelStore, FileKey], Awaitable[object]]
) -> None:
    await store.put_entry(ENTRY)
    await put(store, CONFIG, Q8)
    key = FileKey(REPO, Q8.path)
    await change(store, key)

    assert (await statuses(store))[Dtype.Q8] is AVAILABLE


async def test_a_file_and_its_status_change_in_one_transaction(store: ModelStore, disk: Disk) -> None:
    """The index is looked at after each of its changes; see `Disk.must_be_true`."""
    changes: list[IndexChange] = []
    apply = disk.index.apply

    async def remember(change: IndexChange) -> None:
        changes.append(change)
        await apply(change)

    disk.index.apply = remember  # type: ignore[method-assign]
    await store.put_entry(ENTRY)
    await put(store, CONFIG, Q8)

    whole = [change for change in changes if any(record.whole for record in change.put_records)]
    assert [len(change.put_entries) for change in whole] == [0, 1]


async def test_a_dtype_that_failed_can_be_used_after_it_was_downloaded_again(store: ModelStore) -> None:
    await store.put_entry(ENTRY)
    await put(store, CONFIG, Q8)
    await store.set_manifest_quant_status(REPO, Dtype.Q8, FAILED, "broken")
    await store.drop_chunks(FileKey(REPO, Q8.path), [0])
    assert (await statuses(store))[Dtype.Q8] is FAILED

    await put(store, Q8)
    assert (await statuses(store))[Dtype.Q8] is DOWNLOADED


async def test_statuses_can_be_made_to_agree_with_the_files(store: ModelStore, disk: Disk) -> None:
    await put(store, CONFIG, Q8)
    await store.put_entry(ENTRY)
    disk.index.check = None
    await store.set_manifest_quant_status(REPO, Dtype.Q8, AVAILABLE)
    await store.update_model_status(REPO)

    assert (await statuses(store))[Dtype.Q8] is DOWNLOADED


async def test_the_status_of_an_unknown_repository_is_not_made_up(store: ModelStore) -> None:
    await store.set_manifest_quant_status(REPO, Dtype.Q4, DOWNLOADED)
    await store.mark_used(REPO, Dtype.Q4, 1)
    await store.update_model_status(REPO)

    assert await store.entry(REPO) is None


async def test_settings_are_kept_with_the_dtype(store: ModelStore, disk: Disk) -> None:
    await store.put_entry(ENTRY)
    await store.keep_settings(REPO, Dtype.Q8, {"temperature": 0.5, "stop": ["a"]})
    await store.keep_settings("acme/unknown", Dtype.Q8, {"top_k": 1})

    kept = await disk.store().entries()
    assert [quant.settings for entry in kept for quant in entry.quants] == [{"temperature": 0.5, "stop": ["a"]}, {}]


async def test_a_load_is_noted_with_its_time(store: ModelStore) -> None:
    await store.put_entry(ENTRY)
    await put(store, CONFIG, Q8)
    await store.mark_used(REPO, Dtype.Q8, 17)
    entry = await store.entry(REPO)

    assert entry is not None
    assert [quant.last_used for quant in entry.quants] == [17, 0]
    assert (await statuses(store))[Dtype.Q8] is DOWNLOADED


async def test_a_load_of_what_has_been_damaged_meanwhile_does_not_make_it_whole(store: ModelStore) -> None:
    await store.put_entry(ENTRY)
    await put(store, CONFIG, Q8)
    await store.drop_chunks(FileKey(REPO, Q8.path), [0])
    await store.mark_used(REPO, Dtype.Q8, 17)

    assert (await statuses(store))[Dtype.Q8] is AVAILABLE


async def test_changes_at_the_same_time_do_not_lose_one_another(store: ModelStore, disk: Disk) -> None:
    await store.put_entry(ENTRY)
    await asyncio.gather(
        store.set_manifest_quant_status(REPO, Dtype.Q8, FAILED),
        store.set_manifest_quant_status(REPO, Dtype.Q4, FAILED),
        put(store, CONFIG),
        put(store, Q8),
        put(store, Q4),
        put(store, Q4_DATA),
    )

    assert set(await paths(store)) == set(CONTENTS)
    assert set((await statuses(store)).values()) <= {FAILED, DOWNLOADED}
    await disk.must_be_tidy()


async def test_a_change_that_the_storage_refuses_changes_nothing(store: ModelStore, disk: Disk) -> None:
    await store.put_entry(ENTRY)
    disk.index.refuses = True

    with pytest.raises(StorageError):
        await store.set_manifest_quant_status(REPO, Dtype.Q8, FAILED)
    assert await store.entry(REPO) == ENTRY


# Configurations


async def test_a_stored_configuration_is_read(store: ModelStore) -> None:
    assert await store.get_model_config(REPO) is None
    await put(store, CONFIG)

    assert await store.get_model_config(REPO) == {"a": 1}


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"3", b"\xff"])
async def test_a_configuration_that_says_nothing_is_none(store: ModelStore, body: bytes) -> None:
    await put_from_elsewhere(store, CONFIG, body=body)

    assert await store.get_model_config(REPO) is None


async def test_what_a_model_says_of_sampling_is_read(store: ModelStore) -> None:
    assert await store.get_generation_config(REPO) is None
    body = b'{"top_k": 20}'
    file = ModelFile(path="generation_config.json", size=len(body))
    await store.save_chunked_file(REPO, file, reader(body), revision="c1")

    assert await store.get_generation_config(REPO) == {"top_k": 20}


async def test_a_damaged_configuration_is_an_error(store: ModelStore, disk: Disk) -> None:
    await put(store, CONFIG)
    disk.chunks[Backend.INDEXED_DB].damage(FileKey(REPO, CONFIG.path), 0)

    with pytest.raises(FileDamaged):
        await store.get_model_config(REPO)


# Deleting


async def test_a_deleted_model_leaves_nothing_and_says_what_it_freed(store: ModelStore, disk: Disk) -> None:
    await store.put_entry(ENTRY)
    await put(store, CONFIG, Q8, Q4)
    freed = disk.usage

    assert await store.delete_model(REPO) == freed
    assert (disk.usage, await store.records(), await store.entries()) == (0, (), ())


async def test_another_model_stays(store: ModelStore) -> None:
    await store.put_entry(ENTRY)
    await store.put_entry(replace(ENTRY, repo="acme/other"))
    await put(store, CONFIG, Q8)
    await put(store, CONFIG, Q8, repo="acme/other")
    await store.delete_model(REPO)

    assert [entry.repo for entry in await store.entries()] == ["acme/other"]
    assert len(await store.records("acme/other")) == 2


async def test_files_without_an_entry_are_deleted_as_well(store: ModelStore, disk: Disk) -> None:
    await put(store, CONFIG, Q8)

    assert await store.delete_model(REPO) == len(CONTENTS[CONFIG.path]) + len(CONTENTS[Q8.path])
    assert disk.usage == 0


async def test_common_files_stay_as_long_as_another_dtype_is_stored(store: ModelStore) -> None:
    await store.put_entry(ENTRY)
    await put(store, CONFIG, Q8, Q4, Q4_DATA)

    assert await store.delete_model(REPO, Dtype.Q8) == len(CONTENTS[Q8.path])
    assert await paths(store) == [CONFIG.path, Q4.path, Q4_DATA.path]
    assert await statuses(store) == {Dtype.Q8: AVAILABLE, Dtype.Q4: DOWNLOADED}


async def test_common_files_stay_as_long_as_another_dtype_is_begun(store: ModelStore) -> None:
    await store.put_entry(ENTRY)
    await put(store, CONFIG, Q8)
    await begin(store, Q4_DATA)
    await store.delete_model(REPO, Dtype.Q8)

    assert await paths(store) == [CONFIG.path, Q4_DATA.path]


async def test_with_the_last_dtype_goes_everything(store: ModelStore, disk: Disk) -> None:
    await store.put_entry(ENTRY)
    await put(store, CONFIG, Q8, Q4, Q4_DATA)
    await store.delete_model(REPO, Dtype.Q8)
    await store.delete_model(REPO, Dtype.Q4)

    assert (disk.usage, await store.records(), await store.entries()) == (0, (), ())


@pytest.mark.parametrize("dtype", [Dtype.Q4, Dtype.Q2])
async def test_a_dtype_of_which_nothing_is_stored_frees_nothing(store: ModelStore, dtype: Dtype) -> None:
    await store.put_entry(ENTRY)
    await put(store, CONFIG, Q8)

    assert await store.delete_model(REPO, dtype) == 0
    assert (await statuses(store))[Dtype.Q8] is DOWNLOADED


async def test_a_deleted_dtype_that_had_failed_can_be_tried_again(store: ModelStore) -> None:
    await store.put_entry(ENTRY)
    await put(store, CONFIG, Q8, Q4, Q4_DATA)
    await store.set_manifest_quant_status(REPO, Dtype.Q8, FAILED, "no kernel")
    await store.delete_model(REPO, Dtype.Q8)

    assert (await statuses(store))[Dtype.Q8] is AVAILABLE


async def test_an_unknown_model_frees_nothing(store: ModelStore) -> None:
    assert await store.delete_model("acme/none") == 0
