"""Starts of the background, as the original names them: this one, and the one before."""

from __future__ import annotations

import logging

from tabagent.errors import JsonObject
from tabagent.ports.browser_state import BrowserState
from tabagent.store_errors import StorageError

logger = logging.getLogger(__name__)

CURRENT, PREVIOUS = "currentLogSessionId", "previousLogSessionId"


class LogSessions:
    """Knows the ids of both; threads of one offscreen document belong to one start.

    Args:
        session_id: Of this start.
        kept: Where the original keeps both.
    """

    def __init__(self, session_id: str, kept: BrowserState) -> None:
        self._id, self._kept = session_id, kept

    async def begin(self) -> bool:
        """Write this start down.

        Returns:
            Whether it is a new one; False after a restart of the thread, and when the browser refused.
        """
        try:
            before = (await self._kept.get(CURRENT)).get(CURRENT)
            if before == self._id:
                return False
            await self._kept.set({CURRENT: self._id, PREVIOUS: before})
        except StorageError as error:
            logger.warning("this start of the background could not be written down: %s", error)
            return False
        return True

    async def both(self) -> JsonObject:
        """Return `currentLogSessionId` and `previousLogSessionId`; null for none."""
        kept = await self._kept.get(PREVIOUS)
        return {CURRENT: self._id, PREVIOUS: kept.get(PREVIOUS)}
