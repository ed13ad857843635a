"""Payloads of the requests about Google Drive."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class BeginDriveLogin:
    """Make the address of Google's sign-in page.

    Attributes:
        redirect_uri: `chrome.identity.getRedirectURL()` of the page that opens it.
    """

    redirect_uri: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DriveLogin:
    """Sign in with the address that Google's page ended at."""

    redirected_to: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GetDriveFileList:
    """List a folder, or search.

    Attributes:
        folder_id: Google's id of the folder, or one of `tabagent.drive.places`.
        page_token: Of the page before this one; empty for the first page.
        query: Words in names and texts, anywhere in the Drive; empty lists the folder.
    """

    folder_id: str
    page_token: str
    query: str


@dataclass(frozen=True, slots=True, kw_only=True)
class InsertDriveFile:
    """Attach a file's text to the question that is being written.

    Attributes:
        file_id: Google's id of the file.
        attachment_id: The page's, for the attachment.
    """

    file_id: str
    attachment_id: str
