"""Digests of contents."""

from __future__ import annotations

from enum import StrEnum
from typing import Protocol

from tabagent.ports.buffers import ByteBuffer


class DigestKind(StrEnum):
    """How a whole file is digested; the part before the colon in `ModelFile.digest`."""

    SHA256 = "sha256"
    # SHA-1 over `blob {size}\0` and the content: git's name of a file.
    GIT = "git"


class ContentHash(Protocol):
    """Takes a file's bytes in, in order."""

    async def update(self, chunk: ByteBuffer) -> None:
        """Take the next bytes in; returns when the buffer is no longer needed."""

    async def digest(self) -> str:
        """Return `kind:hexadecimal digits` and end; nothing can be taken in after it."""

    def close(self) -> None:
        """Give up before the end; no-op after it."""


class Hasher(Protocol):
    """Computes digests."""

    async def prepare(self) -> None:
        """Load what is needed; the first call may take some milliseconds, later ones nothing."""

    def chunk_digest(self, chunk: ByteBuffer) -> str:
        """Return a digest by which damage to a stored chunk is noticed: fast, and no proof against an attacker.

        Only after `prepare`.
        """

    def content_hash(self, kind: DigestKind, size: int) -> ContentHash:
        """Begin the digest of a file of `size` bytes. Only after `prepare`."""
