"""What requests about attachments may hold."""

import pytest

from tabagent.attachments import codec
from tabagent.chat_specs import Attachment, AttachmentKind
from tabagent.errors import BadRequest, JsonObject
from tabagent.sentences import Sentence, said_to_wire

ADD: JsonObject = {
    "attachmentId": "a-1",
    "name": "notes.md",
    "mimeType": "Text/Markdown; charset=utf-8",
    "size": 5,
    "address": "blob:chrome-extension://abc/1",
}


def test_a_file_is_decoded_with_its_plain_type() -> None:
    request = codec.decode_add_attachment(ADD)

    assert (request.attachment_id, request.name, request.size) == ("a-1", "notes.md", 5)
    assert request.mime_type == "text/markdown"


def test_a_file_without_a_type_is_taken() -> None:
    assert codec.decode_add_attachment(ADD | {"mimeType": ""}).mime_type == ""


@pytest.mark.parametrize(
    "change",
    [
        {"address": "https://example.org/secret"},
        {"address": "blob:https://example.org/1"},
        {"address": "file:///etc/passwd"},
        {"attachmentId": ""},
        {"name": "n" * 501},
        {"size": -1},
        {"size": "5"},
    ],
)
def test_what_the_panel_never_sends_is_refused(change: JsonObject) -> None:
    with pytest.raises(BadRequest):
        codec.decode_add_attachment(ADD | change)


def test_an_attachment_is_named_by_its_id() -> None:
    assert codec.decode_named_attachment({"attachmentId": "a-1"}).attachment_id == "a-1"
    with pytest.raises(BadRequest):
        codec.decode_named_attachment({})


def test_pages_are_told_all_but_the_text() -> None:
    attachment = Attachment(
        id="a",
        name="n",
        mime_type="text/plain",
        kind=AttachmentKind.TEXT,
        size=3,
        characters=2,
        note=Sentence.TEXT_CUT.said(kept=2, total=3),
    )

    assert codec.encode_attachment(attachment) == {
        "id": "a",
        "name": "n",
        "mimeType": "text/plain",
        "kind": "text",
        "size": 3,
        "characters": 2,
        "url": "",
        "note": "The first 2 of 3 characters are kept.",
        "noteSaid": said_to_wire(attachment.note),
    }
