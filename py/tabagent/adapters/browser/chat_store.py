"""`ChatStore` on IndexedDB."""

from __future__ import annotations

from typing import Any

from pyodide.ffi import JsException, create_once_callable

from tabagent.adapters.browser.attachment_store import delete_in, link_in
from tabagent.adapters.browser.ffi import js_json, plain_json, settled
from tabagent.adapters.browser.indexed_db import change_stored, read_stored
from tabagent.adapters.browser.storage_space import storage_refusal
from tabagent.adapters.browser.user_data import ATTACHMENTS, CHATS, MESSAGES, STORES, UserDatabase, js_record
from tabagent.chat_specs import Chat, Message, MessageState
from tabagent.chats.records import chat_from_record, chat_to_record, message_from_record, message_to_record
from tabagent.ports.chat_store import ChatChange


class IndexedDbChatStore:
    """Records in the original's shape, with ours beside it.

    Args:
        database: Where they are.
    """

    def __init__(self, database: UserDatabase) -> None:
        self._database = database

    async def chats(self) -> tuple[Chat, ...]:
        """Read all at once."""
        js_records = await read_stored(await self._database.opened(), CHATS, "getAll")
        found = [chat_from_record(record) for record in plain_json(js_records)]
        return tuple(sorted(found, key=lambda chat: (-chat.changed_at, chat.id)))

    async def chat(self, chat_id: str) -> Chat | None:
        """Read one."""
        found = await read_stored(await self._database.opened(), CHATS, "get", chat_id)
        return None if found is None else chat_from_record(plain_json(found))

    async def messages(self, chat_id: str | None = None) -> tuple[Message, ...]:
        """Read those of a chat over their index."""
        if chat_id is not None:
            return await self._by_index("chat_id", chat_id)
        js_records = await read_stored(await self._database.opened(), MESSAGES, "getAll")
        return _messages(js_records)

    async def message(self, message_id: str) -> Message | None:
        """Read one."""
        found = await read_stored(await self._database.opened(), MESSAGES, "get", message_id)
        return None if found is None else message_from_record(plain_json(found))

    async def unfinished(self) -> tuple[Message, ...]:
        """Read them over the index of states."""
        return await self._by_index("state", str(MessageState.STREAMING))

    async def apply(self, change: ChatChange) -> None:
        """Make all changes in one transaction."""

        def work(js_transaction: Any) -> None:
            js_chats, js_messages = js_transaction.objectStore(CHATS), js_transaction.objectStore(MESSAGES)
            for chat_id in change.delete_chats:
                js_chats.delete(chat_id)
                _delete_messages(js_messages, chat_id)
            for message_id in change.delete_messages:
                js_messages.delete(message_id)
            for chat in change.put_chats:
                js_chats.put(js_record(chat_to_record(chat)))
            for message in change.put_messages:
                js_messages.put(js_record(message_to_record(message)))
            if change.link_attachments or change.delete_attachments:
                js_attachments = js_transaction.objectStore(ATTACHMENTS)
                delete_in(js_attachments, change.delete_attachments)
                for attachment_id, owner in change.link_attachments.items():
                    link_in(js_attachments, attachment_id, owner)

        await change_stored(await self._database.opened(), (CHATS, MESSAGES, ATTACHMENTS), work)

    async def clear(self) -> None:
        """Empty every store of the database, those that nothing is written to any more included."""

        def work(js_transaction: Any) -> None:
            for name in STORES:
                js_transaction.objectStore(name).clear()

        await change_stored(await self._database.opened(), tuple(STORES), work)

    async def _by_index(self, index: str, value: str) -> tuple[Message, ...]:
        js_database = await self._database.opened()
        try:
            js_store = js_database.transaction(js_json([MESSAGES]), "readonly").objectStore(MESSAGES)
            js_request = js_store.index(index).getAll(value)
            await settled(js_request, "success", ["error"])
        except (JsException, RuntimeError) as error:
            raise await storage_refusal("read", error) from error
        return _messages(js_request.result)


def _messages(js_records: Any) -> tuple[Message, ...]:
    found = [message_from_record(record) for record in plain_json(js_records)]
    return tuple(sorted(found, key=lambda message: (message.timestamp, message.id)))


def _delete_messages(js_messages: Any, chat_id: str) -> None:
    def delete(js_event: Any) -> None:
        for key in js_event.target.result:
            js_messages.delete(key)

    js_messages.index("chat_id").getAllKeys(chat_id).onsuccess = create_once_callable(delete)
