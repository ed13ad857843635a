"""Notices that nobody uses the model."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from tabagent.parameters import ResourceSettings

CallLater = Callable[[float, Callable[[], None]], object]

# A setting that was changed, or a panel that was closed, is noticed this soon.
LOOK_EVERY_SECONDS = 30.0


class Idleness:
    """Gives the model back when it has not been used for as long as the settings allow.

    Args:
        resources: Returns the settings as they are now.
        open_pages: Returns how many pages listen: while there are any, the longer time counts.
        call_later: Runs a function after so many seconds (`asyncio.AbstractEventLoop.call_later`).
        give_back: Called once when the time is over.
    """

    def __init__(
        self,
        *,
        resources: Callable[[], Awaitable[ResourceSettings]],
        open_pages: Callable[[], Awaitable[int]],
        call_later: CallLater,
        give_back: Callable[[], None],
    ) -> None:
        self._resources, self._open_pages = resources, open_pages
        self._call_later, self._give_back = call_later, give_back
        self._watch: asyncio.Task[None] | None = None

    def begin(self) -> None:
        """Say that the model has just been used, and is not any more."""
        self.end()
        self._watch = asyncio.ensure_future(self._look())

    def end(self) -> None:
        """Say that the model is in use, or gone."""
        if self._watch is not None:
            self._watch.cancel()
            self._watch = None

    async def _look(self) -> None:
        rested = 0.0
        while not (limit := await self._limit()) or rested < limit:
            pause = min(LOOK_EVERY_SECONDS, limit - rested) if limit else LOOK_EVERY_SECONDS
            await self._pass(pause)
            rested += pause
        self._watch = None
        self._give_back()

    async def _limit(self) -> float:
        """Return the seconds after which the model is given back as things are now; 0 for never."""
        settings = await self._resources()
        minutes = settings.idle_minutes_open if await self._open_pages() else settings.idle_minutes
        return minutes * 60

    async def _pass(self, seconds: float) -> None:
        over = asyncio.Event()
        self._call_later(seconds, over.set)
        await over.wait()
