"""The contract of `PdfReader`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from tabagent.ports.buffers import ByteBuffer
from tabagent.ports.pdf_reader import PdfDocument, PdfReader, PdfRefused

PAGES = (("Winter wheat", "Costs by region"), ("The second page",))


@dataclass(frozen=True)
class World:
    """A reader, and the way to make a file of a title and the lines of its pages; `broken` is no PDF at all."""

    reader: PdfReader
    pdf: Callable[[str, Sequence[Sequence[str]]], ByteBuffer]
    broken: Callable[[], ByteBuffer]


async def _opened(world: World) -> PdfDocument:
    return await world.reader.open(world.pdf("A report", PAGES))


async def a_document_tells_its_pages_and_its_title(world: World) -> None:
    document = await _opened(world)

    assert (document.page_count, document.title) == (2, "A report")
    await document.close()


async def the_lines_of_a_page_stand_below_one_another(world: World) -> None:
    document = await _opened(world)
    items = [item for item in await document.page(1) if item.text.strip()]

    assert [item.text for item in items] == list(PAGES[0])
    assert items[0].y - items[1].y == 14
    assert (items[0].x, items[0].height) == (72, 12)
    assert items[0].width > 20
    assert [item.text for item in await document.page(2) if item.text] == list(PAGES[1])
    await document.close()


async def a_document_can_be_closed_twice(world: World) -> None:
    document = await _opened(world)
    await document.close()
    await document.close()


async def what_is_no_pdf_is_refused(world: World) -> None:
    refused = await _refused(world)

    assert refused.cause
    assert not refused.locked


async def _refused(world: World) -> PdfRefused:
    try:
        await world.reader.open(world.broken())
    except PdfRefused as refused:
        return refused
    raise AssertionError("it was opened")


Case = Callable[[World], Awaitable[None]]
CASES: tuple[Case, ...] = (
    a_document_tells_its_pages_and_its_title,
    the_lines_of_a_page_stand_below_one_another,
    a_document_can_be_closed_twice,
    what_is_no_pdf_is_refused,
)
