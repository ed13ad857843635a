"""What was attached to questions: files, pages, selections."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from tabagent.chat_specs import Attachment
from tabagent.ports.buffers import ByteBuffer
from tabagent.specs import AttachedText


class AttachmentStore(Protocol):
    """Attachments by their ids, each with the text that could be read of it and, where there are some, its bytes.

    Every method may raise `StorageError`; then nothing was changed.
    """

    async def put(self, attachment: Attachment, text: str, data: ByteBuffer | None = None) -> Attachment:
        """Keep an attachment in place of an older one of its id; return it with the characters of its text."""

    async def get(self, ids: Sequence[str]) -> tuple[Attachment, ...]:
        """Return those that are there, in the order of their ids."""

    async def texts(self, ids: Sequence[str]) -> tuple[AttachedText, ...]:
        """Return the texts of those that are there, in the order of their ids."""

    async def data(self, attachment_id: str) -> ByteBuffer | None:
        """Return the bytes, or None where there are none."""

    async def link(self, ids: Sequence[str], message_id: str | None) -> None:
        """Say which question attachments belong to; None puts them back into the composer. Unknown ids are none."""

    async def delete(self, ids: Sequence[str]) -> None:
        """Forget attachments; no-op for unknown ids."""

    async def orphans(self, before: int) -> tuple[Attachment, ...]:
        """Return those that belong to no question and were last changed before a time, oldest first."""
