"""Bytes that Python holds by reference without copying them into its own memory."""

from __future__ import annotations

from typing import Protocol


class ByteBuffer(Protocol):
    """A block of bytes that may live outside Python (an `ArrayBuffer`)."""

    @property
    def size(self) -> int:
        """Number of bytes."""

    def to_bytes(self) -> bytes:
        """Copy the bytes into Python; for small files and tests, never for weights."""

    def release(self) -> None:
        """Give the memory back for the next buffer; nothing may use this one any more.

        A download runs through gigabytes of buffers, faster than a garbage collector looks at them.
        """
