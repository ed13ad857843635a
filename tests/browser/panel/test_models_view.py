"""The list of models: what it draws of each state, and what each of its buttons asks the background."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tabagent.errors import Busy, ModelNotFound
from tabagent.events import ModelWorkerStates, RuntimeMessageTypes, TransferStates, UIEventNames, WorkerEventNames
from tests.browser.panel.conftest import OpenPanel
from tests.browser.panel.scripted_panel import ScriptedPanel
from tests.browser.panel.wire_models import OTHER, STORAGE, TINY, Json, dtype, model, transfer

STORED = model(dtypes=[dtype("q8", status="downloaded"), dtype("q4", size=118_000_000, stored=2_000_000)])
PARTIAL = model(dtypes=[dtype("q8", stored=34_000_000), dtype("q4", size=118_000_000)])
TOO_LARGE = "2.3 GB of weights are too large for this device"
LARGE = model(
    OTHER,
    [dtype("q4", size=2_300_000_000, status="unsupported", reason=TOO_LARGE)],
    recommendedDtype=None,
    recommendedReason="All its precisions are too large",
)


def test_says_how_much_is_used_and_whether_the_browser_keeps_it(open_panel: OpenPanel) -> None:
    panel = open_panel([STORED])

    expect(panel.one("storage-usage")).to_have_text("139 MB used · 9.9 GB free")
    expect(panel.page.get_by_text("The browser keeps it until you delete it.")).to_be_visible()

    unkept: Json = {"models": [STORED], "storage": STORAGE | {"persisted": False}}
    panel.reply(RuntimeMessageTypes.LIST_MODELS, unkept)
    panel.publish(WorkerEventNames.MANIFEST_UPDATED, {})
    expect(panel.page.get_by_text("The browser may delete it when the disk is full.")).to_be_visible()


def test_an_empty_store_offers_the_recommended_dtype_and_says_why(open_panel: OpenPanel) -> None:
    panel = open_panel([model()])

    expect(panel.one("nothing-stored")).to_be_visible()
    expect(panel.row("q8").get_by_test_id("dtype-reason")).to_have_text(
        "Recommended: 8-bit weights are the fastest on this processor"
    )
    expect(panel.row("q4")).to_be_hidden()
    panel.press("download-button", within=panel.row("q8"))
    assert panel.sent(RuntimeMessageTypes.DOWNLOAD_MODEL) == [{"modelId": TINY, "dtype": "q8"}]


def test_other_dtypes_lie_in_a_fold_with_their_reasons(open_panel: OpenPanel) -> None:
    panel = open_panel([LARGE | {"dtypes": [*LARGE["dtypes"], dtype("fp32", status="server_only")]}])

    expect(panel.one("card-reason")).to_have_text("All its precisions are too large")
    panel.one("more-dtypes").locator("summary").click()
    expect(panel.row("q4", OTHER).get_by_test_id("dtype-reason")).to_have_text(TOO_LARGE)
    expect(panel.row("fp32", OTHER).get_by_test_id("dtype-state")).to_have_text("For servers only")
    expect(panel.one("download-button")).to_have_count(0)


def test_a_model_of_unknown_size_can_be_asked_about_or_downloaded_as_the_background_chooses(
    open_panel: OpenPanel,
) -> None:
    bare = model(dtypes=[], recommendedDtype=None, recommendedReason=None)
    panel = open_panel([bare], {RuntimeMessageTypes.INSPECT_MODEL: {"model": model()}})

    panel.press("download-button")
    assert panel.sent(RuntimeMessageTypes.DOWNLOAD_MODEL) == [{"modelId": TINY}]
    panel.press("inspect-button")
    assert panel.sent(RuntimeMessageTypes.INSPECT_MODEL) == [{"modelId": TINY}]
    expect(panel.row("q8")).to_be_visible()


def test_a_stored_dtype_can_be_loaded_and_the_chat_is_shown(open_panel: OpenPanel) -> None:
    panel = open_panel([STORED])
    expect(panel.row("q8").get_by_test_id("dtype-state")).to_have_text("Stored")

    panel.press("load-stored-button", within=panel.row("q8"))

    [request] = panel.sent(RuntimeMessageTypes.LOAD_MODEL)
    assert (request["modelId"], request["dtype"], request["device"]) == (TINY, "q8", "auto")
    expect(panel.one("models-view")).to_have_count(0)
    expect(panel.one("prompt")).to_be_visible()


def test_the_loaded_dtype_is_not_offered_again(open_panel: OpenPanel) -> None:
    panel = open_panel([STORED])
    payload = {"state": ModelWorkerStates.IDLE, "modelId": TINY, "dtype": "q8", "executionProvider": "wasm"}

    panel.publish(UIEventNames.WORKER_STATE_CHANGED, payload)

    expect(panel.row("q8").get_by_test_id("dtype-state")).to_have_text("Loaded")
    expect(panel.row("q8").get_by_test_id("load-stored-button")).to_be_disabled()


def test_checking_asks_for_it_and_shows_what_came_of_it(open_panel: OpenPanel) -> None:
    panel = open_panel([STORED])

    panel.press("check-button", within=panel.row("q8"))
    assert panel.sent(RuntimeMessageTypes.CHECK_MODEL) == [{"modelId": TINY, "dtype": "q8"}]
    panel.report(transfer(TransferStates.VERIFYING))
    expect(panel.row("q8").get_by_test_id("dtype-state")).to_have_text("Checking")
    panel.report(transfer(TransferStates.DONE, message="acme/tiny (q8) is whole"))

    expect(panel.row("q8").get_by_test_id("dtype-note")).to_have_text("acme/tiny (q8) is whole")
    expect(panel.one("transfer")).to_have_count(0)


def test_deleting_asks_first_and_says_what_it_frees_then_and_afterwards(open_panel: OpenPanel) -> None:
    panel = open_panel([STORED])
    row = panel.row("q8")

    panel.press("delete-button", within=row)
    expect(row.get_by_role("group")).to_contain_text("That frees 137 MB.")
    expect(row.get_by_test_id("keep-delete")).to_be_focused()
    panel.page.keyboard.press("Escape")
    expect(row.get_by_test_id("confirm-delete")).to_have_count(0)
    expect(row.get_by_test_id("delete-button")).to_be_focused()
    assert panel.count(RuntimeMessageTypes.DELETE_MODEL) == 0

    panel.press("delete-button", within=row)
    panel.press("confirm-delete", within=row)
    assert panel.sent(RuntimeMessageTypes.DELETE_MODEL) == [{"modelId": TINY, "dtype": "q8"}]
    expect(panel.one("notice")).to_have_text("acme/tiny (q8) is deleted: 137 MB are free again.")
    expect(row).to_be_focused()


def test_files_that_another_stored_dtype_uses_are_not_counted_as_freed(open_panel: OpenPanel) -> None:
    both = model(dtypes=[dtype("q8", status="downloaded"), dtype("q4", size=118_000_000, status="downloaded")])
    panel = open_panel([both])

    panel.press("delete-button", within=panel.row("q8"))

    expect(panel.row("q8").get_by_role("group")).to_contain_text("That frees 135 MB.")


def test_a_refusal_is_shown_where_it_was_asked_for_and_can_be_dismissed(open_panel: OpenPanel) -> None:
    refusal = Busy("acme/tiny is loaded. Unload it first.")
    panel = open_panel([STORED], {RuntimeMessageTypes.DELETE_MODEL: {"error": refusal.to_wire()}})

    panel.press("delete-button", within=panel.row("q8"))
    panel.press("confirm-delete", within=panel.row("q8"))

    expect(panel.row("q8").get_by_test_id("failure")).to_have_text(refusal.message)
    expect(panel.row("q8").get_by_test_id("load-stored-button")).to_be_visible()
    panel.press("dismiss-failure", within=panel.row("q8"))
    expect(panel.one("failure")).to_have_count(0)


def test_a_partial_download_is_told_from_files_that_dtypes_share(open_panel: OpenPanel) -> None:
    panel = open_panel([PARTIAL, STORED | {"modelId": OTHER}])

    expect(panel.row("q8").get_by_test_id("dtype-facts")).to_have_text("34.0 MB of 137 MB stored")
    # The tokenizer of q4 is there because q8 is.
    expect(panel.row("q4", OTHER)).to_be_hidden()
    panel.press("resume-button", within=panel.row("q8"))
    assert panel.sent(RuntimeMessageTypes.DOWNLOAD_MODEL) == [{"modelId": TINY, "dtype": "q8"}]


def test_deleting_everything_asks_first(open_panel: OpenPanel) -> None:
    panel = open_panel([STORED])

    panel.press("clear-button")
    panel.press("keep-clear")
    assert panel.count(WorkerEventNames.CLEAR_CACHE) == 0
    panel.press("clear-button")
    panel.press("confirm-clear")

    assert panel.sent(WorkerEventNames.CLEAR_CACHE) == [{}]


def test_two_panels_draw_what_the_background_tells_both(open_panel: OpenPanel) -> None:
    panels = [open_panel([STORED]), open_panel([STORED])]

    for panel in panels:
        panel.reply(RuntimeMessageTypes.LIST_MODELS, {"models": [model()], "storage": STORAGE | {"usage": 0}})
        panel.publish(WorkerEventNames.CACHE_CLEARED, {})

    for panel in panels:
        expect(panel.one("nothing-stored")).to_be_visible()
        expect(panel.one("storage-usage")).to_have_attribute("data-usage", "0")


# Finding models


def _search(panel: ScriptedPanel, text: str) -> None:
    panel.one("search-input").fill(text)
    panel.press("search-button")


def test_a_search_shows_sizes_popularity_gates_and_what_is_recommended(open_panel: OpenPanel) -> None:
    found = [
        model(OTHER) | {"downloads": 1_234_567, "likes": 1, "gated": "auto"},
        LARGE | {"modelId": "acme/large", "downloads": 9, "likes": 0, "gated": False},
    ]
    panel = open_panel([STORED], {RuntimeMessageTypes.SEARCH_MODELS: {"models": found}})

    _search(panel, "other words")

    assert panel.sent(RuntimeMessageTypes.SEARCH_MODELS) == [{"query": "other words"}]
    first = panel.one("search-result").first
    expect(first).to_contain_text("1.2M downloads · 1 like")
    expect(first.get_by_test_id("gated")).to_be_visible()
    expect(panel.row("q8", OTHER).get_by_test_id("dtype-facts")).to_have_text("137 MB")
    expect(panel.row("q4", "acme/large").get_by_test_id("dtype-reason")).to_have_text(TOO_LARGE)
    panel.press("download-button", within=panel.row("q8", OTHER))
    assert panel.sent(RuntimeMessageTypes.DOWNLOAD_MODEL) == [{"modelId": OTHER, "dtype": "q8"}]


@pytest.mark.parametrize(
    "text", [OTHER, "https://huggingface.co/acme/other/tree/main", "https://hub.example/acme/other"]
)
def test_a_name_or_an_address_is_looked_up_as_it_was_given(open_panel: OpenPanel, text: str) -> None:
    panel = open_panel([STORED], {RuntimeMessageTypes.INSPECT_MODEL: {"model": model(OTHER)}})

    _search(panel, f" {text} ")

    assert panel.sent(RuntimeMessageTypes.INSPECT_MODEL) == [{"modelId": text}]
    expect(panel.one("search-result")).to_have_attribute("data-model", OTHER)


def test_a_found_model_that_is_stored_says_so(open_panel: OpenPanel) -> None:
    panel = open_panel([STORED], {RuntimeMessageTypes.SEARCH_MODELS: {"models": [model()]}})

    _search(panel, "tiny")

    expect(panel.one("search-result").get_by_test_id("dtype-state")).to_have_text("Stored")


def test_nothing_found_and_nothing_there_are_told_and_escape_ends_the_search(open_panel: OpenPanel) -> None:
    error = ModelNotFound("acme/none")
    changes: dict[str, Json] = {
        RuntimeMessageTypes.SEARCH_MODELS: {"models": []},
        RuntimeMessageTypes.INSPECT_MODEL: {"error": error.to_wire()},
    }
    panel = open_panel([STORED], changes)

    _search(panel, "nothing")
    expect(panel.one("nothing-found")).to_be_visible()
    expect(panel.one("search-button")).to_be_focused()
    panel.page.keyboard.press("Escape")
    expect(panel.one("search-input")).to_be_focused()
    expect(panel.row("q8")).to_be_visible()
    _search(panel, "acme/none")
    expect(panel.one("failure")).to_have_text(error.message)


def test_names_from_the_hub_are_text(open_panel: OpenPanel) -> None:
    name = "<img src=x onerror=alert(1)>"
    panel = open_panel([model(title=name, recommendedReason=f"**{name}**")])

    expect(panel.page.get_by_role("heading", name=name)).to_be_visible()
    expect(panel.page.locator("img")).to_have_count(0)


# Getting there and back


def test_tabs_go_by_keyboard_and_escape_returns_to_the_chat(open_panel: OpenPanel) -> None:
    panel = open_panel([STORED])

    expect(panel.one("tab-models")).to_have_attribute("aria-selected", "true")
    panel.one("tab-models").press("ArrowLeft")
    expect(panel.one("tab-history")).to_be_focused()
    panel.one("tab-history").press("ArrowLeft")
    expect(panel.one("tab-chat")).to_be_focused()
    expect(panel.one("prompt")).to_be_visible()
    panel.one("tab-chat").press("End")
    expect(panel.one("tab-settings")).to_be_focused()
    panel.one("tab-settings").press("ArrowLeft")
    expect(panel.one("tab-models")).to_be_focused()
    expect(panel.one("models-view")).to_be_visible()
    panel.page.keyboard.press("Escape")
    expect(panel.one("tab-chat")).to_be_focused()
    expect(panel.one("prompt")).to_be_visible()


def test_nothing_is_cut_off_in_a_very_narrow_panel(open_panel: OpenPanel) -> None:
    panel = open_panel(
        [STORED | {"title": "A-name-without-a-place-to-break-" * 3}, PARTIAL | {"modelId": OTHER}, LARGE]
    )
    panel.page.set_viewport_size({"width": 320, "height": 700})

    over = panel.page.evaluate(
        "[document.documentElement, ...document.querySelectorAll('.page-scroller, .models-scroller *:not(.bar *)')]"
        ".filter(({scrollWidth, clientWidth, tagName}) => clientWidth > 1 && scrollWidth > clientWidth)"
        ".map(({tagName, className}) => `${tagName} ${className}`)"
    )

    assert over == []
