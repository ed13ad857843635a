"""Zip archives that come out the same, byte for byte, whenever and wherever they are made."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from pathlib import Path

# The earliest time that a zip entry can have.
TIMELESS = (1980, 1, 1, 0, 0, 0)
REGULAR_FILE = 0o100644


def write_archive(destination: Path, files: Mapping[str, Path], *, compress: bool = True) -> None:
    """Write `files` ({name in the archive: source}) sorted by name, without times, owners or modes of this machine.

    Args:
        destination: The archive; an existing one is replaced as a whole.
        files: Contents.
        compress: Off for archives that a program reads at start, where time counts more than size.
    """
    part = destination.with_name(f"{destination.name}.part")
    method = zipfile.ZIP_DEFLATED if compress else zipfile.ZIP_STORED
    with zipfile.ZipFile(part, "w", method, compresslevel=9 if compress else None) as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, TIMELESS)
            entry.compress_type = method
            entry.external_attr = REGULAR_FILE << 16
            entry.create_system = 3  # Unix, also when this runs on Windows
            archive.writestr(entry, files[name].read_bytes())
    part.replace(destination)
