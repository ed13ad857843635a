"""The file of an export: a tar archive whose first member says what is in it. docs/export-format.md has it in words.

What is read here was written by anybody: nothing is believed that was not checked.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from tabagent.errors import JsonObject, JsonValue, Offline
from tabagent.models.arrivals import is_inner_path, is_model_id, is_revision
from tabagent.models.chunks import CHUNK_BYTES
from tabagent.ports.buffers import ByteBuffer
from tabagent.ports.fetcher import HttpResponse
from tabagent.specs import ModelFile
from tabagent.store_errors import ConnectionLost, ImportFailed

if TYPE_CHECKING:
    from tarfile import TarInfo

FORMAT, VERSION = "tabagent-export", 1
MANIFEST = "tabagent-export.json"
BLOCK = 512
# POSIX: two blocks of zeros end an archive.
END = bytes(2 * BLOCK)

# Ten thousand files with their digests are 2 MB; who sends more wants to fill memory.
LARGEST_MANIFEST = 16 * 1024 * 1024
_LARGEST_HEADER = 64 * 1024
_LARGEST_FILE = 2**53
_LONGEST_TASK = 64
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}|git:[0-9a-f]{40}")


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchivedFile:
    """A file of a model, with its digest.

    Attributes:
        revision: Commit that its bytes belong to; may be empty.
    """

    file: ModelFile
    revision: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchivedModel:
    """A model of an export."""

    model_id: str
    task: str
    commit: str
    files: tuple[ArchivedFile, ...]

    def member(self, path: str) -> str:
        """Return the name that a file has in the archive."""
        return f"models/{self.model_id}/{path}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchiveManifest:
    """What an export says of itself.

    Attributes:
        created: When, as ISO 8601.
        settings: The page's, as plain JSON.
    """

    created: str
    settings: JsonObject
    models: tuple[ArchivedModel, ...]

    def to_bytes(self) -> bytes:
        """Return the first member's content."""
        return json.dumps(
            {
                "format": FORMAT,
                "version": VERSION,
                "created": self.created,
                "settings": self.settings,
                "models": [
                    {
                        "modelId": model.model_id,
                        "task": model.task,
                        "commit": model.commit,
                        "files": [
                            {
                                "path": item.file.path,
                                "size": item.file.size,
                                "digest": item.file.digest,
                                "revision": item.revision,
                            }
                            for item in model.files
                        ],
                    }
                    for model in self.models
                ],
            },
            ensure_ascii=False,
            indent=1,
        ).encode()


def member_header(name: str, size: int, created: int) -> bytes:
    """Return what precedes a member's content.

    Args:
        name: Of the member.
        size: Bytes of the content.
        created: Seconds since 1970.
    """
    import tarfile

    info = tarfile.TarInfo(name)
    info.size, info.mtime = size, created
    return info.tobuf(tarfile.PAX_FORMAT)


def padding(size: int) -> bytes:
    """Return what follows a member's content."""
    return bytes(-size % BLOCK)


def read_manifest(name: str, content: bytes) -> ArchiveManifest:
    """Check what an export says of itself.

    Args:
        name: Of the export, for the errors.
        content: Of its first member.

    Raises:
        ImportFailed: It is not an export, is of a newer version, or names what cannot be.
    """
    try:
        value = json.loads(content)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict) or value.get("format") != FORMAT:
        raise ImportFailed(name, "it is not an export of TabAgent")
    version = value.get("version")
    if isinstance(version, int) and version > VERSION:
        raise ImportFailed(
            name, f"a newer TabAgent made it (format {version}, this one reads {VERSION}); update TabAgent first"
        )
    settings, models, created = value.get("settings"), value.get("models"), value.get("created")
    if version != VERSION or not isinstance(settings, dict) or not isinstance(models, list):
        raise ImportFailed(name, f"its {MANIFEST} has not the form of version {VERSION}")
    try:
        # JSON has no numbers that are none: the page could not read them.
        json.dumps(settings, allow_nan=False)
    except ValueError:
        raise ImportFailed(name, "its settings are not JSON") from None
    found = tuple(_model(name, model) for model in models)
    _refuse_twice(name, [model.model_id for model in found])
    return ArchiveManifest(created=str(created), settings=cast(JsonObject, settings), models=found)


def _model(name: str, value: JsonValue) -> ArchivedModel:
    fields = value if isinstance(value, dict) else {}
    model_id, task, commit = fields.get("modelId"), fields.get("task"), fields.get("commit")
    files = fields.get("files")
    if not isinstance(model_id, str) or not is_model_id(model_id):
        raise ImportFailed(name, f"{_short(model_id)} is not a model's id")
    if not isinstance(task, str) or len(task) > _LONGEST_TASK or not isinstance(files, list):
        raise ImportFailed(name, f"its list for {model_id} has not the form of version {VERSION}")
    if not isinstance(commit, str) or not is_revision(commit):
        raise ImportFailed(name, f"{_short(commit)} is not a commit of {model_id}")
    found = tuple(_file(name, model_id, item) for item in files)
    _refuse_twice(name, [f"{item.file.path} of {model_id}" for item in found])
    return ArchivedModel(model_id=model_id, task=task, commit=commit, files=found)


def _file(name: str, model_id: str, value: JsonValue) -> ArchivedFile:
    fields = value if isinstance(value, dict) else {}
    path, size = fields.get("path"), fields.get("size")
    digest, revision = fields.get("digest"), fields.get("revision")
    if not isinstance(path, str) or not is_inner_path(path):
        raise ImportFailed(name, f"{_short(path)} is not a path inside of {model_id}")
    if not isinstance(size, int) or isinstance(size, bool) or not 0 <= size < _LARGEST_FILE:
        raise ImportFailed(name, f"{_short(size)} is not the size of {path} ({model_id})")
    if not isinstance(digest, str) or not _DIGEST.fullmatch(digest):
        raise ImportFailed(name, f"{_short(digest)} is not a digest of {path} ({model_id})")
    if not isinstance(revision, str) or not is_revision(revision):
        raise ImportFailed(name, f"{_short(revision)} is not a commit of {path} ({model_id})")
    return ArchivedFile(file=ModelFile(path=path, size=size, digest=digest), revision=revision)


def _refuse_twice(name: str, things: list[str]) -> None:
    seen: set[str] = set()
    for thing in things:
        if thing in seen:
            raise ImportFailed(name, f"{thing} is listed twice")
        seen.add(thing)


def _short(value: object) -> str:
    return repr(value)[:100]


class GivenContent:
    """The content of a file that the person gave, read once from its start to its end.

    Args:
        response: Its body is the content.
        name: Of the file, for the errors.
    """

    def __init__(self, response: HttpResponse, name: str) -> None:
        self._response, self._name = response, name

    async def take(self, size: int) -> ByteBuffer:
        """Return the next bytes.

        Raises:
            ImportFailed: There are not so many, or the browser cannot read them.
        """
        data = await self._read(size)
        if data is None or data.size < size:
            raise ImportFailed(self._name, "it ends too early; it was not copied whole")
        return data

    async def skip(self, size: int) -> None:
        """Read past bytes, a chunk at a time.

        Raises:
            ImportFailed: As for `take`.
        """
        while size > 0:
            size -= (await self.take(min(size, CHUNK_BYTES))).size

    async def ended(self) -> bool:
        """Tell whether there is nothing more; a byte is lost when there is."""
        return await self._read(1) is None

    async def _read(self, size: int) -> ByteBuffer | None:
        try:
            return await self._response.read(size)
        except (ConnectionLost, Offline) as error:
            raise ImportFailed(self._name, "the browser could not read it to its end; choose it again") from error


@dataclass(frozen=True, slots=True)
class Member:
    """A regular file in an archive."""

    name: str
    size: int


class ArchiveReader:
    """Reads the members of an archive in their order.

    Args:
        content: Of the archive.
        name: Of the archive, for the errors.
    """

    def __init__(self, content: GivenContent, name: str) -> None:
        self._content, self._name = content, name
        self._size = self._position = 0

    async def next_member(self) -> Member | None:
        """Return the next regular file, or None at the archive's end; what was not read of the last one is skipped.

        Raises:
            ImportFailed: It is no archive, is damaged or cut off, or has links or devices in it.
        """
        await self._content.skip(self._size - self._position + len(padding(self._size)))
        self._size = self._position = 0
        extended: Mapping[str, str] = {}
        while (info := await self._header()) is not None:
            if info.type in (b"x", b"g"):
                records = await self._extended(info.size)
                extended = records if info.type == b"x" else extended
                continue
            name = extended.get("path", info.name)
            size = self._number(extended["size"]) if "size" in extended else info.size
            extended = {}
            # `isreg` would take sparse files in, whose content is not what lies there.
            is_file = info.type in (b"0", b"\0")
            if not is_file and not info.isdir():
                raise ImportFailed(self._name, f"{_short(name)} in it is neither a file nor a folder")
            if size < 0 or size >= _LARGEST_FILE or (info.isdir() and size):
                raise ImportFailed(self._name, f"{_short(name)} in it has an impossible size")
            if is_file:
                self._size = size
                return Member(name, size)
        return None

    async def read(self, offset: int, length: int) -> ByteBuffer:
        """Return bytes of the current member; only forwards.

        Raises:
            ImportFailed: The archive is cut off there.
        """
        if offset < self._position or offset + length > self._size:
            raise ValueError(f"bytes {offset} to {offset + length} of a member at {self._position} of {self._size}")
        await self._content.skip(offset - self._position)
        data = await self._content.take(length)
        self._position = offset + length
        return data

    async def _header(self) -> TarInfo | None:
        """Return the next header, or None where the end is marked."""
        import tarfile

        block = (await self._content.take(BLOCK)).to_bytes()
        if not any(block):
            return None
        try:
            return tarfile.TarInfo.frombuf(block, "utf-8", "surrogateescape")
        except tarfile.TarError as error:
            raise ImportFailed(self._name, "it is not an export of TabAgent, or is damaged") from error

    async def _extended(self, size: int) -> Mapping[str, str]:
        """Read the records of an extended header (POSIX pax): `length key=value` and a line feed each."""
        if not 0 <= size <= _LARGEST_HEADER:
            raise ImportFailed(self._name, "a header in it is too large")
        data = (await self._content.take(size)).to_bytes() if size else b""
        await self._content.skip(len(padding(size)))
        records: dict[str, str] = {}
        while data:
            digits = data[: max(0, data.find(b" "))].decode("ascii", "replace")
            length = self._number(digits)
            key, separator, value = data[len(digits) + 1 : length - 1].partition(b"=")
            if length > len(data) or data[length - 1 : length] != b"\n" or not separator:
                raise ImportFailed(self._name, "a header in it is damaged")
            records[key.decode("utf-8", "replace")] = value.decode("utf-8", "surrogateescape")
            data = data[length:]
        return records

    def _number(self, digits: str) -> int:
        if not re.fullmatch(r"[1-9]\d{0,18}|0", digits, re.ASCII):
            raise ImportFailed(self._name, "a header in it is damaged")
        return int(digits)
