"""Hashes of model files, remembered so that hundreds of megabytes are not read again at each start."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import tempfile
import threading
from dataclasses import asdict, dataclass
from pathlib import Path

# Smaller files are hashed in less time than looking them up is worth.
REMEMBERED_FROM_BYTES = 1 << 20
_BLOCK = 1 << 20


@dataclass(frozen=True, slots=True)
class FileHashes:
    """What the Hub says about a file's content.

    Attributes:
        size: bytes.
        sha256: of the content, hexadecimal; the Hub's `lfs.oid`.
        git_sha1: git's blob id of the content, hexadecimal; the Hub's `oid` of a file that is not in LFS.
    """

    size: int
    sha256: str
    git_sha1: str


class HashCache:
    """Hashes by path, valid while a file's size and modification time stay the same.

    Thread-safe. The cache file is an optimisation: when it cannot be read or written, files are hashed again.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self._lock = threading.Lock()
        self._known: dict[str, dict[str, object]] | None = None

    def of(self, path: Path) -> FileHashes:
        """Return the hashes of a file, reading it only when it has changed; `OSError` when it cannot be read."""
        status = path.stat()
        if status.st_size < REMEMBERED_FROM_BYTES:
            return hash_file(path)
        stamp = {"size": status.st_size, "mtime_ns": status.st_mtime_ns}
        with self._lock:
            if self._known is None:
                self._known = self._read()
            entry = self._known.get(str(path.resolve()))
            if entry is not None and all(entry.get(key) == value for key, value in stamp.items()):
                return FileHashes(status.st_size, str(entry["sha256"]), str(entry["git_sha1"]))
            hashes = hash_file(path)
            self._known[str(path.resolve())] = {**asdict(hashes), **stamp}
            self._write()
            return hashes

    def _read(self) -> dict[str, dict[str, object]]:
        try:
            known = json.loads(self._file.read_text())
        except (OSError, ValueError):
            return {}
        return known if isinstance(known, dict) else {}

    def _write(self) -> None:
        # Files of tests come and go; what is gone is forgotten.
        self._known = {path: entry for path, entry in (self._known or {}).items() if Path(path).exists()}
        with contextlib.suppress(OSError):
            self._file.parent.mkdir(parents=True, exist_ok=True)
            # Replaced in one step: another process may be reading it.
            descriptor, name = tempfile.mkstemp(dir=self._file.parent)
            with os.fdopen(descriptor, "w") as stream:
                json.dump(self._known, stream, indent=1)
            Path(name).replace(self._file)


def hash_file(path: Path) -> FileHashes:
    """Read a file once, in blocks, and return its hashes."""
    size = path.stat().st_size
    sha256 = hashlib.sha256()
    git_sha1 = _git_hash(size)
    with path.open("rb") as stream:
        while block := stream.read(_BLOCK):
            sha256.update(block)
            git_sha1.update(block)
    return FileHashes(size, sha256.hexdigest(), git_sha1.hexdigest())


def git_blob_id(content: bytes) -> str:
    """Return the id that git gives to a blob of this content, hexadecimal."""
    digest = _git_hash(len(content))
    digest.update(content)
    return digest.hexdigest()


def _git_hash(size: int) -> hashlib._Hash:
    """Begin git's id of a blob of `size` bytes; git's choice of SHA-1 names objects here, it protects nothing."""
    return hashlib.sha1(b"blob %d\0" % size, usedforsecurity=False)
