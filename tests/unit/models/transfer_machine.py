"""Browser profiles in memory that make exports and take them in."""

from __future__ import annotations

import hashlib
import io
import json
import subprocess
import tarfile
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

from tabagent.adapters.memory.chunk_store import MemoryBytes, MemoryChunkStore
from tabagent.adapters.memory.fetcher import Answer, MemoryFetcher
from tabagent.adapters.memory.file_offer import MemoryFileOffer
from tabagent.adapters.memory.hasher import MemoryHasher
from tabagent.adapters.memory.model_index import MemoryModelIndex
from tabagent.model_messages import GivenFile
from tabagent.models import archive, files, intake
from tabagent.models.archive import MANIFEST, VERSION
from tabagent.models.intake import ImportProgress
from tabagent.models.quants import entry_from_listing
from tabagent.models.store import ModelStore
from tabagent.models.transfer import Imported, ModelTransfer
from tabagent.specs import Backend, Dtype, ModelFile, QuantStatus, RepositoryListing

REPO, OTHER = "acme/tiny", "localhost:8443/acme/other"
COMMIT = "c0ffee"
CHUNK = 16
NOW = 1_795_435_200.0  # 2026-11-23
FILES: dict[str, bytes] = {
    "config.json": b'{"model_type": "tiny"}',
    "tokenizer.json": b"{}",
    "onnx/model_q4.onnx": b"graph of 33 bytes, three chunks..",
    "onnx/model_q4.onnx_data": bytes(range(64)),
}
MORE = {**FILES, "onnx/model_quantized.onnx": b"int8" * 9}
SETTINGS: dict[str, Any] = {"inferenceSettings": {"temperature": 0.7, "system": "Be brief. é 😀"}, "n": [1, None, True]}
MEMBERS = [f"models/{REPO}/{path}" for path in FILES]


BAD_IDS = ["tiny", "../..", "a/b/c/d", "/acme/tiny", "acme/tiny/", "acme/..", "acme\\tiny", "https://x/y", "acme/t\0"]


def use_small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make chunks of 16 bytes, so that a model of a few lines has several."""
    for module in (files, archive, intake):
        monkeypatch.setattr(module, "CHUNK_BYTES", CHUNK)


def sha256(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def git(content: bytes) -> str:
    return f"git:{hashlib.sha1(b'blob %d' % len(content) + bytes(1) + content, usedforsecurity=False).hexdigest()}"


class Machine:
    """A browser's profile with the transfer on it."""

    def __init__(self, capacity: int | None = None) -> None:
        self.chunks = MemoryChunkStore(capacity)
        self.index = MemoryModelIndex()
        stores = {Backend.OPFS: self.chunks}
        self.store = ModelStore(index=self.index, chunks=stores, hasher=MemoryHasher(), default=Backend.OPFS)
        self.fetcher = MemoryFetcher({})
        self.offers = MemoryFileOffer(stores)
        self.progress: list[ImportProgress] = []
        self.transfer = ModelTransfer(
            store=self.store, hasher=MemoryHasher(), fetcher=self.fetcher, offers=self.offers, now=lambda: NOW
        )

    async def download(
        self,
        repo: str = REPO,
        contents: dict[str, bytes] = FILES,
        *,
        commit: str = COMMIT,
        digest: Callable[[bytes], str] = git,
        only: Iterable[str] | None = None,
    ) -> None:
        """Store a model as from the hub."""
        listed = [ModelFile(path=path, size=len(data), digest=digest(data)) for path, data in contents.items()]
        listing = RepositoryListing(repo=repo, commit=commit, task="text-generation", files=tuple(listed))
        await self.store.put_entry(entry_from_listing(listing))
        for file in listed:
            if only is None or file.path in only:
                await self.store.save_chunked_file(repo, file, reader(contents[file.path]), revision=commit)

    async def export(self, *model_ids: str) -> bytes:
        offered = await self.transfer.export(model_ids, SETTINGS)
        content = self.offers.offered[offered.address]
        assert offered.size == len(content)
        return content

    async def take_in(self, content: bytes, name: str = "backup.tabagent") -> Imported:
        self.fetcher.answers["blob:1"] = Answer(body=content)
        self.progress = []
        given = GivenFile(path=name, address="blob:1", size=len(content))
        return await self.transfer.take_in([given], "", self.progress.append)

    async def take_in_folder(
        self, contents: dict[str, bytes], model_id: str = REPO, *, sizes: dict[str, int] | None = None
    ) -> Imported:
        given = []
        for path, data in contents.items():
            address = f"blob:{path}"
            self.fetcher.answers[address] = Answer(body=data)
            given.append(GivenFile(path=path, address=address, size=(sizes or {}).get(path, len(data))))
        self.progress = []
        return await self.transfer.take_in(given, model_id, self.progress.append)

    async def stored(self, repo: str = REPO) -> dict[str, bytes | None]:
        """The content of every record, None for those that are not whole."""
        records = await self.store.records(repo)
        return {record.key.path: await self.store.assemble_chunks(record.key) for record in records}

    async def statuses(self, repo: str = REPO) -> dict[Dtype, QuantStatus]:
        entry = await self.store.entry(repo)
        return {quant.dtype: quant.status for quant in entry.quants} if entry else {}


def reader(content: bytes) -> Callable[[int, int], Awaitable[MemoryBytes]]:
    """What reads a content for `save_chunked_file`."""

    async def read(offset: int, length: int) -> MemoryBytes:
        return MemoryBytes(content[offset : offset + length])

    return read


def tar(*options: str, folder: Path) -> None:
    subprocess.run(["tar", *options], cwd=folder, check=True, capture_output=True)


def manifest_of(contents: dict[str, bytes] = FILES, **changes: object) -> dict[str, Any]:
    model: dict[str, Any] = {
        "modelId": REPO,
        "task": "text-generation",
        "commit": COMMIT,
        "files": [
            {"path": path, "size": len(data), "digest": sha256(data), "revision": COMMIT}
            for path, data in contents.items()
        ],
    }
    return {
        "format": "tabagent-export",
        "version": VERSION,
        "created": "2026-11-23T00:00:00Z",
        "settings": {},
        "models": [model],
        **changes,
    }


def tar_of(members: Iterable[tuple[str | tarfile.TarInfo, bytes]]) -> bytes:
    """An archive by the standard library, which writes whatever it is told to."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for member, data in members:
            info = tarfile.TarInfo(member) if isinstance(member, str) else member
            if isinstance(member, str):
                info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return buffer.getvalue()


def export_of(manifest: dict[str, Any] | None = None, contents: dict[str, bytes] = FILES) -> bytes:
    head = json.dumps(manifest_of(contents) if manifest is None else manifest).encode()
    return tar_of([(MANIFEST, head), *((f"models/{REPO}/{path}", data) for path, data in contents.items())])
