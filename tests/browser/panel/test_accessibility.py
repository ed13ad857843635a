"""The models, the settings, the logs and the dialogs for everyone: axe, narrow panels, large text, right to left."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tabagent.events import RuntimeMessageTypes, WorkerEventNames
from tabagent.parameters import AppearanceSettings, ResourceSettings, schema
from tests.browser.panel import test_attachment_preview, test_drive_dialog, test_logs_page, test_tabs_dialog
from tests.browser.panel.conftest import OpenPanel
from tests.browser.panel.scripted_panel import ScriptedPanel
from tests.browser.panel.test_account_and_files import AXE
from tests.browser.panel.wire_models import Json, dtype, model, settings, transfer
from tools.build.locales import texts_of
from tools.environment import ROOT

PROMPTS: Json = {
    "prompts": [
        {"id": "a", "name": "Pirate", "text": "You are a pirate. Answer in their language.", "changedAt": 1},
        {"id": "b", "name": "A-name-that-is-far-too-long-for-any-line-of-a-panel", "text": "Short.", "changedAt": 2},
    ]
}
DRIVE: Json = {
    RuntimeMessageTypes.GET_DRIVE_ACCOUNT: {"available": True, "account": test_drive_dialog.ADA},
    RuntimeMessageTypes.GET_DRIVE_FILE_LIST: test_drive_dialog.FILES,
}
ATTACHING = test_tabs_dialog.listing(hidden=3) | test_attachment_preview.replies()
ARABIC = texts_of(ROOT / "extension" / "locales", "ar")


@pytest.fixture
def panel(open_panel: OpenPanel) -> ScriptedPanel:
    """A panel that has something to show on each of its pages."""
    models = [model(dtypes=[dtype("q8", status="downloaded"), dtype("q4")]), model("acme/other")]
    panel = open_panel(models, {RuntimeMessageTypes.GET_PROMPTS: PROMPTS} | DRIVE | ATTACHING | test_logs_page.CHANGES)
    panel.report(transfer("downloading", "acme/other"))  # type: ignore[arg-type]
    # Colours on their way from one to the next have no contrast that counts.
    panel.page.emulate_media(reduced_motion="reduce")
    panel.page.evaluate(AXE.read_text(encoding="utf-8"))
    return panel


def _look(panel: ScriptedPanel, **appearance: object) -> None:
    """Choose an appearance as another panel would."""
    panel.reply(RuntimeMessageTypes.GET_SETTINGS, settings(appearance=appearance))
    panel.publish(WorkerEventNames.INFERENCE_SETTINGS_UPDATE, {})


def _check(panel: ScriptedPanel, where: str) -> list[object]:
    """Return what is wrong with what is shown: the rules of axe, and what is wider than the panel."""
    found: list[object] = panel.page.evaluate(
        "axe.run().then(({violations}) => violations.map(({id, nodes}) => [id, nodes[0].html]))"
    )
    width = panel.page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    scrollers: list[str] = panel.page.evaluate(
        """() => [...document.querySelectorAll(".page-scroller, .logs, .log-scroller, dialog, .dialog-scroller")]
             .filter((each) => each.scrollWidth > each.clientWidth).map((each) => each.className)"""
    )
    return [(where, each) for each in [*found, *scrollers, *([width] if width[0] > width[1] else [])]]


def _unfold(panel: ScriptedPanel) -> None:
    """Show all that the page of settings has."""
    for name in ("advanced", "fixed", "resources"):
        panel.one(f"group-{name}").evaluate("element => { element.open = true; }")
    for shown in ("max-time", "fixed", "resource-threads"):
        expect(panel.one(shown).first).to_be_visible()


def _walk(panel: ScriptedPanel) -> list[object]:
    """Go through all pages and return what is wrong on them."""
    panel.press("tab-models")
    wrong = _check(panel, "models")
    panel.press("tab-settings")
    _unfold(panel)
    expect(panel.one("kept").first).to_be_visible()
    wrong += _check(panel, "settings")
    panel.press("prompt-new")
    wrong += _check(panel, "prompt")
    panel.press("prompt-cancel")
    panel.press("open-logs")
    expect(panel.one("log").first).to_be_visible()
    wrong += _check(panel, "logs")
    panel.page.evaluate("void document.querySelector('tabagent-app').commands.drive.open()")
    expect(panel.one("drive-file").first).to_be_visible()
    wrong += _check(panel, "drive")
    panel.page.keyboard.press("Escape")
    return wrong + _attach(panel)


def _attach(panel: ScriptedPanel) -> list[object]:
    """Open what attaches, and return what is wrong with it."""
    panel.press("tab-chat")
    test_attachment_preview.attach(panel, test_attachment_preview.WHEAT, test_attachment_preview.COSTS)
    panel.press("attach-button")
    expect(panel.one("attach-tabs")).to_be_visible()
    wrong = _check(panel, "attach menu")
    panel.press("attach-tabs")
    expect(panel.one("tab")).to_have_count(5)
    panel.one("tab").first.click()
    wrong += _check(panel, "tabs")
    panel.press("tabs-close")
    panel.one("attachment-show").first.click()
    expect(panel.one("preview-text")).to_be_visible()
    wrong += _check(panel, "preview")
    panel.press("preview-close")
    return wrong


@pytest.mark.parametrize("theme", ["light", "dark", "contrast"])
def test_axe_finds_nothing_in_any_theme_and_nothing_is_wider_than_320_pixels(panel: ScriptedPanel, theme: str) -> None:
    panel.page.set_viewport_size({"width": 320, "height": 720})
    _look(panel, theme=theme)
    expected = "more" if theme == "contrast" else "normal"
    panel.page.wait_for_selector(f"html[data-contrast={expected}]")

    assert _walk(panel) == []


def test_large_arabic_text_goes_from_right_to_left_and_fits_320_pixels(panel: ScriptedPanel) -> None:
    panel.page.set_viewport_size({"width": 320, "height": 720})
    panel.press("tab-settings")
    _look(panel, language="ar", text_size=150)

    panel.page.wait_for_selector("html[lang=ar][dir=rtl]")
    expect(panel.one("settings").locator("h2").first).to_have_text(ARABIC["settings_appearance"])
    assert panel.page.evaluate("getComputedStyle(document.documentElement).fontSize") == "24px"
    assert _walk(panel) == []

    panel.page.reload()
    panel.page.wait_for_selector("html[lang=ar][dir=rtl][data-connected=true]")
    expect(panel.one("tab-settings")).to_contain_text(ARABIC["chat_tab_settings"])


def test_arrow_keys_go_to_the_tab_that_stands_there_also_from_right_to_left(panel: ScriptedPanel) -> None:
    panel.press("tab-chat")
    _look(panel, language="ar")
    panel.page.wait_for_selector("html[dir=rtl]")
    panel.one("tab-chat").press("ArrowLeft")
    expect(panel.one("tab-history")).to_be_focused()
    panel.one("tab-history").press("ArrowRight")
    panel.one("tab-chat").press("ArrowRight")

    expect(panel.one("tab-settings")).to_be_focused()
    expect(panel.one("tab-settings")).to_have_attribute("aria-selected", "true")


def test_everything_that_is_said_of_a_setting_is_in_the_language_that_was_chosen(panel: ScriptedPanel) -> None:
    panel.press("tab-settings")
    _look(panel, language="ar")
    panel.page.wait_for_selector("html[lang=ar]")
    _unfold(panel)

    shown = panel.one("settings").text_content() or ""
    for row in [*schema(), *schema(ResourceSettings), *schema(AppearanceSettings)]:
        name, code = row["name"], row["refusedCode"]
        said = [f"setting_{name}", f"setting_{name}_help", f"setting_refused_{code}"]
        assert [ARABIC[key] for key in said if key in ARABIC and ARABIC[key] not in shown] == []
        assert str(row["meaning"]) not in shown
        assert not code or str(row["refused"]) not in shown
    directions = panel.page.evaluate(
        "[...document.querySelectorAll('.settings .hint > bdi')].map((each) => getComputedStyle(each).direction)"
    )
    assert set(directions) == {"rtl"}


def test_the_pages_own_choice_of_a_look_is_saved_and_shown_at_once(panel: ScriptedPanel) -> None:
    panel.press("tab-settings")
    panel.one("theme").select_option("dark")

    saved = panel.sent(RuntimeMessageTypes.SAVE_SETTINGS)
    assert saved == [{"scope": "appearance", "values": {"theme": "dark"}}]


def test_the_library_of_prompts_writes_uses_and_deletes(panel: ScriptedPanel) -> None:
    panel.press("tab-settings")
    panel.press("prompt-new")
    panel.one("prompt-name").fill(" Poet ")
    panel.one("prompt-text").fill("Answer in verse.")
    panel.reply(RuntimeMessageTypes.SAVE_PROMPT, {"error": {"code": "invalid_state", "message": "Too many."}})
    panel.press("prompt-save")
    expect(panel.one("prompt-dialog").get_by_test_id("failure")).to_have_text("Too many.")
    panel.reply(RuntimeMessageTypes.SAVE_PROMPT, PROMPTS)
    panel.press("prompt-save")
    expect(panel.one("prompt-dialog")).to_be_hidden()
    sent = panel.sent(RuntimeMessageTypes.SAVE_PROMPT)[-1]
    assert (sent["name"], sent["text"]) == ("Poet", "Answer in verse.")

    panel.one("prompt-use").first.click()
    assert panel.sent(RuntimeMessageTypes.SAVE_SETTINGS)[-1]["values"] == {
        "system_prompt": PROMPTS["prompts"][0]["text"]
    }

    panel.reply(RuntimeMessageTypes.DELETE_PROMPT, {"prompts": []})
    panel.one("delete-prompt-button").first.click()
    panel.press("confirm-delete-prompt")
    expect(panel.one("no-prompts")).to_be_visible()
    assert panel.sent(RuntimeMessageTypes.DELETE_PROMPT) == [{"promptId": "a"}]


def test_what_is_kept_is_told_and_deleted_after_a_question(panel: ScriptedPanel) -> None:
    panel.press("tab-settings")
    expect(panel.page.locator("[data-kind=models]")).to_contain_text("139 MB")
    kept = panel.page.evaluate("background.replies.getStoredData ?? null")
    panel.reply(RuntimeMessageTypes.ERASE_DATA, kept or {"kinds": [], "usage": 0, "quota": 1, "persisted": True})
    panel.press("erase-logs-button")
    assert panel.count(RuntimeMessageTypes.ERASE_DATA) == 0
    panel.press("confirm-erase-logs")

    assert panel.sent(RuntimeMessageTypes.ERASE_DATA) == [{"kinds": ["logs"]}]
    expect(panel.one("privacy-notice")).to_have_text("It is deleted.")


def test_settings_are_found_by_words_of_their_help(panel: ScriptedPanel) -> None:
    panel.press("tab-settings")
    panel.one("settings-search").fill("LIKELIEST 0 keeps")
    expect(panel.one("top-k")).to_be_visible()
    expect(panel.one("theme")).to_have_count(0)
    panel.one("settings-search").fill("nothing of the kind")
    expect(panel.one("settings-found")).to_have_text("0 settings")
    panel.one("settings-search").press("Escape")
    expect(panel.one("theme")).to_be_visible()
