"""The account, the model sources, exports and imports: what the page does itself, and what it asks the background."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import expect

from tabagent.events import RuntimeMessageTypes, TransferStates, UIEventNames, WorkerEventNames
from tabagent.store_errors import ImportFailed, LoginFailed
from tests.browser.panel.conftest import OpenPanel
from tests.browser.panel.scripted_panel import ScriptedPanel
from tests.browser.panel.wire_models import OTHER, TINY, Json, dtype, model, transfer
from tools.environment import ROOT

STORED = model(dtypes=[dtype("q8", status="downloaded")])
ADA: Json = {"name": "ada", "method": "token"}
NOBODY: Json = {"account": None, "oauth": False, "sources": []}
HUB = "https://hub.example"
# Not a dependency yet where this file is missing.
AXE = ROOT / "build" / "node_modules" / "axe-core" / "axe.min.js"


def _open_fold(panel: ScriptedPanel, name: str) -> None:
    panel.one(name).locator("summary").click()


def _account(panel: ScriptedPanel, **changes: object) -> None:
    panel.reply(RuntimeMessageTypes.GET_ACCOUNT, NOBODY | changes)


# Account


def test_a_token_is_sent_and_kept_nowhere_in_the_page(open_panel: OpenPanel) -> None:
    panel = open_panel([STORED], {WorkerEventNames.HUGGINGFACE_LOGIN: {"account": ADA}})
    _open_fold(panel, "account")
    expect(panel.one("tokens-link")).to_have_attribute("href", "https://huggingface.co/settings/tokens")
    expect(panel.one("login-token")).to_have_attribute("type", "password")

    _account(panel, account=ADA)
    panel.one("login-token").fill("hf_secret")
    panel.press("login-button")

    assert panel.sent(WorkerEventNames.HUGGINGFACE_LOGIN) == [{"token": "hf_secret"}]
    expect(panel.one("account-name")).to_have_text("ada")
    expect(panel.one("notice")).to_have_text("Logged in as ada.")
    kept = panel.page.evaluate("JSON.stringify([document.body.innerHTML, {...localStorage}, {...sessionStorage}])")
    assert "hf_secret" not in kept


def test_a_token_that_the_hub_does_not_know_is_refused_and_cleared(open_panel: OpenPanel) -> None:
    error = LoginFailed("the hub does not know the token")
    panel = open_panel([STORED], {WorkerEventNames.HUGGINGFACE_LOGIN: {"error": error.to_wire()}})
    _open_fold(panel, "account")

    panel.one("login-token").fill("hf_wrong")
    panel.press("login-button")

    expect(panel.one("failure")).to_have_text(error.message)
    expect(panel.one("login-token")).to_have_value("")


def test_the_hubs_sign_in_page_is_offered_only_where_the_build_can_use_it(open_panel: OpenPanel) -> None:
    without = open_panel([STORED])
    _open_fold(without, "account")
    expect(without.one("login-button")).to_be_visible()
    expect(without.one("oauth-button")).to_have_count(0)

    panel = open_panel(
        [STORED],
        {
            RuntimeMessageTypes.GET_ACCOUNT: NOBODY | {"oauth": True},
            RuntimeMessageTypes.BEGIN_OAUTH_LOGIN: {"url": "https://huggingface.co/oauth/authorize"},
            WorkerEventNames.HUGGINGFACE_LOGIN: {"account": ADA},
        },
    )
    _open_fold(panel, "account")
    panel.press("oauth-button")

    ended = "https://huggingface.co/oauth/authorize#ended"
    assert panel.sent(WorkerEventNames.HUGGINGFACE_LOGIN) == [{"redirectedTo": ended}]
    assert panel.sent(RuntimeMessageTypes.BEGIN_OAUTH_LOGIN) == [{"redirectUri": "https://scripted.chromiumapp.org/"}]
    assert panel.noted("asked") == [
        {"permissions": ["identity"], "inAClick": True},
        {"url": "https://huggingface.co/oauth/authorize", "interactive": True},
    ]


def test_one_can_log_out(open_panel: OpenPanel) -> None:
    panel = open_panel([STORED], {RuntimeMessageTypes.GET_ACCOUNT: NOBODY | {"account": ADA}})
    _open_fold(panel, "account")

    _account(panel)
    panel.press("logout-button")

    assert panel.sent(WorkerEventNames.HUGGINGFACE_LOGOUT) == [{}]
    expect(panel.one("login-token")).to_be_visible()


def test_the_background_can_ask_for_a_login(open_panel: OpenPanel) -> None:
    panel = open_panel([STORED])
    panel.press("tab-chat")

    panel.publish(UIEventNames.SHOW_HUGGINGFACE_LOGIN_DIALOG, {})

    expect(panel.one("login-token")).to_be_focused()


# Sources


def test_a_hub_is_added_after_the_browser_asked_for_it_and_removed_again(open_panel: OpenPanel) -> None:
    panel = open_panel([STORED], {WorkerEventNames.MODEL_SOURCE_SELECTION: {"sources": [HUB]}})
    _open_fold(panel, "sources")

    panel.one("source-input").fill(f"{HUB}/")
    panel.press("source-add")
    assert panel.sent(WorkerEventNames.MODEL_SOURCE_SELECTION) == [{"source": HUB}]
    assert panel.noted("asked") == [{"origins": [f"{HUB}/*"], "inAClick": True}]
    expect(panel.one("source")).to_have_attribute("data-source", HUB)
    expect(panel.one("source-input")).to_have_value("")

    panel.reply(WorkerEventNames.MODEL_SOURCE_SELECTION, {"sources": []})
    panel.press("source-remove")
    expect(panel.one("source")).to_have_count(0)
    assert panel.sent(WorkerEventNames.MODEL_SOURCE_SELECTION)[-1] == {"source": HUB, "remove": True}
    assert panel.noted("asked")[-1] == {"remove": {"origins": [f"{HUB}/*"]}}


def test_without_the_permission_no_hub_is_added(open_panel: OpenPanel) -> None:
    panel = open_panel([STORED], granted=False)
    _open_fold(panel, "sources")

    panel.one("source-input").fill(HUB)
    panel.press("source-add")

    expect(panel.one("failure")).to_contain_text(f"Without your permission nothing can be fetched from {HUB}")
    assert panel.count(WorkerEventNames.MODEL_SOURCE_SELECTION) == 0


# Files


def test_all_models_or_the_selected_ones_are_exported_to_a_download(open_panel: OpenPanel) -> None:
    address = "blob:chrome-extension://scripted/1"
    reply: Json = {"address": address, "name": "models.tabagent", "size": 137_000_000}
    panel = open_panel(
        [STORED, STORED | {"modelId": OTHER, "title": "Other"}], {RuntimeMessageTypes.EXPORT_MODELS: reply}
    )

    panel.press("export-button")
    expect(panel.one("notice")).to_have_text("models.tabagent (137 MB) goes to your downloads.")
    panel.page.get_by_label("Select Other for export").check()
    expect(panel.one("export-button")).to_have_text("Export 1 selected")
    panel.press("export-button")

    panel.page.wait_for_function("background.saved.length === 2")
    assert panel.noted("saved")[0] == {"address": address, "name": "models.tabagent"}
    exports = panel.sent(RuntimeMessageTypes.EXPORT_MODELS)
    assert exports == [{"modelIds": [], "settings": {}}, {"modelIds": [OTHER], "settings": {}}]


def test_an_export_is_imported_with_its_settings_and_lent_only_as_long_as_it_takes(
    open_panel: OpenPanel, tmp_path: Path
) -> None:
    file = tmp_path / "models.tabagent"
    file.write_bytes(b"content")
    settings = {"temperature": 0.5, "do_sample": True, "odd": "text"}
    panel = open_panel([STORED], {RuntimeMessageTypes.IMPORT_MODELS: {"models": [TINY], "settings": settings}})
    _open_fold(panel, "import")

    panel.one("import-file").set_input_files(file)

    expect(panel.one("notice")).to_have_text(f"Imported: {TINY}.")
    [request] = panel.sent(RuntimeMessageTypes.IMPORT_MODELS)
    [given] = request["files"]
    assert (request["modelId"], given["path"], given["size"]) == ("", "models.tabagent", 7)
    assert given["address"].startswith("blob:chrome-extension://")
    assert panel.noted("revoked") == [given["address"]]
    # Each by itself, and none that this version does not know.
    saves = panel.sent(RuntimeMessageTypes.SAVE_SETTINGS)
    assert saves == [{"scope": "global", "values": {name: settings[name]}} for name in ("temperature", "do_sample")]


def test_an_import_of_many_models_is_one_transfer_and_leaves_nothing_behind(open_panel: OpenPanel) -> None:
    panel = open_panel([STORED])

    for model_id in ("models.tabagent", TINY, OTHER):
        panel.report(transfer(TransferStates.IMPORTING, model_id, "", message="Importing config.json"))
        expect(panel.one("importing")).to_contain_text(f"Importing {model_id}")
        expect(panel.one("importing")).to_have_count(1)
    panel.report(transfer(TransferStates.DONE, OTHER, ""))

    expect(panel.one("importing")).to_have_count(0)
    expect(panel.one("model-card")).to_have_count(1)


def test_a_folder_is_imported_under_the_name_that_was_given(open_panel: OpenPanel, tmp_path: Path) -> None:
    (tmp_path / "onnx").mkdir()
    (tmp_path / "config.json").write_text("{}")
    (tmp_path / "onnx" / "model.onnx").write_bytes(b"weights")
    error = ImportFailed("onnx/model.onnx", "it is no model")
    panel = open_panel([STORED], {RuntimeMessageTypes.IMPORT_MODELS: {"error": error.to_wire()}})
    _open_fold(panel, "import")
    expect(panel.one("import-button")).to_be_disabled()

    panel.one("import-folder").set_input_files(tmp_path)
    panel.one("import-name").fill(" acme/own ")
    panel.press("import-button")

    expect(panel.one("failure")).to_have_text(error.message)
    [request] = panel.sent(RuntimeMessageTypes.IMPORT_MODELS)
    assert request["modelId"] == "acme/own"
    assert {file["path"] for file in request["files"]} == {"config.json", "onnx/model.onnx"}
    assert len(panel.noted("revoked")) == 2


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_in_the_list_of_models(open_panel: OpenPanel, scheme: str) -> None:
    panel = open_panel([STORED, model(OTHER)])
    panel.page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    for fold in ("import", "account", "sources"):
        _open_fold(panel, fold)
    panel.press("clear-button")

    panel.page.evaluate(AXE.read_text(encoding="utf-8"))

    assert panel.page.evaluate("axe.run().then(({violations}) => violations.map(({id}) => id))") == []
