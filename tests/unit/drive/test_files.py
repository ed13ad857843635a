"""Files as Google describes them."""

from __future__ import annotations

import pytest

from tabagent.drive.files import DOCUMENT, FOLDER, PDF, SHEET, SHORTCUT, SLIDES, FileKinds, file_of, kind_of
from tabagent.errors import JsonValue


@pytest.mark.parametrize(
    ("mime_type", "name", "kind"),
    [
        (FOLDER, "a.txt", FileKinds.FOLDER),
        (DOCUMENT, "a", FileKinds.DOCUMENT),
        (SHEET, "a", FileKinds.SHEET),
        (SLIDES, "a", FileKinds.SLIDES),
        (PDF, "a", FileKinds.PDF),
        ("text/x-python", "a", FileKinds.TEXT),
        ("application/json", "a", FileKinds.TEXT),
        ("application/octet-stream", "a.PY", FileKinds.TEXT),
        ("video/mp2t", "app.ts", FileKinds.TEXT),
        ("video/mp4", "a.ts", FileKinds.OTHER),
        ("application/octet-stream", "py", FileKinds.OTHER),
        ("application/octet-stream", "a.exe", FileKinds.OTHER),
        ("image/png", "a.txt", FileKinds.IMAGE),
        ("application/vnd.google-apps.form", "a", FileKinds.OTHER),
    ],
)
def test_a_files_kind_follows_from_its_type_else_from_its_ending(mime_type: str, name: str, kind: FileKinds) -> None:
    assert kind_of(mime_type, name) is kind


def test_a_file_is_told_under_googles_names() -> None:
    file = file_of({"id": "1", "name": "<b>", "mimeType": PDF, "size": "12", "modifiedTime": "2026-01-02T03:04:05Z"})

    assert file is not None
    assert file.to_wire() == {
        "id": "1",
        "name": "<b>",
        "mimeType": PDF,
        "size": 12,
        "webViewLink": "",
        "iconLink": "",
        "createdTime": "",
        "modifiedTime": "2026-01-02T03:04:05Z",
        "kind": "pdf",
        "readable": True,
    }


def test_a_shortcut_is_what_it_leads_to() -> None:
    target: JsonValue = {"targetId": "2", "targetMimeType": FOLDER}
    file = file_of({"id": "1", "name": "here", "mimeType": SHORTCUT, "size": "5", "shortcutDetails": target})

    assert file is not None
    assert (file.id, file.name, file.kind, file.size) == ("2", "here", FileKinds.FOLDER, None)


@pytest.mark.parametrize("value", [None, 3, [], {}, {"id": ""}, {"id": 3, "name": "x"}])
def test_what_is_no_file_is_left_out(value: JsonValue) -> None:
    assert file_of(value) is None


@pytest.mark.parametrize("size", [None, "", "-1", "1e3", "٣", True, 1.5, "9" * 20])
def test_a_size_that_is_none_is_unknown(size: JsonValue) -> None:
    file = file_of({"id": "1", "size": size})

    assert file is not None
    assert file.size is None


def test_an_address_that_is_not_safe_to_follow_is_left_out() -> None:
    file = file_of({"id": "1", "webViewLink": "javascript:alert(1)", "iconLink": "http://x/"})

    assert file is not None
    assert (file.web_view_link, file.icon_link) == ("", "")
