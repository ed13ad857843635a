"""Brings files of a repository into the model store: in parts, several at once, from where the last try ended.

Plan counterpart: `fetch_from_network_and_cache` is `fetchFromNetworkAndCache`.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

from tabagent.errors import TabAgentError
from tabagent.models.chunks import CHUNKS_PER_SPAN, Span, spans
from tabagent.models.hub import HubClient
from tabagent.models.parts import FileChanged, FilePart, PartsIgnored, open_part
from tabagent.models.retry import pause_before
from tabagent.models.store import ModelStore
from tabagent.ports.buffers import ByteBuffer
from tabagent.specs import FileKey, FileRecord, ModelFile
from tabagent.store_errors import FileDamaged, IncompleteFile, IntegrityFailed

logger = logging.getLogger(__name__)

# Requests at a time, over all files: each fills a chunk in memory and leaves some garbage behind (docs/benchmarks.md).
CONNECTIONS = 2
# The whole content was wrong, or the hub's file changed: so often a file is begun again by itself.
RESTARTS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class FileListener:
    """Hears how a file comes in.

    Attributes:
        stored: Bytes in the store, whenever that changes.
        flying: Bytes that came from the network, of chunks that are not whole yet; negative when they were in vain.
        waiting: A request failed and is sent again after so many seconds.
        verifying: All chunks are stored and the rest of them is being digested.
    """

    stored: Callable[[int], None] = lambda size: None
    flying: Callable[[int], None] = lambda count: None
    waiting: Callable[[TabAgentError, float], None] = lambda error, seconds: None
    verifying: Callable[[], None] = lambda: None


class ModelDownloader:
    """Downloads files, pinned to a commit.

    Args:
        hub: Where files come from.
        store: Where they go.
        sleep: Waits so many seconds.
    """

    def __init__(
        self, hub: HubClient, store: ModelStore, sleep: Callable[[float], Awaitable[object]] = asyncio.sleep
    ) -> None:
        self._hub, self._store, self._sleep = hub, store, sleep
        self._connections = asyncio.Semaphore(CONNECTIONS)
        # Two dtypes that come at the same time have files in common: each file comes once.
        self._files: dict[FileKey, asyncio.Lock] = {}

    async def fetch_from_network_and_cache(
        self, repo: str, commit: str, file: ModelFile, listener: FileListener
    ) -> FileRecord:
        """Bring a file in, from where the last try ended, and verify it; the plan's `fetchFromNetworkAndCache`.

        Raises:
            IntegrityFailed: Its content is not what the hub announced, twice; nothing of it is kept.
            IncompleteFile, ConnectionLost, UnexpectedContent: It did not come whole; what came is kept.
            HubError: As for `HubClient.open`.
            StorageFull, StorageError: The storage refused; what came before is kept.
        """
        async with self._files.setdefault(FileKey(repo, file.path), asyncio.Lock()):
            return await self._fetch(repo, commit, file, listener)

    async def _fetch(self, repo: str, commit: str, file: ModelFile, listener: FileListener) -> FileRecord:
        restarts = 0
        while True:
            record = await self._store.begin_file(repo, file, revision=commit)
            listener.stored(record.stored_bytes)
            if record.whole:
                return record
            try:
                digest = await _FileDownload(self, record, listener).run()
                return await self._store.finish_file(record.key, digest)
            except FileDamaged as error:
                # What was written does not come back as it was; the chunks count as missing and are fetched again.
                logger.warning("%s", error)
                problem: TabAgentError = error
            except FileChanged as error:
                logger.warning("%s of %s has changed on the hub: starting it anew", file.path, repo)
                await self._store.restart_file(record.key)
                problem = IncompleteFile(file.path, error.size, file.size)
            except IntegrityFailed as error:
                logger.warning("%s of %s came with other content: starting it anew", file.path, repo)
                problem = error
            restarts += 1
            if restarts >= RESTARTS:
                raise problem

    async def repair(self, record: FileRecord, numbers: Iterable[int]) -> None:
        """Fetch chunks of a whole file again, each of which must be the one that the record names.

        Raises:
            FileDamaged: They cannot be had; they count as missing from now on.
        """
        wanted = sorted(numbers)

        async def put(index: int, chunk: ByteBuffer) -> None:
            if not await self._store.replace_chunk(record, index, chunk):
                raise FileDamaged(record.key.repo, record.key.path, [index], "the hub has other bytes now")

        try:
            for span in spans(wanted):
                await self.bring(record, span, put, FileListener())
        except (TabAgentError, FileChanged, PartsIgnored) as error:
            await self._store.drop_chunks(record.key, wanted)
            cause = error.message if isinstance(error, TabAgentError) else str(error)
            raise FileDamaged(record.key.repo, record.key.path, wanted, cause) from error

    async def bring(
        self,
        record: FileRecord,
        span: Span,
        put: Callable[[int, ByteBuffer], Awaitable[None]],
        listener: FileListener,
        *,
        on_open: Callable[[], None] = lambda: None,
    ) -> None:
        """Fetch chunks in one request, and again from the first that is missing when that fails.

        Raises:
            FileChanged: The hub's file is another one than that of the stored chunks.
            PartsIgnored: The hub sends the whole file instead of parts.
            TabAgentError: It cannot be had, or the storage refused.
        """
        first, attempt = span.first, 0
        while first <= span.last:
            try:
                async with self._connections, self._part(record, Span(first, span.last)) as part:
                    on_open()
                    while first <= span.last:
                        chunk = await part.read(record.length_of(first), listener.flying)
                        await put(first, chunk)
                        chunk.release()
                        first, attempt = first + 1, 0
            except TabAgentError as error:
                attempt += 1
                await self._wait_after(error, attempt, record, listener)

    async def stream(
        self, record: FileRecord, put: Callable[[int, ByteBuffer], Awaitable[None]], listener: FileListener
    ) -> None:
        """Fetch a file from a hub that gives no parts: all of it, of which only the missing chunks are stored."""
        attempt = 0
        while missing := set((await self._store.known(record.key)).missing):
            try:
                async with self._connections, self._part(record, None) as part:
                    for index in range(record.chunk_count):
                        wanted = index in missing
                        on_bytes = listener.flying if wanted else _nobody
                        chunk = await part.read(record.length_of(index), on_bytes)
                        if wanted:
                            await put(index, chunk)
                            attempt = 0
                        chunk.release()
                    await part.expect_end()
            except TabAgentError as error:
                attempt += 1
                await self._wait_after(error, attempt, record, listener)

    @asynccontextmanager
    async def _part(self, record: FileRecord, span: Span | None) -> AsyncIterator[FilePart]:
        """Ask for chunks, or with None for the whole file, with the validator that is known by now; it is kept."""
        known = (await self._store.known(record.key)).etag
        async with open_part(self._hub, replace(record, etag=known), span) as part:
            known = (await self._store.known(record.key)).etag
            if part.etag and not known:
                await self._store.set_etag(record.key, part.etag)
            elif part.etag and part.etag != known:
                raise FileChanged(record.size)
            yield part

    async def _wait_after(self, error: TabAgentError, attempt: int, record: FileRecord, listener: FileListener) -> None:
        """Wait before a request is sent again, or raise its error when it is not."""
        pause = pause_before(attempt, error, time.time())
        if pause is None:
            raise error
        logger.info("%s: %s; again in %.1f s", record.key.path, error.code, pause)
        listener.waiting(error, pause)
        await self._sleep(pause)

    @property
    def store(self) -> ModelStore:
        """Where files go."""
        return self._store


class _FileDownload:
    """One try of a file: several requests fill its chunks, and a follower digests them in order."""

    def __init__(self, downloader: ModelDownloader, record: FileRecord, listener: FileListener) -> None:
        self._downloader, self._store = downloader, downloader.store
        self._record, self._listener = record, listener
        # Even a file of few chunks keeps all connections busy.
        missing = record.missing
        self._queue = deque(spans(missing, max(1, min(CHUNKS_PER_SPAN, -(-len(missing) // CONNECTIONS)))))
        self._missing = set(record.missing)
        self._stored = record.stored_bytes
        self._arrived = asyncio.Condition()
        self._parts_work = asyncio.Event()

    async def run(self) -> str:
        """Fill the missing chunks and return the content's digest."""
        fetching = asyncio.ensure_future(self._fetch())
        following = asyncio.ensure_future(self._follow())
        return await _both(fetching, following)

    async def _fetch(self) -> None:
        if self._record.chunk_count <= 1:
            await self._downloader.stream(self._record, self._put, self._listener)
            return
        workers = [asyncio.ensure_future(self._work(number)) for number in range(min(CONNECTIONS, len(self._queue)))]
        try:
            await asyncio.gather(*workers)
        except PartsIgnored:
            await _end(workers)
            await self._downloader.stream(self._record, self._put, self._listener)
        finally:
            await _end(workers)
        self._listener.verifying()

    async def _work(self, number: int) -> None:
        if number > 0:
            # The first answer tells whether the hub gives parts, and the validator for the others.
            await self._parts_work.wait()
        while self._queue:
            span = self._queue.popleft()
            await self._downloader.bring(self._record, span, self._put, self._listener, on_open=self._parts_work.set)

    async def _put(self, index: int, chunk: ByteBuffer) -> None:
        try:
            await self._store.write_chunk(self._record, index, chunk)
        finally:
            # They are stored now, or came in vain.
            self._listener.flying(-chunk.size)
        self._missing.discard(index)
        self._stored += chunk.size
        self._listener.stored(self._stored)
        async with self._arrived:
            self._arrived.notify_all()

    async def _follow(self) -> str:
        async def arrival(index: int) -> None:
            async with self._arrived:
                await self._arrived.wait_for(lambda: index not in self._missing)

        return await self._store.content_digest(self._record, before=arrival)


async def _both(fetching: asyncio.Future[None], following: asyncio.Future[str]) -> str:
    both: set[asyncio.Future[Any]] = {fetching, following}
    try:
        await asyncio.wait(both, return_when=asyncio.FIRST_EXCEPTION)
        if fetching.done():
            await fetching
        return await following
    finally:
        await _end([fetching, following])


async def _end(tasks: Iterable[asyncio.Future[Any]]) -> None:
    """Cancel tasks and wait until they have let go of their connections."""
    pending = [task for task in tasks if not task.done()]
    for task in pending:
        task.cancel()
    await asyncio.gather(*pending, return_exceptions=True)


def _nobody(count: int) -> None:
    """Hear bytes that are not counted."""
