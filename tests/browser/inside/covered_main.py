"""Entry of the runtime's thread: the real background, with its lines counted; ask for them with a message `lines`."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from tests.browser.inside.lines import LineMonitor

LINES = "lines"


async def start(js_host: Any) -> Callable[[int, str, str, str, str], None]:
    """Start the background under the monitor."""
    monitor = LineMonitor()
    monitor.start()
    from tabagent import main

    on_message = await main.start(js_host)

    def receive(number: int, text: str, extension_id: str, url: str, tab_url: str) -> None:
        if text == json.dumps(LINES):
            js_host.reply(number, json.dumps(monitor.report()))
        else:
            on_message(number, text, extension_id, url, tab_url)

    return receive
