"""The downloads that are going on: one for each dtype of a model, however many ask for it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tabagent.errors import InvalidState, JsonObject, JsonValue, TabAgentError, wire_error
from tabagent.events import TransferStates as State
from tabagent.messages import DownloadProgress, ManifestUpdated
from tabagent.models.downloader import FileListener, ModelDownloader
from tabagent.models.manifest import by_path, holds
from tabagent.models.store import ModelStore
from tabagent.models.transfer_progress import TransferProgress
from tabagent.ports.storage_space import StorageSpace
from tabagent.sentences import Sentence, error_said
from tabagent.specs import Dtype, ManifestEntry, ModelFile, QuantStatus
from tabagent.store_errors import DownloadCancelled, StorageFull

logger = logging.getLogger(__name__)

Publish = Callable[[DownloadProgress | ManifestUpdated], None]
Name = tuple[str, Dtype]


@dataclass(slots=True, eq=False)
class Download:
    """The files of one dtype on their way.

    Attributes:
        entry: Of the repository, at the commit that is brought in.
        dtype: Which weights.
        files: All that it needs.
        progress: How far it is.
        outcome: Done when all files are whole, or with the error that ended it; a pause leaves it open.
        on_change: Called whenever the progress has changed.
        task: Works; None while paused.
    """

    entry: ManifestEntry
    dtype: Dtype
    files: tuple[ModelFile, ...]
    progress: TransferProgress
    outcome: asyncio.Future[None]
    on_change: list[Callable[[], None]] = field(default_factory=list)
    task: asyncio.Task[None] | None = None

    @property
    def name(self) -> Name:
        """Model and dtype."""
        return self.entry.repo, self.dtype


class Downloads:
    """Starts, joins, pauses and cancels downloads.

    Args:
        downloader: Fetches files.
        store: Where they go.
        space: Says whether there is room.
        publish: Sends events to the pages.
        now: Monotonic seconds.
        changed: Called with the names of the downloads that a thread after this one should go on with.
    """

    def __init__(
        self,
        *,
        downloader: ModelDownloader,
        store: ModelStore,
        space: StorageSpace,
        publish: Publish,
        now: Callable[[], float],
        changed: Callable[[list[Name]], None],
    ) -> None:
        self._downloader, self._store, self._space = downloader, store, space
        self._publish, self._now, self._changed = publish, now, changed
        self._open: dict[Name, Download] = {}
        self._asked_to_persist = False
        # A download that is being paused or cancelled has ended before it is begun again.
        self._changing = asyncio.Lock()

    def of(self, repo: str, dtype: Dtype) -> DownloadProgress | None:
        """Return the last progress of an open download, or None."""
        download = self._open.get((repo, dtype))
        return download.progress.last if download is not None else None

    def open_for(self, repo: str) -> list[Dtype]:
        """Return the dtypes of a model that are running or paused."""
        return [dtype for name, dtype in self._open if name == repo]

    async def start(self, entry: ManifestEntry, dtype: Dtype) -> Download:
        """Begin a download, go on with a paused one, or join the one that runs.

        One of an older commit goes on with this one; files that did not change keep what has come.

        Raises:
            StorageFull: What is missing does not fit.
        """
        async with self._changing:
            quant = entry.quant(dtype)
            assert quant is not None, "the plan has checked it"  # noqa: S101 - a bug, not an input
            files = entry.files_of(quant)
            download = self._open.get((entry.repo, dtype))
            if download is None:
                await self._require_room(entry, files)
                download = self._new(entry, dtype, files)
            elif download.entry.commit != entry.commit:
                await self._halt(download)
                download.entry, download.files = entry, files
                download.progress = self._progress(entry, dtype, files, download.on_change)
            if download.task is None:
                download.task = asyncio.ensure_future(self._run(download))
                self._tell()
            return download

    async def pause(self, repo: str, dtype: Dtype) -> None:
        """Stop a download and keep what has come.

        Raises:
            InvalidState: It does not run.
        """
        async with self._changing:
            download = self._known(repo, dtype)
            await self._halt(download)
            download.progress.becomes(State.PAUSED, Sentence.PAUSED.said())
            self._tell()

    async def cancel(self, repo: str, dtype: Dtype) -> None:
        """Stop a download and delete what is not whole; a load that waits for it ends.

        Raises:
            InvalidState: There is none.
        """
        async with self._changing:
            await self._cancel(self._known(repo, dtype))

    async def cancel_all(self, repo: str | None = None, dtype: Dtype | None = None) -> None:
        """Cancel the downloads of a model or of one dtype of it, or all; there need not be any."""
        async with self._changing:
            for download in list(self._open.values()):
                # One may have come to its end while another was cancelled.
                if repo in (None, download.name[0]) and dtype in (None, download.dtype) and self._is_open(download):
                    await self._cancel(download)

    async def _cancel(self, download: Download) -> None:
        await self._halt(download)
        self._close(download)
        for file in download.files:
            await self._store.delete_unfinished(download.entry.repo, file.path)
        download.progress.becomes(State.CANCELLED, Sentence.CANCELLED.said())
        if not download.outcome.done():
            download.outcome.set_exception(DownloadCancelled(download.entry.repo))
        self._publish(ManifestUpdated())

    async def _require_room(self, entry: ManifestEntry, files: tuple[ModelFile, ...]) -> None:
        missing = await self._missing_bytes(entry, files)
        if not self._asked_to_persist and missing:
            self._asked_to_persist = True
            if not await self._space.persist():
                logger.info("the browser may clear the storage when the disk is full")
        free = (await self._space.report()).free
        if missing > free:
            raise StorageFull(missing, free, await self._removable(entry.repo))

    async def _missing_bytes(self, entry: ManifestEntry, files: tuple[ModelFile, ...]) -> int:
        """Return how many bytes more than now the store has when all files are in."""
        records = by_path(await self._store.records(entry.repo))
        return sum(
            file.size - (record.stored_bytes if (record := records.get(file.path)) is not None else 0)
            for file in files
            if not holds(records.get(file.path), file, entry.commit)
        )

    async def _removable(self, besides: str) -> list[JsonValue]:
        """Return stored models, the one that was not used for the longest time first."""
        stored = [
            (quant.last_used, entry.repo, quant)
            for entry in await self._store.entries()
            for quant in entry.quants
            if entry.repo != besides and quant.status is QuantStatus.DOWNLOADED
        ]
        return [
            {"modelId": repo, "dtype": str(quant.dtype), "size": quant.size, "lastUsed": used}
            for used, repo, quant in sorted(stored, key=lambda item: item[:2])
        ]

    def _new(self, entry: ManifestEntry, dtype: Dtype, files: tuple[ModelFile, ...]) -> Download:
        outcome: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        # Nobody need wait for it: a failure is published as well.
        outcome.add_done_callback(_look_at)

        heard: list[Callable[[], None]] = []
        progress = self._progress(entry, dtype, files, heard)
        download = Download(entry, dtype, files, progress, outcome, heard)
        self._open[download.name] = download
        return download

    def _progress(
        self, entry: ManifestEntry, dtype: Dtype, files: tuple[ModelFile, ...], heard: list[Callable[[], None]]
    ) -> TransferProgress:
        def publish(event: DownloadProgress) -> None:
            self._publish(event)
            for hear in list(heard):
                hear()

        return TransferProgress(publish, model_id=entry.repo, dtype=str(dtype), files=files, now=self._now)

    async def _run(self, download: Download) -> None:
        progress = download.progress
        progress.becomes(State.DOWNLOADING)
        files = [asyncio.ensure_future(self._bring(download, file)) for file in download.files]
        try:
            await asyncio.gather(*files)
        except asyncio.CancelledError:
            raise
        except Exception as error:  # noqa: BLE001 - a task has no caller: what it does not report here is lost
            await _ended(files)
            self._fail(download, await self._advised(download, error))
            return
        finally:
            await _ended(files)
        self._close(download)
        progress.becomes(State.DONE, Sentence.VERIFIED.said())
        self._publish(ManifestUpdated())
        if not download.outcome.done():
            download.outcome.set_result(None)

    async def _bring(self, download: Download, file: ModelFile) -> None:
        progress, path = download.progress, file.path

        def waiting(error: TabAgentError, seconds: float) -> None:
            again = Sentence.TRYING_AGAIN.said(problem=error_said(error), seconds=round(seconds))
            progress.becomes(State.WAITING, again)

        listener = FileListener(
            stored=lambda size: progress.stored(path, size),
            flying=lambda count: progress.flying(path, count),
            waiting=waiting,
            verifying=lambda: progress.file_is(path, State.VERIFYING),
        )
        entry = download.entry
        await self._downloader.fetch_from_network_and_cache(entry.repo, entry.commit, file, listener)
        progress.file_is(path, State.DONE)

    async def _advised(self, download: Download, error: Exception) -> Exception:
        """Return the error with what the person can do about it."""
        if not isinstance(error, StorageFull):
            return error
        needed = await self._missing_bytes(download.entry, download.files)
        free = (await self._space.report()).free
        # The estimate may be generous; the refusal is a fact.
        return StorageFull(needed, free if free < needed else 0, await self._removable(download.entry.repo))

    def _fail(self, download: Download, error: Exception) -> None:
        if not isinstance(error, TabAgentError):
            logger.error("the download of %s failed", download.entry.repo, exc_info=error)
        wire: JsonObject = wire_error(error)
        self._close(download)
        download.progress.becomes(State.FAILED, str(wire["message"]), wire)
        self._publish(ManifestUpdated())
        if not download.outcome.done():
            download.outcome.set_exception(error)

    async def _halt(self, download: Download) -> None:
        task, download.task = download.task, None
        if task is not None:
            await _ended([task])

    def _close(self, download: Download) -> None:
        self._open.pop(download.name, None)
        self._tell()

    def _is_open(self, download: Download) -> bool:
        return self._open.get(download.name) is download

    def _known(self, repo: str, dtype: Dtype) -> Download:
        download = self._open.get((repo, dtype))
        if download is None:
            raise InvalidState(f"{repo} ({dtype}) is not being downloaded.", modelId=repo, dtype=str(dtype))
        return download

    def _tell(self) -> None:
        self._changed([name for name, download in self._open.items() if download.task is not None])


async def _ended(tasks: list[asyncio.Task[None]]) -> None:
    """Cancel tasks and wait until they have ended."""
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def _look_at(outcome: asyncio.Future[Any]) -> None:
    """Keep asyncio from complaining about a failure that nobody waited for."""
    if not outcome.cancelled():
        outcome.exception()
