"""Which files can be attached, by name, type and first bytes."""

from __future__ import annotations

from tabagent.attachment_errors import UnsupportedAttachment

PDF = "application/pdf"
NO_IMAGES = "no model that runs here takes images yet"
# By the first bytes, what that is.
_BINARY_HEADS = {
    b"PK\x03\x04": "it is an archive, or a document of an office program",
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1": "it is a document of an old office program",
    b"\x1f\x8b": "it is a compressed archive",
    b"7z\xbc\xaf\x27\x1c": "it is a compressed archive",
    b"Rar!": "it is a compressed archive",
    b"\x7fELF": "it is a program",
    b"MZ": "it is a program",
    b"OggS": "it is audio or video",
    b"ID3": "it is audio",
    b"SQLite format 3\0": "it is a database",
}
_IMAGE_HEADS = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF87a", b"GIF89a", b"BM", b"II*\0", b"MM\0*")
_IMAGE_NAMES = (".png", ".jpg", ".jpeg", ".gif", ".webp", ".bmp", ".avif", ".heic", ".tif", ".tiff", ".ico")
_CONVERT = "Save it as text or PDF and attach that."


def is_pdf(name: str, mime_type: str, head: bytes) -> bool:
    """Tell whether a file is a PDF; some have a few bytes before their mark."""
    return b"%PDF-" in head[:1024] or mime_type == PDF or (not head and name.lower().endswith(".pdf"))


def is_image(name: str, mime_type: str, head: bytes) -> bool:
    """Tell whether a file is a picture; SVG is a text."""
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return True
    named = name.lower().endswith(_IMAGE_NAMES) or (mime_type.startswith("image/") and "svg" not in mime_type)
    # Two letters alone are no mark of a picture: "BM" begins texts too.
    marked = any(head.startswith(mark) for mark in _IMAGE_HEADS if len(mark) > 2)
    return marked or (named and (b"\0" in head or not head))


def refuse_binary(name: str, head: bytes) -> None:
    """Refuse what is known to hold no text.

    Raises:
        UnsupportedAttachment: It says what it is instead.
    """
    for mark, what in _BINARY_HEADS.items():
        if head.startswith(mark) and (len(mark) > 2 or b"\0" in head):
            raise UnsupportedAttachment(name, what, _CONVERT)


def not_text(name: str) -> UnsupportedAttachment:
    """Return the refusal of bytes that are no text in any encoding."""
    return UnsupportedAttachment(name, "its content is not text", _CONVERT)


def no_image(name: str) -> UnsupportedAttachment:
    """Return the refusal of a picture."""
    return UnsupportedAttachment(name, NO_IMAGES, "Describe what it shows, or paste the text in it.")
