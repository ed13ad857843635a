"""Attachments that are held in memory."""

from __future__ import annotations

from tabagent.adapters.memory.chunk_store import MemoryBytes
from tabagent.drive.held import HeldAttachments


async def test_texts_are_held_by_their_ids() -> None:
    held = HeldAttachments()
    first = await held.add_text(name="a", mime_type="text/plain", text="ä", kind="text")
    second = await held.add_file(name="b", mime_type="text/csv", data=MemoryBytes(b"1,2"))
    third = await held.add_file(name="c", mime_type="application/pdf", data=MemoryBytes(b"%PDF"))

    assert list(held.held) == [first.id, second.id, third.id]
    assert [(one.kind, one.size, one.characters) for one in held.held.values()] == [
        ("text", 2, 1),
        ("text", 3, 3),
        ("pdf", 4, 0),
    ]
