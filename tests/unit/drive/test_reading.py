"""What is in a file."""

from __future__ import annotations

import pytest

from tabagent.adapters.memory.fetcher import Answer
from tabagent.drive import errors
from tabagent.drive.files import DOCUMENT, FOLDER, PDF, SHEET, SLIDES
from tabagent.drive.reading import MAX_DOWNLOAD_BYTES
from tests.unit.drive.drive_desk import DriveDesk, answer, refused

FILE = "/drive/v3/files/1"


@pytest.fixture
async def desk() -> DriveDesk:
    desk = DriveDesk()
    await desk.sign_in()
    desk.google.asked.clear()
    return desk


def has(desk: DriveDesk, mime_type: str, content: Answer, name: str = "Plan", size: str | None = None) -> None:
    """Let Google have a file: its description first, then its content."""
    described = answer({"id": "1", "name": name, "mimeType": mime_type, "size": size})
    desk.google.by_path[FILE] = [described, content]
    desk.google.by_path[f"{FILE}/export"] = content


@pytest.mark.parametrize(
    ("mime_type", "exported", "name"),
    [
        (DOCUMENT, "text/markdown", "Plan.md"),
        (SHEET, "text/csv", "Plan (first sheet).csv"),
        (SLIDES, "text/plain", "Plan.txt"),
    ],
)
async def test_googles_documents_are_exported_as_text(
    desk: DriveDesk, mime_type: str, exported: str, name: str
) -> None:
    has(desk, mime_type, Answer(body=b"text"))
    content = await desk.reader.read("1")

    assert (content.name, content.mime_type) == (name, exported)
    assert content.data is not None
    assert content.data.to_bytes() == b"text"
    assert desk.google.asked[-1] == (f"{FILE}/export", {"mimeType": exported})


async def test_a_document_without_markdown_is_exported_as_plain_text(desk: DriveDesk) -> None:
    has(desk, DOCUMENT, Answer(body=b"text"))
    desk.google.by_path[f"{FILE}/export"] = [refused(400, "badRequest"), Answer(body=b"text")]

    assert (await desk.reader.read("1")).name == "Plan.txt"
    desk.google.by_path[f"{FILE}/export"] = refused(400, "badRequest")
    has_again = answer({"id": "1", "name": "Plan", "mimeType": DOCUMENT})
    desk.google.by_path[FILE] = has_again
    with pytest.raises(errors.DriveUnavailable):
        await desk.reader.read("1")


async def test_pdfs_and_texts_are_downloaded_as_they_are(desk: DriveDesk) -> None:
    for mime_type, name in ((PDF, "a.pdf"), ("text/x-c", "a.c"), ("application/octet-stream", "a.rs")):
        has(desk, mime_type, Answer(body=b"\x00bytes"), name, "6")
        content = await desk.reader.read("1")
        assert (content.name, content.mime_type) == (name, mime_type)
        assert content.data is not None
        assert content.data.to_bytes() == b"\x00bytes"
        assert desk.google.asked[-1] == (FILE, {"alt": "media", "supportsAllDrives": "true"})


async def test_a_file_that_is_too_large_is_not_downloaded(desk: DriveDesk) -> None:
    has(desk, PDF, Answer(body=b"x"), "big.pdf", str(MAX_DOWNLOAD_BYTES + 1))

    with pytest.raises(errors.DriveFileTooLarge, match=r"big\.pdf has 20\.0 MB"):
        await desk.reader.read("1")
    assert len(desk.google.paths()) == 1


async def test_a_file_that_is_larger_than_announced_ends_at_the_limit(desk: DriveDesk) -> None:
    has(desk, PDF, Answer(body=bytes(6000)), "grown.pdf", "10")

    with pytest.raises(errors.DriveFileTooLarge, match="is too large"):
        await desk.reader.read("1")


async def test_an_export_that_google_finds_too_large_is_told_as_such(desk: DriveDesk) -> None:
    has(desk, SLIDES, refused(403, "exportSizeLimitExceeded"))

    with pytest.raises(errors.DriveFileTooLarge, match="at most 10 MB"):
        await desk.reader.read("1")


@pytest.mark.parametrize("mime_type", [FOLDER, "image/png", "audio/mpeg", "application/vnd.google-apps.form", ""])
async def test_what_has_no_text_is_refused_before_anything_is_downloaded(desk: DriveDesk, mime_type: str) -> None:
    has(desk, mime_type, Answer(body=b"x"))

    with pytest.raises(errors.DriveFileUnreadable, match="Plan cannot be inserted"):
        await desk.reader.read("1")
    assert len(desk.google.paths()) == 1


async def test_an_empty_file_is_read_too(desk: DriveDesk) -> None:
    has(desk, "text/plain", Answer(), "empty.txt", "0")

    assert (await desk.reader.read("1")).data is None


async def test_a_file_that_google_does_not_describe_is_gone(desk: DriveDesk) -> None:
    desk.google.by_path[FILE] = answer({})
    with pytest.raises(errors.DriveFileGone):
        await desk.reader.read("1")
