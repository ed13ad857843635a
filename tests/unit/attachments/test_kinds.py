"""Which files are known by what they begin with."""

import pytest

from tabagent.attachment_errors import UnsupportedAttachment
from tabagent.attachments import kinds


@pytest.mark.parametrize(
    ("name", "mime_type", "head", "expected"),
    [
        ("a.pdf", "", b"%PDF-1.7", True),
        ("a.txt", "text/plain", b"\xef\xbb\xbf\n%PDF-1.4", True),
        ("a", "application/pdf", b"anything", True),
        ("a.pdf", "", b"plain words", False),
        ("a.txt", "text/plain", b"plain words", False),
    ],
)
def test_a_pdf_is_known_by_its_mark_or_its_type(name: str, mime_type: str, head: bytes, *, expected: bool) -> None:
    assert kinds.is_pdf(name, mime_type, head) is expected


@pytest.mark.parametrize(
    ("name", "mime_type", "head", "expected"),
    [
        ("a", "", b"\x89PNG\r\n\x1a\n", True),
        ("a", "", b"\xff\xd8\xff\xe0", True),
        ("a", "", b"RIFF1234WEBPVP8", True),
        ("a.avif", "image/avif", b"\0\0\0 ftypavif", True),
        ("a.svg", "image/svg+xml", b"<svg", False),
        ("a.png", "image/png", b"not a picture at all", False),
        ("bm.txt", "text/plain", b"BM stands for Bohr magneton", False),
    ],
)
def test_a_picture_is_known_by_its_content(name: str, mime_type: str, head: bytes, *, expected: bool) -> None:
    assert kinds.is_image(name, mime_type, head) is expected


@pytest.mark.parametrize("head", [b"PK\x03\x04...", b"\x7fELF\2", b"MZ\x90\0\3", b"SQLite format 3\0"])
def test_what_holds_no_text_is_refused_with_what_it_is(head: bytes) -> None:
    with pytest.raises(UnsupportedAttachment, match=r"it is an? "):
        kinds.refuse_binary("file", head)


def test_a_text_that_begins_like_a_program_is_taken() -> None:
    kinds.refuse_binary("mz.txt", b"MZ is the mark of programs")


def test_the_refusals_say_what_can_be_done() -> None:
    assert "Save it as text" in kinds.not_text("a.bin").message
    assert kinds.no_image("a.png").message == (
        "a.png cannot be attached: no model that runs here takes images yet. "
        "Describe what it shows, or paste the text in it."
    )
