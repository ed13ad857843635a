"""The shapes in which file records and manifest entries are stored: TabAgent's, with what it lacked beside it.

Entries that TabAgent itself wrote have no commit and no sizes; they are read as unknown until the hub is asked again.
"""

from __future__ import annotations

from typing import cast

from tabagent.errors import JsonObject
from tabagent.models.chunks import group_key, record_key
from tabagent.specs import Dtype, FileKey, FileRecord, ManifestEntry, ModelFile, Quant, QuantStatus

MANIFEST_VERSION = 2


def file_to_record(record: FileRecord) -> JsonObject:
    """Return the record of a whole file as it is stored in `files`."""
    return {
        "url": record_key(record.key),
        "id": record_key(record.key),
        "type": "manifest",
        "chunkGroupId": group_key(record.key),
        "fileName": record.key.path,
        "totalChunks": record.chunk_count,
        "chunkSizeUsed": record.chunk_size,
        "size": record.size,
        "status": "present",
        "revision": record.revision,
        "etag": record.etag,
    }


def file_from_record(key: FileKey, record: JsonObject) -> FileRecord | None:
    """Read what `file_to_record` wrote; None for another shape."""
    size, chunk_size, revision = record.get("size"), record.get("chunkSizeUsed"), record.get("revision")
    if not isinstance(size, int) or not isinstance(chunk_size, int) or not isinstance(revision, str):
        return None
    return FileRecord(key=key, revision=revision, size=size, chunk_size=chunk_size, etag=str(record.get("etag") or ""))


def entry_to_record(entry: ManifestEntry) -> JsonObject:
    """Return an entry as it is stored in `manifest`; quants by the path of their graph, as in TabAgent."""
    return {
        "repo": entry.repo,
        "task": entry.task,
        "commit": entry.commit,
        "manifestVersion": MANIFEST_VERSION,
        "common": [_file(file) for file in entry.common],
        "quants": {quant.onnx_path: _quant(entry, quant) for quant in entry.quants},
    }


def entry_from_record(record: JsonObject) -> ManifestEntry | None:
    """Read what `entry_to_record` wrote; None for entries of other versions."""
    if record.get("manifestVersion") != MANIFEST_VERSION:
        return None
    quants = cast("dict[str, JsonObject]", record["quants"])
    return ManifestEntry(
        repo=str(record["repo"]),
        commit=str(record["commit"]),
        task=str(record["task"]),
        common=_files(record["common"]),
        quants=tuple(
            Quant(
                dtype=Dtype(str(quant["dtype"])),
                weights=_files(quant["weights"]),
                status=QuantStatus(str(quant["status"])),
                reason=str(quant["reason"]),
            )
            for quant in quants.values()
        ),
    )


def _quant(entry: ManifestEntry, quant: Quant) -> JsonObject:
    return {
        "files": [file.path for file in (*entry.common, *quant.weights)],
        "status": str(quant.status),
        "dtype": str(quant.dtype),
        "hasExternalData": len(quant.weights) > 1,
        "weights": [_file(file) for file in quant.weights],
        "reason": quant.reason,
    }


def _file(file: ModelFile) -> JsonObject:
    return {"path": file.path, "size": file.size, "sha256": file.sha256}


def _files(records: object) -> tuple[ModelFile, ...]:
    return tuple(
        ModelFile(path=str(item["path"]), size=int(cast(int, item["size"])), sha256=cast("str | None", item["sha256"]))
        for item in cast("list[JsonObject]", records)
    )
