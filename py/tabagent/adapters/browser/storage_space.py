"""`StorageSpace` on the browser's storage manager, and what its refusals mean."""

from __future__ import annotations

import js

from tabagent.adapters.browser.ffi import describe
from tabagent.adapters.browser.host import JsHost
from tabagent.specs import SpaceReport
from tabagent.store_errors import StorageError, StorageFull

QUOTA_EXCEEDED = "QuotaExceededError"


class BrowserStorageSpace:
    """What `navigator.storage` says.

    Args:
        js_host: Asks the document, which alone may ask for persistence.
    """

    def __init__(self, js_host: JsHost) -> None:
        self._js_host = js_host

    async def report(self) -> SpaceReport:
        """Return usage and quota."""
        return await _report()

    async def persist(self) -> bool:
        """Ask for persistence.

        The permission `unlimitedStorage` keeps the extension's storage out of what Chromium clears by itself, whatever
        the answer.
        """
        return bool(await self._js_host.askDocument("persist"))


async def storage_refusal(action: str, error: BaseException, needed: int = 0) -> StorageError:
    """Return the typed error of a refusal.

    Args:
        action: What was to be done, as an infinitive.
        error: What JavaScript threw.
        needed: Bytes that were to be stored.
    """
    cause = describe(error)
    if getattr(error, "name", "") == QUOTA_EXCEEDED:
        free = (await _report()).free
        # The estimate may be generous; the refusal is a fact.
        return StorageFull(needed, free if free < needed else 0)
    return StorageError(
        f"The browser's storage refused to {action}: {cause}. Free some disk space and try again.",
        action=action,
        cause=cause,
    )


async def _report() -> SpaceReport:
    js_estimate = await js.navigator.storage.estimate()
    return SpaceReport(
        usage=int(js_estimate.usage),
        quota=int(js_estimate.quota),
        persisted=bool(await js.navigator.storage.persisted()),
    )
