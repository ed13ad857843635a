"""Holds what was inserted in memory, where the build has no service for attachments."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from tabagent.ports.buffers import ByteBuffer


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldAttachment:
    """An attachment and its text."""

    id: str
    name: str
    mime_type: str
    kind: str
    size: int
    text: str = field(repr=False)
    url: str = ""
    note: str = ""

    @property
    def characters(self) -> int:
        """Of its text."""
        return len(self.text)


class HeldAttachments:
    """Keeps attachments until the thread ends.

    Attributes:
        held: By their ids.
    """

    def __init__(self) -> None:
        self.held: dict[str, HeldAttachment] = {}

    async def add_text(
        self, *, name: str, mime_type: str, text: str, kind: str, url: str = "", attachment_id: str = "", note: str = ""
    ) -> HeldAttachment:
        """Hold a text."""
        return self._keep(
            HeldAttachment(
                id=attachment_id,
                name=name,
                mime_type=mime_type,
                kind=kind,
                size=len(text.encode()),
                text=text,
                url=url,
                note=note,
            )
        )

    async def add_file(
        self, *, name: str, mime_type: str, data: ByteBuffer, url: str = "", attachment_id: str = ""
    ) -> HeldAttachment:
        """Hold a text file's text; of other files nothing but what they are."""
        kind = "pdf" if mime_type == "application/pdf" else "text"
        text = data.to_bytes().decode("utf-8-sig", "replace") if kind == "text" else ""
        return self._keep(
            HeldAttachment(
                id=attachment_id, name=name, mime_type=mime_type, kind=kind, size=data.size, text=text, url=url
            )
        )

    def _keep(self, attachment: HeldAttachment) -> HeldAttachment:
        import uuid

        kept = attachment if attachment.id else replace(attachment, id=str(uuid.uuid4()))
        self.held[kept.id] = kept
        return kept
