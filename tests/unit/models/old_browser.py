"""An old profile in memory, and the new store beside it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from tabagent.adapters.memory.chunk_store import MemoryChunkStore
from tabagent.adapters.memory.hasher import MemoryHasher
from tabagent.adapters.memory.legacy_profile import MemoryLegacyProfile
from tabagent.adapters.memory.model_index import MemoryModelIndex
from tabagent.adapters.memory.vault import MemoryVault
from tabagent.models.adoption import Adoption
from tabagent.models.quants import entry_from_listing
from tabagent.models.store import ModelStore
from tabagent.specs import Backend, Dtype, FileKey, ModelFile, QuantStatus, RepositoryListing
from tests.contracts.legacy_profile import COMMIT, address, record_of
from tests.unit.models.transfer_machine import git, reader

REPO, OTHER = "acme/tiny", "zeta/other"
TOKEN = "hf_AbCdEfGhIjKlMnOpQrStUvWxYz0123456789"
FILES: dict[str, bytes] = {
    "config.json": b'{"transformers.js_config": {"use_external_data_format": {"model_q4.onnx": 1}}}',
    "tokenizer.json": b"{}",
    "onnx/model_q4.onnx": b"graph of 33 bytes, three chunks..",
    "onnx/model_q4.onnx_data": bytes(range(64)),
}


class OldBrowser:
    """An old profile, and the new store beside it."""

    def __init__(self, capacity: int | None = None) -> None:
        self.profile = MemoryLegacyProfile()
        self.chunks, self.index, self.vault = MemoryChunkStore(capacity), MemoryModelIndex(), MemoryVault()
        self.changes = 0
        self.start()

    def start(self, wrap: Callable[[Any], Any] = lambda thing: thing) -> None:
        """Begin a thread; `wrap` may put something around everything that outlives it."""
        self.store = ModelStore(
            index=wrap(self.index),
            chunks={Backend.OPFS: wrap(self.chunks)},
            hasher=MemoryHasher(),
            default=Backend.OPFS,
        )
        self.adoption = Adoption(wrap(self.profile), self.store, wrap(self.vault), self._changed)

    def _changed(self) -> None:
        self.changes += 1

    def leave_whole(self, repo: str = REPO, contents: dict[str, bytes] = FILES, revision: str = "main") -> None:
        """What TabAgent stored: a Blob under each file's address."""
        for path, data in contents.items():
            self.profile.records[address(FileKey(repo, path), revision)] = data

    def leave_chunked(self, repo: str = REPO, contents: dict[str, bytes] = FILES, *, ours: bool = False) -> None:
        """What TabAgent, or this project's first form, stored: chunks and a record of each file."""
        for path, data in contents.items():
            for index, start in enumerate(range(0, len(data), 20)):
                self.profile.records[f"{repo}/{path}_chunk_{index}"] = data[start : start + 20]
            record = record_of(FileKey(repo, path), len(data), 20)
            self.profile.records[f"{repo}/{path}:manifest"] = record | ({"revision": COMMIT} if ours else {})

    async def download(self, contents: dict[str, bytes] = FILES, *, only: tuple[str, ...] = tuple(FILES)) -> None:
        """Store a model as from the hub."""
        files = [ModelFile(path=path, size=len(data), digest=git(data)) for path, data in contents.items()]
        listing = RepositoryListing(repo=REPO, commit="c0ffee", task="text-generation", files=tuple(files))
        await self.store.put_entry(entry_from_listing(listing))
        for file in files:
            if file.path in only:
                await self.store.save_chunked_file(REPO, file, reader(contents[file.path]), revision="c0ffee")

    async def stored(self, repo: str = REPO) -> dict[str, bytes]:
        found = {}
        for record in await self.store.records(repo):
            content = await self.store.assemble_chunks(record.key)
            if content is not None:
                found[record.key.path] = content
        return found

    async def statuses(self, repo: str = REPO) -> dict[Dtype, QuantStatus]:
        entry = await self.store.entry(repo)
        return {quant.dtype: quant.status for quant in entry.quants} if entry else {}


class Watched:
    """Tells of every call of an object's methods before it is made."""

    def __init__(self, thing: Any, tell: Callable[[str], None]) -> None:
        self._thing, self._tell = thing, tell

    def __getattr__(self, name: str) -> Callable[..., Awaitable[Any]]:
        async def call(*arguments: Any, **options: Any) -> Any:
            self._tell(name)
            await asyncio.sleep(0)
            return await getattr(self._thing, name)(*arguments, **options)

        return call
