"""Reads one page: in a tab that is there, or in a tab behind that is always closed again."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from urllib.parse import urldefrag

from tabagent.attachment_errors import PageAccessNeeded, PageNotReadable, PageTimedOut
from tabagent.attachments.service import read_body
from tabagent.errors import Offline
from tabagent.page_messages import ScrapeStage, ScrapeWhat
from tabagent.pages.addresses import askable_origin, names_pdf, origin_of, unreadable
from tabagent.pages.content import PageContent, is_pdf, page_of, selection_of
from tabagent.ports.buffers import ByteBuffer
from tabagent.ports.fetcher import Fetcher
from tabagent.ports.tabs import PageReader, PageScript, Tab, Tabs
from tabagent.store_errors import ConnectionLost

LOAD_SECONDS = 30.0
LOOK_EVERY_SECONDS = 0.25
# Each loads a whole page; the person may have chosen dozens of tabs.
MAX_BEHIND = 3
_PDF_TYPE = "application/pdf"

Tell = Callable[[ScrapeStage, str], None]


@dataclass(frozen=True, slots=True)
class Selection:
    """A part of a page that the person selected."""

    title: str
    url: str
    text: str


@dataclass(frozen=True, slots=True)
class PdfFile:
    """A PDF that a tab shows."""

    name: str
    url: str
    data: ByteBuffer


Found = PageContent | Selection | PdfFile


class Reading:
    """Reads pages.

    Args:
        tabs: Finds, opens and closes.
        pages: Runs the scripts.
        fetcher: Fetches PDFs.
        sleep: Waits so many seconds.
        now: Monotonic seconds.
    """

    def __init__(
        self,
        tabs: Tabs,
        pages: PageReader,
        fetcher: Fetcher,
        sleep: Callable[[float], Awaitable[None]],
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._tabs, self._pages, self._fetcher, self._sleep, self._now = tabs, pages, fetcher, sleep, now
        self._room_behind = asyncio.Semaphore(MAX_BEHIND)
        # Ids of the tabs behind that are this thread's; the lock is held until the id of a new one is among them.
        self._own: set[int] = set()
        self._opening = asyncio.Lock()

    async def of_tab(self, tab: Tab, what: ScrapeWhat, tell: Tell, frame_id: int | None = None) -> Found:
        """Read what a tab shows.

        Raises:
            PageNotReadable: The browser lets no extension read it, or there is no text.
            PageAccessNeeded: The person has not let the extension read it.
            AttachmentTooLarge: It is a PDF that is too large.
        """
        tell(ScrapeStage.FOUND, tab.url)
        _refuse(tab)
        tell(ScrapeStage.ASKED, tab.url)
        if what is ScrapeWhat.SELECTION:
            return await self._selection(tab, tell, frame_id)
        frames = await self._pages.run(tab, PageScript.READ, frame_id)
        tell(ScrapeStage.READ, tab.url)
        if is_pdf(frames):
            return await self._pdf(tab.url or page_of(frames, "").url, tab.title)
        page = page_of(frames, tab.url)
        if not page.text:
            raise PageNotReadable(page.url, "there is no text on it", "Wait until it shows some, then try again.")
        return page

    async def of_address(self, url: str, tell: Tell) -> Found:
        """Read a page in a tab that is not shown, and close the tab, whatever happens.

        Raises:
            PageAccessNeeded: Pages of this origin may not be read, or it leads to one that may not.
            PageTimedOut: It did not load in time.
            PageNotReadable, AttachmentTooLarge: As for `of_tab`.
        """
        origin = origin_of(url)
        if not await self._pages.may_read(origin):
            raise PageAccessNeeded(url, askable_origin(url))
        # An address that ends so is a PDF nearly always, and a tab behind would download it.
        if names_pdf(url):
            tell(ScrapeStage.ASKED, url)
            return await self._pdf(url, "")
        async with self._room_behind:
            async with self._opening:
                opened = await self._tabs.open_behind(url)
                self._own.add(opened.id)
            try:
                return await self.of_tab(await self._loaded(opened, url), ScrapeWhat.PAGE, tell)
            finally:
                await self._tabs.close(opened.id)
                self._own.discard(opened.id)

    async def close_left_tabs(self) -> None:
        """Close the tabs behind that a thread left open when it ended; requests may have opened others by now."""
        async with self._opening:
            left = [tab_id for tab_id in await self._tabs.opened_behind() if tab_id not in self._own]
        for tab_id in left:
            await self._tabs.close(tab_id)

    async def _loaded(self, opened: Tab, url: str) -> Tab:
        begun = self._now()
        while self._now() - begun < LOAD_SECONDS:
            tab = await self._tabs.get(opened.id)
            if tab is None:
                raise PageNotReadable(url, "its tab was closed")
            if tab.complete and tab.url != "about:blank":
                return tab
            await self._sleep(LOOK_EVERY_SECONDS)
        raise PageTimedOut(url, LOAD_SECONDS)

    async def _selection(self, tab: Tab, tell: Tell, frame_id: int | None) -> Selection:
        frames = await self._pages.run(tab, PageScript.SELECTION, frame_id)
        tell(ScrapeStage.READ, tab.url)
        text = selection_of(frames)
        page = page_of(frames, tab.url)
        if not text:
            raise PageNotReadable(page.url, "nothing is selected on it", "Select some text there, then try again.")
        return Selection(page.title, page.url, text)

    async def _pdf(self, url: str, title: str) -> PdfFile:
        origin = origin_of(url)
        if not origin:
            raise PageNotReadable(url, "the file lies on this computer", "Attach the file itself.")
        plain = urldefrag(url).url
        name = plain.partition("?")[0].rpartition("/")[2] or title or plain
        try:
            response = await self._fetcher.get(plain)
            if response.status != 200:
                await response.close()
                raise PageNotReadable(
                    url, f"its server answered {response.status}", "Save the file, then attach it from the disk."
                )
            kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
            if kind == "text/html":
                await response.close()
                raise PageNotReadable(url, "its server gives a page in place of the PDF", "Open it in a tab first.")
            return PdfFile(name, url, await read_body(response, name))
        except (Offline, ConnectionLost) as error:
            if not await self._pages.may_read(origin):
                raise PageAccessNeeded(url, askable_origin(url)) from error
            raise PageNotReadable(url, "its server does not answer", "Check the network connection.") from error


def _refuse(tab: Tab) -> None:
    if refused := unreadable(tab.url):
        raise refused
    if tab.discarded:
        raise PageNotReadable(
            tab.url, "the browser has unloaded the tab to save memory", "Open the tab, then try again."
        )
