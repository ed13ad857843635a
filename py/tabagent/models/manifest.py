"""What the manifest says, worked out from what is stored. Pure functions; `ModelStore` keeps the results.

Plan counterparts: `setManifestQuantStatus`, `addQuantToManifest`, `updateModelStatus` of `idbModel.ts`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace

from tabagent.errors import JsonValue
from tabagent.specs import Dtype, FileRecord, ManifestEntry, ModelFile, Quant, QuantStatus

Records = Mapping[str, FileRecord]
"""The records of one repository, by path."""

# States that say something of the files; the others say something of the model, and stay until it is tried again.
_OF_FILES = frozenset({QuantStatus.AVAILABLE, QuantStatus.DOWNLOADED})


def digest_kind(digest: str) -> str:
    """Return the part of a digest before the colon."""
    return digest.partition(":")[0]


def holds(record: FileRecord | None, file: ModelFile, commit: str) -> bool:
    """Tell whether a record is that of a whole file with this content.

    Where both digests are of one kind they decide, so that a commit which did not change the file needs no download;
    else the commit does.
    """
    return record is not None and record.whole and same_content(record, file, commit)


def same_content(record: FileRecord, file: ModelFile, commit: str) -> bool:
    """Tell whether a record, whole or not, is about this content of the file."""
    if record.size != file.size:
        return False
    if record.digest and file.digest and digest_kind(record.digest) == digest_kind(file.digest):
        return record.digest == file.digest
    return record.revision == commit


def stored_bytes(entry: ManifestEntry, quant: Quant, records: Records) -> int:
    """Return how many bytes of a quant's weights are in the store, those of files not yet whole included.

    Common files do not count: with one dtype stored, every other would look begun.
    """
    found = ((file, records.get(file.path)) for file in quant.weights)
    return sum(
        record.stored_bytes for file, record in found if record is not None and same_content(record, file, entry.commit)
    )


def update_model_status(entry: ManifestEntry, records: Records, *, retried: bool = False) -> ManifestEntry:
    """Return the entry with each quant's status as the store has it; the plan's `updateModelStatus`.

    Args:
        entry: Of the repository.
        records: What is stored of it.
        retried: Files have just been completed: a failure from before says nothing any more.
    """
    return replace(entry, quants=tuple(_with_status(entry, quant, records, retried) for quant in entry.quants))


def _with_status(entry: ManifestEntry, quant: Quant, records: Records, retried: bool) -> Quant:
    whole = all(holds(records.get(file.path), file, entry.commit) for file in entry.files_of(quant))
    if quant.status not in _OF_FILES and not (whole and retried):
        return quant
    return replace(quant, status=QuantStatus.DOWNLOADED if whole else QuantStatus.AVAILABLE, reason="")


def set_manifest_quant_status(
    entry: ManifestEntry, dtype: Dtype, status: QuantStatus, reason: str = ""
) -> ManifestEntry:
    """Return the entry with another status of one dtype; the plan's `setManifestQuantStatus`."""
    return _with_quant(entry, dtype, status=status, reason=reason)


def used_now(entry: ManifestEntry, records: Records, dtype: Dtype, now_ms: int) -> ManifestEntry:
    """Return the entry with a dtype that has just been loaded: it did not fail, and was used last now."""
    tried = _with_quant(entry, dtype, status=QuantStatus.AVAILABLE, reason="", last_used=now_ms)
    return update_model_status(tried, records)


def with_settings(entry: ManifestEntry, dtype: Dtype, settings: Mapping[str, JsonValue]) -> ManifestEntry:
    """Return the entry with other settings of a dtype."""
    return _with_quant(entry, dtype, settings=dict(settings))


def _with_quant(entry: ManifestEntry, dtype: Dtype, **changes: object) -> ManifestEntry:
    quants = (replace(quant, **changes) if quant.dtype == dtype else quant for quant in entry.quants)  # type: ignore[arg-type]  # names and types of Quant's own fields, above
    return replace(entry, quants=tuple(quants))


def add_quant_to_manifest(
    entry: ManifestEntry, dtype: Dtype, onnx_path: str, files: Mapping[str, ModelFile]
) -> ManifestEntry:
    """Return the entry with one more dtype, the plan's `addQuantToManifest`: the graph and its external data.

    Those lie beside the graph in `.onnx_data`, `.onnx_data_1`, … (transformers.js 4.3, `getModelDataFiles`).
    """
    data = re.compile(re.escape(onnx_path) + r"_data(?:_(\d+))?\Z")
    parts = sorted((int(found.group(1) or 0), path) for path in files if (found := data.match(path)) is not None)
    quant = Quant(dtype=dtype, weights=(files[onnx_path], *(files[path] for _, path in parts)))
    return replace(entry, quants=(*entry.quants, quant))


def merged(old: ManifestEntry | None, fresh: ManifestEntry, records: Records) -> ManifestEntry:
    """Take a new listing in.

    What the person set or did with a dtype stays. Where the new commit changes files that are stored, the old entry
    stays as well, so that what was downloaded goes on working; it says that there is something newer.
    """
    if old is None:
        return update_model_status(fresh, records)
    for quant in old.quants:
        newer = fresh.quant(quant.dtype)
        if _is_stored(old, quant, records) and (newer is None or not _is_stored(fresh, newer, records)):
            return update_model_status(replace(old, newer=fresh.commit, etag=fresh.etag), records)
    quants = tuple(_inherit(quant, old.quant(quant.dtype)) for quant in fresh.quants)
    return update_model_status(replace(fresh, quants=quants, webgpu_failed=old.webgpu_failed), records)


def _is_stored(entry: ManifestEntry, quant: Quant, records: Records) -> bool:
    return all(holds(records.get(file.path), file, entry.commit) for file in entry.files_of(quant))


def _inherit(quant: Quant, old: Quant | None) -> Quant:
    if old is None:
        return quant
    failed_before = old.status is QuantStatus.FAILED and old.weights == quant.weights
    status, reason = (old.status, old.reason) if failed_before else (quant.status, quant.reason)
    return replace(quant, status=status, reason=reason, last_used=old.last_used, settings=old.settings)


def by_path(records: Iterable[FileRecord]) -> dict[str, FileRecord]:
    """Return one repository's records by path."""
    return {record.key.path: record for record in records}
