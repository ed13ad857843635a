"""A model whose weights are many chunks long, and what tests of the store say again and again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tabagent.events import RuntimeMessageTypes, TransferStates, UIEventNames
from tabagent.models.chunks import CHUNK_BYTES
from tests.browser.conftest import TINY, browser_options, connected, forget
from tests.browser.wire import Payload, Wire
from tools.browser import ExtensionBrowser, open_browser
from tools.hub import CDN_HOST, Generated, HubRepository, LocalHub

BIG, SECOND = "tabagent-tests/big", "tabagent-tests/second"
DATA = "onnx/model_quantized.onnx_data"
# Four chunks and a piece; ranges end within it, and the last chunk is a short one.
SIZE = 4 * CHUNK_BYTES + 1_234_567
ENDS = {TransferStates.DONE, TransferStates.FAILED, TransferStates.CANCELLED}


@dataclass(frozen=True)
class Shelf:
    """The store as a page sees it, and the hub that fills it."""

    wire: Wire
    hub: LocalHub
    browser: ExtensionBrowser

    def start(self, model_id: str = BIG, dtype: str = "q8") -> int:
        """Ask for a download and return the place of its events."""
        since = self.wire.mark()
        reply = self.wire.ask(RuntimeMessageTypes.DOWNLOAD_MODEL, {"modelId": model_id, "dtype": dtype})
        assert reply["success"], reply
        return since

    def progress(self, since: int = 0, model_id: str = BIG) -> list[Payload]:
        """Return the progress of a model's transfers."""
        events = self.wire.events(UIEventNames.MODEL_DOWNLOAD_PROGRESS, since=since, modelId=model_id)
        return [event.payload for event in events]

    def wait_for(self, status: str, since: int = 0, *, model_id: str = BIG, timeout_s: float = 60) -> Payload:
        """Wait until a transfer is in a state; an end in another one fails."""

        def look() -> Payload | None:
            steps = self.progress(since, model_id)
            ended = next((step for step in steps if step["status"] in ENDS and step["status"] != status), None)
            assert ended is None, ended
            return next((step for step in steps if step["status"] == status), None)

        found: Payload = self.wire.wait(
            look, f"{model_id} to be {status}", timeout_s, lambda: str(self.progress()[-3:])
        )
        return found

    def wait_for_bytes(self, count: int, since: int = 0, *, model_id: str = BIG) -> None:
        """Wait until so many bytes have come."""
        self.wire.wait(
            lambda: any(step["loaded"] >= count for step in self.progress(since, model_id)),
            f"{count} bytes of {model_id}",
            60,
            lambda: str(self.progress()[-3:]),
        )

    def download(self, model_id: str = BIG) -> Payload:
        """Download a model and return the last progress."""
        return self.wait_for(TransferStates.DONE, self.start(model_id), model_id=model_id)

    def check(self, model_id: str = BIG, dtype: str = "q8") -> Payload:
        """Check a stored model and return the outcome."""
        since = self.wire.mark()
        reply = self.wire.ask(RuntimeMessageTypes.CHECK_MODEL, {"modelId": model_id, "dtype": dtype})
        assert reply["success"], reply

        def look() -> Payload | None:
            return next((step for step in self.progress(since, model_id) if step["status"] in ENDS), None)

        found: Payload = self.wire.wait(look, f"{model_id} to be checked", 60)
        return found

    def delete(self, model_id: str = BIG) -> int:
        """Delete a model and return the bytes that were freed."""
        reply = self.wire.ask(RuntimeMessageTypes.DELETE_MODEL, {"modelId": model_id})
        assert reply["success"], reply
        return int(reply["freed"])

    def listed(self, model_id: str = BIG, dtype: str = "q8") -> dict[str, Any]:
        """Return what LIST_MODELS says of one dtype."""
        models = self.wire.ask(RuntimeMessageTypes.LIST_MODELS)["models"]
        model = next(model for model in models if model["modelId"] == model_id)
        found: dict[str, Any] = next(item for item in model["dtypes"] if item["dtype"] == dtype)
        return found

    def usage(self) -> int:
        """Return the bytes that the browser counts for the extension."""
        return int(self.wire.page.evaluate("() => navigator.storage.estimate().then(({ usage }) => usage)"))

    @property
    def data_target(self) -> str:
        """Pattern of the requests for the large file."""
        return f"/{BIG}/resolve/*/{DATA}"

    def data_sent(self) -> int:
        """Return how many bytes of the large file the hub has sent, redirects not counted."""
        return self.hub.requests.bytes_sent(self.data_target, host=CDN_HOST)


@pytest.fixture(scope="package")
def big_repositories(repositories: dict[str, Path | HubRepository]) -> dict[str, Path | HubRepository]:
    """Models of many chunks; the large file is an external data file that the small graph never reads."""
    tiny = repositories[TINY]
    assert isinstance(tiny, Path)
    return {
        **repositories,
        BIG: HubRepository(folder=tiny, generated={DATA: Generated(seed=1, size=SIZE)}),
        SECOND: HubRepository(folder=tiny, generated={DATA: Generated(seed=2, size=SIZE)}),
    }


@pytest.fixture(scope="package")
def big_hub(big_repositories: dict[str, Path | HubRepository]) -> Iterator[LocalHub]:
    """The hub of this folder's shared browser."""
    with LocalHub(big_repositories, tokens={"hf_good": "ada"}) as hub:
        yield hub


@pytest.fixture(scope="package")
def big_browser(extension: Path, big_hub: LocalHub) -> Iterator[ExtensionBrowser]:
    """A browser for tests that leave it as it was."""
    with open_browser(browser_options(extension=extension, hub=big_hub)) as browser:
        yield browser


@pytest.fixture
def shelf(big_browser: ExtensionBrowser, big_hub: LocalHub) -> Shelf:
    """An empty store and a well-behaved hub."""
    big_hub.faults.clear()
    big_hub.requests.clear()
    forget(big_browser)
    return Shelf(connected(big_browser.context.pages[0]), big_hub, big_browser)
