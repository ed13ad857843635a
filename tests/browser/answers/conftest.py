"""A panel that shows answers, in one browser for all tests of them."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator

import pytest

from tests.browser.answers.answer_page import AnswerPage
from tests.browser.answers.walls import bundle_panels
from tools.browser import BrowserOptions, ExtensionBrowser, open_browser
from tools.build.locales import chrome_messages
from tools.build.project import Project
from tools.environment import ensure_node_modules


@pytest.fixture(scope="package")
def answers_browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ExtensionBrowser]:
    """A Chromium with the panel in all the variants of `walls`, and no background."""
    folder = tmp_path_factory.mktemp("answers")
    extension = folder / "extension"
    project = Project()
    ensure_node_modules()
    extension.mkdir()
    bundle_panels(extension, folder)
    shutil.copytree(project.extension / "icons", extension / "icons")
    for name, messages in chrome_messages(project.extension / "locales").items():
        (extension / name).parent.mkdir(parents=True)
        (extension / name).write_text(messages, encoding="utf-8")
    manifest = json.loads((project.extension / "manifest.json").read_text(encoding="utf-8"))
    del manifest["background"]
    (extension / "manifest.json").write_text(json.dumps(manifest | {"version": project.version}), encoding="utf-8")
    with open_browser(BrowserOptions(extension=extension)) as browser:
        yield browser


@pytest.fixture
def answers(answers_browser: ExtensionBrowser) -> Iterator[AnswerPage]:
    """The panel's page; it may not complain."""
    answers_browser.console.clear()
    page = AnswerPage(answers_browser)
    yield page
    page.page.close()
    assert answers_browser.errors == []
