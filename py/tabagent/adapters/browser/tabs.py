"""`Tabs` and `PageReader` on `chrome.tabs` and `chrome.scripting`."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from tabagent.adapters.browser.chrome import Chrome, ChromeRefused
from tabagent.attachment_errors import PageNotReadable
from tabagent.errors import JsonObject
from tabagent.pages.addresses import refusal
from tabagent.pages.codec import decode_tab
from tabagent.ports.tabs import PageScript, Tab

# One key of the browser's memory for each tab, so that two that are opened at once do not lose one another.
BEHIND = "tabBehind:"
FILES = {PageScript.READ: "page/read.js", PageScript.SELECTION: "page/selection.js"}


class ChromeTabs:
    """The browser's tabs.

    Args:
        chrome: Calls its functions.
    """

    def __init__(self, chrome: Chrome) -> None:
        self._chrome = chrome

    async def active(self, window_id: int | None) -> Tab | None:
        """Return the tab that a window shows."""
        where: JsonObject = {"lastFocusedWindow": True} if window_id is None else {"windowId": window_id}
        found = await self._query({"active": True, **where})
        return found[0] if found else None

    async def all(self) -> tuple[Tab, ...]:
        """Return every tab."""
        return await self._query({})

    async def get(self, tab_id: int) -> Tab | None:
        """Return a tab, or None."""
        try:
            return decode_tab(await self._chrome.call("tabs.get", tab_id))
        except ChromeRefused:
            # Chrome has one answer for tabs that are gone and for tabs that never were.
            return None

    async def open_behind(self, url: str) -> Tab:
        """Open a tab that is not shown."""
        try:
            tab = decode_tab(await self._chrome.call("tabs.create", {"url": url, "active": False}))
        except ChromeRefused as error:
            raise PageNotReadable(url, f"the browser does not open it ({error})") from error
        if tab is None:
            raise PageNotReadable(url, "the browser opened no tab for it")
        await self._chrome.call("storage.session.set", {f"{BEHIND}{tab.id}": True})
        return tab

    async def close(self, tab_id: int) -> None:
        """Close a tab and forget it."""
        # Refused where the person was faster.
        with suppress(ChromeRefused):
            await self._chrome.call("tabs.remove", tab_id)
        await self._chrome.call("storage.session.remove", [f"{BEHIND}{tab_id}"])

    async def opened_behind(self) -> tuple[int, ...]:
        """Return the tabs that the browser's memory has, which ends with the browser as the tabs' ids do."""
        kept: Any = await self._chrome.call("storage.session.get", None)
        return tuple(sorted(int(name.removeprefix(BEHIND)) for name in kept if name.startswith(BEHIND)))

    async def _query(self, query: JsonObject) -> tuple[Tab, ...]:
        try:
            tabs: Any = await self._chrome.call("tabs.query", query)
        except ChromeRefused:
            # The window is gone.
            return ()
        return tuple(tab for tab in map(decode_tab, tabs) if tab is not None)


class ChromePages:
    """Runs packaged scripts in pages, in the world of the extension that pages cannot touch.

    Args:
        chrome: Calls its functions.
    """

    def __init__(self, chrome: Chrome) -> None:
        self._chrome = chrome

    async def run(self, tab: Tab, script: PageScript, frame_id: int | None = None) -> Sequence[JsonObject]:
        """Return what a script found in each frame."""
        target: JsonObject = {"tabId": tab.id}
        target |= {"allFrames": True} if frame_id is None else {"frameIds": [frame_id]}
        try:
            answers: Any = await self._chrome.call(
                "scripting.executeScript", {"target": target, "files": [FILES[script]]}
            )
        except ChromeRefused as error:
            raise refusal(tab.url, str(error)) from error
        found = [answer for answer in answers if isinstance(answer.get("result"), dict)]
        if not found:
            raise PageNotReadable(tab.url, "its content could not be read", "Reload it, then try again.")
        return [answer["result"] for answer in sorted(found, key=lambda answer: int(answer["frameId"]) != 0)]

    async def may_read(self, origin: str) -> bool:
        """Ask the browser for the permission of an origin."""
        return await self._chrome.call("permissions.contains", {"origins": [f"{origin}/*"]}) is True
