"""`Holdings` on stores of an IndexedDB database that others open, and that may not exist."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import js
from pyodide.ffi import JsException

from tabagent.adapters.browser.ffi import settled
from tabagent.adapters.browser.indexed_db import change_stored, read_stored
from tabagent.adapters.browser.storage_space import storage_refusal


class BrowserHoldings:
    """All records of some stores.

    Args:
        database: Its name; no version of it is made here.
        stores: Names of stores; those that it has not are empty.
    """

    def __init__(self, database: str, stores: Sequence[str]) -> None:
        self._database, self._stores = database, stores

    async def measure(self) -> tuple[int, int]:
        """Return how many there are, and the characters of their JSON with the bytes of their files."""
        js_database, stores = await self._opened()
        if js_database is None:
            return 0, 0
        count = size = 0
        try:
            for store in stores:
                js_records = await read_stored(js_database, store, "getAll")
                count += js_records.length
                if js_records.length:
                    size += len(js.JSON.stringify(js_records)) + sum(map(_file_size, js_records))
        finally:
            js_database.close()
        return count, size

    async def clear(self) -> None:
        """Delete all, in one transaction."""
        js_database, stores = await self._opened()
        if js_database is None:
            return

        def work(js_transaction: Any) -> None:
            for store in stores:
                js_transaction.objectStore(store).clear()

        try:
            await change_stored(js_database, stores, work)
        finally:
            js_database.close()

    async def _opened(self) -> tuple[Any, list[str]]:
        """Return the database and those of the stores that it has; None where there is nothing."""
        js_databases = await js.indexedDB.databases()
        if all(js_database.name != self._database for js_database in js_databases):
            return None, []
        js_request = js.indexedDB.open(self._database)
        try:
            await settled(js_request, "success", ["error"])
        except (JsException, RuntimeError) as error:
            raise await storage_refusal("open", error) from error
        js_database = js_request.result
        stores = [store for store in self._stores if js_database.objectStoreNames.contains(store)]
        if not stores:
            js_database.close()
            return None, []
        return js_database, stores


def _file_size(js_record: Any) -> int:
    """Return the bytes of an attachment's file, which JSON leaves out."""
    js_data = getattr(js_record, "data", None)
    return int(getattr(js_data, "size", 0)) if js_data is not None else 0
