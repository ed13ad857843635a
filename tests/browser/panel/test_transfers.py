"""Downloads, checks and what becomes of them: the bars, and what can be done meanwhile and afterwards."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tabagent.errors import BadRequest, ModelGated, Offline, TabAgentError
from tabagent.events import (
    LoadingStatusTypes,
    ModelWorkerStates,
    RuntimeMessageTypes,
    TransferStates,
    UIEventNames,
    WorkerEventNames,
)
from tabagent.store_errors import ConnectionLost, DownloadCancelled, FileDamaged, StorageFull
from tests.browser.panel.conftest import OpenPanel
from tests.browser.panel.scripted_panel import ScriptedPanel
from tests.browser.panel.wire_models import OTHER, STORAGE, TINY, Json, dtype, failed, model, transfer

BOTH = {"modelId": TINY, "dtype": "q8"}
FULL = StorageFull(137_000_000, 9_000_000, [{"modelId": OTHER, "dtype": "q4", "size": 998_000_000}])


def test_bars_show_bytes_speed_time_left_and_each_file(open_panel: OpenPanel) -> None:
    panel = open_panel([model()])

    panel.report(transfer(TransferStates.DOWNLOADING))

    row = panel.row("q8")
    expect(row.get_by_test_id("transfer-amounts")).to_have_text("45.7 MB of 137 MB · 12.3 MB/s · 8 s left")
    expect(row.get_by_test_id("transfer-progress")).to_have_attribute("aria-valuenow", "33")
    expect(panel.one("tab-models")).to_contain_text("33 %")
    expect(row.get_by_test_id("transfer-file").first).to_be_hidden()
    row.get_by_test_id("transfer-files").locator("summary").click()
    weights = row.locator('[data-file="onnx/model_q8.onnx"]')
    expect(weights).to_contain_text("43.7 MB of 135 MB")
    expect(weights.get_by_test_id("file-progress")).to_have_attribute("aria-valuenow", "32")


def test_a_download_is_paused_resumed_and_cancelled(open_panel: OpenPanel) -> None:
    panel = open_panel([model()])
    row = panel.row("q8")

    panel.report(transfer(TransferStates.DOWNLOADING))
    panel.press("pause-button", within=row)
    assert panel.sent(RuntimeMessageTypes.PAUSE_DOWNLOAD) == [BOTH]
    panel.report(transfer(TransferStates.PAUSED))
    expect(row.get_by_test_id("dtype-state")).to_have_text("Paused")
    expect(row.get_by_test_id("transfer-amounts")).to_have_text("45.7 MB of 137 MB")
    panel.press("resume-button", within=row)
    assert panel.sent(RuntimeMessageTypes.DOWNLOAD_MODEL) == [BOTH]
    panel.press("cancel-download-button", within=row)
    assert panel.sent(RuntimeMessageTypes.CANCEL_DOWNLOAD) == [BOTH]
    panel.report(transfer(TransferStates.CANCELLED))
    expect(row.get_by_test_id("download-button")).to_be_visible()


@pytest.mark.parametrize(
    ("status", "word"),
    [
        (TransferStates.QUEUED, "Waiting its turn"),
        (TransferStates.WAITING, "Waiting"),
        (TransferStates.VERIFYING, "Checking"),
    ],
)
def test_what_is_going_on_is_said_in_words(open_panel: OpenPanel, status: TransferStates, word: str) -> None:
    panel = open_panel([model()])

    panel.report(transfer(status, message="The hub asked to wait: going on in 12 s"))

    expect(panel.row("q8").get_by_test_id("dtype-state")).to_have_text(word)
    expect(panel.row("q8").get_by_test_id("transfer")).to_contain_text("going on in 12 s")


def test_the_keyboard_stays_on_a_button_whose_word_changes(open_panel: OpenPanel) -> None:
    panel = open_panel([model(OTHER), model()])

    panel.row("q8").get_by_test_id("download-button").focus()
    panel.page.keyboard.press("Enter")
    panel.report(transfer(TransferStates.DOWNLOADING))
    expect(panel.row("q8").get_by_test_id("pause-button")).to_be_focused()
    panel.report(transfer(TransferStates.PAUSED))
    expect(panel.row("q8").get_by_test_id("resume-button")).to_be_focused()


def test_models_keep_their_places_while_one_looks_and_stored_ones_come_first_afterwards(open_panel: OpenPanel) -> None:
    panel = open_panel([model(OTHER), model()])
    cards = panel.one("model-card")
    expect(cards).to_have_count(2)

    panel.report(transfer(TransferStates.DOWNLOADING))
    expect(panel.row("q8").get_by_test_id("pause-button")).to_be_visible()
    expect(cards.first).to_have_attribute("data-model", OTHER)
    panel.press("tab-chat")
    panel.press("tab-models")

    expect(cards.first).to_have_attribute("data-model", TINY)


def test_a_panel_that_opens_late_shows_what_is_under_way(open_panel: OpenPanel) -> None:
    panel = open_panel([model(dtypes=[dtype("q8", transfer=transfer(TransferStates.PAUSED))])])

    expect(panel.row("q8").get_by_test_id("resume-button")).to_be_visible()


def test_a_download_that_another_panel_began_of_an_unknown_model_is_shown(open_panel: OpenPanel) -> None:
    panel = open_panel([model()])

    panel.report(transfer(TransferStates.DOWNLOADING, OTHER, "fp16"))

    expect(panel.row("fp16", OTHER).get_by_test_id("pause-button")).to_be_visible()


def test_the_list_that_follows_replaces_what_events_said(open_panel: OpenPanel) -> None:
    panel = open_panel([model()])
    panel.report(transfer(TransferStates.DOWNLOADING))
    expect(panel.one("pause-button")).to_be_visible()

    stored = model(dtypes=[dtype("q8", status="downloaded")])
    panel.reply(RuntimeMessageTypes.LIST_MODELS, {"models": [stored], "storage": STORAGE})
    panel.publish(WorkerEventNames.MANIFEST_UPDATED, {})

    expect(panel.row("q8").get_by_test_id("dtype-state")).to_have_text("Stored")
    expect(panel.one("transfer")).to_have_count(0)


# What went wrong


def test_a_full_storage_lists_what_can_be_removed_and_tries_again(open_panel: OpenPanel) -> None:
    panel = open_panel([model()])

    panel.report(failed(FULL))

    row = panel.row("q8")
    expect(row.get_by_test_id("failure")).to_have_text(FULL.message)
    removable = row.get_by_test_id("removable")
    expect(removable).to_contain_text("acme/other q4 · 998 MB")
    panel.press("remove-button", within=removable)
    panel.press("confirm-remove", within=removable)
    assert panel.sent(RuntimeMessageTypes.DELETE_MODEL) == [{"modelId": OTHER, "dtype": "q4"}]
    panel.press("retry-download-button", within=row)
    assert panel.sent(RuntimeMessageTypes.DOWNLOAD_MODEL) == [BOTH]


def test_a_download_that_does_not_fit_is_refused_with_the_same_help(open_panel: OpenPanel) -> None:
    panel = open_panel([model()], {RuntimeMessageTypes.DOWNLOAD_MODEL: {"error": FULL.to_wire()}})

    panel.press("download-button", within=panel.row("q8"))

    expect(panel.row("q8").get_by_test_id("removable")).to_be_visible()
    expect(panel.row("q8").get_by_test_id("retry-download-button")).to_be_visible()


def test_damage_is_repaired_by_a_download(open_panel: OpenPanel) -> None:
    panel = open_panel([model(dtypes=[dtype("q8", status="downloaded")])])

    panel.report(failed(FileDamaged(TINY, "onnx/model_q8.onnx", [1, 2])))
    # The damaged parts count as missing, and the list does not repeat how the check ended.
    partial = model(dtypes=[dtype("q8", stored=130_000_000)])
    panel.reply(RuntimeMessageTypes.LIST_MODELS, {"models": [partial], "storage": STORAGE})
    panel.publish(WorkerEventNames.MANIFEST_UPDATED, {})

    expect(panel.row("q8").get_by_test_id("dtype-facts")).to_have_text("130 MB of 137 MB stored")
    expect(panel.row("q8").get_by_test_id("dtype-state")).to_have_text("Damaged")
    panel.press("repair-button", within=panel.row("q8"))
    assert panel.sent(RuntimeMessageTypes.DOWNLOAD_MODEL) == [BOTH]


@pytest.mark.parametrize("error", [ConnectionLost("https://huggingface.co/x"), Offline("https://huggingface.co/x")])
def test_a_lost_connection_offers_to_resume(open_panel: OpenPanel, error: TabAgentError) -> None:
    panel = open_panel([model()])

    panel.report(failed(error))
    expect(panel.row("q8").get_by_test_id("failure")).to_have_text(error.message)
    panel.press("resume-button", within=panel.row("q8"))

    assert panel.sent(RuntimeMessageTypes.DOWNLOAD_MODEL) == [BOTH]


def test_a_gated_model_leads_to_its_page_and_to_the_login(open_panel: OpenPanel) -> None:
    panel = open_panel([model()])

    panel.report(failed(ModelGated(TINY)))

    link = panel.row("q8").get_by_test_id("gated-link")
    expect(link).to_have_attribute("href", "https://huggingface.co/acme/tiny")
    expect(link).to_have_attribute("target", "_blank")
    panel.press("gated-login")
    expect(panel.one("login-token")).to_be_focused()


def test_an_address_that_is_no_web_page_is_no_link(open_panel: OpenPanel) -> None:
    error = ModelGated(TINY)
    error.details["url"] = "javascript:alert(1)"
    panel = open_panel([model()])

    panel.report(failed(error))

    expect(panel.row("q8").get_by_test_id("failure")).to_be_visible()
    expect(panel.one("gated-link")).to_have_count(0)


def test_what_cannot_work_is_not_offered_again(open_panel: OpenPanel) -> None:
    panel = open_panel([model()])

    panel.report(failed(BadRequest("That is no model.")))

    expect(panel.row("q8").get_by_test_id("failure")).to_be_visible()
    expect(panel.one("resume-button")).to_have_count(0)


def test_what_failed_is_forgotten_when_the_model_is_deleted(open_panel: OpenPanel) -> None:
    panel = open_panel([model(dtypes=[dtype("q8", stored=130_000_000)])])
    panel.report(failed(ConnectionLost("https://huggingface.co/x")))
    expect(panel.row("q8").get_by_test_id("failure")).to_be_visible()

    # A model that is not suggested leaves the list.
    panel.reply(RuntimeMessageTypes.LIST_MODELS, {"models": [model(OTHER)], "storage": STORAGE})
    panel.publish(WorkerEventNames.MANIFEST_UPDATED, {})

    expect(panel.one("failure")).to_have_count(0)
    expect(panel.one("model-card")).to_have_count(1)


# In the chat, while a load waits for its files


def _loading(panel: ScriptedPanel, error: TabAgentError | None = None) -> None:
    """Let a load be going on, or end with an error."""
    nobody = {"modelId": None, "dtype": None, "executionProvider": None}
    panel.press("tab-chat")
    panel.publish(UIEventNames.WORKER_STATE_CHANGED, {"state": ModelWorkerStates.LOADING_MODEL} | nobody)
    progress: Json = BOTH | {"status": LoadingStatusTypes.PROGRESS, "file": "", "progress": 30, "loadId": "load"}
    bytes_of_it = {"loaded": 45_700_000, "total": 137_000_000, "message": "Downloading", "error": None}
    panel.publish(UIEventNames.MODEL_WORKER_LOADING_PROGRESS, progress | bytes_of_it)
    if error:
        ended = {"status": LoadingStatusTypes.ERROR, "error": error.to_wire()}
        panel.publish(UIEventNames.WORKER_STATE_CHANGED, {"state": ModelWorkerStates.UNINITIALIZED} | nobody)
        panel.publish(UIEventNames.MODEL_WORKER_LOADING_PROGRESS, progress | bytes_of_it | ended)


def test_the_download_of_a_load_is_paused_and_resumed_in_the_chat(open_panel: OpenPanel) -> None:
    panel = open_panel([model()])
    _loading(panel)

    panel.report(transfer(TransferStates.DOWNLOADING))
    expect(panel.one("load-amounts")).to_have_text("45.7 MB of 137 MB")
    expect(panel.page.get_by_text("Downloading · 12.3 MB/s · 8 s left")).to_be_visible()
    panel.press("load-pause-button")
    assert panel.sent(RuntimeMessageTypes.PAUSE_DOWNLOAD) == [BOTH]
    panel.report(transfer(TransferStates.PAUSED))
    panel.press("load-resume-button")
    assert panel.sent(RuntimeMessageTypes.DOWNLOAD_MODEL) == [BOTH]


def test_cancel_gives_up_the_download_while_files_come_in_and_the_load_afterwards(open_panel: OpenPanel) -> None:
    panel = open_panel([model()])
    _loading(panel)

    panel.report(transfer(TransferStates.DOWNLOADING))
    expect(panel.one("cancel-button")).to_have_attribute("data-cancels", "download")
    panel.press("cancel-button")
    assert panel.sent(RuntimeMessageTypes.CANCEL_DOWNLOAD) == [BOTH]
    assert panel.count(RuntimeMessageTypes.RESET_WORKER) == 0
    panel.report(transfer(TransferStates.DONE))
    expect(panel.one("cancel-button")).to_have_attribute("data-cancels", "load")
    panel.press("cancel-button")
    assert panel.sent(RuntimeMessageTypes.RESET_WORKER) == [{}]


def test_a_cancelled_load_is_no_trouble(open_panel: OpenPanel) -> None:
    panel = open_panel([model()])

    _loading(panel, DownloadCancelled(TINY))

    expect(panel.one("progress")).to_have_count(0)
    expect(panel.one("error")).to_have_count(0)


def test_a_load_that_finds_no_room_helps_to_make_it(open_panel: OpenPanel) -> None:
    panel = open_panel([model()])

    _loading(panel, FULL)
    expect(panel.one("error")).to_have_text(FULL.message)
    panel.press("remove-button")
    panel.press("confirm-remove")
    assert panel.sent(RuntimeMessageTypes.DELETE_MODEL) == [{"modelId": OTHER, "dtype": "q4"}]
    panel.press("retry-button")

    assert panel.sent(RuntimeMessageTypes.LOAD_MODEL)[0]["modelId"] == TINY
