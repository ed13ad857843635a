"""`PdfReader` over files that hold their pages as JSON behind the mark of a PDF."""

from __future__ import annotations

import json
from collections.abc import Sequence

from tabagent.ports.buffers import ByteBuffer
from tabagent.ports.pdf_reader import PdfItem, PdfRefused

MARK = b"%PDF-memory "


def memory_pdf(title: str, pages: Sequence[Sequence[str] | None], *, locked: bool = False) -> bytes:
    """Return a file; each page is its lines, or None for a damaged one."""
    return MARK + json.dumps({"title": title, "pages": pages, "locked": locked}).encode()


class MemoryPdfDocument:
    """An open file."""

    def __init__(self, title: str, pages: Sequence[Sequence[str] | None]) -> None:
        self.title, self._pages, self.closed = title, pages, False

    @property
    def page_count(self) -> int:
        """Number of pages."""
        return len(self._pages)

    async def page(self, number: int) -> Sequence[PdfItem]:
        """Return a run for each line, 14 points apart."""
        lines = self._pages[number - 1]
        if lines is None:
            raise PdfRefused("the page is damaged")
        return [
            PdfItem(text=line, x=72.0, y=720.0 - 14.0 * index, height=12.0, width=6.0 * len(line), ends_line=True)
            for index, line in enumerate(lines)
        ]

    async def close(self) -> None:
        """Note that it was given back."""
        self.closed = True


class MemoryPdfReader:
    """Opens such files.

    Attributes:
        opened: All documents.
    """

    def __init__(self) -> None:
        self.opened: list[MemoryPdfDocument] = []

    async def open(self, data: ByteBuffer) -> MemoryPdfDocument:
        """Return the document."""
        content = data.to_bytes()
        try:
            held = json.loads(content.removeprefix(MARK))
        except ValueError as error:
            raise PdfRefused("Invalid PDF structure") from error
        if held["locked"]:
            raise PdfRefused("No password given", locked=True)
        document = MemoryPdfDocument(held["title"], held["pages"])
        self.opened.append(document)
        return document
