"""The shapes in which file records and manifest entries are stored: TabAgent's, with what it lacked beside it.

Entries of earlier versions have no sizes or other digests; `tabagent.models.adoption` takes their files over.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from tabagent.errors import JsonObject
from tabagent.sentences import said_from_wire, said_to_wire
from tabagent.specs import Backend, Dtype, FileKey, FileRecord, ManifestEntry, ModelFile, Quant, QuantStatus

MANIFEST_VERSION = 3
DIGESTS_PER_BLOCK = 64


def digest_blocks(record: FileRecord) -> list[str]:
    """Return the digests of a file's chunks, `DIGESTS_PER_BLOCK` in a text.

    They are stored beside the record: a record of thousands of chunks would be written anew with each of them.
    """
    starts = range(0, len(record.chunks), DIGESTS_PER_BLOCK)
    return [",".join(record.chunks[start : start + DIGESTS_PER_BLOCK]) for start in starts]


def file_to_record(record: FileRecord) -> JsonObject:
    """Return a record as it is stored in `fileRecords`, without its chunks' digests."""
    return {
        "repo": record.key.repo,
        "path": record.key.path,
        "revision": record.revision,
        "size": record.size,
        "chunkSize": record.chunk_size,
        "etag": record.etag,
        "digest": record.digest,
        "backend": str(record.backend),
        "chunks": len(record.chunks),
        "whole": record.whole,
    }


def file_from_record(record: JsonObject, blocks: Sequence[str]) -> FileRecord:
    """Read what `file_to_record` and `digest_blocks` wrote."""
    return FileRecord(
        key=FileKey(str(record["repo"]), str(record["path"])),
        revision=str(record["revision"]),
        size=int(cast(int, record["size"])),
        chunk_size=int(cast(int, record["chunkSize"])),
        etag=str(record["etag"]),
        digest=cast("str | None", record["digest"]),
        backend=Backend(str(record["backend"])),
        chunks=tuple(digest for block in blocks for digest in block.split(","))[: int(cast(int, record["chunks"]))],
        whole=bool(record["whole"]),
    )


def entry_to_record(entry: ManifestEntry) -> JsonObject:
    """Return an entry as it is stored in `manifest`; quants by the path of their graph, as in TabAgent."""
    return {
        "repo": entry.repo,
        "task": entry.task,
        "commit": entry.commit,
        "etag": entry.etag,
        "newer": entry.newer,
        "webgpuFailed": str(entry.webgpu_failed),
        "webgpuFailedSaid": said_to_wire(entry.webgpu_failed),
        "manifestVersion": MANIFEST_VERSION,
        "common": [_file(file) for file in entry.common],
        "quants": {quant.onnx_path: _quant(entry, quant) for quant in entry.quants},
    }


def entry_from_record(record: JsonObject) -> ManifestEntry | None:
    """Read what `entry_to_record` wrote; None for entries of other versions."""
    if record.get("manifestVersion") != MANIFEST_VERSION:
        return None
    quants = cast("dict[str, JsonObject]", record["quants"])
    webgpu_failed = record.get("webgpuFailed")
    return ManifestEntry(
        repo=str(record["repo"]),
        commit=str(record["commit"]),
        task=str(record["task"]),
        etag=str(record["etag"]),
        newer=str(record["newer"]),
        webgpu_failed=said_from_wire(
            record.get("webgpuFailedSaid"), webgpu_failed if isinstance(webgpu_failed, str) else ""
        ),
        common=_files(record["common"]),
        quants=tuple(
            Quant(
                dtype=Dtype(str(quant["dtype"])),
                weights=_files(quant["weights"]),
                status=QuantStatus(str(quant["status"])),
                reason=said_from_wire(quant.get("reasonSaid"), str(quant["reason"])),
                last_used=int(cast(int, quant["lastUsed"])),
                settings=cast(JsonObject, quant["inferenceSettings"]),
            )
            for quant in quants.values()
        ),
    )


def _quant(entry: ManifestEntry, quant: Quant) -> JsonObject:
    return {
        "files": [file.path for file in entry.files_of(quant)],
        "status": str(quant.status),
        "dtype": str(quant.dtype),
        "hasExternalData": len(quant.weights) > 1,
        "weights": [_file(file) for file in quant.weights],
        "reason": str(quant.reason),
        "reasonSaid": said_to_wire(quant.reason),
        "lastUsed": quant.last_used,
        "inferenceSettings": dict(quant.settings),
    }


def _file(file: ModelFile) -> JsonObject:
    return {"path": file.path, "size": file.size, "digest": file.digest}


def _files(records: object) -> tuple[ModelFile, ...]:
    return tuple(
        ModelFile(path=str(item["path"]), size=int(cast(int, item["size"])), digest=cast("str | None", item["digest"]))
        for item in cast("list[JsonObject]", records)
    )
