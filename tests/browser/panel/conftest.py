"""The panel's page in an extension that has nothing else: its background is played by the tests."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

import pytest

from tests.browser.bare_extension import complete
from tests.browser.conftest import browser_options
from tests.browser.panel.scripted_panel import ScriptedPanel
from tests.browser.panel.wire_models import Json, replies
from tools.browser import ExtensionBrowser, open_browser
from tools.build.bundle import bundle_panel
from tools.build.events import javascript_constants
from tools.build.project import Project
from tools.environment import ensure_node_modules


class OpenPanel(Protocol):
    """Opens a panel for a list of models."""

    def __call__(
        self,
        models: list[Json],
        changes: Mapping[str, Json] | None = None,
        *,
        granted: bool = True,
        chats: Sequence[Json] = (),
    ) -> ScriptedPanel:
        """`changes` are replies by their type; `chats` are stored already."""
        ...


@pytest.fixture(scope="package")
def panel_browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ExtensionBrowser]:
    """A Chromium with the panel's page, its manifest and its policy, and no background."""
    folder = tmp_path_factory.mktemp("panel") / "extension"
    project = Project()
    ensure_node_modules()
    shutil.copytree(bundle_panel(project, javascript_constants(project.package / "events.py")), folder / "sidepanel")
    shutil.copy(project.extension / "sidepanel" / "index.html", folder / "sidepanel")
    with open_browser(browser_options(extension=complete(folder, project))) as browser:
        yield browser


@pytest.fixture
def open_panel(panel_browser: ExtensionBrowser) -> Iterator[OpenPanel]:
    """Panels that show the list of models; closed at the end, and none may have complained."""
    opened: list[ScriptedPanel] = []

    def open_one(
        models: list[Json],
        changes: Mapping[str, Json] | None = None,
        *,
        granted: bool = True,
        chats: Sequence[Json] = (),
    ) -> ScriptedPanel:
        answers = replies(models) | dict(changes or {})
        panel = ScriptedPanel(panel_browser, answers, granted=granted, chats=chats)
        opened.append(panel)
        return panel.open_models()

    panel_browser.console.clear()
    yield open_one
    for panel in opened:
        panel.page.evaluate("localStorage.clear()")
        panel.page.close()
    assert panel_browser.errors == []
