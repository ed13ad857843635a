"""`Vault` on IndexedDB and WebCrypto: texts under AES-GCM, with a key that no script can read.

The key lies in the same store as an object of the browser's, which encrypts and decrypts and gives its bytes to no
script. So nothing in the database reads as a token, and nothing that only reads it can decrypt it; who copies the whole
browser profile from the disk has the key as well.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import js
from pyodide.ffi import JsException, to_js

from tabagent.adapters.browser.ffi import js_json, js_object
from tabagent.adapters.browser.indexed_db import VAULT, change_stored, read_stored
from tabagent.store_errors import StorageError

logger = logging.getLogger(__name__)

KEY = "key"
# What AES-GCM is made for; two texts must never have the same one, and 96 random bits never are.
IV_BYTES = 12


class BrowserVault:
    """Texts in the store `vault`.

    Args:
        js_database: From `open_database`.
    """

    def __init__(self, js_database: Any) -> None:
        self._js_database = js_database
        self._js_key: Any = None
        self._making = asyncio.Lock()

    async def get(self, name: str) -> str | None:
        """Decrypt a text; None also for one that the key does not fit."""
        js_record = await read_stored(self._js_database, VAULT, "get", _place(name))
        if js_record is None:
            return None
        try:
            js_key = await self._key()
            js_text = await js.crypto.subtle.decrypt(_algorithm(name, js_record.iv), js_key, js_record.sealed)
        except JsException:
            # A damaged profile; nothing of it can be told, so the person is asked again.
            logger.warning("what was kept of %r cannot be read any more", name)
            return None
        return bytes(js_text.to_bytes()).decode()

    async def put(self, name: str, text: str) -> None:
        """Encrypt a text and keep it."""
        js_key = await self._key()
        js_iv = js.crypto.getRandomValues(js.Uint8Array.new(IV_BYTES))
        js_sealed = await js.crypto.subtle.encrypt(_algorithm(name, js_iv), js_key, to_js(text.encode()))
        js_record = js_object({"name": _place(name), "iv": js_iv, "sealed": js_sealed})
        await change_stored(self._js_database, [VAULT], lambda js_transaction: _store(js_transaction).put(js_record))

    async def delete(self, name: str) -> None:
        """Forget a text."""
        place = _place(name)
        await change_stored(self._js_database, [VAULT], lambda js_transaction: _store(js_transaction).delete(place))

    async def _key(self) -> Any:
        """Return the key, making it when there is none."""
        async with self._making:
            if self._js_key is None:
                self._js_key = await self._stored_key()
            if self._js_key is None:
                self._js_key = await self._made_key()
            return self._js_key

    async def _stored_key(self) -> Any:
        js_record = await read_stored(self._js_database, VAULT, "get", KEY)
        return None if js_record is None else js_record.key

    async def _made_key(self) -> Any:
        js_algorithm, js_uses = js_json({"name": "AES-GCM", "length": 256}), js_json(["encrypt", "decrypt"])
        js_key = await js.crypto.subtle.generateKey(js_algorithm, False, js_uses)
        js_record = js_object({"name": KEY, "key": js_key})
        try:
            # "add" and not "put": of two threads that begin together, one key counts.
            await change_stored(
                self._js_database, [VAULT], lambda js_transaction: _store(js_transaction).add(js_record)
            )
        except StorageError:
            js_key = await self._stored_key()
            if js_key is None:
                raise
        return js_key


def _place(name: str) -> str:
    return f"text {name}"


def _store(js_transaction: Any) -> Any:
    return js_transaction.objectStore(VAULT)


def _algorithm(name: str, js_iv: Any) -> Any:
    # The name is sealed in as well: a text that was moved under another one does not open.
    return js_object({"name": "AES-GCM", "iv": js_iv, "additionalData": to_js(name.encode())})
