"""Downloads over a bad line and from a bad hub: whole in the end, or a clear error, and nothing twice."""

from __future__ import annotations

import pytest

from tabagent.events import ErrorCodes, ModelWorkerStates, RuntimeMessageTypes, TransferStates, WorkerEventNames
from tabagent.models.chunks import CHUNK_BYTES
from tabagent.models.downloader import CONNECTIONS
from tests.browser.conftest import connected, quiet
from tests.browser.store.conftest import BIG, DATA, SIZE, Shelf
from tests.browser.test_recovery import crash
from tools.hub import (
    Alter,
    Corrupt,
    CutAt,
    ExtraRedirects,
    Html,
    IgnoreRange,
    StallAt,
    Status,
    Throttle,
    WrongLength,
)
from tools.hub.faults import Behaviour

WEIGHTS = f"*/{DATA}"
# Bytes a second, of each connection.
SLOW = 6_000_000
# What the hub has sent and the extension has not been given yet, at that speed.
UNDER_WAY = 1_000_000
CUTS = [int(SIZE * share) for share in (0.3, 0.6, 0.95)] + [
    border * CHUNK_BYTES + beside for border in range(5) for beside in (0, 1) if (border, beside) != (0, 0)
]


@pytest.mark.parametrize("offset", [*CUTS, SIZE - 1])
def test_a_cut_anywhere_costs_at_most_one_chunk(shelf: Shelf, offset: int) -> None:
    # Slow enough that nothing lies in the buffers of the network, which a cut empties.
    shelf.hub.faults.add(WEIGHTS, Throttle(SLOW))
    cut = shelf.hub.faults.add(WEIGHTS, CutAt(offset), times=1)
    done = shelf.download()

    assert cut.strikes == 1
    assert done["loaded"] == done["total"]
    assert shelf.hub.requests.overlap(shelf.data_target) <= CHUNK_BYTES + UNDER_WAY
    assert shelf.listed()["status"] == "downloaded"


def test_a_line_that_breaks_every_few_chunks_gets_there(shelf: Shelf) -> None:
    for border in range(1, 5):
        shelf.hub.faults.add(WEIGHTS, CutAt(border * CHUNK_BYTES - 1000), times=2)
    shelf.download()

    assert shelf.check()["status"] == TransferStates.DONE


@pytest.mark.parametrize(
    "behaviour",
    [
        Status(503),
        Status(429, retry_after="1"),
        Status(500),
        WrongLength(extra=-1000),
        WrongLength(extra=1000),
        ExtraRedirects(2),
        IgnoreRange(),
    ],
    ids=["503", "429", "500", "too-short", "too-long", "redirects", "ignores-range"],
)
def test_a_hub_that_is_unwell_for_a_moment_costs_patience_alone(shelf: Shelf, behaviour: Behaviour) -> None:
    shelf.hub.faults.add(WEIGHTS, behaviour, times=2)
    shelf.download()

    assert shelf.check()["status"] == TransferStates.DONE


def test_a_hub_that_never_gives_parts_is_read_from_the_beginning(shelf: Shelf) -> None:
    shelf.hub.faults.add(WEIGHTS, IgnoreRange())
    shelf.hub.faults.add(WEIGHTS, CutAt(3 * CHUNK_BYTES + 5), times=1)
    shelf.download()

    assert shelf.check()["status"] == TransferStates.DONE


def test_a_connection_on_which_nothing_comes_is_given_up_and_the_rest_fetched_over_another(shelf: Shelf) -> None:
    shelf.hub.faults.add(WEIGHTS, Throttle(SLOW))
    stalled = shelf.hub.faults.add(WEIGHTS, StallAt(2 * CHUNK_BYTES + 77, limit_s=120), times=1)
    shelf.download()

    assert stalled.strikes == 1
    assert any("no byte came" in step["message"] for step in shelf.progress() if step["status"] == "waiting")
    assert shelf.hub.requests.overlap(shelf.data_target) <= CHUNK_BYTES + UNDER_WAY


def test_a_file_that_changes_between_two_parts_is_begun_anew_and_no_other(shelf: Shelf) -> None:
    shelf.hub.faults.add(WEIGHTS, Alter(), times=1)
    shelf.download()

    assert shelf.check()["status"] == TransferStates.DONE
    assert (
        len([entry for entry in shelf.hub.requests.matching(f"/{BIG}/resolve/*/tokenizer.json") if entry.status == 200])
        == 1
    )


@pytest.mark.parametrize("offset", [5, 2 * CHUNK_BYTES + 5])
def test_wrong_bytes_on_the_wire_are_noticed_and_fetched_again(shelf: Shelf, offset: int) -> None:
    wrong = shelf.hub.faults.add(WEIGHTS, Corrupt(offset), times=1)
    shelf.download()

    assert wrong.strikes == 1
    assert shelf.check()["status"] == TransferStates.DONE


def test_a_hub_with_wrong_bytes_is_told_of_and_nothing_of_the_file_is_kept(shelf: Shelf) -> None:
    shelf.hub.faults.add(WEIGHTS, Corrupt(CHUNK_BYTES + 5))
    failed = shelf.wait_for(TransferStates.FAILED, shelf.start())

    assert failed["error"]["code"] == ErrorCodes.INTEGRITY
    assert DATA in failed["error"]["message"]
    listed = shelf.listed()
    assert listed["status"] == "available"
    assert next(file["stored"] for file in listed["files"] if file["file"] == DATA) == 0

    shelf.hub.faults.clear()
    shelf.download()
    assert shelf.check()["status"] == TransferStates.DONE


@pytest.mark.parametrize(
    ("behaviour", "code"),
    [
        (Html(), ErrorCodes.UNEXPECTED_CONTENT),
        (Status(403), ErrorCodes.MODEL_GATED),
        (Status(404), ErrorCodes.MODEL_NOT_FOUND),
    ],
    ids=["html", "403", "404"],
)
def test_what_no_patience_cures_is_told_at_once(shelf: Shelf, behaviour: Behaviour, code: ErrorCodes) -> None:
    shelf.hub.faults.add(WEIGHTS, behaviour)
    failed = shelf.wait_for(TransferStates.FAILED, shelf.start())

    assert failed["error"]["code"] == code
    requests = [entry for entry in shelf.hub.requests.matching(shelf.data_target) if entry.host == "huggingface.co"]
    assert len(requests) == 1


def test_a_paused_download_asks_for_nothing_and_goes_on_where_it_was(shelf: Shelf) -> None:
    slow = shelf.hub.faults.add(WEIGHTS, Throttle(SLOW))
    since = shelf.start()
    shelf.wait_for_bytes(SIZE // 3, since)
    assert shelf.wire.ask(RuntimeMessageTypes.PAUSE_DOWNLOAD, {"modelId": BIG, "dtype": "q8"})["success"]
    shelf.wait_for(TransferStates.PAUSED, since)
    paused_at = shelf.listed()["stored"]
    asked = len(shelf.hub.requests)
    shelf.hub.faults.remove(slow)
    shelf.wire.page.wait_for_timeout(500)

    assert len(shelf.hub.requests) == asked
    assert 0 < paused_at < SIZE
    assert shelf.listed()["transfer"]["status"] == TransferStates.PAUSED
    shelf.download()
    assert shelf.hub.requests.overlap(shelf.data_target) <= CONNECTIONS * (CHUNK_BYTES + UNDER_WAY)


def test_a_cancelled_download_leaves_nothing_of_what_was_not_whole(shelf: Shelf) -> None:
    shelf.hub.faults.add(WEIGHTS, Throttle(SLOW))
    since = shelf.start()
    shelf.wait_for_bytes(SIZE // 3, since)
    assert shelf.wire.ask(RuntimeMessageTypes.CANCEL_DOWNLOAD, {"modelId": BIG, "dtype": "q8"})["success"]
    shelf.wait_for(TransferStates.CANCELLED, since)

    assert next(file["stored"] for file in shelf.listed()["files"] if file["file"] == DATA) == 0


def test_a_deleted_model_ends_its_download_and_leaves_no_trace(shelf: Shelf) -> None:
    before = shelf.usage()
    shelf.hub.faults.add(WEIGHTS, Throttle(SLOW))
    since = shelf.start()
    shelf.wait_for_bytes(SIZE // 2, since)
    assert shelf.usage() > before + CHUNK_BYTES
    assert shelf.delete() > 0
    shelf.wait_for(TransferStates.CANCELLED, since)

    models = shelf.wire.ask(RuntimeMessageTypes.LIST_MODELS)["models"]
    assert BIG not in {model["modelId"] for model in models}
    shelf.wire.wait(lambda: shelf.usage() < before + 1_000_000, "the space to be free again")


def test_two_panels_that_want_the_same_model_share_one_download(shelf: Shelf) -> None:
    other_page = quiet(shelf.browser, shelf.browser.context.new_page())
    other = Shelf(connected(other_page), shelf.hub, shelf.browser)
    shelf.hub.faults.add(WEIGHTS, Throttle(SLOW))
    first, second = shelf.start(), other.start()
    shelf.wait_for(TransferStates.DONE, first)
    other.wait_for(TransferStates.DONE, second)

    assert shelf.hub.requests.overlap(shelf.data_target) == 0


def test_a_download_goes_on_by_itself_when_the_thread_was_restarted(shelf: Shelf) -> None:
    shelf.hub.faults.add(WEIGHTS, Throttle(SLOW))
    since = shelf.start()
    shelf.wait_for_bytes(SIZE // 3, since)
    crash(shelf.browser)
    shelf.wait_for(TransferStates.DONE, since)

    assert shelf.hub.requests.overlap(shelf.data_target) <= CONNECTIONS * (CHUNK_BYTES + UNDER_WAY)
    assert shelf.check()["status"] == TransferStates.DONE


def test_a_load_can_be_paused_and_cancelled_while_it_downloads(shelf: Shelf) -> None:
    wire, names = shelf.wire, {"modelId": BIG, "dtype": "q8"}
    shelf.hub.faults.add(WEIGHTS, Throttle(SLOW))
    assert wire.load(BIG)["success"]
    shelf.wait_for_bytes(SIZE // 4)
    assert wire.ask(RuntimeMessageTypes.PAUSE_DOWNLOAD, names)["success"]
    shelf.wait_for(TransferStates.PAUSED)
    assert wire.state()["state"] == ModelWorkerStates.LOADING_MODEL
    assert wire.ask(RuntimeMessageTypes.CANCEL_DOWNLOAD, names)["success"]
    wire.wait(lambda: wire.state()["state"] == ModelWorkerStates.UNINITIALIZED, "the load to end")
    ended = wire.wait_for(WorkerEventNames.ERROR, loadId="load").payload

    assert ended["error"]["code"] == ErrorCodes.DOWNLOAD_CANCELLED
    assert wire.progress()[-1]["error"] == ended["error"]


def test_bars_show_bytes_speed_and_time_left_of_every_file(shelf: Shelf) -> None:
    shelf.hub.faults.add(WEIGHTS, Throttle(SLOW))
    since = shelf.start()
    shelf.wait_for(TransferStates.DONE, since)
    steps = shelf.progress(since)

    assert all(0 <= step["loaded"] <= step["total"] for step in steps)
    moving = [step for step in steps if step["bytesPerSecond"] > 0]
    assert moving
    assert all(step["secondsLeft"] >= 0 for step in moving)
    assert {file["file"] for file in steps[-1]["files"]} >= {DATA, "config.json", "tokenizer.json"}
    assert all(file["loaded"] == file["total"] for file in steps[-1]["files"])
