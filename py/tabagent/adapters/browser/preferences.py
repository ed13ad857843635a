"""`Preferences` on IndexedDB, in the store that the original has for them."""

from __future__ import annotations

import json
from typing import Any

import js

from tabagent.adapters.browser.ffi import plain_json
from tabagent.adapters.browser.indexed_db import SETTINGS, change_stored, read_stored
from tabagent.errors import JsonObject

KEY = "id"


class BrowserPreferences:
    """Records `{id, …}` of the store `inferenceSettings`, their values beside the name as in the original.

    Args:
        js_database: From `open_database`.
    """

    def __init__(self, js_database: Any) -> None:
        self._js_database = js_database

    async def read(self, name: str) -> JsonObject | None:
        """Return an object, or None."""
        js_record = await read_stored(self._js_database, SETTINGS, "get", name)
        if js_record is None:
            return None
        value: JsonObject = plain_json(js_record)
        value.pop(KEY, None)
        return value

    async def write(self, name: str, value: JsonObject | None) -> None:
        """Keep an object, or forget it."""

        def work(js_transaction: Any) -> None:
            js_store = js_transaction.objectStore(SETTINGS)
            if value is None:
                js_store.delete(name)
            else:
                # As text: null must stay null, and Python's None would become undefined.
                js_store.put(js.JSON.parse(json.dumps(value | {KEY: name})))

        await change_stored(self._js_database, [SETTINGS], work)
