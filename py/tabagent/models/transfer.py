"""Models and settings as one file, and back; and models from a folder that the person has.

Nothing larger than a chunk is held: an export is composed of what lies on the disk, an import is read from its start to
its end and goes into the store chunk by chunk.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tabagent.errors import InvalidState, JsonObject
from tabagent.model_messages import GivenFile
from tabagent.models import manifest as statuses
from tabagent.models.archive import (
    END,
    MANIFEST,
    ArchivedFile,
    ArchivedModel,
    ArchiveManifest,
    member_header,
    padding,
)
from tabagent.models.archive_import import ArchiveImport
from tabagent.models.folder_import import FolderImport
from tabagent.models.intake import Intake, OnProgress
from tabagent.models.manifest import by_path
from tabagent.models.store import ModelStore
from tabagent.ports.fetcher import Fetcher
from tabagent.ports.file_offer import FileOffer
from tabagent.ports.hasher import Hasher
from tabagent.specs import FileRecord, ModelFile
from tabagent.store_errors import ImportFailed


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferedExport:
    """An export that a page can download.

    Attributes:
        address: Where, until the next export.
        name: That the file should have.
        size: Bytes.
    """

    address: str
    name: str
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What an import brought.

    Attributes:
        model_ids: Models that are whole now.
        settings: That the export's page gave; None for a folder.
    """

    model_ids: tuple[str, ...]
    settings: JsonObject | None


class ModelTransfer:
    """Makes exports and takes files in.

    Args:
        store: The models.
        hasher: Digests of what is given.
        fetcher: Reads what pages lend by an address.
        offers: Lends exports to pages.
        now: Seconds since 1970.
    """

    def __init__(
        self, *, store: ModelStore, hasher: Hasher, fetcher: Fetcher, offers: FileOffer, now: Callable[[], float]
    ) -> None:
        self._store, self._offers, self._now = store, offers, now
        self._intake = Intake(store, hasher, fetcher)
        self._offered = ""

    async def export(self, model_ids: Sequence[str], settings: JsonObject) -> OfferedExport:
        """Make one file of models that are stored whole; the export before it can no longer be downloaded.

        Args:
            model_ids: Which; empty for all.
            settings: Plain JSON that the import gives back.

        Raises:
            InvalidState: A model is not stored whole, or none is.
            StorageError: The storage refused.
        """
        created = int(self._now())
        models: list[tuple[ArchivedModel, list[FileRecord]]] = []
        for model_id in dict.fromkeys(model_ids) or [entry.repo for entry in await self._store.entries()]:
            found = await self._archived(model_id)
            if found is not None:
                models.append(found)
            elif model_ids:
                raise InvalidState(f"{model_id} is not stored whole. Download it, then export it.", modelId=model_id)
        if not models:
            raise InvalidState("No model is stored whole. Download one, then export it.")
        parts = _parts(
            ArchiveManifest(
                created=time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(created)),
                settings=settings,
                models=tuple(model for model, _ in models),
            ),
            models,
            created,
        )
        await self._offers.withdraw(self._offered)
        self._offered = await self._offers.offer(parts)
        return OfferedExport(
            address=self._offered,
            name=f"tabagent-models-{time.strftime('%Y-%m-%d', time.gmtime(created))}.tabagent",
            size=sum(part.size if isinstance(part, FileRecord) else len(part) for part in parts),
        )

    async def _archived(self, model_id: str) -> tuple[ArchivedModel, list[FileRecord]] | None:
        """Return the files of a model's dtypes that are whole, or None when no dtype is."""
        entry = await self._store.entry(model_id)
        if entry is None:
            return None
        records = by_path(await self._store.records(model_id))
        files = {
            file.path: records[file.path]
            for quant in entry.quants
            if all(statuses.holds(records.get(file.path), file, entry.commit) for file in entry.files_of(quant))
            for file in entry.files_of(quant)
        }
        if not files:
            return None
        archived = tuple(
            ArchivedFile(file=ModelFile(path=path, size=record.size, digest=record.digest), revision=record.revision)
            for path, record in files.items()
        )
        model = ArchivedModel(model_id=model_id, task=entry.task, commit=entry.commit, files=archived)
        return model, list(files.values())

    async def take_in(self, files: Sequence[GivenFile], model_id: str, on_progress: OnProgress) -> Imported:
        """Take an export in, or the files of a repository's folder when they have a model's id.

        Files that are stored already are kept, and what was brought in before an error stays.

        Raises:
            ImportFailed: The files are not what they should be; names the file and says why.
            StorageFull, StorageError: The storage refused; the same import goes on from there later.
        """
        if model_id:
            await FolderImport(self._intake).take_in(files, model_id, on_progress)
            return Imported(model_ids=(model_id,), settings=None)
        if len(files) != 1:
            name = files[0].path if files else "Nothing"
            raise ImportFailed(name, "several files are a model's folder, and need the model's id (owner/name)")
        manifest = await ArchiveImport(self._intake).take_in(files[0], on_progress)
        return Imported(model_ids=tuple(model.model_id for model in manifest.models), settings=manifest.settings)


def _parts(
    manifest: ArchiveManifest, models: Sequence[tuple[ArchivedModel, list[FileRecord]]], created: int
) -> list[bytes | FileRecord]:
    """Return an archive as bytes and stored files."""
    content = manifest.to_bytes()
    parts: list[bytes | FileRecord] = []
    between = member_header(MANIFEST, len(content), created) + content + padding(len(content))
    for model, records in models:
        for record in records:
            parts += [between + member_header(model.member(record.key.path), record.size, created), record]
            between = padding(record.size)
    return [*parts, between + END]
