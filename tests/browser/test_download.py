"""Files from the hub into the store, once, and every way in which that fails."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tabagent.events import ErrorCodes, LoadingStatusTypes, ModelWorkerStates, RuntimeMessageTypes, WorkerEventNames
from tests.browser.conftest import (
    DAMAGED,
    GATED,
    NO_ONNX,
    ONLY_Q8,
    OTHER,
    TINY,
    browser_options,
    connected,
    forget,
    open_panel,
    quiet,
)
from tests.browser.panel_page import PanelPage
from tests.browser.wire import Wire
from tools.browser import ExtensionBrowser, open_browser
from tools.hub import Corrupt, Cut, Html, HubRepository, LocalHub, Status, WrongLength, WrongSize
from tools.hub.faults import Behaviour

WEIGHTS = "*/onnx/model_quantized.onnx"


def statuses(models: list[dict[str, Any]], model_id: str) -> dict[str, str]:
    """Return the status of each dtype of a model in a listing."""
    return {
        dtype["dtype"]: dtype["status"] for model in models if model["modelId"] == model_id for dtype in model["dtypes"]
    }


def test_a_loaded_model_was_downloaded_file_by_file_from_one_commit(wire: Wire, hub: LocalHub) -> None:
    wire.load_ready(TINY)
    commit = hub.commit(TINY)
    files = [request for request in hub.requests.matching(f"/{TINY}/resolve/*") if request.status == 200]

    assert {request.target for request in files} == {
        f"/{TINY}/resolve/{commit.sha}/{path}"
        for path in commit.files
        if path == "onnx/model_quantized.onnx" or not path.startswith("onnx/")
    }
    assert len(files) == len({request.target for request in files}), "no file may be asked for twice"


def test_progress_goes_from_0_to_100_and_never_back(wire: Wire) -> None:
    wire.load_ready(TINY)
    steps = wire.progress()
    percents = [step["progress"] for step in steps]

    assert steps[0]["status"] == LoadingStatusTypes.INITIATE
    assert percents[0] == 0
    assert steps[-1]["status"] == LoadingStatusTypes.READY
    assert percents[-1] == 100
    assert percents == sorted(percents)
    assert all(step["loaded"] <= step["total"] for step in steps)


def test_second_load_of_the_same_profile_needs_no_hub_at_all(
    extension: Path, repositories: dict[str, Path | HubRepository], tmp_path: Path
) -> None:
    with (
        LocalHub({TINY: repositories[TINY]}) as hub,
        open_browser(browser_options(extension=extension, hub=hub, profile=tmp_path)) as browser,
    ):
        wire = connected(quiet(browser, browser.context.pages[0]))
        wire.load_ready(TINY)
        first = wire.answer("Hello")
        assert hub.requests.bytes_sent() > 100_000

    # Chromium knows the hub's names, and nobody listens any more where they lead.
    with open_browser(browser_options(extension=extension, hub=hub, profile=tmp_path)) as browser:
        wire = connected(quiet(browser, browser.context.pages[0]))
        listed = wire.ask(RuntimeMessageTypes.LIST_MODELS)["models"]
        wire.load_ready(TINY)
        second = wire.answer("Hello")
        offline = wire.load_error(OTHER, "other")
        steps = wire.progress()

    dtypes = statuses(listed, TINY)
    assert dtypes["q8"] == "downloaded"
    assert dtypes["q4"] == "available"
    assert second["promptTokens"] == first["promptTokens"]
    assert LoadingStatusTypes.CACHED in {step["status"] for step in steps}
    assert LoadingStatusTypes.DONE not in {step["status"] for step in steps}
    assert offline["code"] == ErrorCodes.OFFLINE


def test_second_load_in_the_same_profile_asks_the_hub_for_nothing(wire: Wire, hub: LocalHub) -> None:
    wire.load_ready(TINY)
    wire.reset()
    hub.requests.clear()
    wire.load_ready(TINY, "again")

    assert list(hub.requests) == []


@dataclass(frozen=True)
class Trouble:
    """A hub that misbehaves about one repository, and the error that follows."""

    name: str
    code: ErrorCodes
    repository: str
    fault: tuple[str, Behaviour] | None = None
    options: dict[str, str] = field(default_factory=dict)


def case(number: int) -> str:
    return f"tabagent-tests/case-{number}"


SHORT, CUT, RESET = WrongLength(extra=-1000), Cut(after_bytes=50_000), Cut(after_bytes=50_000, reset=True)
TROUBLES = [
    Trouble(
        "a connection cut again and again", ErrorCodes.CONNECTION_LOST, case(0), (WEIGHTS, Cut(after_bytes=50_000))
    ),
    Trouble(
        "a connection reset again and again",
        ErrorCodes.CONNECTION_LOST,
        case(1),
        (WEIGHTS, Cut(after_bytes=50_000, reset=True)),
    ),
    Trouble("a file shorter than listed", ErrorCodes.INCOMPLETE_FILE, case(2), (WEIGHTS, SHORT)),
    Trouble("a file longer than listed", ErrorCodes.INCOMPLETE_FILE, case(3), (WEIGHTS, WrongSize(extra=-1000))),
    Trouble("a body that ends early", ErrorCodes.INCOMPLETE_FILE, case(4), (WEIGHTS, WrongLength(extra=1000))),
    Trouble("a web page in place of a file", ErrorCodes.UNEXPECTED_CONTENT, case(5), (WEIGHTS, Html())),
    Trouble("a web page in place of the listing", ErrorCodes.HUB_UNAVAILABLE, case(6), ("/api/*", Html())),
    Trouble("a repository without access", ErrorCodes.MODEL_GATED, GATED),
    Trouble("a status 403", ErrorCodes.MODEL_GATED, case(7), (WEIGHTS, Status(403))),
    Trouble("a repository that does not exist", ErrorCodes.MODEL_NOT_FOUND, "tabagent-tests/nothing"),
    Trouble("a hub that is down", ErrorCodes.HUB_UNAVAILABLE, case(8), ("/api/*", Status(503))),
    Trouble("a file server that is down", ErrorCodes.HUB_UNAVAILABLE, case(9), (WEIGHTS, Status(500))),
    Trouble("a repository without ONNX files", ErrorCodes.NO_ONNX_FILES, NO_ONNX),
    Trouble("a precision that the repository lacks", ErrorCodes.DTYPE_NOT_FOUND, ONLY_Q8, options={"dtype": "fp32"}),
    Trouble("a device that is not there", ErrorCodes.UNSUPPORTED_DEVICE, case(10), options={"device": "webgpu"}),
]


@dataclass(frozen=True)
class Desk:
    """A background with a model loaded, a page to send from, and a panel."""

    wire: Wire
    panel: PanelPage


@pytest.fixture(scope="module")
def desk(shared_browser: ExtensionBrowser, session_hub: LocalHub) -> Iterator[Desk]:
    """One for all troubles: each must leave it as it was."""
    session_hub.faults.clear()
    forget(shared_browser)
    wire = connected(shared_browser.context.pages[0])
    wire.load_ready(TINY)
    panel = open_panel(shared_browser)
    panel.wait_for_state(ModelWorkerStates.MODEL_READY)
    yield Desk(wire, panel)
    session_hub.faults.clear()


@pytest.mark.parametrize("trouble", TROUBLES, ids=lambda trouble: trouble.name.replace(" ", "-"))
def test_trouble_with_a_load_is_told_and_leaves_the_loaded_model_alone(
    desk: Desk, session_hub: LocalHub, trouble: Trouble
) -> None:
    session_hub.faults.clear()
    wire, panel = desk.wire, desk.panel
    if trouble.fault is not None:
        pattern, behaviour = trouble.fault
        session_hub.faults.add(pattern, behaviour)

    error = wire.load_error(trouble.repository, trouble.name, **trouble.options)

    assert error["code"] == trouble.code, error
    panel.wait_for_error(error["message"])
    assert wire.progress(trouble.name)[-1]["error"] == error
    state = wire.state()
    assert (state["modelId"], state["state"] in {"model_ready", "idle"}) == (TINY, True)
    assert wire.answer("Are you still there?", trouble.name)["numTokens"] == 8


def whole_files(wire: Wire, model_id: str) -> list[str]:
    """Return the names of a model's files that are stored to their last byte."""
    [model] = [each for each in wire.ask(RuntimeMessageTypes.LIST_MODELS)["models"] if each["modelId"] == model_id]
    files = [file for dtype in model["dtypes"] for file in dtype["files"]]
    return [file["file"] for file in files if file["stored"] == file["size"]]


BREAKS: dict[str, Behaviour] = {"cut": CUT, "short": SHORT, "html": Html()}


@pytest.mark.parametrize(("number", "name"), list(enumerate(BREAKS, 11)))
def test_a_load_that_broke_works_when_the_hub_is_well_again(
    desk: Desk, session_hub: LocalHub, number: int, name: str
) -> None:
    session_hub.faults.clear()
    session_hub.faults.add(WEIGHTS, BREAKS[name])
    desk.wire.load_error(case(number), f"broken {name}")
    session_hub.faults.clear()
    session_hub.requests.clear()
    whole = whole_files(desk.wire, case(number))
    desk.wire.load_ready(case(number), f"whole {name}")

    assert desk.wire.state()["modelId"] == case(number)
    # What had arrived whole before is not fetched again.
    assert whole
    assert not [file for file in whole if session_hub.requests.matching(f"*/{file}")]
    desk.wire.load_ready(TINY, f"back after {name}")


def test_weights_that_are_no_model_fail_and_the_next_load_starts_in_a_new_thread(
    panel: PanelPage, wire: Wire, hub: LocalHub
) -> None:
    since = wire.mark()
    error = wire.load_error(DAMAGED)

    assert error["code"] == ErrorCodes.LOAD_FAILED
    # They are what the hub has; to fetch them again would change nothing.
    assert error["details"]["damaged"] is False
    panel.wait_for_error(error["message"])
    wire.wait_for(WorkerEventNames.WORKER_SCRIPT_READY, since=since)
    state = wire.state()
    assert state["state"] == ModelWorkerStates.ERROR
    assert state["error"] == error
    status = statuses(wire.ask(RuntimeMessageTypes.LIST_MODELS)["models"], DAMAGED)
    assert status["q8"] == "failed"

    wire.load_ready(TINY, "good")
    assert wire.answer("Hello")["numTokens"] == 8
    panel.wait_for_state(ModelWorkerStates.IDLE)
    assert panel.look().error == ""


def test_a_model_that_does_not_come_up_gives_way_to_the_one_from_before(panel: PanelPage, wire: Wire) -> None:
    wire.load_ready(TINY, "good")
    since = wire.mark()
    error = wire.load_error(DAMAGED, "bad")

    assert error["code"] == ErrorCodes.LOAD_FAILED
    panel.wait_for_error(error["message"])
    assert wire.wait_for(WorkerEventNames.WORKER_READY, since=since).payload["modelId"] == TINY
    assert wire.answer("Are you back?")["numTokens"] == 8


def test_weights_damaged_on_the_way_are_downloaded_again_by_themselves(wire: Wire, hub: LocalHub) -> None:
    damage = hub.faults.add(WEIGHTS, Corrupt(offset=0, length=2000), times=1)
    wire.load_ready(OTHER)

    assert damage.strikes == 1
    assert wire.answer("Hello")["numTokens"] == 8


def test_no_network_and_nothing_stored_is_told(extension: Path, repositories: dict[str, Path | HubRepository]) -> None:
    with LocalHub({TINY: repositories[TINY]}) as gone:
        pass
    with open_browser(browser_options(extension=extension, hub=gone)) as browser:
        wire = connected(quiet(browser, browser.context.pages[0]))
        panel = open_panel(browser)
        error = wire.load_error(TINY)

        assert error["code"] == ErrorCodes.OFFLINE
        assert "huggingface.co" in error["message"]
        panel.wait_for_error(error["message"])
        assert wire.state()["state"] == ModelWorkerStates.ERROR
