"""Answers the requests about Google Drive."""

from __future__ import annotations

from typing import Protocol

from tabagent import codec
from tabagent.attachments.codec import encode_attachment
from tabagent.chat_specs import Attachment
from tabagent.drive import codec as drive_codec
from tabagent.drive.account import DriveAccount, GoogleAccount
from tabagent.drive.files import FileKinds
from tabagent.drive.listing import DriveListing
from tabagent.drive.messages import BeginDriveLogin, DriveLogin, GetDriveFileList, InsertDriveFile
from tabagent.drive.reading import DriveReader
from tabagent.errors import JsonObject
from tabagent.events import RuntimeMessageTypes
from tabagent.messages import Empty
from tabagent.ports.buffers import ByteBuffer
from tabagent.router import EventRouter


class Attachments(Protocol):
    """Takes what is inserted, as part of the question that is being written."""

    async def add_text(
        self, *, name: str, mime_type: str, text: str, kind: str, url: str = "", attachment_id: str = "", note: str = ""
    ) -> Attachment:
        """Attach a text; without an id it gets one."""

    async def add_file(
        self, *, name: str, mime_type: str, data: ByteBuffer, url: str = "", attachment_id: str = ""
    ) -> Attachment:
        """Attach a file, which is read."""


class DriveService:
    """Google Drive as pages see it.

    Args:
        account: Who is signed in.
        listing: Lists and searches.
        reader: Reads files.
        attachments: Takes what was read.
    """

    def __init__(
        self, account: GoogleAccount, listing: DriveListing, reader: DriveReader, attachments: Attachments
    ) -> None:
        self._account, self._listing, self._reader, self._attachments = account, listing, reader, attachments

    async def get_account(self, request: Empty) -> JsonObject:
        """Answer GET_DRIVE_ACCOUNT."""
        return {"available": self._account.available, "account": _wire(await self._account.current())}

    async def begin_login(self, request: BeginDriveLogin) -> JsonObject:
        """Answer BEGIN_DRIVE_LOGIN."""
        return {"url": await self._account.begin_sign_in(request.redirect_uri)}

    async def login(self, request: DriveLogin) -> JsonObject:
        """Answer DRIVE_LOGIN."""
        account = await self._account.finish_sign_in(request.redirected_to)
        self._listing.forget()
        return {"account": _wire(account)}

    async def logout(self, request: Empty) -> JsonObject:
        """Answer DRIVE_LOGOUT."""
        self._listing.forget()
        return {"revoked": await self._account.sign_out()}

    async def get_file_list(self, request: GetDriveFileList) -> JsonObject:
        """Answer GET_DRIVE_FILE_LIST."""
        return await self._listing.page(request)

    async def insert_file(self, request: InsertDriveFile) -> JsonObject:
        """Answer INSERT_DRIVE_FILE."""
        content = await self._reader.read(request.file_id)
        url = content.file.web_view_link
        if content.data is not None and content.file.kind in (FileKinds.PDF, FileKinds.TEXT):
            # Its encoding is found out where all files' is.
            attached = await self._attachments.add_file(
                name=content.name,
                mime_type=content.mime_type,
                data=content.data,
                url=url,
                attachment_id=request.attachment_id,
            )
        else:
            # Google exports UTF-8, with a mark at its beginning.
            text = content.data.to_bytes().decode("utf-8-sig", "replace") if content.data is not None else ""
            attached = await self._attachments.add_text(
                name=content.name,
                mime_type=content.mime_type,
                text=text,
                kind="text",
                url=url,
                attachment_id=request.attachment_id,
            )
        return {"attachment": encode_attachment(attached)}


def register_drive(router: EventRouter, service: DriveService) -> None:
    """Give every request about Google Drive its handler."""
    names = RuntimeMessageTypes
    router.on(names.GET_DRIVE_ACCOUNT, codec.decode_empty, service.get_account)
    router.on(names.BEGIN_DRIVE_LOGIN, drive_codec.decode_begin_drive_login, service.begin_login)
    router.on(names.DRIVE_LOGIN, drive_codec.decode_drive_login, service.login)
    router.on(names.DRIVE_LOGOUT, codec.decode_empty, service.logout)
    router.on(names.GET_DRIVE_FILE_LIST, drive_codec.decode_get_drive_file_list, service.get_file_list)
    router.on(names.INSERT_DRIVE_FILE, drive_codec.decode_insert_drive_file, service.insert_file)


def _wire(account: DriveAccount | None) -> JsonObject | None:
    return {"name": account.name, "email": account.email} if account is not None else None
