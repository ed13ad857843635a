"""The panel's bundle: how much there is of it, and what is loaded only when it is needed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools.build.bundle import bundle_panel, packages_in
from tools.build.events import javascript_constants
from tools.build.project import Project
from tools.environment import ensure_node_modules

LIMIT_BYTES = 300_000


@pytest.fixture(scope="module")
def bundle() -> Path:
    """The folder of the real panel's bundle."""
    ensure_node_modules()
    project = Project()
    return bundle_panel(project, javascript_constants(project.package / "events.py"))


def test_all_of_the_panels_javascript_stays_small(bundle: Path) -> None:
    sizes = {path.name: path.stat().st_size for path in bundle.glob("*.js")}

    assert sum(sizes.values()) <= LIMIT_BYTES, sizes


def test_colouring_is_a_chunk_that_nothing_loads_at_the_start(bundle: Path) -> None:
    main = (bundle / "main.js").read_text(encoding="utf-8")
    [chunk] = bundle.glob("highlighting-*.js")

    assert f'import("./{chunk.name}")' in main
    assert f'from"./{chunk.name}"' not in main
    assert "hljs" not in main
    assert "highlight.js" in packages_in(bundle)
