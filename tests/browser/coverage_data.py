"""Brings home which lines ran in the browser, for the coverage report of `python3 -m tools.test`."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping
from pathlib import Path

from coverage import CoverageData

from tools.environment import CACHE


def store(lines: Mapping[str, Collection[int]], folder: Path = CACHE / "coverage") -> None:
    """Write what `tests.browser.inside.lines.LineMonitor.report` returned where the report finds it.

    Args:
        lines: {file inside the package tabagent: line numbers}.
        folder: Where the other data of this run lies.
    """
    folder.mkdir(parents=True, exist_ok=True)
    data = CoverageData(basename=str(folder / "data"), suffix=f"browser.{uuid.uuid4().hex}")
    data.add_lines({f"py/tabagent/{name}": numbers for name, numbers in lines.items()})
    data.write()
