"""Takes in what the person attaches, keeps it until its question is sent, and shows what was read of it."""

from __future__ import annotations

from collections.abc import Callable

from tabagent.attachment_errors import AttachmentNotFound, AttachmentTooLarge, AttachmentUnreadable
from tabagent.attachments import codec
from tabagent.attachments.messages import AddAttachment, NamedAttachment
from tabagent.attachments.reading import clean, cut, read_file
from tabagent.chat_specs import Attachment
from tabagent.errors import JsonObject, Offline
from tabagent.events import RuntimeMessageTypes
from tabagent.ports.attachment_store import AttachmentStore
from tabagent.ports.buffers import ByteBuffer
from tabagent.ports.fetcher import Fetcher, HttpResponse
from tabagent.ports.pdf_reader import PdfReader
from tabagent.router import EventRouter
from tabagent.sentences import joined
from tabagent.store_errors import ConnectionLost

# A book of text has 1 MB, a scanned one 100 and nothing to read. The bytes are copied twice while they are read.
MAX_FILE_BYTES = 20_000_000
_AGAIN = "Choose it again."


class AttachmentService:
    """Attachments of questions.

    Args:
        store: Where they are kept.
        fetcher: Reads what a page lends.
        pdf_reader: Reads PDFs.
        now: Seconds since 1970.
        new_id: Makes an id for what comes without one.
    """

    def __init__(
        self,
        *,
        store: AttachmentStore,
        fetcher: Fetcher,
        pdf_reader: PdfReader,
        now: Callable[[], float],
        new_id: Callable[[], str],
    ) -> None:
        self._store, self._fetcher, self._pdf_reader = store, fetcher, pdf_reader
        self._now, self._new_id = now, new_id

    async def add(self, request: AddAttachment) -> JsonObject:
        """Read a file that a page lends, and keep it.

        Raises:
            AttachmentTooLarge: It has more bytes than are read.
            UnsupportedAttachment, AttachmentUnreadable: See `read_file`.
        """
        _check_size(request.name, request.size)
        try:
            data = await read_body(await self._fetcher.get(request.address), request.name)
        except (Offline, ConnectionLost) as error:
            raise AttachmentUnreadable(request.name, "the browser could not read it", _AGAIN) from error
        attachment = await self.add_file(
            name=request.name, mime_type=request.mime_type, data=data, attachment_id=request.attachment_id
        )
        return {"attachment": codec.encode_attachment(attachment)}

    async def add_file(
        self, *, name: str, mime_type: str, data: ByteBuffer, url: str = "", attachment_id: str = ""
    ) -> Attachment:
        """Read a file and keep it; the bytes may not be used any more.

        Args:
            name: With its ending.
            mime_type: May be empty.
            data: Its content.
            url: Where it came from; empty for the disk.
            attachment_id: Empty for a new one.

        Raises:
            AttachmentTooLarge: It has more bytes than are read.
            UnsupportedAttachment, AttachmentUnreadable: See `read_file`.
        """
        size = data.size
        _check_size(name, size)
        read = await read_file(name, mime_type, data, self._pdf_reader)
        return await self._keep(
            Attachment(
                id=attachment_id, name=name, mime_type=mime_type, kind=read.kind, url=url, note=read.note, size=size
            ),
            read.text,
        )

    async def add_text(
        self,
        *,
        name: str,
        mime_type: str,
        text: str,
        kind: str,
        url: str = "",
        attachment_id: str = "",
        note: str = "",
    ) -> Attachment:
        """Keep a text: of a page, a selection, or a document that another service gives as text.

        Args:
            name: Of the file or the page.
            mime_type: Of what the text was made of.
            text: What the model gets, as far as there is room.
            kind: An `AttachmentKind`.
            url: Where it came from; may be empty.
            attachment_id: Empty for a new one.
            note: What the person should know of how it was read; may be empty.
        """
        kept, told = cut(clean(text))
        note = joined(note, told)
        size = len(text.encode("utf-8", errors="replace"))
        return await self._keep(
            Attachment(id=attachment_id, name=name, mime_type=mime_type, kind=kind, url=url, note=note, size=size), kept
        )

    async def remove(self, request: NamedAttachment) -> JsonObject:
        """Forget an attachment of the composer; those of a question stay with it."""
        found = await self._store.get([request.attachment_id])
        await self._store.delete([each.id for each in found if each.message_id is None])
        return {}

    async def show(self, request: NamedAttachment) -> JsonObject:
        """Return an attachment with its text.

        Raises:
            AttachmentNotFound: There is none with the id.
        """
        found = await self._store.get([request.attachment_id])
        texts = await self._store.texts([request.attachment_id])
        if not found or not texts:
            raise AttachmentNotFound(request.attachment_id)
        return {"attachment": codec.encode_attachment(found[0]), "text": texts[0].text}

    async def _keep(self, attachment: Attachment, text: str) -> Attachment:
        now = int(self._now() * 1000)
        return await self._store.put(
            Attachment(
                id=attachment.id or self._new_id(),
                name=attachment.name,
                mime_type=attachment.mime_type,
                kind=attachment.kind,
                url=attachment.url,
                note=attachment.note,
                size=attachment.size,
                created_at=now,
                updated_at=now,
            ),
            text,
        )


def register_attachments(router: EventRouter, service: AttachmentService) -> None:
    """Give every request about attachments its handler."""
    router.on(RuntimeMessageTypes.ADD_ATTACHMENT, codec.decode_add_attachment, service.add)
    router.on(RuntimeMessageTypes.REMOVE_ATTACHMENT, codec.decode_named_attachment, service.remove)
    router.on(RuntimeMessageTypes.GET_ATTACHMENT, codec.decode_named_attachment, service.show)


async def read_body(response: HttpResponse, name: str) -> ByteBuffer:
    """Return a whole body of at most `MAX_FILE_BYTES`.

    Raises:
        AttachmentTooLarge: It has more.
        AttachmentUnreadable: It is empty.
        ConnectionLost: It broke off.
    """
    announced = response.headers.get("content-length", "")
    if announced.isdecimal() and int(announced) > MAX_FILE_BYTES:
        await response.close()
        raise AttachmentTooLarge(name, int(announced), MAX_FILE_BYTES)
    data = await response.read(MAX_FILE_BYTES + 1)
    await response.close()
    if data is None or data.size == 0:
        raise AttachmentUnreadable(name, "it is empty", "Attach another file.")
    _check_size(name, data.size)
    return data


def _check_size(name: str, size: int) -> None:
    if size > MAX_FILE_BYTES:
        raise AttachmentTooLarge(name, size, MAX_FILE_BYTES)
