"""`Windows` on `chrome.tabs` and `chrome.windows`."""

from __future__ import annotations

from typing import Any

from tabagent.adapters.browser.chrome import Chrome, ChromeRefused
from tabagent.errors import JsonValue
from tabagent.store_errors import StorageError
from tabagent.window_messages import PanelTab


class ChromeWindows:
    """The browser's tabs and windows.

    Args:
        chrome: Calls its functions.
        extension_id: Of this extension.
    """

    def __init__(self, chrome: Chrome, extension_id: str) -> None:
        self._chrome = chrome
        self._page = f"chrome-extension://{extension_id}/sidepanel/index.html"

    async def panels(self) -> list[PanelTab]:
        """Return the panels in tabs; the browser tells an extension of its own pages without a permission."""
        contexts = await self._call("runtime.getContexts", {"contextTypes": ["TAB"]})
        found = [
            PanelTab(tab_id=context["tabId"], window_id=context["windowId"], url=context["documentUrl"])
            for context in contexts
            if str(context.get("documentUrl", "")).startswith(self._page)
        ]
        return sorted(found, key=lambda panel: panel.tab_id)

    async def open_tab(self, query: str) -> PanelTab:
        """Open a tab."""
        url = f"{self._page}?{query}"
        tab = await self._call("tabs.create", {"url": url})
        return PanelTab(tab_id=tab["id"], window_id=tab["windowId"], url=url)

    async def open_window(self, query: str, width: int, height: int) -> PanelTab:
        """Open a window without the browser's bars."""
        url = f"{self._page}?{query}"
        window = await self._call("windows.create", {"url": url, "type": "popup", "width": width, "height": height})
        return PanelTab(tab_id=window["tabs"][0]["id"], window_id=window["id"], url=url)

    async def focus(self, panel: PanelTab) -> bool:
        """Bring the tab to the front of its window, and the window to the front."""
        try:
            tab: Any = await self._chrome.call("tabs.update", panel.tab_id, {"active": True})
            await self._chrome.call("windows.update", tab["windowId"], {"focused": True})
        except ChromeRefused:
            # Chrome has one answer for tabs that are gone and for tabs that never were.
            return False
        return True

    async def browser_window(self) -> int | None:
        """Return the ordinary window that is in front, or any."""
        windows = await self._call("windows.getAll", {"windowTypes": ["normal"]})
        front = sorted(windows, key=lambda window: not window["focused"])
        return front[0]["id"] if front else None

    async def _call(self, name: str, argument: JsonValue) -> Any:
        try:
            return await self._chrome.call(name, argument)
        except ChromeRefused as error:
            raise StorageError(f"The browser refused to open or show a window: {error}.", action=name) from error
