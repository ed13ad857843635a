"""The contract of `ModelIndex`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, fields, replace

from tabagent.ports.model_index import IndexChange, ModelIndex
from tabagent.sentences import Said, Sentence, said_to_wire
from tabagent.specs import Backend, Dtype, FileKey, FileRecord, ManifestEntry, ModelFile, Quant, QuantStatus
from tabagent.store_errors import StorageError

REPO = "acme/tiny"
HUGE = 3 * 2**31
ENTRY = ManifestEntry(
    repo=REPO,
    commit="c0ffee",
    task="text-generation",
    etag='W/"été"',
    newer="beef",
    webgpu_failed=Said("no storage buffers", "error_device_lost"),
    common=(ModelFile(path="config.json", size=10, digest="git:" + "ab" * 20), ModelFile(path="a/b.json", size=20)),
    quants=(
        Quant(
            dtype=Dtype.Q4,
            weights=(
                ModelFile(path="onnx/model_q4.onnx", size=5, digest="sha256:" + "cd" * 32),
                ModelFile(path="onnx/model_q4.onnx_data", size=HUGE),
            ),
            status=QuantStatus.FAILED,
            reason=Sentence.NONE_RUNS.said(reason=Sentence.NO_SIGN_OF_LIFE.said(seconds=2.5)),
            last_used=1_790_000_000_123,
            settings={"temperature": 0.25, "do_sample": True, "note": "été 漢 😀"},
        ),
        Quant(dtype=Dtype.FP32, weights=(ModelFile(path="onnx/model.onnx", size=50),)),
    ),
)
PLAIN_ENTRY = ManifestEntry(repo="acme/plain", commit="", task="", common=(), quants=())
RECORD = FileRecord(
    key=FileKey(REPO, "onnx/model_q4.onnx_data"),
    revision="c0ffee",
    size=HUGE,
    chunk_size=2**32,
    etag='"abc"',
    digest="sha256:" + "cd" * 32,
    backend=Backend.OPFS,
    chunks=("0123456789abcdef", ""),
    whole=True,
)
PLAIN_RECORD = FileRecord(key=FileKey(REPO, "config.json"), revision="", size=0, chunk_size=8)


@dataclass(frozen=True)
class World:
    """An empty index.

    Attributes:
        spoil: Returns a change that the storage refuses after it has begun with it.
    """

    index: ModelIndex
    spoil: Callable[[IndexChange], IndexChange]


def _set_apart(default: object, special: object) -> list[str]:
    """Return the fields in which a special value does not differ from a plain one: those prove nothing."""
    return [
        field.name
        for field in fields(default)  # type: ignore[arg-type]
        if getattr(default, field.name) == getattr(special, field.name)
    ]


async def what_is_unknown_is_none(world: World) -> None:
    assert await world.index.entry("acme/none") is None
    assert await world.index.record(FileKey("acme/none", "config.json")) is None
    assert await world.index.entries() == ()
    assert await world.index.records() == ()


async def entries_come_back_equal_in_every_field(world: World) -> None:
    assert _set_apart(PLAIN_ENTRY, ENTRY) == []
    assert _set_apart(ENTRY.quants[1], ENTRY.quants[0]) == []
    await world.index.apply(IndexChange(put_entries=(ENTRY, PLAIN_ENTRY)))

    found = await world.index.entry(REPO)
    assert found == ENTRY
    assert found is not None
    assert said_to_wire(found.webgpu_failed) == said_to_wire(ENTRY.webgpu_failed)
    assert said_to_wire(found.quants[0].reason) == said_to_wire(ENTRY.quants[0].reason)
    assert await world.index.entry("acme/plain") == PLAIN_ENTRY


async def records_come_back_equal_in_every_field(world: World) -> None:
    assert _set_apart(PLAIN_RECORD, RECORD) == []
    await world.index.apply(IndexChange(put_records=(RECORD, PLAIN_RECORD)))

    assert await world.index.record(RECORD.key) == RECORD
    assert await world.index.record(PLAIN_RECORD.key) == PLAIN_RECORD


async def what_is_put_replaces_the_older_one(world: World) -> None:
    newer = replace(ENTRY, commit="beef", quants=ENTRY.quants[1:])
    emptied = replace(RECORD, chunks=(), whole=False)
    await world.index.apply(IndexChange(put_entries=(ENTRY,), put_records=(RECORD,)))
    await world.index.apply(IndexChange(put_entries=(newer,), put_records=(emptied,)))

    assert await world.index.entries() == (newer,)
    assert await world.index.records() == (emptied,)


async def entries_come_in_order_of_their_repositories(world: World) -> None:
    await world.index.apply(
        IndexChange(put_entries=tuple(replace(ENTRY, repo=repo) for repo in ("zeta/b", "acme/tiny", "acme/a")))
    )

    assert [entry.repo for entry in await world.index.entries()] == ["acme/a", "acme/tiny", "zeta/b"]


async def records_come_by_repository_or_all_in_order(world: World) -> None:
    keys = [
        FileKey("zeta", "a"),
        FileKey("acme", "b"),
        FileKey("acme/tiny", "z"),
        FileKey("acme", "a/b"),
        FileKey("acme/a", "b"),
    ]
    await world.index.apply(IndexChange(put_records=tuple(replace(RECORD, key=key) for key in keys)))

    assert [record.key for record in await world.index.records("acme")] == [
        FileKey("acme", "a/b"),
        FileKey("acme", "b"),
    ]
    assert [record.key for record in await world.index.records()] == [
        FileKey("acme", "a/b"),
        FileKey("acme", "b"),
        FileKey("acme/a", "b"),
        FileKey("acme/tiny", "z"),
        FileKey("zeta", "a"),
    ]


async def one_change_puts_and_deletes(world: World) -> None:
    await world.index.apply(IndexChange(put_entries=(ENTRY,), put_records=(RECORD,)))
    await world.index.apply(
        IndexChange(
            put_entries=(PLAIN_ENTRY,),
            put_records=(PLAIN_RECORD,),
            delete_entries=(REPO,),
            delete_records=(RECORD.key,),
        )
    )

    assert await world.index.entries() == (PLAIN_ENTRY,)
    assert await world.index.records() == (PLAIN_RECORD,)


async def deleting_takes_what_is_named_and_nothing_else(world: World) -> None:
    joined_alike = replace(RECORD, key=FileKey("acme", "tiny/onnx/model_q4.onnx_data"))
    await world.index.apply(IndexChange(put_entries=(ENTRY,), put_records=(RECORD, PLAIN_RECORD, joined_alike)))
    await world.index.apply(IndexChange(delete_records=(RECORD.key,)))

    assert await world.index.entries() == (ENTRY,)
    assert set(await world.index.records()) == {PLAIN_RECORD, joined_alike}


async def a_change_that_is_refused_changes_nothing(world: World) -> None:
    await world.index.apply(IndexChange(put_entries=(ENTRY,), put_records=(RECORD,)))
    change = IndexChange(
        put_entries=(replace(ENTRY, commit="beef"), PLAIN_ENTRY),
        put_records=(PLAIN_RECORD,),
        delete_entries=("acme/other",),
        delete_records=(RECORD.key,),
    )
    refused = False
    try:
        await world.index.apply(world.spoil(change))
    except StorageError:
        refused = True

    assert refused
    assert await world.index.entries() == (ENTRY,)
    assert await world.index.records() == (RECORD,)


async def deleting_what_is_not_there_does_nothing(world: World) -> None:
    await world.index.apply(IndexChange(delete_entries=("acme/none",), delete_records=(RECORD.key,)))
    await world.index.apply(IndexChange())

    assert await world.index.entries() == ()


Case = Callable[[World], Awaitable[None]]
CASES: tuple[Case, ...] = (
    what_is_unknown_is_none,
    entries_come_back_equal_in_every_field,
    records_come_back_equal_in_every_field,
    what_is_put_replaces_the_older_one,
    entries_come_in_order_of_their_repositories,
    records_come_by_repository_or_all_in_order,
    one_change_puts_and_deletes,
    deleting_takes_what_is_named_and_nothing_else,
    a_change_that_is_refused_changes_nothing,
    deleting_what_is_not_there_does_nothing,
)
