"""What the person attaches is read, kept, shown and forgotten."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tabagent.adapters.memory.chunk_store import MemoryBytes
from tabagent.adapters.memory.fetcher import Answer
from tabagent.adapters.memory.pdf_reader import memory_pdf
from tabagent.attachment_errors import AttachmentNotFound, AttachmentTooLarge, AttachmentUnreadable
from tabagent.attachments import service
from tabagent.attachments.messages import AddAttachment, NamedAttachment
from tabagent.attachments.service import MAX_FILE_BYTES
from tabagent.chat_specs import AttachmentKind
from tests.unit.pages.page_desk import PageDesk

ADDRESS = "blob:chrome-extension://abc/1"
ADD = AddAttachment(attachment_id="a-1", name="notes.md", mime_type="text/markdown", size=6, address=ADDRESS)
NAMED = NamedAttachment(attachment_id="a-1")


@pytest.fixture
def desk() -> PageDesk:
    return PageDesk()


async def test_a_file_of_a_page_is_kept_and_shown(desk: PageDesk) -> None:
    desk.answers[ADDRESS] = Answer(body=b"# Plan")
    added = await desk.attachments.add(ADD)

    attachment = added["attachment"]
    assert isinstance(attachment, dict)
    assert (attachment["id"], attachment["kind"], attachment["size"], attachment["characters"]) == ("a-1", "text", 6, 6)
    assert await desk.attachments.show(NAMED) == {"attachment": attachment, "text": "# Plan"}


async def test_a_pdf_is_kept_as_its_text(desk: PageDesk) -> None:
    attachment = await desk.attachments.add_file(
        name="a.pdf", mime_type="application/pdf", data=MemoryBytes(memory_pdf("T", [["One."]])), url="https://x/a.pdf"
    )

    assert (attachment.id, attachment.kind, attachment.url) == ("new-1", AttachmentKind.PDF, "https://x/a.pdf")
    assert (await desk.store.texts(["new-1"]))[0].text == "[Page 1]\nOne."


async def test_a_text_of_another_service_is_kept_clean(desk: PageDesk) -> None:
    attachment = await desk.attachments.add_text(
        name="Plan", mime_type="text/markdown", text="so\x07w", kind="page", note="Read in part."
    )

    assert (attachment.characters, attachment.note) == (3, "Read in part.")


@pytest.mark.parametrize(
    ("request_size", "headers", "body"),
    [
        (MAX_FILE_BYTES + 1, {}, b"x"),
        (1, {"content-length": str(MAX_FILE_BYTES + 1)}, b"x"),
    ],
)
async def test_a_file_that_is_too_large_is_refused_before_it_is_read(
    desk: PageDesk, request_size: int, headers: dict[str, str], body: bytes
) -> None:
    desk.answers[ADDRESS] = Answer(body=body, headers=headers)

    with pytest.raises(AttachmentTooLarge):
        await desk.attachments.add(replace(ADD, size=request_size))
    assert await desk.store.get(["a-1"]) == ()


async def test_a_page_that_lends_more_than_it_said_is_refused(desk: PageDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "MAX_FILE_BYTES", 10)
    desk.answers[ADDRESS] = Answer(body=b"x" * 11)

    with pytest.raises(AttachmentTooLarge):
        await desk.attachments.add(ADD)


@pytest.mark.parametrize("answer", [None, Answer(body=b""), Answer(body=b"half a file", cut_after=2)])
async def test_a_file_that_cannot_be_read_says_so(desk: PageDesk, answer: Answer | None) -> None:
    if answer is not None:
        desk.answers[ADDRESS] = answer

    with pytest.raises(AttachmentUnreadable):
        await desk.attachments.add(ADD)


async def test_what_is_removed_is_gone_and_what_was_asked_stays(desk: PageDesk) -> None:
    desk.answers[ADDRESS] = Answer(body=b"# Plan")
    await desk.attachments.add(ADD)
    await desk.store.link(["a-1"], "question")
    assert await desk.attachments.remove(NAMED) == {}
    assert len(await desk.store.get(["a-1"])) == 1

    await desk.store.link(["a-1"], None)
    await desk.attachments.remove(NAMED)
    with pytest.raises(AttachmentNotFound):
        await desk.attachments.show(NAMED)
