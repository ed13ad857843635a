"""The files of the stand-in's Drive, and the queries that find them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

FOLDER = "application/vnd.google-apps.folder"
_TEXT = r"'((?:[^'\\]|\\.)*)'"
_IN_FOLDER = re.compile(rf"{_TEXT} in parents and trashed = false")
_SEARCH = re.compile(rf"\(name contains {_TEXT} or fullText contains {_TEXT}\) and trashed = false")
_SHARED = "sharedWithMe = true and trashed = false"


@dataclass(frozen=True, slots=True, kw_only=True)
class DriveItem:
    """A file or folder.

    Attributes:
        parent: id of its folder; None for what others share.
        content: what a download has.
        announced: size in its description; None for the content's.
        exports: contents by the type that is asked for.
        searchable: text that a search finds.
    """

    id: str
    name: str
    mime_type: str = "text/plain"
    parent: str | None = "root"
    content: bytes = b""
    announced: int | None = None
    modified: str = "2026-03-01T12:00:00.000Z"
    exports: Mapping[str, bytes] = field(default_factory=dict)
    searchable: str = ""

    def described(self, root: str) -> dict[str, object]:
        """Return Google's description with all fields."""
        value: dict[str, object] = {
            "id": self.id,
            "name": self.name,
            "mimeType": self.mime_type,
            "iconLink": "https://drive-thirdparty.googleusercontent.com/16/type/x",
            "webViewLink": f"https://drive.google.com/file/d/{self.id}/view",
            "createdTime": self.modified,
            "modifiedTime": self.modified,
            "ownedByMe": self.parent is not None,
        }
        if self.parent is not None:
            value["parents"] = [root if self.parent == "root" else self.parent]
        if not self.mime_type.startswith("application/vnd.google-apps."):
            value["size"] = str(len(self.content) if self.announced is None else self.announced)
        return value


def found(items: Iterable[DriveItem], query: str) -> list[DriveItem] | None:
    """Return the items that a query finds; None when it is none that the stand-in knows."""
    if query == _SHARED:
        return [item for item in items if item.parent is None]
    inside, search = _IN_FOLDER.fullmatch(query), _SEARCH.fullmatch(query)
    if inside:
        return [item for item in items if item.parent == _unquoted(inside.group(1))]
    if search and search.group(1) == search.group(2):
        words = _unquoted(search.group(1)).lower()
        return [item for item in items if words in item.name.lower() or words in item.searchable.lower()]
    return None


def ordered(items: list[DriveItem]) -> list[DriveItem]:
    """Return items as `orderBy=folder,modifiedTime desc` does."""
    newest_first = sorted(items, key=lambda item: item.modified, reverse=True)
    return sorted(newest_first, key=lambda item: item.mime_type != FOLDER)


def _unquoted(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text)
