"""What the content security policy lets the extension's own scripts do. DevTools is above it and cannot be asked."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser.conftest import browser_options, connected, quiet
from tools.browser import ExtensionBrowser, open_browser
from tools.hub import LocalHub

Attempts = dict[str, str]


@pytest.fixture(scope="module")
def browser_for_tests(
    extension_for_tests: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ExtensionBrowser]:
    """Chromium with the test variant, and a hub that serves a script as any site could."""
    scripts = tmp_path_factory.mktemp("scripts")
    with (
        LocalHub({"tabagent-tests/scripts": scripts}) as hub,
        open_browser(browser_options(extension=extension_for_tests, hub=hub)) as browser,
    ):
        yield browser


@pytest.fixture(scope="module")
def policy(browser_for_tests: ExtensionBrowser) -> dict[str, Attempts]:
    """What the scripts of the page tests/policy.html could do: in the page, and in a worker of it."""
    page = browser_for_tests.context.new_page()
    page.goto(f"chrome-extension://{browser_for_tests.extension_id}/tests/policy.html")
    browser_for_tests.wait_until(lambda: bool(page.evaluate("() => globalThis.policy !== undefined")), timeout_s=30)
    found: dict[str, Attempts] = page.evaluate("() => policy")
    return found


@pytest.mark.parametrize("realm", ["page", "worker"])
@pytest.mark.parametrize("name", ["eval", "newFunction"])
def test_text_cannot_become_code(policy: dict[str, Attempts], realm: str, name: str) -> None:
    assert policy[realm][name] == "EvalError"


@pytest.mark.parametrize("realm", ["page", "worker"])
@pytest.mark.parametrize("name", ["remoteImport", "dataImport"])
def test_code_from_elsewhere_is_refused(policy: dict[str, Attempts], realm: str, name: str) -> None:
    assert policy[realm]["remoteFetch"] == "ran", "the hub must answer, or the import proves nothing"
    assert policy[realm][name] == "TypeError"


def test_an_inline_script_is_blocked(policy: dict[str, Attempts]) -> None:
    assert policy["page"]["inlineScript"] == "blocked"


@pytest.mark.parametrize("realm", ["page", "worker"])
@pytest.mark.parametrize("name", ["ownImport", "webAssembly"])
def test_own_modules_and_webassembly_run(policy: dict[str, Attempts], realm: str, name: str) -> None:
    assert policy[realm][name] == "ran"


@pytest.mark.parametrize("realm", ["page", "worker"])
def test_pages_are_isolated_so_that_webassembly_may_use_threads(policy: dict[str, Attempts], realm: str) -> None:
    assert policy[realm]["crossOriginIsolated"] == "true"
    assert policy[realm]["sharedMemory"] == "function"


def test_offscreen_document_and_runtime_thread_are_isolated(browser_for_tests: ExtensionBrowser) -> None:
    connected(quiet(browser_for_tests, browser_for_tests.context.new_page()))

    assert browser_for_tests.offscreen().evaluate("crossOriginIsolated") is True
    assert browser_for_tests.runtime_thread().evaluate("crossOriginIsolated") is True
