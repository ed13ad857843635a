"""DevTools sessions of the parts of an extension that Playwright has no object for.

They go through Chromium's browser-wide session with messages in messages: the newer, flat form is Playwright's own.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from playwright.sync_api import CDPSession

# What DevTools calls those parts.
OFFSCREEN, SERVICE_WORKER, WORKER = "background_page", "service_worker", "worker"


@dataclass(frozen=True, slots=True)
class ConsoleLine:
    """Something that a part of the extension printed, or an exception that nobody caught there.

    Attributes:
        source: the page's or script's address.
        level: as DevTools names it: log, info, warning, error, …; `exception` for uncaught ones.
        text: what it says.
    """

    source: str
    level: str
    text: str


@dataclass(slots=True)
class TargetSession:
    """A DevTools session of one part of the extension, for example of the offscreen document.

    Attributes:
        target_id: DevTools' id of it.
        url: its address; empty for the runtime thread.
    """

    target_id: str
    url: str
    _browser_session: CDPSession
    _session_id: str
    _replies: dict[int, dict[str, Any]] = field(default_factory=dict)
    _ids: Iterator[int] = field(default_factory=lambda: count(1))

    def send(self, method: str, params: dict[str, Any] | None = None, *, timeout_s: float = 30.0) -> dict[str, Any]:
        """Call a DevTools method and return its result.

        Raises:
            RuntimeError: DevTools refused it.
            TimeoutError: no reply came in time.
        """
        number = self.post(method, params)
        limit = time.monotonic() + timeout_s
        while number not in self._replies:
            if time.monotonic() > limit:
                raise TimeoutError(f"{method} got no reply from {self.url or 'the runtime thread'} in {timeout_s} s")
            # Playwright handles events only during a call, so an idle one lets the reply arrive.
            self._browser_session.send("Browser.getVersion")
            time.sleep(0.005)
        reply = self._replies.pop(number)
        if "error" in reply:
            raise RuntimeError(f"{method}: {reply['error'].get('message', reply['error'])}")
        result: dict[str, Any] = reply["result"]
        return result

    def evaluate(self, expression: str, *, timeout_s: float = 30.0) -> Any:
        """Evaluate JavaScript there, wait for its promise, and return the value as JSON has it.

        DevTools is above the content security policy: test that from the extension's own scripts.

        Raises:
            RuntimeError: the script threw; the text is the exception's.
            TimeoutError: it took longer than `timeout_s`.
        """
        params = {"expression": expression, "returnByValue": True, "awaitPromise": True, "userGesture": True}
        result = self.send("Runtime.evaluate", params, timeout_s=timeout_s)
        if "exceptionDetails" in result:
            raise RuntimeError(_exception_text(result["exceptionDetails"]))
        return result["result"].get("value")

    def listen(self, kind: str) -> None:
        """Let the target tell what its console says; `kind` is DevTools' name of what it is."""
        self.post("Runtime.enable")
        self.post("Log.enable")
        if kind == OFFSCREEN:
            # Chromium answers nobody on behalf of a dedicated worker before its owner's session asks for it.
            options = {"autoAttach": True, "waitForDebuggerOnStart": False, "flatten": False}
            self.post("Target.setAutoAttach", options)

    def post(self, method: str, params: dict[str, Any] | None = None) -> int:
        """Call a DevTools method without waiting; returns the call's number."""
        number = next(self._ids)
        message = json.dumps({"id": number, "method": method, "params": params or {}})
        self._browser_session.send("Target.sendMessageToTarget", {"sessionId": self._session_id, "message": message})
        return number

    def receive(self, message: dict[str, Any]) -> ConsoleLine | None:
        """Take a message from the target; returns a line when it was one of its console. For the browser."""
        if "id" in message:
            self._replies[message["id"]] = message
            return None
        source, params = self.url or "runtime thread", message.get("params", {})
        if message["method"] == "Runtime.consoleAPICalled":
            words = (str(part.get("value", part.get("description", part["type"]))) for part in params["args"])
            return ConsoleLine(source, params["type"], " ".join(words))
        if message["method"] == "Runtime.exceptionThrown":
            return ConsoleLine(source, "exception", _exception_text(params["exceptionDetails"]))
        # A document repeats what its workers print; they have sessions of their own.
        if message["method"] == "Log.entryAdded" and params["entry"]["source"] != "worker":
            return ConsoleLine(source, params["entry"]["level"], params["entry"]["text"])
        return None


def _exception_text(details: dict[str, Any]) -> str:
    thrown = details.get("exception", {})
    return str(thrown.get("description") or thrown.get("value") or details.get("text", "an unknown exception"))
