"""What the keys and records of an old profile mean. Pure functions; `LegacyProfile` reads what they ask for.

Nothing is believed that does not agree: earlier versions wrote a file's record before its chunks, so that an
interrupted download looked whole.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import unquote

from tabagent.errors import JsonObject
from tabagent.models.arrivals import is_inner_path, is_model_id
from tabagent.models.records import MANIFEST_VERSION
from tabagent.models.sources import HUB
from tabagent.ports.legacy_profile import LegacyFile
from tabagent.specs import FileKey
from tabagent.store_errors import StorageError

TOKEN_KEY = "huggingface_token"  # noqa: S105 - the name of a key in the database

_ADDRESS = re.compile(rf"{re.escape(HUB)}/([^/?#]+/[^/?#]+)/resolve/([^/?#]+)/([^?#]+)")
_CHUNK = re.compile(r"(?!https?:)([^/]+/[^/]+)/(.+)_chunk_(0|[1-9]\d{0,6})", re.DOTALL)
_RECORD = re.compile(r"(?!https?:)([^/]+/[^/]+)/(.+):manifest", re.DOTALL)
_COMMIT = re.compile(r"[0-9a-f]{40}")
_MAIN = "main"
# A hundred thousand chunks are 800 GB even of the smallest ones: a record that names more is nonsense.
_MOST_CHUNKS = 100_000
_LONGEST_TASK = 64


@dataclass(frozen=True, slots=True)
class WholeFile:
    """The key of a file under its own address."""

    key: FileKey
    revision: str


@dataclass(frozen=True, slots=True)
class Chunk:
    """The key of a chunk."""

    key: FileKey
    index: int


@dataclass(frozen=True, slots=True)
class ChunkRecord:
    """The key of the record of a chunked file."""

    key: FileKey


@dataclass(frozen=True, slots=True)
class Piece:
    """Bytes `start` to `start + size` of a file lie under a key of the database."""

    place: str
    start: int
    size: int


@dataclass(frozen=True, slots=True)
class LegacySource:
    """A whole file and where its bytes are."""

    file: LegacyFile
    pieces: tuple[Piece, ...]

    def within(self, offset: int, length: int) -> list[tuple[Piece, int, int]]:
        """Return which bytes of which pieces make up bytes of the file: piece, first byte in it, byte after the last.

        Raises:
            StorageError: The file does not have these bytes.
        """
        end = offset + length
        if offset < 0 or length < 0 or end > self.file.size:
            raise missing(self.file)
        return [
            (piece, max(0, offset - piece.start), min(piece.size, end - piece.start))
            for piece in self.pieces
            if piece.start < end and offset < piece.start + piece.size
        ]


def missing(file: LegacyFile) -> StorageError:
    """Return the error of a file whose bytes are not where they were."""
    return StorageError(
        f"{file.key.path} ({file.key.repo}) of an earlier version is no longer there.",
        repo=file.key.repo,
        file=file.key.path,
    )


def parse_key(text: str) -> WholeFile | Chunk | ChunkRecord | None:
    """Read a key of the store `files`; None for one that is not of a model's file, or of one that cannot be."""
    if (found := _ADDRESS.fullmatch(text)) is not None:
        key = _file_key(found[1], unquote(found[3]))
        return WholeFile(key, unquote(found[2])) if key else None
    if (found := _CHUNK.fullmatch(text)) is not None:
        key = _file_key(found[1], found[2])
        return Chunk(key, int(found[3])) if key else None
    if (found := _RECORD.fullmatch(text)) is not None:
        key = _file_key(found[1], found[2])
        return ChunkRecord(key) if key else None
    return None


def keys_of(file: LegacyFile, keys: Iterable[str]) -> list[str]:
    """Return the keys that belong to a file, in whatever shape."""
    return [text for text in keys if (found := parse_key(text)) is not None and found.key == file.key]


def keys_in(repo: str | None, keys: Iterable[str]) -> list[str]:
    """Return the keys that belong to files of a repository, or of all."""
    return [text for text in keys if (found := parse_key(text)) is not None and repo in (None, found.key.repo)]


def whole_files(sizes: Mapping[str, int], records: Mapping[str, JsonObject]) -> list[LegacySource]:
    """Return the files that are whole, as `LegacyProfile.files` orders and chooses them.

    Args:
        sizes: Bytes that lie under each key of a chunk or of a whole file.
        records: Content of each key of a record.
    """
    found: dict[FileKey, LegacySource] = {}
    for text, record in sorted(records.items()):
        parsed = parse_key(text)
        source = _chunked(parsed.key, text, record, sizes) if isinstance(parsed, ChunkRecord) else None
        if source is not None:
            found[source.file.key] = source
    addresses = [(text, parsed) for text in sizes if isinstance(parsed := parse_key(text), WholeFile)]
    for text, address in sorted(addresses, key=lambda item: (item[1].revision != _MAIN, item[0])):
        if sizes[text] > 0 and address.key not in found:
            revision = address.revision if _COMMIT.fullmatch(address.revision) else ""
            file = LegacyFile(key=address.key, size=sizes[text], revision=revision)
            found[address.key] = LegacySource(file, (Piece(text, 0, sizes[text]),))
    return sorted(found.values(), key=lambda source: (source.file.key.repo, source.file.key.path))


def task_of(record: JsonObject) -> tuple[str, str] | None:
    """Return repository and task of an old manifest entry, or None for another record."""
    repo, task = record.get("repo"), record.get("task")
    if record.get("manifestVersion") == MANIFEST_VERSION or not isinstance(repo, str) or not isinstance(task, str):
        return None
    return (repo, task) if is_model_id(repo) and 0 < len(task) <= _LONGEST_TASK else None


def _chunked(key: FileKey, text: str, record: JsonObject, sizes: Mapping[str, int]) -> LegacySource | None:
    size, chunk_size, count = _number(record, "size"), _number(record, "chunkSizeUsed"), _number(record, "totalChunks")
    if not size or not chunk_size or not 0 < count <= _MOST_CHUNKS or count != -(-size // chunk_size):
        return None
    group = text.removesuffix(":manifest")
    pieces = tuple(
        Piece(f"{group}_chunk_{index}", index * chunk_size, min(chunk_size, size - index * chunk_size))
        for index in range(count)
    )
    if any(sizes.get(piece.place) != piece.size for piece in pieces):
        return None
    revision = record.get("revision")
    known = isinstance(revision, str) and _COMMIT.fullmatch(revision) is not None
    return LegacySource(LegacyFile(key=key, size=size, revision=str(revision) if known else ""), pieces)


def _number(record: JsonObject, name: str) -> int:
    """Return a whole number of a record; 0 for anything else. JavaScript has one kind of number for all."""
    value = record.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value // 1 or value < 0:
        return 0
    return int(value)


def _file_key(repo: str, path: str) -> FileKey | None:
    return FileKey(repo, path) if is_model_id(repo) and is_inner_path(path) else None
