"""How a memory snapshot is packed for the extension: without the parts of the memory that are zero.

Pyodide's own snapshot is a header and the whole memory. Almost half of that is zero in a few large areas (the stack,
memory that was freed), and reading the file is a third of a start. extension/python_snapshot.js puts it together.

The file: the length of a JSON object in four bytes; that object, `{header, memory, zeros, filled}`, with the lengths of
Pyodide's header and of the memory, and the areas `[from, to]` of it that are zero and that are not; the header; and the
contents of the latter areas one after the other.
"""

from __future__ import annotations

import json
import struct

from tools.environment import ToolError

# Areas of zeros are left out in whole pages of WebAssembly: smaller ones are many, and little together.
PAGE = 64 * 1024
# What is restored is copied at every start: memory that grows beyond this has too much in it.
# extension/python_snapshot.js makes room for what is more than Pyodide's own 30 MiB.
LARGEST_MEMORY = 40 * 1024 * 1024
# Pyodide's header begins with words: what it is, where the memory begins, and the length of the JSON between.
_MAGIC = 0x706E7300

Area = tuple[int, int]


def packed(snapshot: bytes) -> bytes:
    """Return what extension/python_snapshot.js unpacks.

    Args:
        snapshot: Of Pyodide's `makeMemorySnapshot`.

    Raises:
        ToolError: The memory is so large that every start would be slow, or this is no such snapshot.
    """
    magic, begins = struct.unpack_from("<II", snapshot)
    if magic != _MAGIC or begins > len(snapshot):
        raise ToolError(
            "Pyodide's memory snapshot has another format than its version 314: see tools/build/snapshot.py"
        )
    memory = memoryview(snapshot)[begins:]
    require_restorable(len(memory))
    zeros, filled = _areas(memory)
    layout = json.dumps({"header": begins, "memory": len(memory), "zeros": zeros, "filled": filled}).encode()
    return b"".join(
        [struct.pack("<I", len(layout)), layout, snapshot[:begins], *(memory[start:end] for start, end in filled)]
    )


def require_restorable(size: int) -> None:
    """Raise `ToolError` when a memory of this many bytes would make every start slow."""
    if size > LARGEST_MEMORY:
        raise ToolError(
            f"the memory snapshot has {size / 2**20:.1f} MiB, more than the {LARGEST_MEMORY // 2**20} MiB that a start "
            "may cost: import less in tools/build/inside/warm.py"
        )


def _areas(memory: memoryview) -> tuple[list[Area], list[Area]]:
    """Return the areas that are zero, and those that are not."""
    nothing, kinds = bytes(PAGE), (list[Area](), list[Area]())
    for start in range(0, len(memory), PAGE):
        page = memory[start : start + PAGE]
        areas, end = kinds[page != nothing[: len(page)]], start + len(page)
        if areas and areas[-1][1] == start:
            areas[-1] = areas[-1][0], end
        else:
            areas.append((start, end))
    return kinds
