"""The errors of Google Drive; the tree of all errors is in `tabagent.errors`.

Nothing of Google's own texts gets into them but names of files: its messages name projects and accounts.
"""

from __future__ import annotations

from tabagent.errors import HubError, Offline, TabAgentError
from tabagent.events import ErrorCodes
from tabagent.store_errors import ConnectionLost, LoginFailed, UnexpectedContent


class DriveError(TabAgentError):
    """Google Drive does not give what was asked for."""


class NotSignedIn(DriveError):
    """Nobody is signed in at Google."""

    code = ErrorCodes.NOT_SIGNED_IN

    def __init__(self) -> None:
        super().__init__("You are not signed in at Google. Sign in to see your Drive.")


class DriveRateLimited(DriveError):
    """Google wants fewer requests, also after the wait that it asked for."""

    code = ErrorCodes.DRIVE_RATE_LIMITED

    def __init__(self, seconds: float) -> None:
        super().__init__(
            f"Google Drive gets too many requests at the moment, also {seconds:.0f} s later. Try again in a minute.",
            waited=seconds,
        )


class DriveNoAccess(DriveError):
    """The person, or this sign-in, may not read it."""

    code = ErrorCodes.DRIVE_NO_ACCESS

    def __init__(self, reason: str = "") -> None:
        super().__init__(
            "Google does not let you read this. Ask its owner for access, or sign in with another account.",
            reason=reason,
        )


class DriveDisabled(DriveError):
    """The Drive API is not switched on, for the project of this build or by the person's organization."""

    code = ErrorCodes.DRIVE_DISABLED

    def __init__(self, reason: str = "") -> None:
        super().__init__(
            "Google Drive is switched off for this app. Whoever published this build must enable the Google Drive API "
            "in its project; in an organization, its administrator may have to allow the app.",
            reason=reason,
        )


class DriveFileGone(DriveError):
    """There is no such file or folder, or none that the person can see."""

    code = ErrorCodes.DRIVE_FILE_GONE

    def __init__(self) -> None:
        super().__init__("This file or folder is not in your Drive any more. Load the list again.")


class DriveFileUnreadable(DriveError):
    """A file has no text that TabAgent knows how to get."""

    code = ErrorCodes.DRIVE_FILE_UNREADABLE

    def __init__(self, name: str, mime_type: str) -> None:
        super().__init__(
            f"{name} cannot be inserted: TabAgent reads Google Docs, Sheets and Slides, PDFs and text files, and this "
            f"is {mime_type or 'of an unknown type'}.",
            file=name,
            mimeType=mime_type,
        )


class DriveFileTooLarge(DriveError):
    """A file is larger than what is taken in."""

    code = ErrorCodes.DRIVE_FILE_TOO_LARGE

    def __init__(self, name: str, size: int | None, limit: int) -> None:
        has = f"has {size / 1e6:,.1f} MB" if size is not None else "is too large"
        super().__init__(
            f"{name} {has}; at most {limit / 1e6:,.0f} MB can be inserted. Insert a shorter file, or a part of it.",
            file=name,
            size=size,
            limit=limit,
        )


class DriveUnavailable(DriveError):
    """Google answered with an error that says nothing about the request.

    Attributes:
        status: HTTP status.
    """

    code = ErrorCodes.DRIVE_UNAVAILABLE

    def __init__(self, status: int, reason: str = "") -> None:
        super().__init__(f"Google Drive answered with an error ({status}). Try again in a moment.", status=status)
        self.status, self.reason = status, reason


class DriveLoginFailed(LoginFailed):
    """The sign-in at Google did not end well, or has ended and could not be renewed."""

    def __init__(self, reason: str) -> None:
        HubError.__init__(self, f"The sign-in at Google failed: {reason}. Sign in again.", reason=reason)


class DriveOffline(Offline):
    """Google did not answer."""

    def __init__(self) -> None:
        HubError.__init__(self, "Google Drive cannot be reached. Check the network connection, then try again.")


class DriveConnectionLost(ConnectionLost):
    """An answer of Google's broke off."""

    def __init__(self) -> None:
        HubError.__init__(self, "The connection to Google Drive broke. Check the network, then try again.")


class DriveUnexpectedContent(UnexpectedContent):
    """Something else came in place of Google's answer: mostly the sign-in page of a network."""

    def __init__(self, content_type: str) -> None:
        HubError.__init__(
            self,
            "Something else came in place of Google Drive's answer. If this network asks for a sign-in, open any "
            "website, sign in, and try again.",
            contentType=content_type,
        )
