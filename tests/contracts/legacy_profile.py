"""The contract of `LegacyProfile`."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from tabagent.errors import JsonObject
from tabagent.ports.legacy_profile import LegacyFile, LegacyProfile
from tabagent.specs import FileKey
from tabagent.store_errors import StorageError

HUB = "https://huggingface.co"
COMMIT = "0123456789abcdef0123456789abcdef01234567"
CONTENT = bytes(range(256)) * 4
MODEL = FileKey("acme/tiny", "onnx/model.onnx")
CONFIG = FileKey("acme/tiny", "config.json")


@dataclass(frozen=True)
class World:
    """An old profile and the ways to fill it in.

    Attributes:
        put_blob: Stores `{url, blob}` in `files`, as TabAgent did.
        put_data: Stores `{url, data}`, as this project's first form did.
        put_fields: Stores a record with `url` and these fields.
        put_entry: Stores a record in `manifest`.
        keys: Every key in `files`, sorted.
    """

    profile: LegacyProfile
    put_blob: Callable[[str, bytes], Awaitable[None]]
    put_data: Callable[[str, bytes], Awaitable[None]]
    put_fields: Callable[[str, JsonObject], Awaitable[None]]
    put_entry: Callable[[JsonObject], Awaitable[None]]
    keys: Callable[[], Awaitable[list[str]]]

    async def put_chunked(
        self, key: FileKey = MODEL, content: bytes = CONTENT, chunk: int = 300, *, ours: bool = False, lost: int = -1
    ) -> None:
        """Store a chunked file, as TabAgent or as this project's first form, `lost` without that chunk."""
        group = f"{key.repo}/{key.path}"
        for index, start in enumerate(range(0, len(content), chunk)):
            if index != lost:
                put = self.put_data if ours else self.put_blob
                await put(f"{group}_chunk_{index}", content[start : start + chunk])
        record = record_of(key, len(content), chunk)
        await self.put_fields(f"{group}:manifest", record | ({"revision": COMMIT, "etag": ""} if ours else {}))

    async def content(self, file: LegacyFile, step: int = 400) -> bytes:
        """Read a file piece by piece."""
        return b"".join(
            [
                (await self.profile.read(file, start, min(step, file.size - start))).to_bytes()
                for start in range(0, file.size, step)
            ]
        )


def record_of(key: FileKey, size: int, chunk: int) -> JsonObject:
    """Return the fields of a chunked file's record."""
    group = f"{key.repo}/{key.path}"
    return {
        "id": f"{group}:manifest",
        "type": "manifest",
        "chunkGroupId": group,
        "fileName": key.path,
        "totalChunks": -(-size // chunk),
        "chunkSizeUsed": chunk,
        "size": size,
        "status": "present",
    }


def address(key: FileKey, revision: str = "main") -> str:
    """Return the address of a file on the hub."""
    return f"{HUB}/{key.repo}/resolve/{revision}/{key.path}"


async def an_empty_profile_has_nothing(world: World) -> None:
    assert await world.profile.files() == ()
    assert await world.profile.tasks() == {}
    assert await world.profile.token() is None


async def a_chunked_file_is_read_across_its_chunks(world: World) -> None:
    await world.put_chunked()
    (file,) = await world.profile.files()

    assert file == LegacyFile(key=MODEL, size=len(CONTENT))
    for offset, length in ((0, 1), (0, 1024), (299, 2), (300, 300), (250, 700), (1023, 1)):
        found = await world.profile.read(file, offset, length)
        assert found.size == length
        assert found.to_bytes() == CONTENT[offset : offset + length]


async def a_record_may_be_json_in_a_blob(world: World) -> None:
    await world.put_chunked()
    content = json.dumps(record_of(MODEL, len(CONTENT), 300)).encode()
    await world.put_blob("acme/tiny/onnx/model.onnx:manifest", content)
    (file,) = await world.profile.files()

    assert await world.content(file) == CONTENT


async def a_file_of_the_first_form_knows_its_commit(world: World) -> None:
    await world.put_chunked(ours=True)
    (file,) = await world.profile.files()

    assert file == LegacyFile(key=MODEL, size=len(CONTENT), revision=COMMIT)
    for step in (300, 400, 7, 2000):
        assert await world.content(file, step) == CONTENT


async def a_whole_file_lies_under_its_address(world: World) -> None:
    await world.put_blob(address(MODEL), CONTENT)
    await world.put_blob(address(CONFIG, COMMIT), b"{}")
    config, model = await world.profile.files()

    assert config == LegacyFile(key=CONFIG, size=2, revision=COMMIT)
    assert model == LegacyFile(key=MODEL, size=len(CONTENT))
    assert await world.content(config) == b"{}"
    assert await world.content(model) == CONTENT


async def a_file_whose_parts_do_not_agree_is_not_listed_and_not_touched(world: World) -> None:
    for number, lost in enumerate((0, 1, 3)):
        await world.put_chunked(FileKey("acme/tiny", f"lost-{number}"), lost=lost)
    await world.put_chunked(FileKey("acme/tiny", "short"))
    await world.put_blob("acme/tiny/short_chunk_1", CONTENT[:299])
    await world.put_chunked(FileKey("acme/tiny", "long"))
    await world.put_blob("acme/tiny/long_chunk_3", CONTENT[:300])
    await world.put_chunked(FileKey("acme/tiny", "first-form"), ours=True)
    await world.put_data("acme/tiny/first-form_chunk_2", b"")
    await world.put_blob("acme/tiny/unrecorded_chunk_0", CONTENT)
    await world.put_blob(address(FileKey("acme/tiny", "empty")), b"")
    await world.put_fields(address(FileKey("acme/tiny", "without-content")), {})
    await world.put_blob("acme/tiny/no-json_chunk_0", CONTENT)
    await world.put_blob("acme/tiny/no-json:manifest", b"<html>")
    before = await world.keys()

    assert await world.profile.files() == ()
    assert await world.keys() == before


async def a_record_that_cannot_be_is_not_believed(world: World) -> None:
    wrongs: tuple[JsonObject, ...] = (
        {"totalChunks": 3},
        {"totalChunks": 5},
        {"size": 1025},
        {"size": 0, "totalChunks": 0},
        {"chunkSizeUsed": 0},
        {"chunkSizeUsed": -300},
        {"size": "1024"},
        {"size": None},
        {"totalChunks": 1e12, "size": 3e14},
    )
    for number, wrong in enumerate(wrongs):
        key = FileKey("acme/tiny", f"wrong-{number}")
        await world.put_chunked(key)
        await world.put_fields(f"acme/tiny/{key.path}:manifest", record_of(key, len(CONTENT), 300) | wrong)

    assert await world.profile.files() == ()


async def keys_that_are_not_of_a_models_file_are_passed_over(world: World) -> None:
    for key in (
        *("huggingface_token", "selected_model_source", "", "config.json", "acme/tiny", "acme/tiny/"),
        *(f"{HUB}/acme/tiny/raw/main/config.json", f"{HUB}/tiny/resolve/main/config.json"),
        *("http://huggingface.co/acme/tiny/resolve/main/x", "https://evil.example/acme/tiny/resolve/main/x"),
        *(f"{HUB}/acme/tiny/resolve/main/../../evil", f"{HUB}/acme/tiny/resolve/main/%2e%2e/evil"),
        *(f"{HUB}/acme/../resolve/main/x", f"{HUB}/acme/tiny/resolve/main/", f"{HUB}/acme/tiny/resolve/main/a%5Cb"),
        *(f"{address(CONFIG)}?download=true", f"{address(CONFIG)}#x", f" {address(CONFIG)}"),
    ):
        await world.put_blob(key, CONTENT)
    await world.put_chunked(FileKey("acme/..", "config.json"))
    await world.put_chunked(FileKey("acme/tiny", "../evil"))

    assert await world.profile.files() == ()


async def of_several_shapes_the_chunked_one_counts_then_the_main_revision(world: World) -> None:
    await world.put_blob(address(CONFIG, COMMIT), b"old")
    await world.put_blob(address(CONFIG, "a-branch"), b"branch")
    await world.put_blob(address(CONFIG), b"main")
    await world.put_blob(address(MODEL), b"whole")
    await world.put_chunked()

    assert [await world.content(file) for file in await world.profile.files()] == [b"main", CONTENT]


async def a_shape_that_is_not_whole_does_not_hide_one_that_is(world: World) -> None:
    await world.put_chunked(lost=2)
    await world.put_blob(address(MODEL), CONTENT[::-1])
    (file,) = await world.profile.files()

    assert await world.content(file) == CONTENT[::-1]


async def files_come_in_order_of_repository_and_path(world: World) -> None:
    keys = [
        FileKey(repo, path) for repo in ("zeta/b", "acme/z", "acme/tiny") for path in ("z", "onnx/a", "config.json")
    ]
    for number, key in enumerate(keys):
        await (world.put_chunked(key) if number % 2 else world.put_blob(address(key), b"x"))

    found = [(file.key.repo, file.key.path) for file in await world.profile.files()]
    assert found == sorted((key.repo, key.path) for key in keys)


async def a_deleted_file_is_gone_in_every_shape_and_the_others_stay(world: World) -> None:
    await world.put_chunked()
    await world.put_blob(address(MODEL), CONTENT)
    await world.put_blob(address(MODEL, COMMIT), CONTENT)
    sibling = FileKey("acme/tiny", "onnx/model.onnx_data")
    await world.put_chunked(sibling, ours=True)
    await world.put_blob("huggingface_token", b"hf_x")
    model, data = await world.profile.files()
    await world.profile.delete(model)
    await world.profile.delete(model)

    assert await world.profile.files() == (data,)
    assert await world.content(data) == CONTENT
    assert not [key for key in await world.keys() if key.endswith("model.onnx") or "model.onnx_chunk" in key]
    assert "huggingface_token" in await world.keys()


async def everything_of_a_repository_or_of_all_is_deleted_whole_or_not(world: World) -> None:
    for repo in ("acme/tiny", "acme/tiny-2", "zeta/b"):
        await world.put_chunked(FileKey(repo, "whole"))
        await world.put_chunked(FileKey(repo, "half"), lost=1)
        await world.put_blob(address(FileKey(repo, "config.json")), b"{}")
    await world.put_blob("huggingface_token", b"hf_x")
    await world.put_blob("selected_model_source", b"huggingface")
    await world.profile.delete_all("acme/tiny")

    assert {file.key.repo for file in await world.profile.files()} == {"acme/tiny-2", "zeta/b"}
    assert not [key for key in await world.keys() if "acme/tiny/" in key]
    await world.profile.delete_all()
    await world.profile.delete_all()

    assert await world.keys() == ["huggingface_token", "selected_model_source"]


async def bytes_that_are_not_there_are_an_error(world: World) -> None:
    await world.put_chunked()
    (file,) = await world.profile.files()
    assert await _refuses(world, file, 0, 1025)
    assert await _refuses(world, file, 1024, 1)
    assert await _refuses(world, file, -1, 1)
    assert await _refuses(world, LegacyFile(key=CONFIG, size=5), 0, 5)
    await world.profile.delete(file)

    assert await _refuses(world, file, 0, 10)


async def _refuses(world: World, file: LegacyFile, offset: int, length: int) -> bool:
    try:
        await world.profile.read(file, offset, length)
    except StorageError:
        return True
    return False


async def old_entries_tell_tasks(world: World) -> None:
    await world.put_entry({"repo": "acme/tiny", "task": "text-generation", "manifestVersion": 1, "quants": {}})
    await world.put_entry({"repo": "acme/other", "task": "feature-extraction", "quants": {}})
    await world.put_entry({"repo": "acme/ours", "task": "text2text", "manifestVersion": 2, "quants": {}})
    await world.put_entry({"repo": "acme/untold", "manifestVersion": 1, "quants": {}})
    await world.put_entry({"repo": "acme/number", "task": 5, "manifestVersion": 1})
    await world.put_entry({"repo": "acme/new", "task": "text-generation", "manifestVersion": 3})

    assert await world.profile.tasks() == {
        "acme/tiny": "text-generation",
        "acme/other": "feature-extraction",
        "acme/ours": "text2text",
    }


async def a_token_is_read_and_deleted(world: World) -> None:
    await world.put_blob("huggingface_token", b" hf_secret\n")
    assert await world.profile.token() == "hf_secret"
    await world.profile.delete_token()
    await world.profile.delete_token()

    assert await world.profile.token() is None
    assert await world.keys() == []


async def an_empty_token_means_logged_out(world: World) -> None:
    await world.put_blob("huggingface_token", b"")

    assert await world.profile.token() is None


Case = Callable[[World], Awaitable[None]]
CASES: tuple[Case, ...] = (
    an_empty_profile_has_nothing,
    a_chunked_file_is_read_across_its_chunks,
    a_record_may_be_json_in_a_blob,
    a_file_of_the_first_form_knows_its_commit,
    a_whole_file_lies_under_its_address,
    a_file_whose_parts_do_not_agree_is_not_listed_and_not_touched,
    a_record_that_cannot_be_is_not_believed,
    keys_that_are_not_of_a_models_file_are_passed_over,
    of_several_shapes_the_chunked_one_counts_then_the_main_revision,
    a_shape_that_is_not_whole_does_not_hide_one_that_is,
    files_come_in_order_of_repository_and_path,
    a_deleted_file_is_gone_in_every_shape_and_the_others_stay,
    everything_of_a_repository_or_of_all_is_deleted_whole_or_not,
    bytes_that_are_not_there_are_an_error,
    old_entries_tell_tasks,
    a_token_is_read_and_deleted,
    an_empty_token_means_logged_out,
)
