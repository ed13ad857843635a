"""Payloads of the requests about attachments, and the one event."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class AddAttachment:
    """Read a file that the person gave.

    Attributes:
        attachment_id: Made by the page.
        size: Bytes, as the page says; they are counted again.
        address: A `blob:` address of the extension's own under which the page lends it.
    """

    attachment_id: str
    name: str
    mime_type: str
    size: int
    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedAttachment:
    """Remove an attachment, or show what was read of it."""

    attachment_id: str
