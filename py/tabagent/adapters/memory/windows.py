"""`Windows` in memory."""

from __future__ import annotations

from tabagent.window_messages import PanelTab

ADDRESS = "chrome-extension://memory/sidepanel/index.html"


class MemoryWindows:
    """A list of panels.

    Attributes:
        open: The panels.
        focused: Ids of the tabs that were brought to the front, in order.
        sizes: Of each small window, by its id.
        ordinary: Id of the ordinary window, or None.
    """

    def __init__(self) -> None:
        self.open: list[PanelTab] = []
        self.focused: list[int] = []
        self.sizes: dict[int, tuple[int, int]] = {}
        self.ordinary: int | None = 1
        self._next = 10

    async def panels(self) -> list[PanelTab]:
        """Return the panels."""
        return list(self.open)

    async def open_tab(self, query: str) -> PanelTab:
        """Add a panel to the ordinary window."""
        return self._add(query, self.ordinary or 1)

    async def open_window(self, query: str, width: int, height: int) -> PanelTab:
        """Add a panel in a window of its own."""
        self._next += 1
        self.sizes[self._next] = (width, height)
        return self._add(query, self._next)

    async def focus(self, panel: PanelTab) -> bool:
        """Note which panel came to the front."""
        if panel.tab_id not in (each.tab_id for each in self.open):
            return False
        self.focused.append(panel.tab_id)
        return True

    async def browser_window(self) -> int | None:
        """Return the ordinary window."""
        return self.ordinary

    def close(self, panel: PanelTab) -> None:
        """Close a panel, as the person does."""
        self.open.remove(panel)

    def _add(self, query: str, window_id: int) -> PanelTab:
        self._next += 1
        panel = PanelTab(tab_id=self._next, window_id=window_id, url=f"{ADDRESS}?{query}")
        self.open.append(panel)
        return panel
