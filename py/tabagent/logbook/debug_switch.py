"""The switch that lets entries hold what people wrote; it never stays on for long."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from typing import Protocol

from tabagent.errors import JsonObject, JsonValue
from tabagent.model_messages import SaveSettings, SettingsScope
from tabagent.parameters import ResourceSettings
from tabagent.ports.browser_state import BrowserState
from tabagent.store_errors import StorageError

logger = logging.getLogger(__name__)

SETTING = "debug_content"
# When it was switched on, in milliseconds since 1970, and in which start of the background.
KEY = "tabagent_debug_content"
SECONDS = 24 * 60 * 60.0


class Settings(Protocol):
    """Where the switch is."""

    async def resources(self) -> ResourceSettings:
        """Return the settings of the machine."""

    async def save(self, request: SaveSettings) -> JsonObject:
        """Change settings."""


class DebugSwitch:
    """Follows the setting, and switches it off after a day and at the next start of the background.

    Args:
        settings: Hold it.
        kept: Remembers since when it is on, over restarts of the thread.
        session_id: This start of the background.
        now: Seconds since 1970.
        call_later: Runs a function after so many seconds.
        spawn: Runs a coroutine by itself.
    """

    def __init__(
        self,
        settings: Settings,
        kept: BrowserState,
        session_id: str,
        *,
        now: Callable[[], float],
        call_later: Callable[[float, Callable[[], None]], object],
        spawn: Callable[[Awaitable[None]], object],
    ) -> None:
        self._settings, self._kept, self._id = settings, kept, session_id
        self._now, self._call_later, self._spawn = now, call_later, spawn
        self._on = False

    @property
    def on(self) -> bool:
        """Whether entries may hold what people wrote."""
        return self._on

    def changed(self) -> None:
        """Look at the setting again, soon."""
        self._spawn(self.refresh())

    async def refresh(self) -> None:
        """Look at the setting: begin to count where it was just switched on, end it where its time is over."""
        try:
            if not (await self._settings.resources()).debug_content:
                if self._on:
                    await self._kept.remove(KEY)
                self._set(on=False)
                return
            left = await self._seconds_left()
            if left <= 0:
                await self.end()
                return
        except StorageError as error:
            self._set(on=False)
            logger.warning("the switch for content in the logs is taken for off: %s", error)
            return
        if not self._on:
            self._call_later(left, self.changed)
        self._set(on=True)

    async def begin(self, *, new_start: bool) -> None:
        """Take the setting over after a start of this thread; one of an earlier start of the background ends."""
        if new_start and (await self._settings.resources()).debug_content:
            await self.end()
        await self.refresh()

    async def end(self) -> None:
        """Switch the setting off."""
        self._set(on=False)
        values: dict[str, JsonValue] = {SETTING: None}
        await self._settings.save(
            SaveSettings(scope=SettingsScope.RESOURCES, model_id=None, dtype=None, values=values, reset=False)
        )
        await self._kept.remove(KEY)

    async def _seconds_left(self) -> float:
        """Return how long it may stay on; 0 or less when its time is over."""
        kept = (await self._kept.get(KEY)).get(KEY)
        if isinstance(kept, dict):
            if kept.get("session") != self._id:
                return 0.0
            return float(str(kept["since"])) / 1000 + SECONDS - self._now()
        await self._kept.set({KEY: {"since": int(self._now() * 1000), "session": self._id}})
        return SECONDS

    def _set(self, *, on: bool) -> None:
        if on is not self._on:
            self._on = on
            logger.info("what people write is %s the logs from now on", "in" if on else "not in")
