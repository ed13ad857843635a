"""Ids of entries. They are in the order of the entries and tell their sizes.

So the limits of the ring are kept from the ids alone, of which the storage gives thousands in one answer, and nothing
that was counted can be wrong after a thread that died.
"""

from __future__ import annotations

import re

# Milliseconds since 1970 (13 digits until the year 2286), number within the thread, the thread, size in bytes.
_ID = re.compile(r"\A\d{13}\.\d{7}\.[0-9a-f]{4}\.(\d{1,7})\Z")


def entry_id(timestamp: int, number: int, thread: int, size: int) -> str:
    """Return the id of an entry.

    Args:
        timestamp: Milliseconds since 1970.
        number: Of the entry within its thread.
        thread: Any number that sets this thread's ids apart from another's.
        size: Bytes of the entry as JSON.
    """
    return f"{timestamp:013d}.{number:07d}.{thread % 0x10000:04x}.{size}"


def size_of(identifier: str) -> int | None:
    """Return the size in bytes that an id tells; None for what is no id of ours."""
    found = _ID.match(identifier)
    return int(found.group(1)) if found else None
