"""Forgets attachments that no question got."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from tabagent.ports.attachment_store import AttachmentStore
from tabagent.store_errors import StorageError

logger = logging.getLogger(__name__)

CallLater = Callable[[float, Callable[[], None]], object]

# A draft with its attachments may wait for so long; what no question got by then is forgotten.
KEPT_MS = 7 * 24 * 60 * 60 * 1000
# How often is looked after it while the background stays up.
LOOK_SECONDS = 60 * 60


class UnsentAttachments:
    """Attachments that belong to no question.

    Args:
        store: Where they are kept.
        now: Seconds since 1970.
        call_later: Runs a function after so many seconds.
        open_pages: Returns how many pages listen.
    """

    def __init__(
        self,
        store: AttachmentStore,
        now: Callable[[], float],
        call_later: CallLater,
        open_pages: Callable[[], Awaitable[int]],
    ) -> None:
        self._store, self._now = store, now
        self._call_later, self._open_pages = call_later, open_pages
        self._looking: asyncio.Task[None] | None = None

    async def watch(self) -> None:
        """Forget what is too old, now and every hour from now on."""
        try:
            await self.purge()
        finally:
            self._look_later()

    async def purge(self) -> int:
        """Forget what was attached to no question for a week; return how many that were."""
        orphans = await self._store.orphans(int(self._now() * 1000) - KEPT_MS)
        if orphans:
            await self._store.delete([orphan.id for orphan in orphans])
        return len(orphans)

    def _look_later(self) -> None:
        self._call_later(LOOK_SECONDS, self._look_now)

    def _look_now(self) -> None:
        self._looking = asyncio.ensure_future(self._look())

    async def _look(self) -> None:
        try:
            # A panel may have stood open for longer than that and show them still, in the question that is being
            # written; the next start goes by their age alone.
            if not await self._open_pages():
                await self.purge()
        except StorageError as error:
            logger.warning("attachments that nobody sent stay for now (%s)", error.code)
        finally:
            self._look_later()
