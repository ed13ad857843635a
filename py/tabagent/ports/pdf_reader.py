"""Reading the text of PDF files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from tabagent.ports.buffers import ByteBuffer


class PdfRefused(Exception):
    """A file is no PDF that can be read.

    Args:
        cause: In the words of what reads it.
        locked: It needs a password.
    """

    def __init__(self, cause: str, *, locked: bool = False) -> None:
        super().__init__(cause)
        self.cause, self.locked = cause, locked


@dataclass(frozen=True, slots=True)
class PdfItem:
    """A run of text as a page draws it.

    Attributes:
        text: May be empty, for a blank or the end of a line.
        x, y: Where its baseline begins, in points from the lower left.
        height: Of its letters, in points; 0 where it has none.
        width: In points.
        ends_line: The next run stands on another line.
    """

    text: str
    x: float
    y: float
    height: float
    width: float
    ends_line: bool


class PdfDocument(Protocol):
    """An open PDF."""

    @property
    def page_count(self) -> int:
        """Number of pages."""

    @property
    def title(self) -> str:
        """Of its metadata; may be empty."""

    async def page(self, number: int) -> Sequence[PdfItem]:
        """Return the text of a page, counted from 1; empty where it has none.

        Raises:
            PdfRefused: The page is damaged.
        """

    async def close(self) -> None:
        """Give everything back; no-op when that was done."""


class PdfReader(Protocol):
    """Opens PDF files."""

    async def open(self, data: ByteBuffer) -> PdfDocument:
        """Return the document; the bytes may not be used any more.

        Raises:
            PdfRefused: It is damaged, or locked.
        """
