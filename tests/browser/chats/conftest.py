"""One Chromium for the whole folder, with a kilobyte model that has something to say."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser.chats.talking import LIVELY
from tests.browser.conftest import browser_options
from tests.browser.generation.models import make_lively_model
from tools.browser import ExtensionBrowser, open_browser
from tools.hub import LocalHub


@pytest.fixture(scope="package")
def talking_browser(extension: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ExtensionBrowser]:
    """A Chromium whose hub has the model."""
    model = make_lively_model(tmp_path_factory.mktemp("talking") / "lively")
    with LocalHub({LIVELY: model}) as hub, open_browser(browser_options(extension=extension, hub=hub)) as browser:
        yield browser
