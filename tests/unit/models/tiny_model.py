"""A model of four files in two dtypes, as the hub tells of it, and its way into a store."""

from __future__ import annotations

from dataclasses import replace

from tabagent.models.store import ModelStore
from tabagent.specs import Dtype, ManifestEntry, ModelFile, Quant, QuantStatus
from tests.unit.models.dying import digest_of, reader

REPO = "acme/tiny"
CONTENTS = {
    "config.json": b'{"a": 1}',
    "onnx/model_quantized.onnx": b"0123456789",
    "onnx/model_q4.onnx": b"abcdefg",
    "onnx/model_q4.onnx_data": b"xyz",
}
CONFIG, Q8, Q4, Q4_DATA = (
    ModelFile(path=path, size=len(body), digest=digest_of(body)) for path, body in CONTENTS.items()
)
ENTRY = ManifestEntry(
    repo=REPO,
    commit="c1",
    task="text-generation",
    common=(CONFIG,),
    quants=(Quant(dtype=Dtype.Q8, weights=(Q8,)), Quant(dtype=Dtype.Q4, weights=(Q4, Q4_DATA))),
    etag="e1",
)


async def put(store: ModelStore, *files: ModelFile, repo: str = REPO) -> None:
    for file in files:
        await store.save_chunked_file(repo, file, reader(CONTENTS[file.path]), revision="c1")


async def statuses(store: ModelStore) -> dict[Dtype, QuantStatus]:
    entry = await store.entry(REPO)
    assert entry is not None
    return {quant.dtype: quant.status for quant in entry.quants}


def as_git(entry: ManifestEntry) -> ManifestEntry:
    """Return a listing that names its files as git does."""

    def named(file: ModelFile) -> ModelFile:
        return replace(file, digest=digest_of(CONTENTS[file.path], "git:"))

    quants = tuple(replace(quant, weights=tuple(map(named, quant.weights))) for quant in entry.quants)
    return replace(entry, common=tuple(map(named, entry.common)), quants=quants)


async def put_from_elsewhere(store: ModelStore, *files: ModelFile, body: bytes | None = None) -> None:
    """Store files without a commit and without the hub's digest, as an import does."""
    for file in files:
        content = body if body is not None else CONTENTS[file.path]
        await store.save_chunked_file(REPO, ModelFile(path=file.path, size=len(content)), reader(content), revision="")
