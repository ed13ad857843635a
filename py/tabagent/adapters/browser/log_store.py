"""`LogStore` on IndexedDB, in the database and the store that the original has for logs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import js

from tabagent.adapters.browser.ffi import js_json, plain_json
from tabagent.adapters.browser.indexed_db import change_stored, open_upgraded, read_stored
from tabagent.log_messages import LogEntry

DATABASE = STORE = "TabAgentLogs"
VERSION = 1
INDEXES = ("timestamp", "level")


class IndexedDbLogStore:
    """Records of the store `TabAgentLogs`; the database is opened when it is needed first.

    Args:
        name: Of the database.
    """

    def __init__(self, name: str = DATABASE) -> None:
        self._name = name
        self._js_database: Any = None

    async def ids(self) -> list[str]:
        """Return all ids in order."""
        js_keys = await read_stored(await self._database(), STORE, "getAllKeys")
        return [str(key) for key in js_keys.to_py()]

    async def read(self, first: str, last: str) -> list[LogEntry]:
        """Return the entries from one id to another."""
        if first > last:
            return []
        js_records = await read_stored(await self._database(), STORE, "getAll", js.IDBKeyRange.bound(first, last))
        found = []
        for record in plain_json(js_records):
            try:
                found.append(LogEntry.from_record(record))
            except (KeyError, ValueError):
                continue
        return found

    async def change(self, put: Sequence[LogEntry], delete: Sequence[str]) -> None:
        """Write entries and delete others in one transaction."""
        # As text: one crossing for a batch, and null stays null.
        js_records = js.JSON.parse(json.dumps([entry.to_record() for entry in put]))

        def work(js_transaction: Any) -> None:
            js_store = js_transaction.objectStore(STORE)
            for key in delete:
                js_store.delete(key)
            for js_record in js_records:
                js_store.put(js_record)

        await change_stored(await self._database(), [STORE], work)

    async def _database(self) -> Any:
        if self._js_database is None:
            self._js_database = await open_upgraded(self._name, VERSION, _upgrade)
        return self._js_database


def _upgrade(js_database: Any, js_transaction: Any, old_version: int) -> None:
    if js_database.objectStoreNames.contains(STORE):
        return
    js_store = js_database.createObjectStore(STORE, js_json({"keyPath": "id"}))
    for name in INDEXES:
        js_store.createIndex(name, name, js_json({"unique": False}))
