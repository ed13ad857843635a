"""Reads stored models to the last byte and says whether they are what was downloaded."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from tabagent.errors import Busy, InvalidState, TabAgentError, wire_error
from tabagent.events import TransferStates as State
from tabagent.messages import DownloadProgress, ManifestUpdated
from tabagent.models.store import ModelStore
from tabagent.models.transfer_progress import TransferProgress
from tabagent.sentences import Sentence
from tabagent.specs import Dtype, FileKey, ManifestEntry, Quant
from tabagent.store_errors import FileDamaged

logger = logging.getLogger(__name__)


class ModelChecks:
    """Checks one dtype of a model at a time each.

    Args:
        store: What is checked.
        publish: Sends events to the pages.
        now: Monotonic seconds.
    """

    def __init__(
        self,
        store: ModelStore,
        publish: Callable[[DownloadProgress | ManifestUpdated], None],
        now: Callable[[], float],
    ) -> None:
        self._store, self._publish, self._now = store, publish, now
        self._running: dict[tuple[str, Dtype], asyncio.Task[None]] = {}

    def start(self, entry: ManifestEntry, quant: Quant) -> None:
        """Begin a check; its outcome is an event. Damaged parts count as missing afterwards.

        Raises:
            Busy: It is being checked.
        """
        name = entry.repo, quant.dtype
        if name in self._running:
            raise Busy(f"{entry.repo} ({quant.dtype}) is being checked already.")
        progress = TransferProgress(
            self._publish, model_id=entry.repo, dtype=quant.dtype, files=entry.files_of(quant), now=self._now
        )
        task = asyncio.ensure_future(self._check(entry, quant, progress))
        self._running[name] = task
        task.add_done_callback(lambda _: self._running.pop(name, None))

    async def _check(self, entry: ManifestEntry, quant: Quant, progress: TransferProgress) -> None:
        progress.becomes(State.VERIFYING, Sentence.CHECKING.said(model=entry.repo, dtype=str(quant.dtype)))
        damaged: list[FileDamaged] = []
        try:
            for file in entry.files_of(quant):
                try:
                    await self._check_file(FileKey(entry.repo, file.path), progress)
                except FileDamaged as error:
                    damaged.append(error)
                    progress.file_is(file.path, State.FAILED)
        except TabAgentError as error:
            progress.becomes(State.FAILED, error.message, error.to_wire())
        except Exception as error:
            logger.exception("checking %s failed", entry.repo)
            wire = wire_error(error)
            progress.becomes(State.FAILED, str(wire["message"]), wire)
        else:
            if damaged:
                progress.becomes(State.FAILED, damaged[0].message, damaged[0].to_wire())
            else:
                progress.becomes(State.DONE, Sentence.CHECKED.said())
        self._publish(ManifestUpdated())

    async def _check_file(self, key: FileKey, progress: TransferProgress) -> None:
        """Read every chunk of a file, then compare the digest of the whole. Finds all damaged chunks, not the first.

        Raises:
            FileDamaged: Some chunks are; they count as missing now.
        """
        info, record = await self._store.get_chunk_info(key), await self._store.record(key)
        if info is None or record is None or not info.whole:
            raise InvalidState(f"{key.path} of {key.repo} is not stored. Download the model first.", file=key.path)
        done = 0
        progress.file_is(key.path, State.VERIFYING)

        def on_bytes(count: int) -> None:
            nonlocal done
            done += count
            progress.stored(key.path, done)

        bad = await self._store.damaged_chunks(record)
        if bad:
            await self._store.drop_chunks(key, bad)
            raise FileDamaged(key.repo, key.path, bad)
        found = await self._store.content_digest(record, on_bytes=on_bytes)
        if record.digest is not None and found != record.digest:
            # Chunks and their digests were changed together, which no accident does: nothing of it can be trusted.
            numbers = list(range(record.chunk_count))
            await self._store.drop_chunks(key, numbers)
            raise FileDamaged(key.repo, key.path, numbers)
        progress.file_is(key.path, State.DONE)
