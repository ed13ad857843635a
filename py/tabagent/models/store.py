"""The model store: files, and the manifest that says which dtypes are stored and how they were used.

Plan counterparts (`idbModel.ts`): `set_manifest_quant_status`, `update_model_status` and `get_model_config` are
`setManifestQuantStatus`, `updateModelStatus` and `getModelConfig`; those of files are in `FileStore`.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import cast

from tabagent.errors import JsonObject, JsonValue
from tabagent.models import manifest
from tabagent.models.files import FileStore
from tabagent.ports.model_index import IndexChange
from tabagent.specs import Dtype, FileKey, FileRecord, ManifestEntry, ModelFile, QuantStatus
from tabagent.store_errors import FileDamaged

logger = logging.getLogger(__name__)


class ModelStore(FileStore):
    """Files and manifest of all models."""

    async def entry(self, repo: str) -> ManifestEntry | None:
        """Return what is known of a repository, or None."""
        return await self._index.entry(repo)

    async def entries(self) -> tuple[ManifestEntry, ...]:
        """Return all known repositories."""
        return await self._index.entries()

    async def put_entry(self, fresh: ManifestEntry) -> ManifestEntry:
        """Take a listing in, with statuses as the store has them; `manifest.merged` says what stays of the old one."""
        await self._compare_digests(fresh)
        async with self._lock:
            records = manifest.by_path(await self._index.records(fresh.repo))
            entry = manifest.merged(await self._index.entry(fresh.repo), fresh, records)
            await self._apply(IndexChange(put_entries=(entry,)))
        return entry

    async def begin_file(self, repo: str, file: ModelFile, *, revision: str, etag: str = "") -> FileRecord:
        """See `FileStore.begin_file`; a whole file counts as the same content only when its digest says so."""
        record = await self.record(FileKey(repo, file.path))
        if record is not None:
            await self._compare_digest(record, file)
        return await super().begin_file(repo, file, revision=revision, etag=etag)

    async def set_manifest_quant_status(self, repo: str, dtype: Dtype, status: QuantStatus, reason: str = "") -> None:
        """Change the status of one dtype; the plan's `setManifestQuantStatus`. No-op for an unknown repository."""
        await self._change_entry(
            repo, lambda entry, _: manifest.set_manifest_quant_status(entry, dtype, status, reason)
        )

    async def mark_used(self, repo: str, dtype: Dtype, now_ms: int) -> None:
        """Note that a dtype has just been loaded."""
        await self._change_entry(repo, lambda entry, records: manifest.used_now(entry, records, dtype, now_ms))

    async def keep_settings(self, repo: str, dtype: Dtype, values: Mapping[str, JsonValue]) -> None:
        """Keep other settings of one dtype in place of the old ones. No-op for an unknown repository."""
        await self._change_entry(repo, lambda entry, _: manifest.with_settings(entry, dtype, values))

    async def note_webgpu(self, repo: str, failed: str) -> None:
        """Note why a model does not run on WebGPU; an empty text says that it does. No-op for an unknown repository."""
        await self._change_entry(repo, lambda entry, _: replace(entry, webgpu_failed=failed))

    async def update_model_status(self, repo: str) -> None:
        """Make a repository's statuses agree with its files; the plan's `updateModelStatus`."""
        await self._change_entry(repo, manifest.update_model_status)

    async def get_model_config(self, repo: str) -> JsonObject | None:
        """Return a stored model's `config.json`, or None when there is none to read; the plan's `getModelConfig`.

        Raises:
            FileDamaged: It is not as it was written.
        """
        return await self._json_object(FileKey(repo, "config.json"))

    async def get_generation_config(self, repo: str) -> JsonObject | None:
        """Return a stored model's `generation_config.json`, or None when there is none to read.

        Raises:
            FileDamaged: It is not as it was written.
        """
        return await self._json_object(FileKey(repo, "generation_config.json"))

    async def delete_model(self, repo: str, dtype: Dtype | None = None) -> int:
        """Delete a dtype's files, or all of a model's, and return the bytes that they had.

        Files that another stored dtype needs stay. With the last dtype goes everything that is known of the model.
        """
        entry = await self.entry(repo)
        quant = entry.quant(dtype) if entry is not None and dtype is not None else None
        records = await self.records(repo)
        going = {record.key.path for record in records}
        if entry is not None and dtype is not None:
            going &= {file.path for file in entry.files_of(quant)} if quant is not None else set()
            going -= _needed_by_others(entry, dtype, manifest.by_path(records))
        freed = 0
        for path in sorted(going):
            freed += await self.delete_file(FileKey(repo, path))
        if not await self.records(repo):
            await self._apply(IndexChange(delete_entries=(repo,)))
        elif quant is not None and quant.status is QuantStatus.FAILED:
            await self.set_manifest_quant_status(repo, quant.dtype, QuantStatus.AVAILABLE)
        return freed

    async def _compare_digests(self, fresh: ManifestEntry) -> None:
        """Find digests of stored files that were taken in without the hub, in the kind that the hub tells."""
        files = {file.path: file for quant in fresh.quants for file in fresh.files_of(quant)}
        for record in await self.records(fresh.repo):
            file = files.get(record.key.path)
            if file is not None:
                await self._compare_digest(record, file)

    async def _compare_digest(self, record: FileRecord, file: ModelFile) -> None:
        """Let a whole file's record have a digest of the kind that the hub tells, found by reading the file."""
        if file.digest is None or not record.whole or record.size != file.size:
            return
        if record.digest and manifest.digest_kind(record.digest) == manifest.digest_kind(file.digest):
            return
        try:
            found = await self.content_digest(replace(record, digest=file.digest))
            await self._alter(
                record.key, lambda now: replace(now, digest=found) if now.chunks == record.chunks else now
            )
        except FileDamaged as error:
            logger.warning("%s", error)

    async def _json_object(self, key: FileKey) -> JsonObject | None:
        content = await self.assemble_chunks(key)
        try:
            found = json.loads(content or b"")
        except (ValueError, RecursionError):
            return None
        return cast(JsonObject, found) if isinstance(found, dict) else None

    async def _change_entry(
        self, repo: str, change: Callable[[ManifestEntry, manifest.Records], ManifestEntry]
    ) -> None:
        async with self._lock:
            entry = await self._index.entry(repo)
            if entry is not None:
                fresh = change(entry, manifest.by_path(await self._index.records(repo)))
                await self._apply(IndexChange(put_entries=(fresh,)))


def _needed_by_others(entry: ManifestEntry, dtype: Dtype, records: Mapping[str, FileRecord]) -> set[str]:
    """Return the files of other dtypes of which something is stored; common files alone are no reason to stay."""
    others = [
        quant for quant in entry.quants if quant.dtype != dtype and any(file.path in records for file in quant.weights)
    ]
    return {file.path for quant in others for file in entry.files_of(quant)}
