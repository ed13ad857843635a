"""`BrowserState` on `chrome.storage`."""

from __future__ import annotations

from typing import Literal, cast

from tabagent.adapters.browser.chrome import Chrome, ChromeRefused
from tabagent.errors import JsonObject, JsonValue
from tabagent.store_errors import StorageError


class ChromeBrowserState:
    """One area of `chrome.storage`.

    Args:
        chrome: Calls its functions.
        area: `local` stays, `session` ends with the browser.
    """

    def __init__(self, chrome: Chrome, area: Literal["local", "session"] = "local") -> None:
        self._chrome, self._area = chrome, area

    async def get(self, *names: str) -> JsonObject:
        """Return values."""
        return cast(JsonObject, await self._call("get", [*names]))

    async def set(self, values: JsonObject) -> None:
        """Keep values."""
        await self._call("set", values)

    async def remove(self, *names: str) -> None:
        """Forget values."""
        await self._call("remove", [*names])

    async def _call(self, method: str, argument: JsonValue) -> JsonValue:
        try:
            return await self._chrome.call(f"storage.{self._area}.{method}", argument)
        except ChromeRefused as error:
            raise StorageError(f"The browser did not keep or give a value: {error}.", action=method) from error
