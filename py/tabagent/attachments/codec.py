"""Decodes the requests about attachments, and says on the wire what an attachment is."""

from __future__ import annotations

from tabagent.attachments.messages import AddAttachment, NamedAttachment
from tabagent.chat_specs import Attachment
from tabagent.codec import Fields
from tabagent.errors import BadRequest, JsonObject
from tabagent.sentences import said_to_wire

MAX_NAME_CHARACTERS = 500
MAX_TYPE_CHARACTERS = 200
MAX_ADDRESS_CHARACTERS = 8_000
# Larger numbers are nonsense; what is too large to be read is refused with its size, by the service.
MAX_FILE_BYTES = 1 << 50


def decode_add_attachment(payload: JsonObject) -> AddAttachment:
    """Decode ADD_ATTACHMENT; the address must be a `blob:` one, which only the extension's own pages can make."""
    read = Fields(payload)
    address = read.text("address", limit=MAX_ADDRESS_CHARACTERS)
    if not address.startswith("blob:chrome-extension://"):
        raise BadRequest("address must be a blob: address of the extension.", field="address")
    mime_type = "" if payload.get("mimeType") == "" else read.text("mimeType", default="", limit=MAX_TYPE_CHARACTERS)
    return AddAttachment(
        attachment_id=read.text("attachmentId"),
        name=read.text("name", limit=MAX_NAME_CHARACTERS),
        mime_type=mime_type.partition(";")[0].strip().lower(),
        size=read.integer("size", 0, 0, MAX_FILE_BYTES),
        address=address,
    )


def decode_named_attachment(payload: JsonObject) -> NamedAttachment:
    """Decode REMOVE_ATTACHMENT and GET_ATTACHMENT."""
    return NamedAttachment(attachment_id=Fields(payload).text("attachmentId"))


def encode_attachment(attachment: Attachment) -> JsonObject:
    """Return what pages are told of an attachment; its text is asked for by itself."""
    return {
        "id": attachment.id,
        "name": attachment.name,
        "mimeType": attachment.mime_type,
        "kind": attachment.kind,
        "size": attachment.size,
        "characters": attachment.characters,
        "url": attachment.url,
        "note": str(attachment.note),
        "noteSaid": said_to_wire(attachment.note),
    }
