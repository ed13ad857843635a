"""A copy of the built extension with another setting or permission in it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any


def altered(extension: Path, copy: Path, name: str, change: Callable[[dict[str, Any]], None]) -> Path:
    """Copy the extension and change one of its JSON files.

    Args:
        extension: The built one.
        copy: The folder to make; the copy's id follows from it.
        name: Of the file.
        change: Changes the file's content.

    Returns:
        The copy.
    """
    shutil.copytree(extension, copy)
    content = json.loads((copy / name).read_text(encoding="utf-8"))
    change(content)
    (copy / name).write_text(json.dumps(content), encoding="utf-8")
    return copy
