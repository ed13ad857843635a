"""`StorageSpace` on the browser's storage manager, and what its refusals mean."""

from __future__ import annotations

import js

from tabagent.adapters.browser.ffi import describe
from tabagent.errors import StorageError, StorageFull
from tabagent.specs import SpaceReport

QUOTA_EXCEEDED = "QuotaExceededError"


class BrowserStorageSpace:
    """What `navigator.storage` says."""

    async def report(self) -> SpaceReport:
        """Return usage and quota."""
        js_estimate = await js.navigator.storage.estimate()
        return SpaceReport(
            usage=int(js_estimate.usage),
            quota=int(js_estimate.quota),
            persisted=bool(await js.navigator.storage.persisted()),
        )

    async def persist(self) -> bool:
        """Return whether the storage is persistent.

        Workers cannot ask for it. The extension's permission `unlimitedStorage` keeps its storage out of what Chromium
        clears by itself, whatever the answer.
        """
        return bool(await js.navigator.storage.persisted())


async def storage_refusal(action: str, error: BaseException, needed: int = 0) -> StorageError:
    """Return the typed error of a refusal.

    Args:
        action: What was to be done, as an infinitive.
        error: What JavaScript threw.
        needed: Bytes that were to be stored.
    """
    cause = describe(error)
    if getattr(error, "name", "") == QUOTA_EXCEEDED:
        free = (await BrowserStorageSpace().report()).free
        # The estimate may be generous; the refusal is a fact.
        return StorageFull(needed, free if free < needed else 0)
    return StorageError(
        f"The browser's storage refused to {action}: {cause}. Free some disk space and try again.",
        action=action,
        cause=cause,
    )
