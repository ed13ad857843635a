"""What all imports share: reading what a page lends, storing it without leaving halves, telling how far it is."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

from tabagent.errors import Offline, TabAgentError
from tabagent.model_messages import GivenFile
from tabagent.models import manifest as statuses
from tabagent.models.archive import GivenContent
from tabagent.models.chunks import CHUNK_BYTES
from tabagent.models.store import ModelStore
from tabagent.ports.buffers import ByteBuffer
from tabagent.ports.fetcher import Fetcher, HttpResponse
from tabagent.ports.hasher import DigestKind, Hasher
from tabagent.specs import FileKey, FileRecord, ModelFile
from tabagent.store_errors import FileDamaged, ImportFailed, IntegrityFailed


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportProgress:
    """How far an import is.

    Attributes:
        file_loaded, file_total: Bytes of the file at hand.
        loaded, total: Bytes of everything.
    """

    model_id: str
    file: str
    file_loaded: int
    file_total: int
    loaded: int
    total: int


OnProgress = Callable[[ImportProgress], None]


class ImportCounter:
    """Turns bytes of files into progress.

    Args:
        total: Bytes of all files.
        on_progress: Hears of each step.
    """

    def __init__(self, total: int, on_progress: OnProgress) -> None:
        self._total, self._on_progress = total, on_progress
        self._loaded = 0

    def of(self, model_id: str, file: ModelFile) -> Callable[[int], None]:
        """Return what counts a file's bytes."""
        done = 0

        def count(number: int) -> None:
            nonlocal done
            done += number
            self._loaded += number
            self._on_progress(
                ImportProgress(
                    model_id=model_id,
                    file=file.path,
                    file_loaded=done,
                    file_total=file.size,
                    loaded=self._loaded,
                    total=self._total,
                )
            )

        return count


class Intake:
    """Reads given files and stores them.

    Args:
        store: The models.
        hasher: Digests of what is given.
        fetcher: Reads what pages lend by an address.
    """

    def __init__(self, store: ModelStore, hasher: Hasher, fetcher: Fetcher) -> None:
        self.store = store
        self._hasher, self._fetcher = hasher, fetcher

    async def open(self, given: GivenFile) -> HttpResponse:
        """Begin to read a file.

        Raises:
            ImportFailed: The page that lent it is gone, or the file is.
        """
        try:
            return await self._fetcher.get(given.address)
        except Offline as error:
            raise ImportFailed(given.path, "the browser can no longer read it; choose it again") from error

    async def save(
        self,
        model_id: str,
        file: ModelFile,
        read: Callable[[int, int], Awaitable[ByteBuffer]],
        revision: str,
        count: Callable[[int], None],
    ) -> None:
        """Store a file; one that cannot be taken in leaves nothing.

        Raises:
            ImportFailed: Of `read`, or because the content has another digest.
            StorageFull, StorageError: The storage refused; what is stored stays when its digest says what it is part
                of.
        """
        try:
            await self.store.save_chunked_file(model_id, file, read, revision=revision, on_bytes=count)
        except IntegrityFailed as error:
            raise ImportFailed(f"{file.path} of {model_id}", "its content is damaged (wrong digest)") from error
        except TabAgentError as error:
            if isinstance(error, ImportFailed) or file.digest is None:
                await self.store.delete_file(FileKey(model_id, file.path))
            raise

    async def is_same(self, record: FileRecord, file: ModelFile) -> bool:
        """Tell whether a stored file is the one with this digest; what is damaged is as good as missing."""
        if record.size != file.size or record.digest is None or file.digest is None:
            return False
        if statuses.digest_kind(record.digest) == statuses.digest_kind(file.digest):
            return record.digest == file.digest
        try:
            return await self.store.content_digest(replace(record, digest=file.digest)) == file.digest
        except FileDamaged:
            return True

    async def digest(self, given: GivenFile, like: str) -> str:
        """Return a given file's digest, of the kind of another."""
        await self._hasher.prepare()
        content_hash = self._hasher.content_hash(DigestKind(statuses.digest_kind(like)), given.size)
        response = await self.open(given)
        try:
            content, left = GivenContent(response, given.path), given.size
            while left:
                chunk = await content.take(min(left, CHUNK_BYTES))
                left -= chunk.size
                await content_hash.update(chunk)
            return await content_hash.digest()
        finally:
            content_hash.close()
            await response.close()


def other_version(name: str, model_id: str, path: str) -> ImportFailed:
    """Return the refusal to mix two versions of a model."""
    return ImportFailed(
        name, f"another version of {model_id} is stored ({path} differs); delete that model first if you want this one"
    )
