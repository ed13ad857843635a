"""The panel in a tab or in a window of its own.

Which ones are open is asked of the browser each time and written down nowhere, so a window that was closed, however it
was, is gone from the answers as well.
"""

from __future__ import annotations

import asyncio
from urllib.parse import parse_qs, urlencode, urlsplit

from tabagent import window_codec
from tabagent.errors import JsonObject, JsonValue
from tabagent.events import RuntimeMessageTypes
from tabagent.ports.windows import Windows
from tabagent.router import EventRouter
from tabagent.window_messages import DetachSidePanel, GetDetachedState, PanelPlace, PanelTab

# As wide as a comfortable side panel, and high enough for an answer and the question.
WIDTH, HEIGHT = 480, 720
# Of the panel's address, which its page reads as well.
PLACE, CHAT = "detached", "chat"


class Detaching:
    """Answers DETACH_SIDE_PANEL and GET_DETACHED_STATE.

    Args:
        windows: Of the browser.
    """

    def __init__(self, windows: Windows) -> None:
        self._windows = windows
        # A page that was just opened is not among the browser's pages yet.
        self._opened: dict[PanelPlace, PanelTab] = {}
        self._lock = asyncio.Lock()

    async def detach(self, request: DetachSidePanel) -> JsonObject:
        """Open the panel in a tab or a window, or bring the one to the front that is there already.

        Returns:
            `tabId`, `windowId`, `place`, and whether it was `opened` just now.
        """
        async with self._lock:
            for panel in await self._there(request.place):
                if await self._windows.focus(panel):
                    return _told(panel, request.place) | {"opened": False}
            query = urlencode({PLACE: str(request.place)} | ({CHAT: request.chat_id} if request.chat_id else {}))
            if request.place is PanelPlace.TAB:
                panel = await self._windows.open_tab(query)
            else:
                panel = await self._windows.open_window(query, WIDTH, HEIGHT)
            self._opened[request.place] = panel
            return _told(panel, request.place) | {"opened": True}

    async def state(self, request: GetDetachedState) -> JsonObject:
        """Answer with the panels in tabs and windows.

        Returns:
            `detached`, each with `tabId`, `windowId`, `place` and `chatId`; `browserWindowId`, where the side panel can
            be opened, or null.
        """
        found: list[JsonValue] = [
            _told(panel, place)
            for panel in await self._windows.panels()
            if (place := _place(panel)) is not None and request.tab_id in (None, panel.tab_id)
        ]
        return {"detached": found, "browserWindowId": await self._windows.browser_window()}

    async def _there(self, place: PanelPlace) -> list[PanelTab]:
        found = [panel for panel in await self._windows.panels() if _place(panel) is place]
        return found or ([self._opened[place]] if place in self._opened else [])


def register_windows(router: EventRouter, detaching: Detaching) -> None:
    """Give every request about panels in tabs and windows its handler."""
    router.on(RuntimeMessageTypes.DETACH_SIDE_PANEL, window_codec.decode_detach, detaching.detach)
    router.on(RuntimeMessageTypes.GET_DETACHED_STATE, window_codec.decode_detached_state, detaching.state)


def _query(panel: PanelTab, name: str) -> str:
    return parse_qs(urlsplit(panel.url).query).get(name, [""])[0]


def _place(panel: PanelTab) -> PanelPlace | None:
    found = _query(panel, PLACE)
    return PanelPlace(found) if found in list(PanelPlace) else None


def _told(panel: PanelTab, place: PanelPlace) -> JsonObject:
    chat = _query(panel, CHAT) or None
    return {"tabId": panel.tab_id, "windowId": panel.window_id, "place": str(place), "chatId": chat}
