"""What is read of a file: its text, and a word on what is not as it was."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass

from tabagent.attachment_errors import AttachmentUnreadable
from tabagent.attachments import kinds
from tabagent.attachments.pdf_text import page_text
from tabagent.attachments.text_decoding import decode_text
from tabagent.ports.buffers import ByteBuffer
from tabagent.ports.pdf_reader import PdfDocument, PdfReader, PdfRefused
from tabagent.sentences import Said, Sentence, joined

# More than the longest context of a model that runs here; a book of 500 pages has as much.
MAX_CHARACTERS = 1_000_000
# Of those that could not be read; more are too many to look at.
MOST_PAGES_NAMED = 20
_HEAD_BYTES = 4096
# Control characters other than tab and line feed; the tag characters, which nobody sees and a tokenizer reads; marks
# that make a text be shown in another order than it is read; halves of characters, which a cut leaves.
_UNSEEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\U000e0000-\U000e007f\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]"
)
_ENCODING_NAMES = {"cp1252": "Windows-1252", "cp1251": "Windows-1251", "koi8_r": "KOI8-R", "shift_jis": "Shift JIS"}


@dataclass(frozen=True, slots=True)
class ReadText:
    """What was read.

    Attributes:
        kind: `text` or `pdf`.
        note: What is not as it was, in words (see `tabagent.sentences`); may be empty.
    """

    text: str
    kind: str
    note: str = ""


def clean(text: str) -> str:
    """Return a text with line feeds alone, and without characters that nobody sees."""
    return _UNSEEN.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def cut(text: str) -> tuple[str, str]:
    """Return as much of a text as is kept, ending with a line or a word, and what is to be told of it."""
    if len(text) <= MAX_CHARACTERS:
        return text, ""
    kept = whole_words(text, MAX_CHARACTERS)
    return kept, Sentence.TEXT_CUT.said(kept=len(kept), total=len(text))


def whole_words(text: str, room: int) -> str:
    """Return the beginning of a text in `room` characters, to the end of a line or a word where one is near."""
    if len(text) <= room:
        return text
    head = text[: max(0, room)]
    # Cut behind a letter, the last word may be half; a line's end is better where little is lost by it.
    line, blank = head.rfind("\n"), max(head.rfind(" "), head.rfind("\n"))
    end = line if line >= room * 0.9 else blank if blank >= room * 0.5 else len(head)
    return head[:end].rstrip()


async def read_file(name: str, mime_type: str, data: ByteBuffer, pdf_reader: PdfReader) -> ReadText:
    """Read a file.

    Raises:
        UnsupportedAttachment: It is a picture, or holds no text.
        AttachmentUnreadable: It is a PDF that is damaged, locked or without text.
    """
    content = data.to_bytes()
    head = content[:_HEAD_BYTES]
    if kinds.is_pdf(name, mime_type, head):
        return await _read_pdf(name, data, pdf_reader)
    if kinds.is_image(name, mime_type, head):
        raise kinds.no_image(name)
    kinds.refuse_binary(name, head)
    found = decode_text(content)
    if found is None:
        raise kinds.not_text(name)
    text, told = cut(clean(found.text))
    if not text.strip():
        raise AttachmentUnreadable(name, "it is empty", "Attach another file.")
    guess: str = ""
    if found.guessed:
        encoding = _ENCODING_NAMES.get(found.encoding, found.encoding.upper())
        guess = Sentence.ENCODING_GUESSED.said(encoding=encoding)
    return ReadText(text, "text", joined(guess, told))


async def _read_pdf(name: str, data: ByteBuffer, reader: PdfReader) -> ReadText:
    try:
        document = await reader.open(data)
    except PdfRefused as refused:
        raise _refusal(name, refused) from refused
    try:
        pages, broken = [], []
        room = MAX_CHARACTERS
        async for number, text in _pages(document):
            if text is None:
                broken.append(number)
                continue
            if text:
                pages.append(f"[Page {number}]\n{text}")
                room -= len(pages[-1]) + 2
            if room < 0:
                break
        read = number if document.page_count else 0
        return _of_pages(name, pages, broken, read, document.page_count)
    finally:
        await document.close()


async def _pages(document: PdfDocument) -> AsyncIterator[tuple[int, str | None]]:
    """Yield the text of each page with its number; None for a damaged one."""
    for number in range(1, document.page_count + 1):
        try:
            yield number, clean(page_text(await document.page(number)))
        except PdfRefused:
            yield number, None


def _of_pages(name: str, pages: list[str], broken: list[int], read: int, count: int) -> ReadText:
    if not pages:
        raise AttachmentUnreadable(
            name,
            "its pages hold no text; they are probably scanned pictures" if not broken else "all its pages are damaged",
            "Attach a version with text, made by text recognition for example.",
        )
    text, told = "\n\n".join(pages), list[Said]()
    if len(text) > MAX_CHARACTERS or read < count:
        text = whole_words(text, MAX_CHARACTERS)
        told.append(Sentence.PAGES_CUT.said(read=read, pages=count, kept=len(text)))
    if broken:
        told.append(_unreadable(broken))
    return ReadText(text, "pdf", joined(*told))


def _unreadable(pages: list[int]) -> Said:
    if len(pages) == 1:
        return Sentence.PAGE_UNREADABLE.said(number=pages[0])
    return Sentence.PAGES_UNREADABLE.said(numbers=", ".join(map(str, pages[:MOST_PAGES_NAMED])))


def _refusal(name: str, refused: PdfRefused) -> AttachmentUnreadable:
    if refused.locked:
        return AttachmentUnreadable(
            name, "it is locked with a password", "Save a copy without the password and attach that."
        )
    return AttachmentUnreadable(
        name, f"the PDF is damaged ({refused.cause})", "Open it in a program that repairs it, and save it again."
    )
