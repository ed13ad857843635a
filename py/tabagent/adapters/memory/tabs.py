"""`Tabs` and `PageReader` in memory: tabs with pages whose scripts find what was put there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from tabagent.attachment_errors import PageAccessNeeded, PageNotReadable
from tabagent.errors import JsonObject
from tabagent.pages.addresses import askable_origin, origin_of, unreadable
from tabagent.ports.tabs import PageScript, Tab


class MemoryTabs:
    """A browser with tabs.

    Attributes:
        tabs: By their ids.
        behind: Ids of the tabs that were opened behind and not closed.
        frames: What scripts find, by address and script; a frame's place in the list is its id.
        granted: Origins that may be read.
        loads: Whether pages behind ever load.
        closed: Ids of the tabs that were closed, in order.
    """

    def __init__(self) -> None:
        self.tabs: dict[int, Tab] = {}
        self.behind: list[int] = []
        self.frames: dict[tuple[str, PageScript], list[JsonObject]] = {}
        self.granted: set[str] = set()
        self.loads = True
        self.closed: list[int] = []
        self._next = 10

    def show(self, url: str, *, title: str = "", window_id: int = 1) -> Tab:
        """Open a tab and show it, as the person does."""
        for each in self.tabs.values():
            if each.window_id == window_id:
                self.tabs[each.id] = replace(each, active=False)
        return self._add(Tab(id=self._new_id(), window_id=window_id, url=url, title=title, active=True))

    async def active(self, window_id: int | None) -> Tab | None:
        """Return the tab that a window shows."""
        return next(
            (tab for tab in self.tabs.values() if tab.active and tab.window_id == (window_id or tab.window_id)), None
        )

    async def all(self) -> tuple[Tab, ...]:
        """Return every tab."""
        return tuple(self.tabs.values())

    async def get(self, tab_id: int) -> Tab | None:
        """Return a tab, or None."""
        return self.tabs.get(tab_id)

    async def open_behind(self, url: str) -> Tab:
        """Add a tab that is not shown."""
        tab = self._add(Tab(id=self._new_id(), window_id=1, url=url, complete=self.loads))
        self.behind.append(tab.id)
        return tab

    async def close(self, tab_id: int) -> None:
        """Remove a tab."""
        if self.tabs.pop(tab_id, None) is not None:
            self.closed.append(tab_id)
        self.behind = [each for each in self.behind if each != tab_id]

    async def opened_behind(self) -> tuple[int, ...]:
        """Return what is behind."""
        return tuple(self.behind)

    async def run(self, tab: Tab, script: PageScript, frame_id: int | None = None) -> Sequence[JsonObject]:
        """Return what was put there."""
        if refused := unreadable(tab.url):
            raise refused
        if origin_of(tab.url) not in self.granted:
            raise PageAccessNeeded(tab.url, askable_origin(tab.url))
        found = self.frames.get((tab.url, script), [])
        if not found:
            raise PageNotReadable(tab.url, "its content could not be read")
        return found if frame_id is None else [found[frame_id]]

    async def may_read(self, origin: str) -> bool:
        """Tell whether an origin was granted."""
        return origin in self.granted

    def _new_id(self) -> int:
        self._next += 1
        return self._next

    def _add(self, tab: Tab) -> Tab:
        self.tabs[tab.id] = tab
        return tab
