"""Files of a Drive, as Google describes them and as the panel shows them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from tabagent.errors import JsonObject, JsonValue

FOLDER = "application/vnd.google-apps.folder"
SHORTCUT = "application/vnd.google-apps.shortcut"
DOCUMENT = "application/vnd.google-apps.document"
SHEET = "application/vnd.google-apps.spreadsheet"
SLIDES = "application/vnd.google-apps.presentation"
PDF = "application/pdf"

# What a file is asked for; Google sends nothing that is not named. `iconLink` is passed on and never loaded.
FIELDS = "id,name,mimeType,iconLink,webViewLink,size,createdTime,modifiedTime,shortcutDetails(targetId,targetMimeType)"

_MAX_NAME = 500
_MAX_ADDRESS = 2000

_TEXT_TYPES = frozenset(
    {
        *("application/json", "application/x-ndjson", "application/ld+json", "application/geo+json"),
        *("application/xml", "application/xhtml+xml", "application/rtf", "application/yaml", "application/x-yaml"),
        *("application/toml", "application/sql", "application/javascript", "application/x-javascript"),
        *("application/ecmascript", "application/typescript", "application/x-sh", "application/x-python"),
        *("application/x-httpd-php", "application/x-tex", "application/x-latex", "application/x-subrip"),
    }
)
# Drive keeps what a browser said when a file was uploaded: of source code mostly nothing.
_TEXT_ENDINGS = frozenset(
    {
        *("bat", "c", "cc", "cfg", "clj", "conf", "cpp", "cs", "css", "csv", "dart", "diff", "ex", "go"),
        *("gradle", "h", "hpp", "hs", "htm", "html", "ini", "ipynb", "java", "jl", "js", "json", "jsonl", "jsx"),
        *("kt", "lisp", "log", "lua", "m", "md", "mdx", "mjs", "ml", "patch", "php", "pl", "properties", "proto"),
        *("ps1", "py", "pyi", "r", "rb", "rs", "rst", "sass", "scala", "scss", "sh", "sql", "srt", "svelte"),
        *("swift", "tex", "tf", "toml", "ts", "tsv", "tsx", "txt", "vb", "vtt", "vue", "xml", "yaml", "yml"),
        *("zig"),
    }
)


class FileKinds(StrEnum):
    """What a file is to TabAgent."""

    FOLDER = "folder"
    DOCUMENT = "document"
    SHEET = "sheet"
    SLIDES = "slides"
    PDF = "pdf"
    TEXT = "text"
    IMAGE = "image"
    OTHER = "other"


READABLE = frozenset({FileKinds.DOCUMENT, FileKinds.SHEET, FileKinds.SLIDES, FileKinds.PDF, FileKinds.TEXT})
_GOOGLES = {
    FOLDER: FileKinds.FOLDER,
    DOCUMENT: FileKinds.DOCUMENT,
    SHEET: FileKinds.SHEET,
    SLIDES: FileKinds.SLIDES,
    PDF: FileKinds.PDF,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class DriveFile:
    """A file or folder; of a shortcut, what it leads to.

    Attributes:
        size: Bytes; None for folders and Google's own documents.
        web_view_link: Where it opens in the browser; empty without one.
        icon_link: Google's picture for its type.
        created_time, modified_time: As Google writes them, RFC 3339.
    """

    id: str
    name: str
    mime_type: str
    size: int | None = None
    web_view_link: str = ""
    icon_link: str = ""
    created_time: str = ""
    modified_time: str = ""

    @property
    def kind(self) -> FileKinds:
        """What it is to TabAgent."""
        return kind_of(self.mime_type, self.name)

    def to_wire(self) -> JsonObject:
        """Return it under Google's names, with what TabAgent makes of it."""
        return {
            "id": self.id,
            "name": self.name,
            "mimeType": self.mime_type,
            "size": self.size,
            "webViewLink": self.web_view_link,
            "iconLink": self.icon_link,
            "createdTime": self.created_time,
            "modifiedTime": self.modified_time,
            "kind": str(self.kind),
            "readable": self.kind in READABLE,
        }


def kind_of(mime_type: str, name: str) -> FileKinds:
    """Return what a file is to TabAgent, by its type, else by its name's ending."""
    known = _GOOGLES.get(mime_type)
    if known is not None:
        return known
    if mime_type.startswith("image/"):
        return FileKinds.IMAGE
    if mime_type.startswith("text/") or mime_type in _TEXT_TYPES:
        return FileKinds.TEXT
    unspecific = mime_type in ("", "application/octet-stream", "video/mp2t", "video/vnd.dlna.mpeg-tts")
    _, dot, ending = name.rpartition(".")
    return FileKinds.TEXT if unspecific and dot and ending.lower() in _TEXT_ENDINGS else FileKinds.OTHER


def file_of(value: JsonValue) -> DriveFile | None:
    """Return the file that an object of Google's describes; None when it describes none.

    Shortcuts count as what they lead to.
    """
    if not isinstance(value, dict):
        return None
    target = value.get("shortcutDetails")
    shortcut = target if value.get("mimeType") == SHORTCUT and isinstance(target, dict) else None
    file_id = _text(shortcut or value, "targetId" if shortcut else "id", 128)
    if not file_id:
        return None
    return DriveFile(
        id=file_id,
        name=_text(value, "name", _MAX_NAME),
        mime_type=_text(shortcut or value, "targetMimeType" if shortcut else "mimeType", 200),
        size=None if shortcut else _size(value.get("size")),
        web_view_link=_address(value, "webViewLink"),
        icon_link=_address(value, "iconLink"),
        created_time=_text(value, "createdTime", 40),
        modified_time=_text(value, "modifiedTime", 40),
    )


def _text(values: JsonObject, name: str, limit: int) -> str:
    value = values.get(name)
    return value[:limit] if isinstance(value, str) else ""


def _address(values: JsonObject, name: str) -> str:
    """Return an address that is safe to follow: Google's are all https."""
    value = _text(values, name, _MAX_ADDRESS)
    return value if value.startswith("https://") else ""


def _size(value: JsonValue) -> int | None:
    """Return a size; Google writes 64-bit numbers as texts."""
    text = str(value) if isinstance(value, int | str) and not isinstance(value, bool) else ""
    return int(text) if text.isdecimal() and text.isascii() and len(text) < 20 else None
