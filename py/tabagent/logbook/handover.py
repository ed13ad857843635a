"""Entries that were not written down go to the next thread, together with the baton."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import cast

from tabagent.errors import JsonObject, JsonValue
from tabagent.models.host_layer import HostLayer
from tabagent.ports.host import RuntimeHost

KEY = "logs"


class LogHandover(HostLayer):
    """A `RuntimeHost` that keeps unwritten entries over a restart.

    Args:
        host: Keeps the baton, which is a JSON object or empty.
        unwritten: Tells the entries' records.
    """

    def __init__(self, host: RuntimeHost, unwritten: Callable[[], list[JsonValue]]) -> None:
        super().__init__(host)
        self._unwritten = unwritten
        self._baton: JsonObject = {"manager": "", "downloads": []}

    def retain(self, baton: str) -> None:
        """Keep `baton` for the next thread."""
        self._baton = json.loads(baton)
        self._host.retain(baton)

    def restart(self, reason: str) -> None:
        """Add the entries, then end this thread."""
        self._host.retain(json.dumps(self._baton | {KEY: self._unwritten()}))
        self._host.restart(reason)


def handed_over(baton: str) -> list[JsonObject]:
    """Return the records that the thread before left in its baton."""
    return cast("list[JsonObject]", json.loads(baton).get(KEY, [])) if baton else []
