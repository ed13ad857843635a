"""The panel's bundle: how much there is of it, and what is loaded only when it is needed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools.bench.panel_page import loaded_with
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


def loaded_at_the_start(bundle: Path) -> set[str]:
    """Return the names of the scripts that are there before anything is shown."""
    return {path.name for path in loaded_with(bundle / "main.js")}


def test_the_javascript_that_the_panel_starts_with_stays_small(bundle: Path) -> None:
    sizes = {name: (bundle / name).stat().st_size for name in loaded_at_the_start(bundle)}

    assert sum(sizes.values()) <= LIMIT_BYTES, sizes


@pytest.mark.parametrize(
    "page", ["history", "models", "settings", "logs", "drive", "tab-chooser", "attachment-preview"]
)
def test_pages_beside_the_chat_are_chunks_that_come_later(bundle: Path, page: str) -> None:
    [chunk] = bundle.glob(f"{page}-*.js")

    assert chunk.name not in loaded_at_the_start(bundle)


def test_colouring_is_a_chunk_that_nothing_loads_at_the_start(bundle: Path) -> None:
    main = (bundle / "main.js").read_text(encoding="utf-8")
    [chunk] = bundle.glob("highlighting-*.js")

    assert f'import("./{chunk.name}")' in main
    assert f'from"./{chunk.name}"' not in main
    assert "hljs" not in main
    assert "highlight.js" in packages_in(bundle)
