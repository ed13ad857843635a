"""The database of what the person says and keeps, opened when it is first asked for.

Profiles come with version 2 of `TabAgentUserData`. Its stores, key paths and indexes stay as they are; what is missing
is created, and each later version is one step.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import js
from pyodide.ffi import create_once_callable

from tabagent.adapters.browser.ffi import js_json, plain_json
from tabagent.adapters.browser.indexed_db import open_upgraded
from tabagent.chats.records import linked
from tabagent.errors import JsonObject

DATABASE = "TabAgentUserData"
VERSION = 3
CHATS, MESSAGES, ATTACHMENTS = "TabAgentChats", "TabAgentMessages", "TabAgentAttachments"
# With their indexes; every key path is `id`.
STORES: dict[str, tuple[str, ...]] = {
    CHATS: ("chat_timestamp", "user_id"),
    MESSAGES: ("chat_id", "timestamp", "state"),
    "TabAgentEmbeddings": ("input", "model"),
    "TabAgentKnowledgeGraphNodes": ("type", "label", "embedding_id"),
    "TabAgentKnowledgeGraphEdges": ("from_node_id", "to_node_id", "edge_type"),
    ATTACHMENTS: ("message_id",),
    "TabAgentChatSummaries": ("chat_id", "created_at"),
}


class UserDatabase:
    """Opens the database once, and again after a failure.

    Args:
        name: Of the database.
    """

    def __init__(self, name: str = DATABASE) -> None:
        self._name = name
        self._opening: asyncio.Future[Any] | None = None

    async def opened(self) -> Any:
        """Return the database.

        Raises:
            StorageError: The browser refused, or another page keeps an older version open.
        """
        if self._opening is None:
            self._opening = asyncio.ensure_future(open_upgraded(self._name, VERSION, upgrade))
        try:
            return await asyncio.shield(self._opening)
        except Exception:
            self._opening = None
            raise


def upgrade(js_database: Any, js_transaction: Any, old_version: int) -> None:
    """Bring a database up to this version, within the transaction of its upgrade."""
    for name, indexes in STORES.items():
        if not js_database.objectStoreNames.contains(name):
            js_database.createObjectStore(name, js_json({"keyPath": "id"}))
        js_store = js_transaction.objectStore(name)
        for index in indexes:
            if not js_store.indexNames.contains(index):
                js_store.createIndex(index, index)
    for version, step in STEPS:
        if 0 < old_version < version:
            step(js_transaction)


def _link_old_chats(js_transaction: Any) -> None:
    """Version 3: messages know the one before them, and how far they are."""
    js_chats, js_messages = js_transaction.objectStore(CHATS), js_transaction.objectStore(MESSAGES)
    js_all_chats, js_all_messages = js_chats.getAll(), js_messages.getAll()

    def link(js_event: Any) -> None:
        by_chat: dict[object, list[JsonObject]] = {}
        for message in plain_json(js_all_messages.result):
            by_chat.setdefault(message.get("chat_id"), []).append(message)
        for chat in plain_json(js_all_chats.result):
            record, messages = linked(chat, by_chat.get(chat["id"], []))
            js_chats.put(js_record(record))
            for message in messages:
                js_messages.put(js_record(message))

    # Requests of a transaction are answered in their order: the other one has been.
    js_all_messages.onsuccess = create_once_callable(link)


STEPS: tuple[tuple[int, Callable[[Any], None]], ...] = ((3, _link_old_chats),)


def js_record(record: JsonObject) -> Any:
    """Return a record as the database takes it; as text, since null must stay null."""
    return js.JSON.parse(json.dumps(record))
