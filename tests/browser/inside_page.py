"""The page tests/inside.html of the test variant: the runtime's thread with another entry than tabagent.main."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from itertools import count
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tools.browser import ExtensionBrowser

Json = dict[str, Any]


class InsidePage:
    """A thread of its own in a page of its own.

    Args:
        browser: Chromium with the test variant.
        entry: The Python module to start.
    """

    def __init__(self, browser: ExtensionBrowser, entry: str) -> None:
        self._id = browser.extension_id
        self._numbers = count(1)
        self.page = browser.context.new_page()
        self.page.goto(f"chrome-extension://{self._id}/tests/inside.html?entry={entry}")

    def close(self) -> None:
        """End the thread with its page."""
        self.page.close()

    def broadcast(self, *, timeout_s: float = 120) -> Any:
        """Return the first thing that Python broadcast."""
        return self.wait(lambda: self.page.evaluate("() => inside.broadcasts[0]"), "a broadcast", timeout_s)

    def event(self, name: str, *, timeout_s: float = 90) -> Json:
        """Return the payload of the first event of a name."""

        def find() -> Json | None:
            batches: list[list[Json]] = self.page.evaluate("() => inside.broadcasts")
            found = (envelope for batch in batches for envelope in batch if envelope["type"] == name)
            return next(found, None)

        found: Json = self.wait(find, name, timeout_s)
        payload: Json = found["payload"]
        return payload

    def ask(self, name: str, payload: Json | None = None) -> Json:
        """Send a request as one of the extension's pages would and return the reply."""
        reply: Json = self.reply_to({"type": str(name), "requestId": "inside", "payload": payload or {}})
        return reply

    def reply_to(self, message: object) -> Any:
        """Send anything and return what came back."""
        number = next(self._numbers)
        url = f"chrome-extension://{self._id}/sidepanel/index.html"
        envelope = {
            "kind": "message",
            "number": number,
            "text": json.dumps(message),
            "sender": {"id": self._id, "url": url, "tabUrl": ""},
        }
        self.page.evaluate("(envelope) => worker.postMessage(envelope)", envelope)
        return self.wait(lambda: self.page.evaluate("(number) => inside.replies[number]", number), "a reply", 60)

    def wait(self, look: Callable[[], Any], what: str, timeout_s: float = 90) -> Any:
        """Look again and again until there is something; the thread's crash ends it at once."""
        limit = time.monotonic() + timeout_s
        while not (found := look()):
            crashed = self.page.evaluate("() => inside.crashed")
            assert not crashed, crashed
            if time.monotonic() > limit:
                raise TimeoutError(f"waited {timeout_s} s for {what}")
            self.page.wait_for_timeout(20)
        return found
