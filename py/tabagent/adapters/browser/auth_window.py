"""`AuthWindow` on `chrome.identity.launchWebAuthFlow`, which the service worker calls."""

from __future__ import annotations

from tabagent.adapters.browser.chrome import Chrome, ChromeRefused
from tabagent.errors import JsonValue, Offline

# Pages may redirect by script after they have loaded; one that still shows something then waits for the person.
_PATIENCE_MS = 10_000
# Chrome has no codes for this; these are its words since 2013.
_UNREACHABLE = "could not be loaded"


class BrowserAuthWindow:
    """Opens pages that nobody sees.

    Args:
        chrome: Calls functions of `chrome`.
    """

    def __init__(self, chrome: Chrome) -> None:
        self._chrome = chrome

    async def open_quietly(self, url: str) -> str | None:
        """Return where the address leads to, or None."""
        details: dict[str, JsonValue] = {
            "url": url,
            "interactive": False,
            "abortOnLoadForNonInteractive": False,
            "timeoutMsForNonInteractive": _PATIENCE_MS,
        }
        try:
            address = await self._chrome.call("identity.launchWebAuthFlow", details)
        except ChromeRefused as error:
            if _UNREACHABLE in str(error):
                # Without the query, which names the account.
                raise Offline(url.partition("?")[0]) from error
            return None
        return address if isinstance(address, str) else None
