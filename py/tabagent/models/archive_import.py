"""Models from an export."""

from __future__ import annotations

from tabagent.errors import JsonObject, TabAgentError
from tabagent.model_messages import GivenFile
from tabagent.models.archive import (
    LARGEST_MANIFEST,
    MANIFEST,
    ArchivedFile,
    ArchivedModel,
    ArchiveManifest,
    ArchiveReader,
    GivenContent,
    read_manifest,
)
from tabagent.models.arrivals import loadable_entry, take_into_manifest
from tabagent.models.intake import ImportCounter, Intake, OnProgress, other_version
from tabagent.specs import FileKey, ManifestEntry
from tabagent.store_errors import FileDamaged, ImportFailed


class ArchiveImport:
    """Takes an export in.

    Args:
        intake: How.
    """

    def __init__(self, intake: Intake) -> None:
        self._intake, self._store = intake, intake.store

    async def take_in(self, given: GivenFile, on_progress: OnProgress) -> ArchiveManifest:
        """Store the models of an export and return what it says of itself.

        Files that are stored already are kept. Models before the place of an error stay, and so does what is whole of
        the model at that place.

        Raises:
            ImportFailed: It is no export, is damaged, or has another version of a model than the one that is stored.
            StorageFull, StorageError: The storage refused; the same import goes on from there later.
        """
        response = await self._intake.open(given)
        try:
            archive = ArchiveReader(GivenContent(response, given.path), given.path)
            manifest = await _first_member(archive, given.path)
            for model in manifest.models:
                await self._check(given.path, model)
            await self._members(archive, given.path, manifest, on_progress)
            return manifest
        finally:
            await response.close()

    async def _check(self, name: str, model: ArchivedModel) -> None:
        """Refuse an export before anything of it is stored, when one of its models cannot be taken in."""
        if _entry_of(model) is None:
            raise ImportFailed(name, f"{model.model_id} in it lacks config.json, tokenizer.json or weights")
        for item in model.files:
            record = await self._store.record(FileKey(model.model_id, item.file.path))
            if record is not None and record.whole and not await self._intake.is_same(record, item.file):
                raise other_version(name, model.model_id, item.file.path)

    async def _members(
        self, archive: ArchiveReader, name: str, manifest: ArchiveManifest, on_progress: OnProgress
    ) -> None:
        waiting = {model.member(item.file.path): (model, item) for model in manifest.models for item in model.files}
        expected = frozenset(waiting)
        counter = ImportCounter(sum(item.file.size for _, item in waiting.values()), on_progress)
        begun: dict[str, ArchivedModel] = {}
        try:
            while (member := await archive.next_member()) is not None:
                if member.name not in waiting:
                    reason = "twice" if member.name in expected else "and not in its list"
                    raise ImportFailed(name, f"{member.name[:200]!r} is in it {reason}")
                model, item = waiting.pop(member.name)
                if member.size != item.file.size:
                    raise ImportFailed(name, f"{member.name} in it has {member.size:,} bytes, not {item.file.size:,}")
                begun[model.model_id] = model
                await self._member(archive, model, item, counter)
                if all(other.model_id != model.model_id for other, _ in waiting.values()):
                    await self._settle(begun.pop(model.model_id))
            for member_name in waiting:
                raise ImportFailed(name, f"{member_name} is in its list and not in it")
        except TabAgentError:
            # Whatever is whole by now is shown, and can be completed or deleted.
            for model in begun.values():
                await self._settle(model)
            raise

    async def _member(
        self, archive: ArchiveReader, model: ArchivedModel, item: ArchivedFile, counter: ImportCounter
    ) -> None:
        count = counter.of(model.model_id, item.file)
        record = await self._store.record(FileKey(model.model_id, item.file.path))
        if record is not None and record.whole:
            count(item.file.size)
        else:
            await self._intake.save(model.model_id, item.file, archive.read, item.revision, count)

    async def _settle(self, model: ArchivedModel) -> None:
        try:
            config = await self._store.get_model_config(model.model_id)
        except (ValueError, RecursionError, FileDamaged):
            # It says so itself when it is loaded.
            config = None
        entry = _entry_of(model, config)
        if entry is not None:
            await take_into_manifest(self._store, entry)


async def _first_member(archive: ArchiveReader, name: str) -> ArchiveManifest:
    first = await archive.next_member()
    if first is None or first.name != MANIFEST:
        raise ImportFailed(name, f"it is not an export of TabAgent: {MANIFEST} does not come first")
    if not 0 < first.size <= LARGEST_MANIFEST:
        raise ImportFailed(name, f"its {MANIFEST} is too large or empty")
    return read_manifest(name, (await archive.read(0, first.size)).to_bytes())


def _entry_of(model: ArchivedModel, config: JsonObject | None = None) -> ManifestEntry | None:
    files = [item.file for item in model.files]
    return loadable_entry(model.model_id, model.commit, model.task, files, config or {})
