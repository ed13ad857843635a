"""A panel that shows answers, in one browser for all tests of them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.browser.answers.answer_page import AnswerPage
from tests.browser.answers.walls import bundle_panels
from tests.browser.bare_extension import complete
from tests.browser.conftest import browser_options
from tools.browser import ExtensionBrowser, open_browser
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
    with open_browser(browser_options(extension=complete(extension, project))) as browser:
        yield browser


@pytest.fixture
def answers(answers_browser: ExtensionBrowser) -> Iterator[AnswerPage]:
    """The panel's page; it may not complain."""
    answers_browser.console.clear()
    page = AnswerPage(answers_browser)
    yield page
    page.page.close()
    assert answers_browser.errors == []
