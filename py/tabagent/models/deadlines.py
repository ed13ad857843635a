"""Limits on how long the engine may be silent, kept by the supervisor: a thread that hangs cannot watch itself."""

from __future__ import annotations

import json

from tabagent.engine_errors import TimedOut
from tabagent.ports.host import RuntimeHost


class Deadlines:
    """At most one at a time.

    Args:
        host: Ends the thread when one has passed.
    """

    def __init__(self, host: RuntimeHost) -> None:
        self._host = host

    def expect(self, model_id: str, device: str, phase: str, seconds: float) -> None:
        """Let the thread end unless this or `off` is called again within `seconds`."""
        self._host.expect_within(seconds, json.dumps([model_id, device, phase, seconds]))

    def off(self) -> None:
        """Expect nothing any more."""
        self._host.at_ease()


def overdue_error(text: str) -> TimedOut | None:
    """Return the error of the deadline that ended the thread before this one; None for an empty text: none did."""
    if not text:
        return None
    model_id, device, phase, seconds = json.loads(text)
    return TimedOut(model_id, device, phase, seconds)
