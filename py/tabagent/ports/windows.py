"""Tabs and windows of the browser that show the panel."""

from __future__ import annotations

from typing import Protocol

from tabagent.window_messages import PanelTab


class Windows(Protocol):
    """Opens and finds pages of this extension. Every method raises `StorageError` when the browser refuses."""

    async def panels(self) -> list[PanelTab]:
        """Return the panels that are open in tabs, whatever window they are in; the side panel is none of them."""

    async def open_tab(self, query: str) -> PanelTab:
        """Open a panel with this query in a new tab of the window that was used last."""

    async def open_window(self, query: str, width: int, height: int) -> PanelTab:
        """Open a panel with this query in a small window; the size is in pixels of the screen's scale."""

    async def focus(self, panel: PanelTab) -> bool:
        """Bring a panel to the front; False when it is gone."""

    async def browser_window(self) -> int | None:
        """Return the id of an ordinary window, whose side panel can be opened; None when there is none."""
