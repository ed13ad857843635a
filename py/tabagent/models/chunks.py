"""Arithmetic of chunks: sizes, keys, ranges. Pure functions, no storage."""

from __future__ import annotations

from tabagent.specs import FileKey

# 8 MiB: IndexedDB's throughput is flat from here on (1 MiB chunks write a quarter slower, docs/architecture.md has the
# numbers), and four of them in a transaction stay far below the 64 MiB that a load may add to memory.
CHUNK_BYTES = 8 * 1024 * 1024

# Four chunks a transaction wrote 123 MB/s where one wrote 95.
CHUNKS_PER_TRANSACTION = 4

# The keys that TabAgent's databases use in the store `files`.
_CHUNK_MARK = "_chunk_"
_RECORD_MARK = ":manifest"


def group_key(key: FileKey) -> str:
    """Return the name under which a file's chunks and record are grouped: `{repo}/{path}`."""
    return f"{key.repo}/{key.path}"


def chunk_key(key: FileKey, index: int) -> str:
    """Return the key of a chunk in the store `files`."""
    return f"{group_key(key)}{_CHUNK_MARK}{index}"


def chunk_key_range(key: FileKey) -> tuple[str, str]:
    """Return the lowest and the highest key that a chunk of the file can have; `:` follows the digits in order."""
    start = f"{group_key(key)}{_CHUNK_MARK}"
    return start + "0", start + ":"


def record_key(key: FileKey) -> str:
    """Return the key of a file's record in the store `files`."""
    return f"{group_key(key)}{_RECORD_MARK}"
