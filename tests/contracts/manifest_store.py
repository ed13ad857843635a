"""The contract of `ManifestStore`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace

from tabagent.ports.manifest_store import ManifestStore
from tabagent.specs import Dtype, ManifestEntry, ModelFile, Quant, QuantStatus

ENTRY = ManifestEntry(
    repo="acme/tiny",
    commit="c0ffee",
    task="text-generation",
    common=(ModelFile(path="config.json", size=10), ModelFile(path="tokenizer.json", size=20)),
    quants=(
        Quant(
            dtype=Dtype.Q4,
            weights=(
                ModelFile(path="onnx/model_q4.onnx", size=5, sha256="ab" * 32),
                ModelFile(path="onnx/model_q4.onnx_data", size=3 * 2**31),
            ),
            status=QuantStatus.FAILED,
            reason="protobuf parsing failed",
        ),
        Quant(dtype=Dtype.FP32, weights=(ModelFile(path="onnx/model.onnx", size=50),)),
    ),
)


async def an_unknown_repository_is_none(store: ManifestStore) -> None:
    assert await store.get("acme/none") is None


async def an_entry_comes_back_equal(store: ManifestStore) -> None:
    await store.put(ENTRY)

    assert await store.get("acme/tiny") == ENTRY


async def putting_an_entry_replaces_the_older_one(store: ManifestStore) -> None:
    await store.put(ENTRY)
    newer = replace(ENTRY, commit="beef", quants=ENTRY.quants[1:])
    await store.put(newer)

    assert await store.get("acme/tiny") == newer


async def all_entries_come_in_order_of_their_names(store: ManifestStore) -> None:
    for repo in ("zeta/b", "acme/tiny", "acme/a"):
        await store.put(replace(ENTRY, repo=repo))

    assert [entry.repo for entry in await store.all()] == ["acme/a", "acme/tiny", "zeta/b"]


async def a_deleted_entry_is_gone_and_deleting_again_does_nothing(store: ManifestStore) -> None:
    await store.put(ENTRY)
    await store.delete("acme/tiny")
    await store.delete("acme/tiny")

    assert await store.all() == ()


Case = Callable[[ManifestStore], Awaitable[None]]
CASES: tuple[Case, ...] = (
    an_unknown_repository_is_none,
    an_entry_comes_back_equal,
    putting_an_entry_replaces_the_older_one,
    all_entries_come_in_order_of_their_names,
    a_deleted_entry_is_gone_and_deleting_again_does_nothing,
)
