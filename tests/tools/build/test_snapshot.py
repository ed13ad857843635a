"""The memory snapshot's packing."""

from __future__ import annotations

import json
import struct

import pytest

from tools.build.snapshot import LARGEST_MEMORY, PAGE, packed, require_restorable
from tools.environment import ToolError

HEADER = struct.pack("<IIII", 0x706E7300, 64, 2, 0) + bytes(32) + b"{}" + bytes(14)
CONTENT = bytes(PAGE - 1) + b"x"


def unpacked(content: bytes) -> bytes:
    """Return the snapshot that was packed, as extension/python_snapshot.js puts it together."""
    (length,) = struct.unpack_from("<I", content)
    layout = json.loads(content[4 : 4 + length])
    place = 4 + length + layout["header"]
    memory = bytearray(b"?" * layout["memory"])
    for start, end in layout["zeros"]:
        memory[start:end] = bytes(end - start)
    for start, end in layout["filled"]:
        memory[start:end] = content[place : place + end - start]
        place += end - start
    assert place == len(content)
    return content[4 + length :][: layout["header"]] + memory


@pytest.mark.parametrize("pages", ["", "x", "-", "x--x-", "-xx-x", "--x", "xxx"])
@pytest.mark.parametrize("rest", [b"", b"end", bytes(3)])
def test_nothing_but_zeros_is_left_out(pages: str, rest: bytes) -> None:
    memory = b"".join(CONTENT if page == "x" else bytes(PAGE) for page in pages) + rest
    content = packed(HEADER + memory)

    assert unpacked(content) == HEADER + memory
    assert len(content) < len(HEADER) + PAGE * pages.count("x") + len(rest) + 200


def test_a_snapshot_that_would_make_every_start_slow_is_refused() -> None:
    require_restorable(LARGEST_MEMORY)

    with pytest.raises(ToolError, match="more than the 40 MiB"):
        require_restorable(LARGEST_MEMORY * 2)


@pytest.mark.parametrize("content", [b"PK\3\4" + bytes(100), HEADER[:40]])
def test_what_is_no_snapshot_is_refused(content: bytes) -> None:
    with pytest.raises(ToolError, match="another format"):
        packed(content)
