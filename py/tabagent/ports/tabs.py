"""The browser's tabs, and the pages in them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from tabagent.errors import JsonObject


@dataclass(frozen=True, slots=True, kw_only=True)
class Tab:
    """A tab of the browser.

    Attributes:
        url, title: Empty where the browser does not tell: the extension has no access to the page.
        active: It is the one that its window shows.
        complete: Its page has loaded.
        discarded: The browser has unloaded its page to save memory.
    """

    id: int
    window_id: int
    url: str = ""
    title: str = ""
    active: bool = False
    complete: bool = True
    discarded: bool = False


class PageScript(StrEnum):
    """What is run in a page; `extension/page` has one file for each."""

    READ = "read"
    SELECTION = "selection"


class Tabs(Protocol):
    """Finds, opens and closes tabs."""

    async def active(self, window_id: int | None) -> Tab | None:
        """Return the tab that a window shows, or the window that was used last when it is None; None without one."""

    async def all(self) -> tuple[Tab, ...]:
        """Return every tab, window by window."""

    async def get(self, tab_id: int) -> Tab | None:
        """Return a tab, or None when it is closed."""

    async def open_behind(self, url: str) -> Tab:
        """Open a tab that is not shown, and remember it as one that has to be closed.

        Raises:
            PageNotReadable: The browser does not open the address.
        """

    async def close(self, tab_id: int) -> None:
        """Close a tab and forget it; no-op when it is closed."""

    async def opened_behind(self) -> tuple[int, ...]:
        """Return the tabs of `open_behind` that were not closed, in whatever thread they were opened."""


class PageReader(Protocol):
    """Runs the packaged scripts that read pages."""

    async def run(self, tab: Tab, script: PageScript, frame_id: int | None = None) -> Sequence[JsonObject]:
        """Return what a script found in each frame that may be read, the main frame first.

        Args:
            tab: Where to run it.
            script: What to run.
            frame_id: The only frame to run it in; None for all.

        Raises:
            PageAccessNeeded: The person has not let the extension read this page.
            PageNotReadable: The browser lets no extension read it.
        """

    async def may_read(self, origin: str) -> bool:
        """Tell whether pages of an origin (`https://example.org`) may be read at any time."""
