"""Whenever a thread dies over a file, what the index says is stored is stored, and the next thread goes on."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from dataclasses import dataclass, replace

import pytest

from tabagent.models.store import ModelStore
from tabagent.specs import Backend, Dtype, FileKey, ManifestEntry, ModelFile, Quant
from tests.unit.models.dying import Disk, digest_of, reader, until_death

pytestmark = pytest.mark.usefixtures("small_chunks")

REPO = "acme/tiny"
CONTENTS = {"config.json": b"{}", "onnx/model_quantized.onnx": b"0123456789", "onnx/model_q4.onnx": b"abcdefg"}
FILES = {
    path: ModelFile(path=path, size=len(body), digest=digest_of(body, "git:" if path == "config.json" else "sha256:"))
    for path, body in CONTENTS.items()
}
CONFIG, Q8, Q4 = FILES.values()
ENTRY = ManifestEntry(
    repo=REPO,
    commit="c1",
    task="text-generation",
    common=(CONFIG,),
    quants=(Quant(dtype=Dtype.Q8, weights=(Q8,)), Quant(dtype=Dtype.Q4, weights=(Q4,))),
)
KEY = FileKey(REPO, Q8.path)
NEWER = b"9876543210"
NEWER_Q8 = replace(Q8, digest=digest_of(NEWER))

Step = Callable[[ModelStore], Coroutine[None, None, None]]


async def put(store: ModelStore, file: ModelFile, body: bytes | None = None) -> None:
    content = CONTENTS[file.path] if body is None else body
    await store.save_chunked_file(REPO, file, reader(content), revision="c1")


async def download(store: ModelStore) -> None:
    await store.put_entry(ENTRY)
    for file in FILES.values():
        await put(store, file)


async def delete_file(store: ModelStore) -> None:
    await store.delete_file(KEY)


async def delete_dtype(store: ModelStore) -> None:
    await store.delete_model(REPO, Dtype.Q8)


async def delete_model(store: ModelStore) -> None:
    await store.delete_model(REPO)


async def move(store: ModelStore) -> None:
    record = await store.record(KEY)
    if record is not None and record.backend is not Backend.OPFS:
        await store.move_file(record, Backend.OPFS)


async def drop(store: ModelStore) -> None:
    await store.drop_chunks(KEY, [0, 1])


async def restart(store: ModelStore) -> None:
    await store.restart_file(KEY)
    await put(store, Q8)


async def replace_content(store: ModelStore) -> None:
    await put(store, NEWER_Q8, NEWER)


async def take_listing_in(store: ModelStore) -> None:
    await store.put_entry(replace(ENTRY, commit="c2", etag="e2"))
    await store.put_entry(replace(ENTRY, commit="c3", quants=(Quant(dtype=Dtype.Q8, weights=(NEWER_Q8,)),)))


@dataclass(frozen=True)
class Scene:
    """What is stored before, and what the thread dies over."""

    act: Step
    before: Step | None = download


SCENES = {
    "download": Scene(download, before=None),
    "delete file": Scene(delete_file),
    "delete dtype": Scene(delete_dtype),
    "delete model": Scene(delete_model),
    "move": Scene(move),
    "drop": Scene(drop),
    "restart": Scene(restart),
    "other content": Scene(replace_content),
    "listing": Scene(take_listing_in),
}


async def after_each_death(scene: Scene) -> list[Disk]:
    """Return the disk after a death before the first write, after the first, after the second, and so on."""
    disks: list[Disk] = []
    while True:
        disk = Disk()
        if scene.before is not None:
            await scene.before(disk.store())
        disk.life.begin(len(disks))
        survived = await until_death(disk.life, scene.act(disk.store()))
        disk.life.begin()
        if survived:
            return disks
        disks.append(disk)


@pytest.mark.parametrize("scene", SCENES.values(), ids=SCENES.keys())
async def test_what_is_said_to_be_stored_is_stored_whenever_the_thread_dies(scene: Scene) -> None:
    disks = await after_each_death(scene)

    assert disks
    for disk in disks:
        await disk.must_be_true()


@pytest.mark.parametrize("scene", SCENES.values(), ids=SCENES.keys())
async def test_the_next_thread_brings_it_to_its_end(scene: Scene) -> None:
    untouched = Disk()
    if scene.before is not None:
        await scene.before(untouched.store())
    await scene.act(untouched.store())

    for disk in await after_each_death(scene):
        await scene.act(disk.store())
        await disk.store().sweep()
        assert disk.usage == untouched.usage
        assert await disk.index.entries() == await untouched.index.entries()
        assert await disk.index.records() == await untouched.index.records()


@pytest.mark.parametrize("scene", SCENES.values(), ids=SCENES.keys())
async def test_a_download_after_any_death_has_the_right_bytes(scene: Scene) -> None:
    for disk in await after_each_death(scene):
        store = disk.store()
        await download(store)
        await store.sweep()
        await disk.must_be_tidy()
        for path, body in CONTENTS.items():
            assert await store.assemble_chunks(FileKey(REPO, path)) == body


@pytest.mark.parametrize("name", ["delete file", "delete dtype", "delete model"])
async def test_what_a_dead_thread_had_begun_to_delete_takes_no_room_after_tidying_up(name: str) -> None:
    """Nobody asks for the deletion a second time."""
    for disk in await after_each_death(SCENES[name]):
        await disk.store().sweep()
        await disk.must_be_tidy()


async def test_a_deleted_model_leaves_no_trace() -> None:
    disk = Disk()
    await download(disk.store())
    await delete_model(disk.store())

    assert (disk.usage, await disk.index.records(), await disk.index.entries()) == (0, (), ())
