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

from tools.hub.contents import Content, Generated

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
    """Hashes by content, valid while its size and modification time stay the same.

    Thread-safe. The cache file is an optimisation: when it cannot be read or written, files are hashed again.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self._lock = threading.Lock()
        self._known: dict[str, dict[str, object]] | None = None

    def of(self, content: Content) -> FileHashes:
        """Return the hashes of a content, reading it only when it has changed; `OSError` when it cannot be read."""
        found = content.stamp()
        if found is None:
            raise FileNotFoundError(f"{content.key} is gone")
        size, changed = found
        if size < REMEMBERED_FROM_BYTES:
            return hash_content(content, size)
        stamp = {"size": size, "mtime_ns": changed}
        with self._lock:
            if self._known is None:
                self._known = self._read()
            entry = self._known.get(content.key)
            if entry is not None and all(entry.get(key) == value for key, value in stamp.items()):
                return FileHashes(size, str(entry["sha256"]), str(entry["git_sha1"]))
            hashes = hash_content(content, size)
            self._known[content.key] = {**asdict(hashes), **stamp}
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
        self._known = {
            key: entry
            for key, entry in (self._known or {}).items()
            if key.startswith(Generated.KEY_PREFIX) or Path(key).exists()
        }
        with contextlib.suppress(OSError):
            self._file.parent.mkdir(parents=True, exist_ok=True)
            # Replaced in one step: another process may be reading it.
            descriptor, name = tempfile.mkstemp(dir=self._file.parent)
            with os.fdopen(descriptor, "w") as stream:
                json.dump(self._known, stream, indent=1)
            Path(name).replace(self._file)


def hash_content(content: Content, size: int) -> FileHashes:
    """Read a content of `size` bytes once, in blocks, and return its hashes."""
    sha256 = hashlib.sha256()
    git_sha1 = _git_hash(size)
    with contextlib.closing(content.open(0)) as stream:
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
