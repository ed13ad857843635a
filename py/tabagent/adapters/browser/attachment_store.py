"""`AttachmentStore` on IndexedDB: bytes as Blobs, as in the original, and texts beside them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, cast

import js
from pyodide.ffi import create_once_callable

from tabagent.adapters.browser.ffi import JsBytes, JsException, js_json, plain_json, settled
from tabagent.adapters.browser.indexed_db import change_stored
from tabagent.adapters.browser.storage_space import storage_refusal
from tabagent.adapters.browser.user_data import ATTACHMENTS, UserDatabase, js_record
from tabagent.chat_specs import Attachment
from tabagent.chats.records import attachment_from_record, attachment_to_record
from tabagent.ports.buffers import ByteBuffer
from tabagent.specs import AttachedText


class IndexedDbAttachmentStore:
    """Records of the store `TabAgentAttachments`.

    Args:
        database: Where they are.
    """

    def __init__(self, database: UserDatabase) -> None:
        self._database = database

    async def put(self, attachment: Attachment, text: str, data: ByteBuffer | None = None) -> Attachment:
        """Keep one."""
        kept = replace(attachment, characters=len(text))
        js_kept = js_record({**attachment_to_record(kept), "text": text})
        if data is not None:
            options = js_json({"type": kept.mime_type})
            js_kept.data = js.Blob.new(js_json([cast(JsBytes, data).js_array]), options)

        def work(js_transaction: Any) -> None:
            js_transaction.objectStore(ATTACHMENTS).put(js_kept)

        needed = len(text) + (data.size if data is not None else 0)
        await change_stored(await self._database.opened(), (ATTACHMENTS,), work, needed)
        return kept

    async def get(self, ids: Sequence[str]) -> tuple[Attachment, ...]:
        """Read some in one transaction."""
        return tuple(_attachment(js_found) for js_found in await self._records(ids))

    async def texts(self, ids: Sequence[str]) -> tuple[AttachedText, ...]:
        """Read texts in one transaction."""
        found = []
        for js_found in await self._records(ids):
            attachment = _attachment(js_found)
            text = getattr(js_found, "text", "")
            text = text if isinstance(text, str) else ""
            found.append(AttachedText(name=attachment.name, text=text, url=attachment.url))
        return tuple(found)

    async def data(self, attachment_id: str) -> ByteBuffer | None:
        """Read bytes out of the Blob."""
        for js_found in await self._records([attachment_id]):
            js_blob: Any = getattr(js_found, "data", None)
            if not hasattr(js_blob, "arrayBuffer"):
                return None
            try:
                return JsBytes(js.Uint8Array.new(await js_blob.arrayBuffer()))
            except JsException as error:
                raise await storage_refusal("read", error) from error
        return None

    async def link(self, ids: Sequence[str], message_id: str | None) -> None:
        """Link some in one transaction."""

        def work(js_transaction: Any) -> None:
            for attachment_id in ids:
                link_in(js_transaction.objectStore(ATTACHMENTS), attachment_id, message_id)

        await change_stored(await self._database.opened(), (ATTACHMENTS,), work)

    async def delete(self, ids: Sequence[str]) -> None:
        """Forget some in one transaction."""
        await change_stored(
            await self._database.opened(),
            (ATTACHMENTS,),
            lambda js_transaction: delete_in(js_transaction.objectStore(ATTACHMENTS), ids),
        )

    async def orphans(self, before: int) -> tuple[Attachment, ...]:
        """Read those that the index of questions does not have: null is no key."""
        js_database = await self._database.opened()
        try:
            js_store = js_database.transaction(js_json([ATTACHMENTS]), "readonly").objectStore(ATTACHMENTS)
            js_all, js_linked = js_store.getAllKeys(), js_store.index("message_id").getAllKeys()
            await settled(js_linked, "success", ["error"])
        except (JsException, RuntimeError) as error:
            raise await storage_refusal("read", error) from error
        alone = sorted(set(js_all.result.to_py()) - set(js_linked.result.to_py()))
        found = [item for item in await self.get(alone) if item.updated_at < before]
        return tuple(sorted(found, key=lambda item: (item.updated_at, item.id)))

    async def _records(self, ids: Sequence[str]) -> list[Any]:
        if not ids:
            return []
        js_database = await self._database.opened()
        try:
            js_transaction = js_database.transaction(js_json([ATTACHMENTS]), "readonly")
            js_store = js_transaction.objectStore(ATTACHMENTS)
            js_requests = [js_store.get(attachment_id) for attachment_id in ids]
            await settled(js_transaction, "complete", ["abort"])
        except (JsException, RuntimeError) as error:
            raise await storage_refusal("read", error) from error
        return [js_request.result for js_request in js_requests if js_request.result is not None]


def link_in(js_store: Any, attachment_id: str, message_id: str | None) -> None:
    """Say which question an attachment belongs to, within a transaction."""

    def change(js_event: Any) -> None:
        js_found = js_event.target.result
        if js_found is not None:
            js.Object.assign(js_found, js_record({"message_id": message_id}))
            js_store.put(js_found)

    js_store.get(attachment_id).onsuccess = create_once_callable(change)


def delete_in(js_store: Any, ids: Sequence[str]) -> None:
    """Forget attachments, within a transaction."""
    for attachment_id in ids:
        js_store.delete(attachment_id)


def _attachment(js_found: Any) -> Attachment:
    """Return what describes an attachment; its text and its bytes stay where they are."""
    js_plain = js.Object.assign(js.Object.new(), js_found, js_json({"text": "", "data": ""}))
    read = attachment_from_record(plain_json(js_plain))
    # The original kept no size.
    return read if read.size else replace(read, size=int(getattr(getattr(js_found, "data", None), "size", 0)))
