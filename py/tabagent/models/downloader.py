"""Brings files of a repository into the model store, one after the other, each checked against its announced size."""

from __future__ import annotations

import logging
from collections.abc import Callable

from tabagent.errors import IncompleteFile
from tabagent.models.chunks import CHUNK_BYTES
from tabagent.models.hub import HubClient
from tabagent.models.store import ModelStore
from tabagent.ports.fetcher import HttpResponse
from tabagent.specs import FileKey, ModelFile

logger = logging.getLogger(__name__)


class ModelDownloader:
    """Downloads over the hub's API, pinned to a commit.

    Args:
        hub: Where files come from.
        store: Where they go.
    """

    def __init__(self, hub: HubClient, store: ModelStore) -> None:
        self._hub = hub
        self._store = store

    async def download(self, repo: str, commit: str, file: ModelFile, on_bytes: Callable[[int], None]) -> None:
        """Fetch one file and commit it; `on_bytes` hears the number of bytes of each part that arrived.

        Raises:
            IncompleteFile: The body ended early or did not end; nothing counts as present.
            HubError: As for `HubClient.open`.
            StorageError: The storage refused.
        """
        response = await self._hub.open(repo, commit, file.path)
        try:
            await self._store_body(FileKey(repo, file.path), commit, file, response, on_bytes)
        finally:
            await response.close()
        logger.info("stored %s of %s (%d bytes)", file.path, repo, file.size)

    async def _store_body(
        self, key: FileKey, commit: str, file: ModelFile, response: HttpResponse, on_bytes: Callable[[int], None]
    ) -> None:
        writer = await self._store.writer(key, commit, response.headers.get("etag", ""))
        while (chunk := await response.read(CHUNK_BYTES)) is not None:
            if writer.size + chunk.size > file.size:
                raise IncompleteFile(file.path, writer.size + chunk.size, file.size)
            await writer.append(chunk)
            on_bytes(chunk.size)
        if writer.size != file.size:
            raise IncompleteFile(file.path, writer.size, file.size)
        await writer.commit()
