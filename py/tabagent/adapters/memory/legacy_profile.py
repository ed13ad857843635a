"""`LegacyProfile` on a dict."""

from __future__ import annotations

import json

from tabagent.adapters.memory.chunk_store import MemoryBytes
from tabagent.errors import JsonObject
from tabagent.models.legacy import (
    TOKEN_KEY,
    ChunkRecord,
    LegacySource,
    keys_in,
    keys_of,
    missing,
    parse_key,
    task_of,
    whole_files,
)
from tabagent.ports.buffers import ByteBuffer
from tabagent.ports.legacy_profile import LegacyFile
from tabagent.specs import FileKey


class MemoryLegacyProfile:
    """An old profile that tests fill in.

    Attributes:
        records: The store `files`: contents, or the fields of a record, by key.
        entries: The store `manifest`.
        reads: Bytes that were read, for tests that look at how much.
    """

    def __init__(self) -> None:
        self.records: dict[str, bytes | JsonObject] = {}
        self.entries: list[JsonObject] = []
        self.reads: list[int] = []
        self._found: dict[FileKey, LegacySource] = {}

    async def files(self) -> tuple[LegacyFile, ...]:
        """Return the files that are whole."""
        sizes: dict[str, int] = {}
        records: dict[str, JsonObject] = {}
        for text, value in self.records.items():
            if isinstance(parse_key(text), ChunkRecord):
                records[text] = _fields(value)
            elif isinstance(value, bytes):
                sizes[text] = len(value)
        self._found = {source.file.key: source for source in whole_files(sizes, records)}
        return tuple(source.file for source in self._found.values())

    async def tasks(self) -> dict[str, str]:
        """Return the tasks of the old entries."""
        return dict(found for entry in self.entries if (found := task_of(entry)) is not None)

    async def read(self, file: LegacyFile, offset: int, length: int) -> ByteBuffer:
        """Return bytes of a file."""
        source = self._found.get(file.key)
        if source is None:
            raise missing(file)
        content = b""
        for piece, start, end in source.within(offset, length):
            value = self.records.get(piece.place)
            if not isinstance(value, bytes):
                raise missing(file)
            content += value[start:end]
        self.reads.append(length)
        return MemoryBytes(content)

    async def delete(self, file: LegacyFile) -> None:
        """Delete a file in every shape."""
        for text in keys_of(file, self.records):
            del self.records[text]

    async def delete_all(self, repo: str | None = None) -> None:
        """Delete the files of a repository, or of all."""
        for text in keys_in(repo, self.records):
            del self.records[text]

    async def token(self) -> str | None:
        """Return the token, or None."""
        value = self.records.get(TOKEN_KEY)
        return (value.decode().strip() or None) if isinstance(value, bytes) else None

    async def delete_token(self) -> None:
        """Delete the token."""
        self.records.pop(TOKEN_KEY, None)


def _fields(value: bytes | JsonObject) -> JsonObject:
    if isinstance(value, dict):
        return value
    try:
        found = json.loads(value)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
