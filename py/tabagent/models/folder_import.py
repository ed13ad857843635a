"""Models from the folder of a repository that the person has on the disk."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from tabagent.errors import JsonObject
from tabagent.model_messages import GivenFile
from tabagent.models.archive import GivenContent
from tabagent.models.arrivals import TASK, is_inner_path, is_model_id, loadable_entry, take_into_manifest
from tabagent.models.intake import ImportCounter, Intake, OnProgress, other_version
from tabagent.models.manifest import by_path
from tabagent.ports.buffers import ByteBuffer
from tabagent.specs import FileKey, ManifestEntry, ModelFile
from tabagent.store_errors import ImportFailed

_LARGEST_CONFIG = 16 * 1024 * 1024


class FolderImport:
    """Takes the files of a folder in.

    Args:
        intake: How.
    """

    def __init__(self, intake: Intake) -> None:
        self._intake, self._store = intake, intake.store

    async def take_in(self, files: Sequence[GivenFile], model_id: str, on_progress: OnProgress) -> None:
        """Store what loading the model needs of its folder.

        Args:
            files: With paths as `webkitRelativePath` gives them; what all paths begin with does not count.
            model_id: Under which the model is stored.
            on_progress: Hears how far it is.

        Raises:
            ImportFailed: They are not a model that can be loaded, or another version of it is stored.
            StorageFull, StorageError: The storage refused.
        """
        if not is_model_id(model_id):
            raise ImportFailed(model_id[:200], "that is not a model's id; write owner/name")
        given = _inside(files)
        entry = await self._entry_of_folder(given, model_id)
        needed = {file.path: file for quant in entry.quants for file in entry.files_of(quant)}
        kept = {path for path, file in needed.items() if await self._has(model_id, file, given[path])}
        counter = ImportCounter(sum(file.size for file in needed.values()), on_progress)
        try:
            for path, file in needed.items():
                count = counter.of(model_id, file)
                if path in kept:
                    count(file.size)
                else:
                    await self._bring(model_id, file, given[path], count)
        finally:
            # Also after an error: what is whole by then is shown, and can be completed or deleted.
            await take_into_manifest(self._store, await self._with_digests(entry))

    async def _entry_of_folder(self, given: dict[str, GivenFile], model_id: str) -> ManifestEntry:
        for path in ("config.json", "tokenizer.json"):
            if path not in given:
                raise ImportFailed(path, "it is not in the folder; choose the folder of a model in ONNX format")
        config = await self._config(given["config.json"])
        known = await self._store.entry(model_id)
        files = [ModelFile(path=path, size=file.size) for path, file in given.items()]
        entry = loadable_entry(model_id, "", known.task if known else TASK, files, config)
        if entry is None:
            graphs = sorted(path for path in given if path.endswith(".onnx"))
            reason = f"its weights {graphs[0]}_data are missing" if "onnx/model" in "".join(graphs) else ""
            raise ImportFailed(
                graphs[0] if graphs else "onnx/model.onnx",
                reason or "the folder has no onnx/model….onnx that transformers.js can load",
            )
        return entry

    async def _config(self, given: GivenFile) -> JsonObject:
        if given.size > _LARGEST_CONFIG:
            raise ImportFailed(given.path, "it is too large for a configuration")
        response = await self._intake.open(given)
        try:
            content = (await GivenContent(response, given.path).take(given.size)).to_bytes() if given.size else b""
            config = json.loads(content)
        except (ValueError, RecursionError):
            config = None
        finally:
            await response.close()
        if not isinstance(config, dict):
            raise ImportFailed(given.path, "it is not JSON")
        return config

    async def _has(self, model_id: str, file: ModelFile, given: GivenFile) -> bool:
        """Tell whether a file is stored; what is stored of it in part goes, because nobody knows what it is part of.

        Raises:
            ImportFailed: Another version of it is stored.
        """
        key = FileKey(model_id, file.path)
        record = await self._store.record(key)
        if record is None:
            return False
        if not record.whole or record.digest is None:
            await self._store.delete_file(key)
            return False
        if record.size != file.size or await self._intake.digest(given, record.digest) != record.digest:
            raise other_version(given.path, model_id, file.path)
        return True

    async def _bring(self, model_id: str, file: ModelFile, given: GivenFile, count: Callable[[int], None]) -> None:
        response = await self._intake.open(given)
        content = GivenContent(response, given.path)
        end = 0

        async def read(offset: int, length: int) -> ByteBuffer:
            nonlocal end
            await content.skip(offset - end)
            data = await content.take(length)
            end = offset + length
            if end == file.size and not await content.ended():
                raise ImportFailed(given.path, "it grew while it was read; choose it again")
            return data

        try:
            await self._intake.save(model_id, file, read, "", count)
        finally:
            await response.close()

    async def _with_digests(self, entry: ManifestEntry) -> ManifestEntry:
        """Return the entry with the digests that its files were found to have."""
        records = by_path(await self._store.records(entry.repo))

        def known(files: Iterable[ModelFile]) -> tuple[ModelFile, ...]:
            found = ((file, records.get(file.path)) for file in files)
            return tuple(replace(file, digest=record.digest) if record else file for file, record in found)

        quants = tuple(replace(quant, weights=known(quant.weights)) for quant in entry.quants)
        return replace(entry, common=known(entry.common), quants=quants)


def _inside(files: Sequence[GivenFile]) -> dict[str, GivenFile]:
    """Return a folder's files by their paths inside of it, without hidden ones and those with impossible names."""
    split = {tuple(file.path.split("/")): file for file in files if is_inner_path(file.path)}
    while split and all(len(path) > 1 for path in split) and len({path[0] for path in split}) == 1:
        split = {path[1:]: file for path, file in split.items()}
    return {
        "/".join(path): file for path, file in split.items() if not any(segment.startswith(".") for segment in path)
    }
