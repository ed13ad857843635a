"""What people say and attach: worlds of the contracts over IndexedDB, and cases of the adapters alone."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import replace
from typing import Any

from tabagent.errors import JsonObject
from tabagent.ports.chat_store import ChatChange, ChatStore
from tests.contracts import attachment_store, chat_store

# As version 2 has them; one store and one index are missing, as in some profiles.
OLD_STORES: dict[str, tuple[str, ...]] = {
    "TabAgentChats": ("chat_timestamp", "user_id"),
    "TabAgentMessages": ("chat_id",),
    "TabAgentKnowledgeGraphNodes": ("type", "label", "embedding_id"),
    "TabAgentAttachments": ("message_id",),
}


async def chats(cases: Sequence[chat_store.Case]) -> AsyncIterator[tuple[chat_store.Case, chat_store.World]]:
    """Yield each case of the chats' contract with a profile of its own."""
    from tabagent.adapters.browser.attachment_store import IndexedDbAttachmentStore
    from tabagent.adapters.browser.chat_store import IndexedDbChatStore
    from tabagent.adapters.browser.user_data import UserDatabase

    for number, case in enumerate(cases):
        name = f"contract-chats-{number}"

        def reopened(name: str = name) -> IndexedDbChatStore:
            return IndexedDbChatStore(UserDatabase(name))

        async def old(records: Sequence[JsonObject], messages: Sequence[JsonObject], name: str = name) -> ChatStore:
            return await opened_old(f"{name}-old", records, messages)

        attachments = IndexedDbAttachmentStore(UserDatabase(name))
        yield case, chat_store.World(reopened(), attachments, reopened, old, spoil)


async def attachments(
    cases: Sequence[attachment_store.Case],
) -> AsyncIterator[tuple[attachment_store.Case, attachment_store.World]]:
    """Yield each case of the attachments' contract with a profile of its own."""
    from tabagent.adapters.browser.attachment_store import IndexedDbAttachmentStore
    from tabagent.adapters.browser.ffi import js_bytes
    from tabagent.adapters.browser.user_data import UserDatabase

    for number, case in enumerate(cases):
        name = f"contract-attachments-{number}"

        def reopened(name: str = name) -> IndexedDbAttachmentStore:
            return IndexedDbAttachmentStore(UserDatabase(name))

        yield case, attachment_store.World(reopened(), reopened, js_bytes)


def spoil(change: ChatChange) -> ChatChange:
    """Add a message that IndexedDB refuses: its id is no key."""
    no_key: Any = True
    return replace(change, put_messages=(replace(chat_store.QUESTION, id=no_key),))


async def opened_old(name: str, records: Sequence[JsonObject], messages: Sequence[JsonObject]) -> ChatStore | Any:
    """Make a profile of version 2 and open it with this version."""
    from tabagent.adapters.browser.chat_store import IndexedDbChatStore
    from tabagent.adapters.browser.ffi import js_json
    from tabagent.adapters.browser.indexed_db import change_stored, open_upgraded
    from tabagent.adapters.browser.user_data import CHATS, MESSAGES, UserDatabase, js_record

    def upgrade(js_database: Any, js_transaction: Any, old_version: int) -> None:
        assert old_version == 0
        for store, indexes in OLD_STORES.items():
            js_store = js_database.createObjectStore(store, js_json({"keyPath": "id"}))
            for index in indexes:
                js_store.createIndex(index, index)

    def fill(js_transaction: Any) -> None:
        for record in records:
            js_transaction.objectStore(CHATS).put(js_record(record))
        for message in messages:
            js_transaction.objectStore(MESSAGES).put(js_record(message))

    js_database = await open_upgraded(name, 2, upgrade)
    await change_stored(js_database, (CHATS, MESSAGES), fill)
    js_database.close()
    return IndexedDbChatStore(UserDatabase(name))


# Cases of the adapters alone


async def an_old_profile_gets_the_stores_and_indexes_that_it_lacks(nothing: None) -> None:
    from tabagent.adapters.browser.user_data import STORES, VERSION, UserDatabase

    name = "saying-missing-stores"
    await (await opened_old(name, [], [])).chats()
    js_database = await UserDatabase(name).opened()

    assert js_database.version == VERSION
    js_transaction = js_database.transaction(js_database.objectStoreNames, "readonly")
    found = {
        str(store): set(js_transaction.objectStore(store).indexNames) for store in list(js_database.objectStoreNames)
    }
    assert {name: set(indexes) for name, indexes in STORES.items()} == found


async def a_newer_profile_is_refused_and_stays(nothing: None) -> None:
    from tabagent.adapters.browser.indexed_db import open_upgraded
    from tabagent.adapters.browser.user_data import VERSION, UserDatabase
    from tabagent.store_errors import StorageError

    name, database = "saying-newer", UserDatabase("saying-newer")
    (await open_upgraded(name, VERSION + 1, lambda *ignored: None)).close()
    for _ in range(2):
        try:
            await database.opened()
        except StorageError as error:
            if error.details["action"] != "open":
                raise
        else:
            raise AssertionError("a newer database was opened")


async def bytes_lie_in_a_blob_of_their_type(nothing: None) -> None:
    from tabagent.adapters.browser.attachment_store import IndexedDbAttachmentStore
    from tabagent.adapters.browser.ffi import js_bytes
    from tabagent.adapters.browser.indexed_db import read_stored
    from tabagent.adapters.browser.user_data import ATTACHMENTS, UserDatabase

    database = UserDatabase("saying-blob")
    await IndexedDbAttachmentStore(database).put(attachment_store.FILE, "text", js_bytes(b"12345"))
    js_found = await read_stored(await database.opened(), ATTACHMENTS, "get", attachment_store.FILE.id)

    assert (js_found.data.type, js_found.data.size) == ("text/markdown", 5)
    assert (js_found.file_name, js_found.text) == (attachment_store.FILE.name, "text")


Case = Callable[[None], Awaitable[None]]
CASES: tuple[Case, ...] = (
    an_old_profile_gets_the_stores_and_indexes_that_it_lacks,
    a_newer_profile_is_refused_and_stays,
    bytes_lie_in_a_blob_of_their_type,
)
