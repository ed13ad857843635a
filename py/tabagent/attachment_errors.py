"""The errors of attachments and of pages that are read; the tree of all errors is in `tabagent.errors`."""

from __future__ import annotations

from tabagent.errors import RequestError
from tabagent.events import ErrorCodes


class AttachmentError(RequestError):
    """Something cannot be attached to a question."""


class AttachmentTooLarge(AttachmentError):
    """A file has more bytes than are read."""

    code = ErrorCodes.ATTACHMENT_TOO_LARGE

    def __init__(self, name: str, size: int, limit: int) -> None:
        super().__init__(
            f"{name} has {size / 1e6:,.1f} MB; files of up to {limit / 1e6:,.0f} MB are read. Attach a part of it.",
            name=name,
            size=size,
            limit=limit,
        )


class UnsupportedAttachment(AttachmentError):
    """A file is of a kind that no model here can be given."""

    code = ErrorCodes.UNSUPPORTED_ATTACHMENT

    def __init__(self, name: str, reason: str, advice: str) -> None:
        super().__init__(f"{name} cannot be attached: {reason}. {advice}", name=name, reason=reason)


class AttachmentUnreadable(AttachmentError):
    """A file is of a kind that is read, but this one cannot be."""

    code = ErrorCodes.ATTACHMENT_UNREADABLE

    def __init__(self, name: str, reason: str, advice: str) -> None:
        super().__init__(f"{name} cannot be read: {reason}. {advice}", name=name, reason=reason)


class AttachmentNotFound(AttachmentError):
    """No attachment has the id: it was removed, or never added."""

    code = ErrorCodes.ATTACHMENT_NOT_FOUND

    def __init__(self, attachment_id: str) -> None:
        super().__init__("This attachment is not stored any more. Attach it again.", attachmentId=attachment_id)


class PageError(RequestError):
    """A page cannot be read."""


class PageAccessNeeded(PageError):
    """The person has not let the extension read this page.

    Args:
        page: Its address, where it is known.
        origin: That the browser can be asked for; empty when the address is unknown.
    """

    code = ErrorCodes.PAGE_ACCESS_NEEDED

    def __init__(self, page: str, origin: str) -> None:
        way = (
            f"Allow TabAgent to read {origin}, then try again."
            if origin
            else "Choose TabAgent in the page's context menu, or press its button in the toolbar on that page."
        )
        super().__init__(
            f"The browser has not given access to {page or 'this page'} yet. {way}", url=page, origin=origin
        )


class PageNotReadable(PageError):
    """The browser lets no extension read this page, or there is nothing to read."""

    code = ErrorCodes.PAGE_NOT_READABLE

    def __init__(self, page: str, reason: str, advice: str = "") -> None:
        text = f"{page or 'This page'} cannot be read: {reason}. {advice}".rstrip()
        super().__init__(text, url=page, reason=reason)


class PageTimedOut(PageError):
    """A page did not come in time."""

    code = ErrorCodes.PAGE_TIMED_OUT

    def __init__(self, page: str, seconds: float) -> None:
        super().__init__(
            f"{page} did not load within {seconds:.0f} seconds. Open it in a tab and attach that, or try again.",
            url=page,
            seconds=seconds,
        )
