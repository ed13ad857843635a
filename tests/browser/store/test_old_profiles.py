"""Profiles of earlier versions: their models and token are taken over without the hub, whatever ends in the middle."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from playwright.sync_api import Error

from tabagent.events import RuntimeMessageTypes, TransferStates, WorkerEventNames
from tests.browser.conftest import TINY, browser_options, connected, forget, quiet
from tests.browser.store.conftest import BIG, DATA, SECOND, SIZE, Shelf
from tests.browser.store.old_profiles import (
    FOREIGN_KEY,
    SETTINGS,
    SHAPES,
    TOKEN_KEY,
    OldModel,
    Shape,
    look_into,
    make_old_profile,
)
from tests.browser.wire import Wire
from tools.browser import ExtensionBrowser, open_browser
from tools.hub import HUB_HOST, HubRepository, LocalHub, Status

TOKEN = "hf_good"
COMMON = ("config.json", "generation_config.json", "tokenizer.json", "tokenizer_config.json")
GRAPH = "onnx/model_quantized.onnx"
# One after the other on one profile.
KILLS = range(6)
# Between two kills; a model takes 16.
MOST_STEPS = 6
START = RuntimeMessageTypes.CHECK_BACKGROUND_READY


@pytest.fixture
def old_models(repositories: dict[str, Path | HubRepository], big_hub: LocalHub) -> list[OldModel]:
    """Two models of many chunks."""
    tiny = repositories[TINY]
    assert isinstance(tiny, Path)
    sizes = {path: (tiny / path).stat().st_size for path in (*COMMON, GRAPH)} | {DATA: SIZE}
    return [OldModel(repo, big_hub.commit(repo).sha, sizes) for repo in (BIG, SECOND)]


@pytest.fixture
def lone(big_browser: ExtensionBrowser, big_hub: LocalHub) -> Iterator[ExtensionBrowser]:
    """A browser with nothing stored and no background, beside a hub that is well."""
    big_hub.faults.clear()
    forget(big_browser)
    yield big_browser
    big_hub.faults.clear()


def wait_until_taken_over(shelf: Shelf, model_id: str) -> None:
    """Wait until a model is listed as stored."""

    def look() -> bool:
        models = shelf.wire.ask(RuntimeMessageTypes.LIST_MODELS)["models"]
        return any(
            model["modelId"] == model_id and item["dtype"] == "q8" and item["status"] == "downloaded"
            for model in models
            for item in model["dtypes"]
        )

    shelf.wire.wait(look, f"{model_id} to be taken over", 60, lambda: str(look_into(shelf.wire.page)))


def wait_until_nothing_is_left(wire: Wire) -> None:
    """Wait until the old place has no file and no token; what is not the store's stays."""
    wire.wait(lambda: is_done(wire), "the old place to be empty")


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.name)
def test_models_of_an_earlier_version_are_taken_over_without_the_hub(
    lone: ExtensionBrowser, big_hub: LocalHub, old_models: list[OldModel], shape: Shape
) -> None:
    page, models = lone.context.pages[0], old_models[:1]
    make_old_profile(page, shape, models)
    before = look_into(page)
    assert (before.version, before.lost(shape, models)) == (shape.version, [])
    big_hub.faults.add("*", Status(503))
    big_hub.requests.clear()
    shelf = Shelf(connected(page), big_hub, lone)
    wait_until_taken_over(shelf, BIG)
    wait_until_nothing_is_left(shelf.wire)

    after = look_into(page)
    assert after.settings == [SETTINGS]
    assert {path for _, path in after.whole} == set(models[0].sizes)
    assert shelf.wire.events(WorkerEventNames.MANIFEST_UPDATED)
    assert shelf.check()["status"] == TransferStates.DONE
    shelf.wire.load_ready(BIG, dtype="q8")
    assert shelf.wire.answer("Hello")["numTokens"] == 8
    assert not list(big_hub.requests)

    # With the hub back, it turns out to be the hub's own model: nothing is fetched again.
    big_hub.faults.clear()
    shelf.wire.ask(RuntimeMessageTypes.INSPECT_MODEL, {"modelId": BIG})
    shelf.download()
    assert not big_hub.requests.matching("*/resolve/*")


def test_the_token_of_an_earlier_version_becomes_a_login(lone: ExtensionBrowser, big_hub: LocalHub) -> None:
    page = lone.context.pages[0]
    make_old_profile(page, SHAPES[0], [], TOKEN)
    assert TOKEN_KEY in look_into(page).keys
    big_hub.faults.add("*", Status(503))
    wire = connected(page)
    wire.wait(lambda: wire.ask(RuntimeMessageTypes.GET_ACCOUNT)["account"], "the login")
    wait_until_nothing_is_left(wire)

    big_hub.faults.clear()
    big_hub.requests.clear()
    wire.ask(RuntimeMessageTypes.INSPECT_MODEL, {"modelId": TINY})
    assert wire.ask(RuntimeMessageTypes.GET_ACCOUNT)["account"] == {"name": "ada", "method": "token"}
    assert {entry.host for entry in big_hub.requests if entry.authorization == f"Bearer {TOKEN}"} == {HUB_HOST}


def test_what_an_earlier_version_did_not_finish_is_left_and_does_not_count(
    lone: ExtensionBrowser, big_hub: LocalHub, old_models: list[OldModel]
) -> None:
    page, shape, models = lone.context.pages[0], SHAPES[2], old_models
    make_old_profile(page, shape, models)
    lost_chunk = f"{SECOND}/{DATA}_chunk_2"
    page.evaluate(
        """(key) => new Promise((resolve) => {
          const open = indexedDB.open("TabAgentModels");
          open.onsuccess = () => {
            const transaction = open.result.transaction("files", "readwrite");
            transaction.objectStore("files").delete(key);
            transaction.oncomplete = () => { open.result.close(); resolve(); };
          };
        })""",
        lost_chunk,
    )
    shelf = Shelf(connected(page), big_hub, lone)
    wait_until_taken_over(shelf, BIG)
    shelf.wire.ask(RuntimeMessageTypes.INSPECT_MODEL, {"modelId": SECOND})
    big_hub.requests.clear()
    shelf.download(SECOND)

    assert shelf.check(SECOND)["status"] == TransferStates.DONE
    assert not big_hub.requests.matching(f"/{SECOND}/resolve/*/{GRAPH}")
    assert not big_hub.requests.matching(f"/{BIG}/*")
    assert [key for key in look_into(page).keys if DATA in key]
    shelf.delete(SECOND)
    assert is_done(shelf.wire)


def test_a_load_that_comes_first_waits_until_its_model_is_taken_over(
    lone: ExtensionBrowser, big_hub: LocalHub, old_models: list[OldModel]
) -> None:
    page = lone.context.pages[0]
    make_old_profile(page, SHAPES[2], old_models)
    big_hub.faults.add("*", Status(503))
    big_hub.requests.clear()
    wire = Wire(page)
    # Both are there before Python is: the load is the first thing that it hears of.
    request = {"modelId": SECOND, "dtype": "q8", "loadId": "first"}
    for name, payload in ((START, None), (RuntimeMessageTypes.LOAD_MODEL, request)):
        page.evaluate("(message) => wire.once(message.type, message)", wire.envelope(name, payload))
    wire.wait(lambda: page.evaluate("(name) => wire.answers[name]", START), "the start")
    wire.wake()
    wire.wait(lambda: wire.state()["state"] not in ("uninitialized", "loading_model"), "the load to end")

    assert wire.state()["error"] is None
    assert wire.state()["modelId"] == SECOND
    assert not list(big_hub.requests)


def test_a_migration_that_is_killed_again_and_again_loses_nothing(
    extension: Path, big_hub: LocalHub, old_models: list[OldModel], tmp_path: Path
) -> None:
    big_hub.faults.clear()
    shape, in_the_middle = SHAPES[2], 0
    options = browser_options(extension=extension, hub=big_hub, profile=tmp_path)
    for seed in KILLS:
        with open_browser(options) as browser:
            page = quiet(browser, browser.context.pages[0])
            if seed == 0:
                make_old_profile(page, shape, old_models)
                big_hub.faults.add("*", Status(503))
            found = look_into(page)
            assert found.lost(shape, old_models) == [], seed
            in_the_middle += 0 < len(found.whole) < 2 * len(old_models[0].sizes)
            wire = Wire(page)
            page.evaluate("(message) => wire.once('start', message)", wire.envelope(START))
            wait_for_a_moment(wire, random.Random(seed), found.steps if seed else None)  # noqa: S311 - repeatable
            kill(browser)
    assert in_the_middle >= len(KILLS) // 2

    with open_browser(options) as browser:
        page = quiet(browser, browser.context.pages[0])
        assert look_into(page).lost(shape, old_models) == []
        shelf = Shelf(connected(page), big_hub, browser)
        for model in old_models:
            wait_until_taken_over(shelf, model.repo)
            assert shelf.check(model.repo)["status"] == TransferStates.DONE
        wait_until_nothing_is_left(shelf.wire)
    big_hub.faults.clear()


def wait_for_a_moment(wire: Wire, chance: random.Random, steps: int | None) -> None:
    """Wait until the migration has written down a few steps more, and a bit; without steps, for the bit alone."""
    if steps is not None:
        enough = steps + chance.randint(1, MOST_STEPS)
        wire.wait(lambda: look_into(wire.page).steps >= enough or is_done(wire), f"{enough} steps")
    # What a step takes, about.
    wire.page.wait_for_timeout(chance.uniform(0, 60))


def is_done(wire: Wire) -> bool:
    """Tell whether the old place is empty."""
    return look_into(wire.page).keys == [FOREIGN_KEY]


def kill(browser: ExtensionBrowser) -> None:
    """End every process of a Chromium at once, as a power cut or the system would."""
    chromium = browser.context.browser
    assert chromium is not None
    with suppress(Error):  # nobody is left to answer
        chromium.new_browser_cdp_session().send("Browser.crash")
