"""Functions of `chrome`, called through the service worker: workers have no `chrome` of their own.

The adapters of tabs, windows and the like share it; nothing outside of this package sees it.
"""

from __future__ import annotations

import json
from typing import cast

from tabagent.adapters.browser.host import JsHost
from tabagent.errors import JsonValue


class ChromeRefused(Exception):
    """Chrome did not do what it was asked for; the text is its own, for the adapter that translates it."""


class Chrome:
    """Calls functions of `chrome`.

    Args:
        js_host: What `runtime.js` gave.
    """

    def __init__(self, js_host: JsHost) -> None:
        self._js_host = js_host

    async def call(self, name: str, *arguments: JsonValue) -> JsonValue:
        """Return what a function answers.

        Args:
            name: With its path, as `tabs.query`; `extension/chrome_calls.js` lists those that may be called.
            arguments: Plain JSON.

        Raises:
            ChromeRefused: It failed, or may not be called.
        """
        answer = json.loads(await self._js_host.callChrome(name, json.dumps(arguments)))
        if "value" not in answer:
            raise ChromeRefused(str(answer.get("refused")))
        return cast(JsonValue, answer["value"])
