"""Pages in tabs that are there, and in tabs behind that are always closed."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from tabagent.adapters.memory.fetcher import Answer
from tabagent.adapters.memory.tabs import MemoryTabs
from tabagent.attachment_errors import PageAccessNeeded, PageNotReadable, PageTimedOut
from tabagent.page_messages import ScrapeStage, ScrapeWhat
from tabagent.pages.content import PageContent
from tabagent.pages.reading import LOAD_SECONDS, MAX_BEHIND, PdfFile, Reading, Selection
from tabagent.ports.tabs import PageScript, Tab
from tests.unit.pages.page_desk import ARTICLE, ORIGIN, URL, PageDesk

PDF = "https://example.org/report.pdf"


@pytest.fixture
def desk() -> PageDesk:
    return PageDesk()


def nobody(stage: ScrapeStage, url: str) -> None:
    """Hear nothing."""


async def test_the_page_of_a_tab_is_read_in_three_stages(desk: PageDesk) -> None:
    told: list[tuple[ScrapeStage, str]] = []
    page = await desk.reading.of_tab(desk.page(), ScrapeWhat.PAGE, lambda *stage: told.append(stage))

    assert isinstance(page, PageContent)
    assert page.title == "Winter wheat"
    assert told == [(stage, URL) for stage in (ScrapeStage.FOUND, ScrapeStage.ASKED, ScrapeStage.READ)]


async def test_a_selection_is_read_of_its_frame(desk: PageDesk) -> None:
    tab = desk.page()
    desk.browser.frames[URL, PageScript.SELECTION] = [{"title": "Winter wheat", "text": ""}, {"text": "marked"}]

    assert await desk.reading.of_tab(tab, ScrapeWhat.SELECTION, nobody) == Selection("Winter wheat", URL, "marked")
    with pytest.raises(PageNotReadable, match="nothing is selected"):
        await desk.reading.of_tab(tab, ScrapeWhat.SELECTION, nobody, 0)


async def test_pages_without_text_and_tabs_without_pages_say_why(desk: PageDesk) -> None:
    tab = desk.page(found={"text": " "})

    with pytest.raises(PageNotReadable, match="no text"):
        await desk.reading.of_tab(tab, ScrapeWhat.PAGE, nobody)
    with pytest.raises(PageNotReadable, match="unloaded"):
        await desk.reading.of_tab(replace(tab, discarded=True), ScrapeWhat.PAGE, nobody)
    with pytest.raises(PageNotReadable, match="own pages"):
        await desk.reading.of_tab(replace(tab, url="chrome://flags"), ScrapeWhat.PAGE, nobody)


async def test_an_address_is_read_in_a_tab_behind_that_is_closed(desk: PageDesk) -> None:
    desk.write()
    desk.browser.granted.add(ORIGIN)
    page = await desk.reading.of_address(URL, nobody)

    assert isinstance(page, PageContent)
    assert await desk.browser.all() == ()
    assert len(desk.browser.closed) == 1


async def test_only_a_few_tabs_are_behind_at_once(desk: PageDesk) -> None:
    desk.browser.granted.add(ORIGIN)
    desk.browser.loads = False
    urls = [f"{ORIGIN}/{number}" for number in range(2 * MAX_BEHIND + 1)]
    reading = asyncio.gather(*(desk.reading.of_address(url, nobody) for url in urls), return_exceptions=True)
    open_at_once = {0}
    while not reading.done():
        open_at_once.add(len(desk.browser.behind))
        await asyncio.sleep(0)

    assert [type(outcome) for outcome in await reading] == [PageTimedOut] * len(urls)
    assert max(open_at_once) == MAX_BEHIND
    assert desk.browser.behind == []


async def test_an_address_that_was_not_granted_opens_nothing(desk: PageDesk) -> None:
    with pytest.raises(PageAccessNeeded):
        await desk.reading.of_address(URL, nobody)
    assert desk.browser.closed == []


async def test_a_page_that_never_loads_is_given_up_and_its_tab_closed(desk: PageDesk) -> None:
    desk.browser.granted.add(ORIGIN)
    desk.browser.loads = False
    begun = desk.seconds

    with pytest.raises(PageTimedOut):
        await desk.reading.of_address(URL, nobody)
    assert desk.seconds - begun >= LOAD_SECONDS
    assert desk.browser.behind == []


async def test_a_tab_behind_that_somebody_closes_ends_the_reading(desk: PageDesk) -> None:
    desk.browser.granted.add(ORIGIN)
    desk.browser.loads = False
    reading = asyncio.ensure_future(desk.reading.of_address(URL, nobody))
    for _ in range(10):
        await asyncio.sleep(0)
    await desk.browser.close(desk.browser.behind[0])

    with pytest.raises(PageNotReadable, match="its tab was closed"):
        await reading


async def test_a_pdf_is_fetched_and_not_opened(desk: PageDesk) -> None:
    desk.browser.granted.add(ORIGIN)
    desk.answers[PDF] = Answer(body=b"%PDF-1.4", headers={"content-type": "application/pdf"})
    found = await desk.reading.of_address(f"{PDF}#page=2", nobody)

    assert isinstance(found, PdfFile)
    assert (found.name, found.data.to_bytes()) == ("report.pdf", b"%PDF-1.4")
    assert desk.browser.closed == []


async def test_the_pdf_of_a_tab_is_fetched(desk: PageDesk) -> None:
    desk.answers[URL] = Answer(body=b"%PDF-1.4")
    found = await desk.reading.of_tab(desk.page(found={"pdf": True}), ScrapeWhat.PAGE, nobody)

    assert isinstance(found, PdfFile)
    assert found.name == "wheat"


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (Answer(status=403, body=b"no"), "answered 403"),
        (Answer(body=b"<html>", headers={"content-type": "text/html; charset=utf-8"}), "a page in place of the PDF"),
        (None, "does not answer"),
    ],
)
async def test_a_pdf_that_does_not_come_says_why(desk: PageDesk, answer: Answer | None, words: str) -> None:
    desk.browser.granted.add(ORIGIN)
    if answer is not None:
        desk.answers[PDF] = answer

    with pytest.raises(PageNotReadable, match=words):
        await desk.reading.of_address(PDF, nobody)


async def test_the_pdf_of_a_tab_that_may_not_be_fetched_asks_for_the_origin(desk: PageDesk) -> None:
    tab = desk.page(found={"pdf": True})
    reading = desk.reading.of_tab(tab, ScrapeWhat.PAGE, lambda *_: desk.browser.granted.clear())
    desk.browser.frames[tab.url, PageScript.READ] = [{"pdf": True}]

    with pytest.raises(PageAccessNeeded):
        await reading


async def test_tabs_that_an_earlier_thread_left_are_closed(desk: PageDesk) -> None:
    left = await desk.browser.open_behind(URL)
    await desk.reading.close_left_tabs()

    assert desk.browser.closed == [left.id]


class SlowTabs(MemoryTabs):
    """Says that a tab is open a while after it is."""

    async def open_behind(self, url: str) -> Tab:
        tab = await super().open_behind(url)
        for _ in range(5):
            await asyncio.sleep(0)
        return tab


@pytest.mark.parametrize("ticks", [1, 3, 20])
async def test_tabs_of_requests_that_came_before_the_work_after_a_start_stay_open(desk: PageDesk, ticks: int) -> None:
    tabs = SlowTabs()
    tabs.granted.add(ORIGIN)
    tabs.frames[URL, PageScript.READ] = [ARTICLE]
    left = await tabs.open_behind("https://example.org/left")
    reader = Reading(tabs, tabs, desk.fetcher, desk.sleep, lambda: desk.seconds)
    tabs.loads = False
    reading = asyncio.ensure_future(reader.of_address(URL, nobody))
    for _ in range(ticks):
        await asyncio.sleep(0)
    await reader.close_left_tabs()
    assert tabs.closed == [left.id]
    for tab in await tabs.all():
        tabs.tabs[tab.id] = replace(tab, complete=True)

    assert isinstance(await reading, PageContent)
