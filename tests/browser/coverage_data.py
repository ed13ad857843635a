"""Brings home which lines ran in the browser, for the coverage report of `python3 -m tools.test`."""

from __future__ import annotations

import json
import uuid
from pathlib import Path

from coverage import CoverageData

from tools.environment import CACHE


def store(collected: str, folder: Path = CACHE / "coverage") -> None:
    """Write what `tests.browser.inside.line_coverage.collected` returned where the report finds it.

    Args:
        collected: JSON, {file inside the archive: [line numbers]}.
        folder: Where the other data of this run lies.
    """
    folder.mkdir(parents=True, exist_ok=True)
    data = CoverageData(basename=str(folder / "data"), suffix=f"browser.{uuid.uuid4().hex}")
    data.add_lines({f"py/{name}": lines for name, lines in json.loads(collected).items()})
    data.write()
