"""Pages as attachments: takes requests and the browser's events, tells how far each is."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Any

from tabagent.attachment_errors import PageNotReadable
from tabagent.attachments.codec import encode_attachment
from tabagent.attachments.service import AttachmentService
from tabagent.chat_specs import Attachment, AttachmentKind
from tabagent.errors import JsonObject, JsonValue, TabAgentError, wire_error
from tabagent.events import RuntimeMessageTypes
from tabagent.messages import Event
from tabagent.page_messages import (
    AttachmentAdded,
    ChromeEvent,
    OfWindow,
    ScrapeRequest,
    ScrapeStage,
    ScrapeStageResult,
    ScrapeWhat,
)
from tabagent.pages import codec
from tabagent.pages.addresses import askable_origin, names_pdf, origin_of, shows, unreadable
from tabagent.pages.content import PageContent
from tabagent.pages.reading import Found, PdfFile, Reading, Selection
from tabagent.ports.tabs import Tab, Tabs
from tabagent.router import SERVICE_WORKER, EventRouter

logger = logging.getLogger(__name__)

MENU_CLICKED = "contextMenus.onClicked"
# Ids of the context menu's entries, as extension/service_worker.js has them.
MENU_SELECTION = "selection"
IN_TAB, BEHIND, AS_PDF = "contentScript", "tempTabExecuteScript", "pdf"
MAX_WAITING = 20
_NO_TAB = "no page is shown"


class PageService:
    """Reads pages into attachments.

    Args:
        attachments: Keeps what was read.
        reading: Reads.
        tabs: Finds the tab that is meant.
        publish: Tells how far a page is.
        new_id: Makes ids of attachments.
    """

    def __init__(
        self,
        *,
        attachments: AttachmentService,
        reading: Reading,
        tabs: Tabs,
        publish: Callable[[Event], None],
        new_id: Callable[[], str],
    ) -> None:
        self._attachments, self._reading, self._tabs = attachments, reading, tabs
        self._publish, self._new_id = publish, new_id
        self._running: set[asyncio.Task[None]] = set()
        # By window: what came by the context menu and no panel has taken yet, by the attachment's id.
        self._waiting: dict[int, dict[str, JsonObject]] = {}

    async def scrape(self, request: ScrapeRequest) -> JsonObject:
        """Begin to read a page; the outcome comes as events."""
        self._start(self._scrape(request))
        return {"attachmentId": request.attachment_id}

    async def list_tabs(self, request: OfWindow) -> JsonObject:
        """Return the tabs whose pages are known to the extension, those of the panel's window first."""
        tabs = await self._tabs.all()
        own = sorted(tabs, key=lambda tab: tab.window_id != request.window_id)
        listed: list[JsonValue] = [_described(tab) for tab in own if tab.url]
        return {"tabs": listed, "hidden": sum(not tab.url for tab in tabs)}

    async def take(self, request: OfWindow) -> JsonObject:
        """Hand out what came by the context menu for a window, once."""
        waiting = self._waiting.pop(request.window_id, {}) if request.window_id is not None else {}
        return {"attachments": list(waiting.values())}

    async def on_chrome_event(self, request: ChromeEvent) -> JsonObject:
        """Read what a click on the context menu means; other events need no answer here."""
        if request.event == MENU_CLICKED and len(request.arguments) == 2:
            info, tab = request.arguments[0], codec.decode_tab(request.arguments[1])
            if isinstance(info, dict) and tab is not None:
                self._menu_clicked(info, tab)
        return {}

    async def after_start(self) -> None:
        """Close tabs that an earlier thread left."""
        await self._reading.close_left_tabs()

    def _menu_clicked(self, info: JsonObject, tab: Tab) -> None:
        selected = info.get("menuItemId") == MENU_SELECTION
        what = ScrapeWhat.SELECTION if selected else ScrapeWhat.PAGE
        request = ScrapeRequest(attachment_id=self._new_id(), tab_id=tab.id, window_id=tab.window_id, what=what)
        kept = self._waiting.setdefault(tab.window_id, {})
        if len(kept) >= MAX_WAITING:
            del kept[next(iter(kept))]
        kept[request.attachment_id] = _being_read(request.attachment_id, tab)
        self._publish(AttachmentAdded(window_id=tab.window_id, attachment_id=request.attachment_id))
        frame = info.get("frameId")
        frame_id = frame if isinstance(frame, int) and selected else None
        text = info.get("selectionText")
        self._start(self._scrape(request, tab, frame_id, text if isinstance(text, str) and selected else ""))

    async def _scrape(
        self, request: ScrapeRequest, tab: Tab | None = None, frame_id: int | None = None, known_selection: str = ""
    ) -> None:
        method, address = IN_TAB if request.url is None else BEHIND, request.url or (tab.url if tab else "")

        def tell(stage: ScrapeStage, url: str) -> None:
            self._tell(request, ScrapeStageResult(**_ids(request), stage=stage, success=True, method=method, url=url))

        try:
            place = await self._place(request, tab)
            if isinstance(place, Tab):
                method, address = IN_TAB, place.url
                found = await self._in_tab(place, request.what, tell, frame_id, known_selection)
            else:
                method, address = AS_PDF if names_pdf(place) else BEHIND, place
                found = await self._reading.of_address(place, tell)
            attachment = await self._keep(request, found)
        except Exception as error:
            if not isinstance(error, TabAgentError):
                logger.exception("reading a page failed")
            self._tell(
                request,
                ScrapeStageResult(
                    **_ids(request),
                    stage=ScrapeStage.EXTRACTED,
                    success=False,
                    method=method,
                    url=address,
                    error=wire_error(error),
                ),
            )
            return
        self._tell(
            request,
            ScrapeStageResult(
                **_ids(request),
                stage=ScrapeStage.EXTRACTED,
                success=True,
                method=AS_PDF if isinstance(found, PdfFile) else method,
                url=attachment.url,
                length=attachment.characters,
                attachment=encode_attachment(attachment),
                page=found.metadata() if isinstance(found, PageContent) else None,
            ),
        )

    async def _place(self, request: ScrapeRequest, tab: Tab | None) -> Tab | str:
        """Return the tab that is read, or the address where none can be."""
        if request.url is not None:
            loaded = (each for each in await self._tabs.all() if each.complete and not each.discarded)
            return next((each for each in loaded if shows(each.url, request.url)), request.url)
        tab = tab or await self._tab(request)
        # No script runs in a tab that the browser has unloaded; its address says what it shows.
        unloaded = tab.discarded and request.what is ScrapeWhat.PAGE and origin_of(tab.url)
        return tab.url if unloaded else tab

    async def _in_tab(
        self,
        tab: Tab,
        what: ScrapeWhat,
        tell: Callable[[ScrapeStage, str], None],
        frame_id: int | None,
        known_selection: str,
    ) -> Found:
        try:
            return await self._reading.of_tab(tab, what, tell, frame_id)
        except TabAgentError:
            # The menu gives the text of a selection where no script may run.
            if not known_selection.strip():
                raise
            return Selection(tab.title, tab.url, known_selection)

    async def _tab(self, request: ScrapeRequest) -> Tab:
        if request.tab_id is not None:
            tab = await self._tabs.get(request.tab_id)
        else:
            tab = await self._tabs.active(request.window_id)
        if tab is None:
            raise _no_tab(request)
        return tab

    async def _keep(self, request: ScrapeRequest, found: Found) -> Attachment:
        if isinstance(found, PdfFile):
            return await self._attachments.add_file(
                name=found.name,
                mime_type="application/pdf",
                data=found.data,
                url=found.url,
                attachment_id=request.attachment_id,
            )
        if isinstance(found, Selection):
            name, text, note = f"Selection: {found.title}" if found.title else "Selection", found.text, ""
        else:
            name, text, note = found.title or origin_of(found.url) or "Page", found.for_model(), found.note()
        return await self._attachments.add_text(
            name=name,
            mime_type="text/markdown",
            text=text,
            kind=AttachmentKind.PAGE,
            url=found.url,
            attachment_id=request.attachment_id,
            note=note,
        )

    def _tell(self, request: ScrapeRequest, result: ScrapeStageResult) -> None:
        """Publish how far a page is, and write it down for a panel that is still to come."""
        waiting = self._waiting.get(request.window_id, {}) if request.window_id is not None else {}
        if request.attachment_id in waiting and result.stage is ScrapeStage.EXTRACTED:
            entry = waiting[request.attachment_id]
            waiting[request.attachment_id] = {**entry, **(result.attachment or {}), "error": result.error}
            waiting[request.attachment_id]["reading"] = False
        self._publish(result)

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._running.add(task)
        task.add_done_callback(self._running.discard)


def register_pages(router: EventRouter, service: PageService) -> None:
    """Give every request about pages its handler."""
    router.on(RuntimeMessageTypes.SCRAPE_REQUEST, codec.decode_scrape_request, service.scrape)
    router.on(RuntimeMessageTypes.LIST_TABS, codec.decode_of_window, service.list_tabs)
    router.on(RuntimeMessageTypes.TAKE_ATTACHMENTS, codec.decode_of_window, service.take)
    router.on(
        RuntimeMessageTypes.CHROME_EVENT, codec.decode_chrome_event, service.on_chrome_event, only_from=SERVICE_WORKER
    )


def _ids(request: ScrapeRequest) -> dict[str, Any]:
    return {
        "chat_id": request.chat_id,
        "message_id": request.message_id,
        "attachment_id": request.attachment_id,
    }


def _described(tab: Tab) -> JsonObject:
    refused = unreadable(tab.url)
    return {
        "tabId": tab.id,
        "windowId": tab.window_id,
        "title": tab.title,
        "url": tab.url,
        "active": tab.active,
        "origin": askable_origin(tab.url),
        "refused": refused.to_wire() if refused is not None else None,
    }


def _being_read(attachment_id: str, tab: Tab) -> JsonObject:
    """Return what a panel shows of an attachment that is not read yet."""
    return {
        "id": attachment_id,
        "name": tab.title or tab.url,
        "mimeType": "",
        "kind": str(AttachmentKind.PAGE),
        "size": 0,
        "characters": 0,
        "url": tab.url,
        "note": "",
        "noteSaid": None,
        "reading": True,
        "error": None,
    }


def _no_tab(request: ScrapeRequest) -> TabAgentError:
    reason = "its tab was closed" if request.tab_id is not None else _NO_TAB
    return PageNotReadable("", reason, "Open the page in a tab, then try again.")
