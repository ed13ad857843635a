"""Decodes the requests about Google Drive."""

from __future__ import annotations

import re

from tabagent.codec import Fields, shown
from tabagent.drive.messages import BeginDriveLogin, DriveLogin, GetDriveFileList, InsertDriveFile
from tabagent.drive.places import ROOT
from tabagent.errors import BadRequest, JsonObject

MAX_QUERY_CHARACTERS = 200
MAX_ADDRESS_CHARACTERS = 8_000
MAX_TOKEN_CHARACTERS = 4_000

# Google's ids; the names of places are such, too.
_ID = re.compile(r"[A-Za-z0-9_-]{1,128}")


def decode_begin_drive_login(payload: JsonObject) -> BeginDriveLogin:
    """Decode BEGIN_DRIVE_LOGIN; the account checks the address."""
    return BeginDriveLogin(redirect_uri=Fields(payload).text("redirectUri", limit=MAX_ADDRESS_CHARACTERS))


def decode_drive_login(payload: JsonObject) -> DriveLogin:
    """Decode DRIVE_LOGIN; a refusal never repeats the address, which has a token."""
    address = payload.get("redirectedTo")
    if not isinstance(address, str) or not 0 < len(address) <= MAX_ADDRESS_CHARACTERS:
        raise BadRequest("DRIVE_LOGIN needs the address that the sign-in ended at.", field="redirectedTo")
    return DriveLogin(redirected_to=address)


def decode_get_drive_file_list(payload: JsonObject) -> GetDriveFileList:
    """Decode GET_DRIVE_FILE_LIST; all fields may be absent, empty or null."""
    read = Fields({name: value for name, value in payload.items() if value not in ("", None)})
    return GetDriveFileList(
        folder_id=_id(read, "folderId", default=ROOT),
        page_token=read.text("pageToken", default="", limit=MAX_TOKEN_CHARACTERS),
        query=read.text("query", default="", limit=MAX_QUERY_CHARACTERS).strip(),
    )


def decode_insert_drive_file(payload: JsonObject) -> InsertDriveFile:
    """Decode INSERT_DRIVE_FILE."""
    read = Fields(payload)
    return InsertDriveFile(file_id=_id(read, "fileId"), attachment_id=read.text("attachmentId"))


def _id(read: Fields, name: str, default: str | None = None) -> str:
    """Return an id of Google's: it becomes part of an address and of a query."""
    value = read.text(name, default=default)
    if not _ID.fullmatch(value):
        raise BadRequest(f"{name} must be an id of Google Drive, not {shown(value)}.", field=name)
    return value
