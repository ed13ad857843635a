"""The whole browser killed at random moments of downloads: what is stored stays, what is missing comes again."""

from __future__ import annotations

import random
import time
from contextlib import suppress
from pathlib import Path

from playwright.sync_api import Error

from tabagent.events import TransferStates
from tests.browser.conftest import browser_options, connected, quiet
from tests.browser.store.conftest import DATA, SIZE, Shelf
from tools.browser import ExtensionBrowser, open_browser
from tools.hub import LocalHub, Throttle

SEEDS = range(20)
# Of each connection. A download takes a second and a half; most kills hit it, some its beginning or its end.
SPEED = 6_000_000
LATEST_KILL_S = 1.8


def _kill(browser: ExtensionBrowser) -> None:
    """End every process of a Chromium at once, as a power cut or the system would."""
    chromium = browser.context.browser
    assert chromium is not None
    with suppress(Error):  # nobody is left to answer
        chromium.new_browser_cdp_session().send("Browser.crash")


def test_no_kill_loses_more_than_the_chunks_that_were_under_way(
    extension: Path, big_hub: LocalHub, tmp_path: Path
) -> None:
    big_hub.faults.clear()
    big_hub.requests.clear()
    big_hub.faults.add(f"*/{DATA}", Throttle(SPEED))
    stored_before, killed_in_a_download = 0, 0
    for seed in SEEDS:
        options = browser_options(extension=extension, hub=big_hub, profile=tmp_path)
        with open_browser(options) as browser:
            shelf = Shelf(connected(quiet(browser, browser.context.pages[0])), big_hub, browser)
            if seed:
                listed = shelf.listed()
                # Nothing that was written down is gone, and nothing is called whole that is not.
                assert listed["stored"] >= stored_before, seed
                assert listed["status"] != "downloaded" or listed["stored"] == listed["size"], seed
                if listed["status"] == "downloaded":
                    assert shelf.check()["status"] == TransferStates.DONE, seed
                    shelf.delete()
            shelf.start()
            delay = random.Random(seed).uniform(0.0, LATEST_KILL_S)  # noqa: S311 - it is to be repeatable
            end = time.monotonic() + delay
            while time.monotonic() < end:
                shelf.wire.page.wait_for_timeout(20)
            stored_before = shelf.listed()["stored"]
            killed_in_a_download += 0 < stored_before < SIZE
            _kill(browser)
    assert killed_in_a_download >= len(SEEDS) // 4

    big_hub.faults.clear()
    with open_browser(browser_options(extension=extension, hub=big_hub, profile=tmp_path)) as browser:
        shelf = Shelf(connected(quiet(browser, browser.context.pages[0])), big_hub, browser)
        shelf.download()
        assert shelf.check()["status"] == TransferStates.DONE
