"""Who asks the hub: tokens that go to one host alone, gated models, other hubs, search."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tabagent.events import ErrorCodes, RuntimeMessageTypes, WorkerEventNames
from tests.browser.conftest import GATED, ONLY_Q8, TINY, browser_options, connected, forget
from tests.browser.store.conftest import Shelf
from tests.browser.wire import Wire
from tools.browser import ExtensionBrowser, open_browser
from tools.hub import HUB_HOST, MIRROR_HOST, HubRepository, LocalHub

TOKEN = "hf_good"
MIRROR = f"https://{MIRROR_HOST}"


@pytest.fixture(scope="module")
def guarded_hub(repositories: dict[str, Path | HubRepository]) -> Iterator[LocalHub]:
    """A hub with a gated model that ada may read."""
    tiny = repositories[TINY]
    assert isinstance(tiny, Path)
    gated = HubRepository(folder=tiny, gated="auto", readers=frozenset({"ada"}))
    with LocalHub({**repositories, GATED: gated}, tokens={TOKEN: "ada", "hf_other": "bob"}) as hub:
        yield hub


@pytest.fixture(scope="module")
def guarded_browser(extension: Path, guarded_hub: LocalHub) -> Iterator[ExtensionBrowser]:
    """A browser of that hub."""
    with open_browser(browser_options(extension=extension, hub=guarded_hub)) as browser:
        yield browser


@pytest.fixture
def guarded(guarded_browser: ExtensionBrowser, guarded_hub: LocalHub) -> Shelf:
    """An empty store of nobody."""
    guarded_hub.faults.clear()
    guarded_hub.requests.clear()
    forget(guarded_browser)
    return Shelf(connected(guarded_browser.context.pages[0]), guarded_hub, guarded_browser)


def login(wire: Wire, token: str) -> dict[str, object]:
    return wire.ask(WorkerEventNames.HUGGINGFACE_LOGIN, {"token": token})


def test_a_login_is_validated_kept_over_a_restart_and_forgotten_by_a_logout(guarded: Shelf) -> None:
    wire = guarded.wire
    assert wire.ask(RuntimeMessageTypes.GET_ACCOUNT)["account"] is None
    assert login(wire, TOKEN)["account"] == {"name": "ada", "method": "token"}
    wire.load_ready(TINY)
    wire.reset()
    assert wire.ask(RuntimeMessageTypes.GET_ACCOUNT)["account"]["name"] == "ada"
    assert wire.ask(WorkerEventNames.HUGGINGFACE_LOGOUT)["success"]
    assert wire.ask(RuntimeMessageTypes.GET_ACCOUNT)["account"] is None


@pytest.mark.parametrize("token", ["hf_wrong", "sk-something", "hf_ with spaces", "hf_ä"])
def test_a_token_that_is_none_is_refused_and_not_repeated(guarded: Shelf, token: str) -> None:
    reply = login(guarded.wire, token)

    assert reply["error"]["code"] == ErrorCodes.LOGIN_FAILED  # type: ignore[index]  # an error is an object
    assert token not in str(reply)
    assert guarded.wire.ask(RuntimeMessageTypes.GET_ACCOUNT)["account"] is None


def test_the_token_goes_to_the_hub_and_never_to_where_it_redirects(guarded: Shelf) -> None:
    assert login(guarded.wire, TOKEN)["success"]
    guarded.hub.requests.clear()
    guarded.download(GATED)

    signed = {entry.host for entry in guarded.hub.requests if entry.authorization}
    unsigned = {entry.host for entry in guarded.hub.requests if not entry.authorization}
    assert signed == {HUB_HOST}
    assert unsigned, "the weights come from another host"
    assert HUB_HOST not in unsigned
    assert {entry.authorization for entry in guarded.hub.requests if entry.host == HUB_HOST} == {f"Bearer {TOKEN}"}


def test_the_token_is_not_in_what_is_stored_or_logged(guarded: Shelf) -> None:
    secret = "hf_" + "Zx9" * 8
    assert login(guarded.wire, TOKEN)["success"]
    login(guarded.wire, secret)
    guarded.download(GATED)

    console = "\n".join(line.text for line in guarded.browser.console)
    assert TOKEN not in console
    assert secret not in console
    stored = guarded.wire.page.evaluate(
        """async () => {
          const found = [];
          for (const { name } of await indexedDB.databases()) {
            const database = await new Promise((resolve) => {
              const request = indexedDB.open(name);
              request.onsuccess = () => resolve(request.result);
            });
            for (const store of database.objectStoreNames) {
              const rows = await new Promise((resolve) => {
                const request = database.transaction(store).objectStore(store).getAll();
                request.onsuccess = () => resolve(request.result);
              });
              found.push(JSON.stringify(rows));
            }
            database.close();
          }
          return found.join("\\n") + JSON.stringify(await chrome.storage.local.get());
        }"""
    )
    assert TOKEN not in stored


def test_a_gated_model_says_what_to_accept_and_where(guarded: Shelf) -> None:
    error = guarded.wire.load_error(GATED)

    assert error["code"] == ErrorCodes.MODEL_GATED
    assert error["details"]["url"] == f"https://huggingface.co/{GATED}"
    assert login(guarded.wire, "hf_other")["success"]
    assert guarded.wire.load_error(GATED, "bob")["code"] == ErrorCodes.MODEL_GATED
    assert login(guarded.wire, TOKEN)["success"]
    guarded.wire.load_ready(GATED, "ada")


def test_another_hub_is_asked_for_its_models_and_never_sees_the_token(guarded: Shelf) -> None:
    wire = guarded.wire
    assert login(wire, TOKEN)["success"]
    unknown = wire.ask(RuntimeMessageTypes.INSPECT_MODEL, {"modelId": f"{MIRROR}/{TINY}"})
    assert unknown["error"]["code"] == ErrorCodes.BAD_REQUEST
    assert MIRROR_HOST in unknown["error"]["message"]

    assert wire.ask(WorkerEventNames.MODEL_SOURCE_SELECTION, {"source": MIRROR})["sources"] == [MIRROR]
    model_id = wire.ask(RuntimeMessageTypes.INSPECT_MODEL, {"modelId": f"{MIRROR}/{TINY}"})["model"]["modelId"]
    assert model_id == f"{MIRROR_HOST}/{TINY}"
    guarded.hub.requests.clear()
    wire.load_ready(model_id)
    assert wire.answer("Hello")["numTokens"] == 8
    assert not [entry for entry in guarded.hub.requests if entry.authorization]
    assert wire.ask(WorkerEventNames.MODEL_SOURCE_SELECTION, {"source": MIRROR, "remove": True})["sources"] == []


@pytest.mark.parametrize("source", ["ftp://x.org", "https://", "javascript:alert(1)", "https://x.org/path?q", "x"])
def test_an_address_that_is_no_hub_is_refused(guarded: Shelf, source: str) -> None:
    reply = guarded.wire.ask(WorkerEventNames.MODEL_SOURCE_SELECTION, {"source": source})

    assert reply["error"]["code"] == ErrorCodes.BAD_REQUEST
    assert guarded.wire.ask(RuntimeMessageTypes.GET_ACCOUNT)["sources"] == []


def test_a_search_shows_sizes_dtypes_and_the_recommended_one(guarded: Shelf) -> None:
    reply = guarded.wire.ask(RuntimeMessageTypes.SEARCH_MODELS, {"query": "tabagent-tests only", "limit": 5})

    assert [model["modelId"] for model in reply["models"]] == [ONLY_Q8]
    model = reply["models"][0]
    assert model["recommendedDtype"] == "q8"
    assert [(item["dtype"], item["size"] > 0) for item in model["dtypes"]] == [("q8", True)]
    assert {"downloads", "likes", "gated"} <= set(model)
    # Looking is not keeping.
    listed = guarded.wire.ask(RuntimeMessageTypes.LIST_MODELS)["models"]
    assert ONLY_Q8 not in {model["modelId"] for model in listed}


def test_a_second_look_at_a_model_is_one_request_that_changes_nothing(guarded: Shelf) -> None:
    inspect = {"modelId": TINY}
    first = guarded.wire.ask(RuntimeMessageTypes.INSPECT_MODEL, inspect)
    guarded.hub.requests.clear()
    second = guarded.wire.ask(RuntimeMessageTypes.INSPECT_MODEL, inspect)

    assert second["model"] == first["model"]
    assert [entry.status for entry in guarded.hub.requests] == [304]


def test_a_new_commit_that_leaves_the_stored_files_alone_needs_no_download(guarded: Shelf) -> None:
    guarded.wire.load_ready(ONLY_Q8)
    guarded.hub.write(ONLY_Q8, "README.md", b"# changed")
    guarded.wire.ask(RuntimeMessageTypes.INSPECT_MODEL, {"modelId": ONLY_Q8})
    guarded.wire.reset()
    guarded.hub.requests.clear()
    guarded.wire.load_ready(ONLY_Q8, "again")

    assert not guarded.hub.requests.matching("*/resolve/*")
    assert guarded.listed(ONLY_Q8)["status"] == "downloaded"


def test_a_new_commit_with_other_weights_leaves_the_stored_ones_in_use(guarded: Shelf) -> None:
    name = "tabagent-tests/case-1"
    guarded.wire.load_ready(name)
    guarded.hub.write(name, "onnx/model_quantized.onnx", b"other weights")
    model = guarded.wire.ask(RuntimeMessageTypes.INSPECT_MODEL, {"modelId": name})["model"]
    assert model["newer"] not in (None, model["commit"])
    guarded.wire.reset()
    guarded.wire.load_ready(name, "again")

    guarded.wire.reset()
    guarded.delete(name)
    newest = guarded.wire.ask(RuntimeMessageTypes.INSPECT_MODEL, {"modelId": name})["model"]
    assert newest["commit"] == model["newer"]
    assert newest["newer"] is None
