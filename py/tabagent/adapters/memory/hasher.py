"""`Hasher` on the standard library."""

from __future__ import annotations

import hashlib

from tabagent.ports.buffers import ByteBuffer
from tabagent.ports.hasher import ContentHash, DigestKind


class MemoryContentHash:
    """A digest of hashlib's.

    Args:
        size: Bytes of the file.
    """

    def __init__(self, kind: DigestKind, size: int) -> None:
        self._kind = kind
        # The kind of git's digest is given by git; nothing is protected by it.
        self._hash = hashlib.sha256() if kind == DigestKind.SHA256 else hashlib.sha1(usedforsecurity=False)
        if kind == DigestKind.GIT:
            self._hash.update(b"blob %d\0" % size)

    async def update(self, chunk: ByteBuffer) -> None:
        """Take the next bytes in."""
        self._hash.update(chunk.to_bytes())

    async def digest(self) -> str:
        """Return the digest with its kind before it."""
        return f"{self._kind}:{self._hash.hexdigest()}"

    def close(self) -> None:
        """Nothing is held."""


class MemoryHasher:
    """Digests in Python's own thread."""

    async def prepare(self) -> None:
        """Nothing has to be loaded."""

    def chunk_digest(self, chunk: ByteBuffer) -> str:
        """Return a short digest."""
        return hashlib.blake2b(chunk.to_bytes(), digest_size=8).hexdigest()

    def content_hash(self, kind: DigestKind, size: int) -> ContentHash:
        """Begin the digest of a file."""
        return MemoryContentHash(kind, size)
