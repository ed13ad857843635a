"""One Chromium for the whole folder, with a hub of kilobyte models; each file begins with a fresh background."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser.conftest import browser_options, connected, forget
from tests.browser.generation.asking import PATIENCE_S, Asker
from tests.browser.generation.models import make_lively_model, make_many_characters
from tests.browser.generation.reference import Reference
from tests.browser.wire import Wire
from tools.browser import ExtensionBrowser, open_browser
from tools.hub import LocalHub

LIVELY, OTHER, SHORT = "tabagent-tests/lively", "tabagent-tests/another", "tabagent-tests/short"
CHARACTERS = "tabagent-tests/characters"
# Copies of `LIVELY` whose files a test may change.
COPIES = [f"tabagent-tests/copy-{number}" for number in range(40)]
SHORT_CONTEXT = 320


@pytest.fixture(scope="package")
def lively_models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The folders of the models."""
    folder = tmp_path_factory.mktemp("lively")
    lively = make_lively_model(folder / "lively")
    return {
        **dict.fromkeys([LIVELY, *COPIES], lively),
        CHARACTERS: make_many_characters(lively, folder / "characters"),
        OTHER: make_lively_model(folder / "another", seed=1),
        SHORT: make_lively_model(folder / "short", context=SHORT_CONTEXT),
    }


@pytest.fixture(scope="package")
def lively_hub(lively_models: dict[str, Path]) -> Iterator[LocalHub]:
    """A hub with them."""
    with LocalHub(lively_models) as hub:
        yield hub


@pytest.fixture(scope="package")
def lively_browser(extension: Path, lively_hub: LocalHub) -> Iterator[ExtensionBrowser]:
    """A Chromium that finds that hub."""
    with open_browser(browser_options(extension=extension, hub=lively_hub)) as browser:
        yield browser


@pytest.fixture(scope="module")
def reference(lively_models: dict[str, Path]) -> Reference:
    """What `LIVELY` must answer."""
    return Reference(lively_models[LIVELY])


@pytest.fixture(scope="module")
def background(lively_browser: ExtensionBrowser, lively_hub: LocalHub) -> Wire:
    """A page's connection to a background that knows nothing yet, for all tests of a file."""
    lively_hub.faults.clear()
    forget(lively_browser)
    return connected(lively_browser.context.pages[0])


@pytest.fixture(scope="module")
def lively(background: Wire) -> Asker:
    """Somebody who asks `LIVELY` with float32 weights."""
    background.load_ready(LIVELY, dtype="fp32", timeout_s=PATIENCE_S)
    return Asker(background)
