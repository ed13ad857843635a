"""Takes over what earlier versions left in the browser: the access token, then models, file by file.

A file is copied, marked whole, named in the manifest, and only then deleted where it was: whatever ends in the middle,
one of the two places has all of it, and the next start goes on. With nothing to take over, it costs one look at keys.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable, Sequence
from itertools import groupby

from tabagent.errors import JsonObject
from tabagent.models.account import keep_old_token
from tabagent.models.arrivals import TASK, loadable_entry, take_into_manifest
from tabagent.models.manifest import by_path
from tabagent.models.store import ModelStore
from tabagent.ports.buffers import ByteBuffer
from tabagent.ports.legacy_profile import LegacyFile, LegacyProfile
from tabagent.ports.vault import Vault
from tabagent.specs import ManifestEntry, ModelFile
from tabagent.store_errors import FileDamaged, StorageError, StorageFull

logger = logging.getLogger(__name__)

# Configurations and tokenizers are smaller; they are compared as a whole.
_SMALL = 64 * 1024 * 1024


class Adoption:
    """Takes an old profile over, in the background.

    Args:
        profile: The old one.
        store: Where models go.
        vault: Where the token goes.
        on_change: Called when another model can be used, or somebody is logged in.
    """

    def __init__(
        self, profile: LegacyProfile, store: ModelStore, vault: Vault, on_change: Callable[[], None] = lambda: None
    ) -> None:
        self._profile, self._store, self._vault, self._on_change = profile, store, vault, on_change
        self._looked = asyncio.Event()
        self._looked.set()
        self._waiting: dict[str, asyncio.Event] = {}
        self._urgent: list[str] = []
        self._one_at_a_time = asyncio.Lock()

    def announce(self) -> None:
        """Let `settled` wait for a `run` that comes later; `run` or `call_off` must follow."""
        self._looked.clear()

    def call_off(self) -> None:
        """Let nobody wait any longer, when what was announced may not have come; no-op after `run`."""
        self._looked.set()

    async def run(self) -> None:
        """Take over what can be, once; raises nothing for what is in the profile.

        What finds no room, and what cannot be read, stays where it is until the next start.
        """
        self._looked.clear()
        try:
            await self._token()
            await self._models()
        except StorageFull as error:
            logger.warning("an earlier version's models wait for room: %s", error)
        except StorageError as error:
            logger.warning("an earlier version's models cannot be taken over now: %s", error)
        finally:
            self._looked.set()
            while self._waiting:
                self._waiting.popitem()[1].set()

    async def settled(self, repo: str) -> None:
        """Wait until nothing of a repository is being taken over; it comes next.

        For whoever is about to download or delete its files, or to load it. Returns at once when `run` neither runs nor
        was announced.
        """
        await self._looked.wait()
        event = self._waiting.get(repo)
        if event is not None:
            self._urgent.append(repo)
            await event.wait()

    async def discard(self, repo: str | None = None) -> None:
        """Delete a repository's files, or all, where earlier versions left them; they are not taken over any more.

        What has been taken over is the store's; a repository that is just being taken over is first finished.
        """
        async with self._one_at_a_time:
            await self._profile.delete_all(repo)
            for gone in [waiting for waiting in self._waiting if repo in (None, waiting)]:
                self._waiting.pop(gone).set()

    async def _token(self) -> None:
        token = await self._profile.token()
        if token is None:
            return
        kept = await keep_old_token(self._vault, token)
        # Where somebody has logged in since, or it never was a token, nobody needs it in clear text.
        await self._profile.delete_token()
        if kept:
            self._on_change()

    async def _models(self) -> None:
        found = await self._profile.files()
        repos = {repo: tuple(files) for repo, files in groupby(found, key=lambda file: file.key.repo)}
        self._waiting = {repo: asyncio.Event() for repo in repos}
        self._looked.set()
        tasks = await self._profile.tasks() if repos else {}
        while self._waiting:
            async with self._one_at_a_time:
                if not self._waiting:
                    break
                repo = next((repo for repo in self._urgent if repo in self._waiting), next(iter(self._waiting)))
                try:
                    await self._repository(repo, repos[repo], tasks.get(repo, TASK))
                except StorageFull:
                    raise
                except StorageError as error:
                    logger.warning("%s of an earlier version cannot be taken over now: %s", repo, error)
                self._waiting.pop(repo).set()

    async def _repository(self, repo: str, files: Sequence[LegacyFile], task: str) -> None:
        """Take a repository over, when it can be loaded and no other version of it is stored."""
        config = await self._config(repo, files)
        if await self._entry(repo, files, task, config) is None or not await self._agrees(files):
            return
        taken = 0
        for file in sorted(files, key=lambda file: file.size):
            if not await self._file(file):
                continue
            entry = await self._entry(repo, files, task, config)
            if entry is not None:
                await take_into_manifest(self._store, entry)
            await self._profile.delete(file)
            taken += 1
        if taken:
            logger.info("took %d files of %s over from an earlier version", taken, repo)
            self._on_change()

    async def _agrees(self, files: Sequence[LegacyFile]) -> bool:
        """Tell whether files that are stored as well are the same ones: two versions of a model are never mixed."""
        for file in files:
            record = await self._store.record(file.key)
            if record is None or not record.whole:
                continue
            if record.size != file.size:
                return False
            if file.size <= _SMALL:
                old = (await self._profile.read(file, 0, file.size)).to_bytes()
                if await self._store.assemble_chunks(file.key) != old:
                    return False
        return True

    async def _file(self, file: LegacyFile) -> bool:
        """Copy a file into the store and return whether it is whole there."""
        record = await self._store.record(file.key)
        if record is not None and not record.whole and record.digest is not None:
            # It is being downloaded, or its download was paused: what comes first counts.
            return False
        if record is not None and record.whole:
            return True

        async def read(offset: int, length: int) -> ByteBuffer:
            return await self._profile.read(file, offset, length)

        model_file = ModelFile(path=file.key.path, size=file.size)
        await self._store.save_chunked_file(file.key.repo, model_file, read, revision=file.revision)
        return True

    async def _config(self, repo: str, files: Sequence[LegacyFile]) -> JsonObject:
        """Return a model's configuration from the old place or the new one; empty when it says nothing."""
        old = next((file for file in files if file.key.path == "config.json" and file.size <= _SMALL), None)
        try:
            if old is None:
                return await self._store.get_model_config(repo) or {}
            found = json.loads((await self._profile.read(old, 0, old.size)).to_bytes())
        except (ValueError, RecursionError, FileDamaged):
            return {}
        return found if isinstance(found, dict) else {}

    async def _entry(
        self, repo: str, files: Sequence[LegacyFile], task: str, config: JsonObject
    ) -> ManifestEntry | None:
        """Return the entry of what is whole in the store and of `files`; None when nothing of it can be loaded."""
        stored = {path: record for path, record in by_path(await self._store.records(repo)).items() if record.whole}
        known = [ModelFile(path=path, size=record.size, digest=record.digest) for path, record in stored.items()]
        known += [ModelFile(path=file.key.path, size=file.size) for file in files if file.key.path not in stored]
        revisions = {record.revision for record in stored.values()} | {file.revision for file in files}
        commit = revisions.pop() if len(revisions) == 1 else ""
        entry = await self._store.entry(repo)
        return loadable_entry(repo, commit, entry.task if entry else task, known, config)
