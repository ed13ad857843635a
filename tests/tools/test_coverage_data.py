"""Coverage brought home from the browser."""

from __future__ import annotations

from pathlib import Path

from coverage import CoverageData

from tests.browser.coverage_data import store


def test_lines_of_the_package_become_lines_of_the_sources(tmp_path: Path) -> None:
    store({"models/hub.py": [1, 5]}, tmp_path)

    (path,) = tmp_path.glob("data.browser.*")
    data = CoverageData(basename=str(path))
    data.read()
    assert data.lines("py/tabagent/models/hub.py") == [1, 5]
