"""Gets what is in a file: Google's own documents as text, PDFs and text files as they are."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from tabagent.drive.answers import EXPORT_LIMIT_BYTES
from tabagent.drive.client import DriveClient
from tabagent.drive.errors import DriveFileGone, DriveFileTooLarge, DriveFileUnreadable, DriveUnavailable
from tabagent.drive.files import FIELDS, READABLE, DriveFile, FileKinds, file_of
from tabagent.ports.buffers import ByteBuffer

logger = logging.getLogger(__name__)

# A PDF of a few hundred pages; text of this length is far beyond any model's context.
MAX_DOWNLOAD_BYTES = 20_000_000

_BAD_REQUEST = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class DriveContent:
    """What is in a file.

    Attributes:
        name: With the ending of what it has become.
        data: None for an empty file.
    """

    file: DriveFile
    name: str
    mime_type: str
    data: ByteBuffer | None


@dataclass(frozen=True, slots=True)
class _Export:
    mime_type: str
    ending: str


# In the order in which they are tried: Google has markdown for documents that are not too old.
_EXPORTS: dict[FileKinds, tuple[_Export, ...]] = {
    FileKinds.DOCUMENT: (_Export("text/markdown", ".md"), _Export("text/plain", ".txt")),
    # Google writes the first sheet alone; the name says so, because the model cannot know.
    FileKinds.SHEET: (_Export("text/csv", " (first sheet).csv"),),
    FileKinds.SLIDES: (_Export("text/plain", ".txt"),),
}


class DriveReader:
    """Reads files.

    Args:
        client: Asks Google.
    """

    def __init__(self, client: DriveClient) -> None:
        self._client = client

    async def read(self, file_id: str) -> DriveContent:
        """Return what is in a file.

        Raises:
            DriveFileUnreadable: It has no text that TabAgent can get.
            DriveFileTooLarge: It is too large; nothing was downloaded where its size was known.
            TabAgentError: As of `DriveClient.get_json`.
        """
        file = file_of(await self._client.get_json("files", file_id, fields=FIELDS, supportsAllDrives="true"))
        if file is None:
            raise DriveFileGone
        if file.kind not in READABLE:
            raise DriveFileUnreadable(file.name, file.mime_type)
        exports = _EXPORTS.get(file.kind)
        return await (self._exported(file, exports) if exports else self._downloaded(file))

    async def _downloaded(self, file: DriveFile) -> DriveContent:
        if file.size is not None and file.size > MAX_DOWNLOAD_BYTES:
            raise DriveFileTooLarge(file.name, file.size, MAX_DOWNLOAD_BYTES)
        # A buffer no larger than the file; it may have grown since its size was told.
        limit = MAX_DOWNLOAD_BYTES if file.size is None else min(file.size + 4096, MAX_DOWNLOAD_BYTES)
        data = await self._client.get_content(
            file.name, file.mime_type, limit, "files", file.id, alt="media", supportsAllDrives="true"
        )
        return DriveContent(file=file, name=file.name, mime_type=file.mime_type, data=data)

    async def _exported(self, file: DriveFile, exports: tuple[_Export, ...]) -> DriveContent:
        for number, export in enumerate(exports, start=1):
            try:
                data = await self._client.get_content(
                    file.name,
                    export.mime_type,
                    EXPORT_LIMIT_BYTES,
                    "files",
                    file.id,
                    "export",
                    mimeType=export.mime_type,
                )
            except DriveUnavailable as error:
                if error.status != _BAD_REQUEST or number == len(exports):
                    raise
                logger.info("google does not export this as %s", export.mime_type)
                continue
            name = file.name if file.name.lower().endswith(export.ending) else f"{file.name}{export.ending}"
            return DriveContent(file=file, name=name, mime_type=export.mime_type, data=data)
        raise DriveFileUnreadable(file.name, file.mime_type)
