"""A browser in memory with pages, and the services that read them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from itertools import count

from tabagent.adapters.memory.fetcher import MemoryFetcher
from tabagent.adapters.memory.pdf_reader import MemoryPdfReader
from tabagent.adapters.memory.tabs import MemoryTabs
from tabagent.adapters.memory.user_data import MemoryAttachmentStore, MemoryUserData
from tabagent.attachments.service import AttachmentService
from tabagent.errors import JsonObject
from tabagent.messages import Event
from tabagent.page_messages import ScrapeStageResult
from tabagent.pages.reading import Reading
from tabagent.pages.service import PageService
from tabagent.ports.tabs import PageScript, Tab

URL, ORIGIN = "https://example.org/wheat", "https://example.org"
ARTICLE: JsonObject = {"title": "Winter wheat", "text": "Wheat is sown in autumn. " * 20, "byline": "Ada", "total": 500}


class PageDesk:
    """Everything around pages; time passes when somebody waits."""

    def __init__(self) -> None:
        self.browser, self.seconds = MemoryTabs(), 1_000_000.0
        self.fetcher, self.pdfs = MemoryFetcher({}), MemoryPdfReader()
        self.answers = self.fetcher.answers
        self.store = MemoryAttachmentStore(MemoryUserData())
        numbers = count(1)
        self.new_id: Callable[[], str] = lambda: f"new-{next(numbers)}"
        self.attachments = AttachmentService(
            store=self.store,
            fetcher=self.fetcher,
            pdf_reader=self.pdfs,
            now=lambda: self.seconds,
            new_id=self.new_id,
        )
        self.events: list[Event] = []
        self.reading = Reading(self.browser, self.browser, self.fetcher, self.sleep, lambda: self.seconds)
        self.service = PageService(
            attachments=self.attachments,
            reading=self.reading,
            tabs=self.browser,
            publish=self.events.append,
            new_id=self.new_id,
        )

    async def sleep(self, seconds: float) -> None:
        self.seconds += seconds
        await asyncio.sleep(0)

    def page(self, url: str = URL, *, found: JsonObject | None = None, granted: bool = True) -> Tab:
        """Show a page in which the script finds something."""
        self.write(url, found)
        if granted:
            self.browser.granted.add(ORIGIN)
        return self.browser.show(url, title="Winter wheat")

    def write(self, url: str = URL, found: JsonObject | None = None) -> None:
        self.browser.frames[url, PageScript.READ] = [found if found is not None else ARTICLE]

    async def finished(self) -> ScrapeStageResult:
        """Wait for the last stage of the newest page."""
        for _ in range(2_000):
            results = [event for event in self.events if isinstance(event, ScrapeStageResult)]
            if results and (results[-1].attachment or results[-1].error):
                return results[-1]
            await asyncio.sleep(0)
        raise AssertionError("no page was finished")
