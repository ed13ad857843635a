"""The page of settings: drawn from what the background publishes, saved as it is written, refused at its field."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Locator, expect

from tabagent.events import RuntimeMessageTypes, UIEventNames, WorkerEventNames
from tabagent.parameters import BadSetting, Refusal, ResourceSettings, defaults, parameters, schema
from tests.browser.panel.conftest import OpenPanel
from tests.browser.panel.scripted_panel import ScriptedPanel
from tests.browser.panel.test_account_and_files import AXE
from tests.browser.panel.wire_models import MEMORY, TINY, Json, dtype, model, running, settings

STORED = model(dtypes=[dtype("q8", status="downloaded")])
GET, SAVE = RuntimeMessageTypes.GET_SETTINGS, RuntimeMessageTypes.SAVE_SETTINGS
# A request that gets no reply while the test runs.
UNANSWERED: Any = None
FIRST_STOPS: dict[str, list[float]] = {
    "max-new-tokens": [1, 2, 3, 4, 5],
    "top-k": [0, 1, 2, 3, 4],
    "min-p": [0, 0.01, 0.02, 0.03, 0.04],
}
TOO_HOT = BadSetting("temperature", 9, "must be a number from 0 to 2")


def _open(open_panel: OpenPanel, changes: dict[str, Json] | None = None, *, loaded: bool = True) -> ScriptedPanel:
    panel = open_panel([STORED], changes)
    if loaded:
        panel.publish(UIEventNames.WORKER_STATE_CHANGED, running())
    panel.press("tab-settings")
    expect(panel.one("max-new-tokens")).to_be_visible()
    return panel


def _fold(panel: ScriptedPanel, name: str) -> None:
    panel.one(f"group-{name}").locator("summary").first.click()


def _setting(panel: ScriptedPanel, name: str, scope: str = "global") -> Locator:
    return panel.page.locator(f'[data-testid=setting][data-name="{name}"][data-scope={scope}]')


def _error(panel: ScriptedPanel, name: str) -> Locator:
    return _setting(panel, name).get_by_test_id("setting-error")


def _saved(panel: ScriptedPanel, number: int) -> list[Json]:
    panel.page.wait_for_function(
        "([name, number]) => background.sent.filter(({type}) => type === name).length >= number",
        arg=[str(SAVE), number],
    )
    return panel.sent(SAVE)


def _names(panel: ScriptedPanel, scope: str) -> set[str]:
    found: list[str] = panel.page.evaluate(
        "scope => [...document.querySelectorAll(`[data-scope=${scope}]`)].map(({dataset}) => dataset.name)", scope
    )
    return set(found)


def test_every_setting_of_the_schema_is_shown_once_with_its_meaning(open_panel: OpenPanel) -> None:
    panel = _open(open_panel)
    for fold in ("advanced", "fixed", "resources"):
        _fold(panel, fold)
    expect(panel.one("fixed").first).to_be_visible()

    declared = parameters()
    refused = {name for name, parameter in declared.items() if parameter.refused}
    listed = panel.page.evaluate(
        "() => [...document.querySelectorAll('[data-testid=fixed]')].map(({dataset}) => dataset.name)"
    )
    assert _names(panel, "global") == declared.keys() - refused
    assert set(listed) == refused
    assert _names(panel, "resources") == parameters(ResourceSettings).keys()
    expect(_setting(panel, "top_k")).to_contain_text(declared["top_k"].meaning)
    expect(panel.one("fixed").filter(has_text="Texts that are followed")).to_contain_text(str(Refusal.BEAMS))


def test_a_setting_that_nobody_has_heard_of_is_drawn_from_its_type(open_panel: OpenPanel) -> None:
    unheard = schema()[3] | {"name": "new_thing", "meaning": "Something new.", "default": 0.4}
    changed = settings(schema=[*schema(), unheard], defaults=defaults() | {"new_thing": 0.4})
    panel = _open(open_panel, {GET: changed})

    expect(panel.page.get_by_label("New thing", exact=True).first).to_have_value("0.4")


def test_what_is_typed_is_saved_alone_after_a_pause_as_one_change(open_panel: OpenPanel) -> None:
    panel = _open(open_panel)

    panel.one("max-new-tokens").press("ControlOrMeta+A")
    panel.page.keyboard.type("300")

    assert _saved(panel, 1) == [{"scope": "global", "values": {"max_new_tokens": 300}}]
    assert panel.count(SAVE) == 1


def test_each_type_of_value_is_sent_as_it_is_meant(open_panel: OpenPanel) -> None:
    panel = _open(open_panel)
    _fold(panel, "advanced")
    written = {
        "stop": "END\n\\n\\n",
        "json_schema": '{"type": "object"}',
        "bad_words_ids": "1 2\n3",
        "suppress_tokens": "7, 8",
        "exponential_decay_length_penalty": "10 1.5",
        "system_prompt": "Be kind.\nBe short.",
        "seed": "42",
    }
    for name, text in written.items():
        panel.one(name.replace("_", "-")).fill(text)
        panel.page.keyboard.press("Tab")
    panel.one("do-sample").check()

    values = {name: value for request in _saved(panel, len(written) + 1) for name, value in request["values"].items()}
    assert values == {
        "stop": ["END", "\n\n"],
        "json_schema": {"type": "object"},
        "bad_words_ids": [[1, 2], [3]],
        "suppress_tokens": [7, 8],
        "exponential_decay_length_penalty": [10, 1.5],
        "system_prompt": "Be kind.\nBe short.",
        "seed": 42,
        "do_sample": True,
    }


def test_the_slider_and_the_number_are_one_setting(open_panel: OpenPanel) -> None:
    panel = _open(open_panel, {SAVE: UNANSWERED})
    expect(panel.one("seed-slider")).to_have_count(0)

    panel.one("temperature-slider").press("ArrowRight")
    expect(panel.one("temperature")).to_have_value("0.71")
    panel.one("top-k-slider").press("Home")
    expect(panel.one("top-k")).to_have_value("0")
    panel.one("top-p").fill("0.5")
    expect(panel.one("top-p-slider")).to_have_attribute("aria-valuetext", "0.5")

    sent = [request["values"] for request in _saved(panel, 3)]
    assert {"temperature": 0.71} in sent
    assert {"top_k": 0} in sent
    assert {"top_p": 0.5} in sent


@pytest.mark.parametrize("name", FIRST_STOPS)
def test_an_arrow_key_moves_every_slider_from_its_first_stop_on(open_panel: OpenPanel, name: str) -> None:
    panel = _open(open_panel, {SAVE: UNANSWERED})
    _fold(panel, "advanced")
    slider = panel.one(f"{name}-slider")
    slider.press("ArrowRight")
    slider.press("Home")

    for stop in range(1, 5):
        slider.press("ArrowRight")
        expect(slider).to_have_value(str(stop))
        expect(panel.one(name)).to_have_value(str(FIRST_STOPS[name][stop]))


def test_a_refusal_is_shown_at_its_field_and_what_was_written_stays(open_panel: OpenPanel) -> None:
    panel = _open(open_panel, {SAVE: {"error": TOO_HOT.to_wire()}})

    panel.one("temperature").fill("9")
    panel.page.keyboard.press("Tab")

    expect(_error(panel, "temperature")).to_have_text(TOO_HOT.message)
    expect(panel.one("temperature")).to_have_value("9")
    expect(panel.one("temperature")).to_have_attribute("aria-invalid", "true")
    expect(_error(panel, "top_k")).to_be_hidden()

    panel.reply(SAVE, settings(**{"global": {"temperature": 1.5}}))
    panel.one("temperature").fill("1.5")
    panel.page.keyboard.press("Tab")
    expect(_error(panel, "temperature")).to_be_hidden()
    expect(panel.one("temperature-counts")).to_have_text("Default: 0.7.")


def test_a_value_that_waits_for_another_setting_is_saved_when_that_one_gives_way(open_panel: OpenPanel) -> None:
    clash = BadSetting("min_new_tokens", 20, "must be at most max_new_tokens, which is 10")
    kept = settings(**{"global": {"min_new_tokens": 20}})
    panel = _open(open_panel, {GET: kept, SAVE: {"error": clash.to_wire()}})
    _fold(panel, "advanced")
    panel.one("max-new-tokens").fill("10")
    panel.page.keyboard.press("Tab")
    for name in ("max_new_tokens", "min_new_tokens"):
        expect(_error(panel, name)).to_have_text(clash.message)

    panel.reply(SAVE, settings(**{"global": {"min_new_tokens": 5, "max_new_tokens": 10}}))
    panel.one("min-new-tokens").fill("5")
    panel.page.keyboard.press("Tab")

    assert [request["values"] for request in _saved(panel, 3)][1:] == [{"min_new_tokens": 5}, {"max_new_tokens": 10}]
    expect(_error(panel, "max_new_tokens")).to_be_hidden()


def test_text_that_is_not_yet_a_value_is_kept_and_not_sent(open_panel: OpenPanel) -> None:
    panel = _open(open_panel)
    _fold(panel, "advanced")

    panel.one("json-schema").fill('{"type": ')
    panel.one("suppress-tokens").fill("1 two")
    panel.one("suppress-tokens").blur()

    expect(_error(panel, "json_schema")).to_contain_text("This is not JSON yet")
    expect(_error(panel, "suppress_tokens")).to_have_text("“two” is not a number.")
    expect(panel.one("json-schema")).to_have_value('{"type": ')
    panel.one("json-schema").fill("[1]")
    expect(_error(panel, "json_schema")).to_contain_text("Write a JSON object")
    panel.one("json-schema").fill("{}")
    assert _saved(panel, 1) == [{"scope": "global", "values": {"json_schema": {}}}]


def test_a_setting_goes_back_to_its_default_and_says_what_that_is(open_panel: OpenPanel) -> None:
    kept = settings(**{"global": {"top_k": 7}, "defaults": defaults() | {"top_p": 0.8}})
    panel = _open(open_panel, {GET: kept})
    expect(panel.one("top-k")).to_have_value("7")
    expect(panel.one("top-k-counts")).to_have_text("Default: 50.")
    expect(panel.one("top-p")).to_have_value("0.8")
    expect(panel.one("top-p-counts")).to_have_text("The model's own default.")
    expect(panel.one("top-p-default")).to_be_disabled()

    panel.press("top-k-default")

    assert _saved(panel, 1) == [{"scope": "global", "values": {"top_k": None}}]
    expect(panel.one("top-k")).to_have_value("50")
    expect(panel.one("top-k")).to_be_focused()


def test_an_emptied_number_is_its_default_again(open_panel: OpenPanel) -> None:
    panel = _open(open_panel, {GET: settings(**{"global": {"seed": 5}})})

    panel.one("seed").fill("")
    panel.page.keyboard.press("Tab")

    assert _saved(panel, 1) == [{"scope": "global", "values": {"seed": None}}]
    expect(panel.one("seed")).to_have_attribute("placeholder", "none")


def test_everything_goes_back_after_a_question(open_panel: OpenPanel) -> None:
    panel = _open(open_panel, {GET: settings(**{"global": {"top_k": 7}})})
    panel.press("reset-global-button")
    expect(panel.one("keep-reset-global")).to_be_focused()

    panel.reply(GET, settings())
    panel.press("confirm-reset-global")

    assert _saved(panel, 1) == [{"scope": "global", "values": {}, "reset": True}]
    expect(panel.one("top-k")).to_have_value("50")
    expect(panel.one("reset-global-button")).to_have_count(0)


def test_one_model_has_settings_of_its_own_over_those_of_all(open_panel: OpenPanel) -> None:
    kept = settings(**{"global": {"top_k": 7}, "model": {"top_p": 0.5}})
    panel = _open(open_panel, {GET: kept})
    assert panel.sent(GET)[-1] == {"modelId": TINY, "dtype": "q8"}
    expect(panel.one("top-p")).to_have_value("0.9")

    panel.one("scope-model").check()

    expect(panel.page.get_by_label("This model Tiny, q8")).to_be_checked()
    expect(panel.one("top-p")).to_have_value("0.5")
    expect(panel.one("top-k")).to_have_value("7")
    expect(panel.one("top-k-counts")).to_have_text("For all models.")
    panel.one("top-k").fill("9")
    panel.page.keyboard.press("Tab")
    assert _saved(panel, 1) == [{"scope": "model", "modelId": TINY, "dtype": "q8", "values": {"top_k": 9}}]


def test_without_a_model_there_is_nothing_to_set_for_one(open_panel: OpenPanel) -> None:
    bare = model(dtypes=[], recommendedDtype=None, recommendedReason=None)
    panel = open_panel([bare])
    panel.press("tab-settings")

    expect(panel.one("scope-model")).to_be_disabled()
    assert panel.sent(GET)[-1] == {}


def test_a_preset_is_saved_as_a_whole_and_shown_as_chosen(open_panel: OpenPanel) -> None:
    panel = _open(open_panel)
    expect(panel.one("preset-precise")).to_have_attribute("aria-pressed", "true")

    panel.press("preset-creative")

    [request] = _saved(panel, 1)
    assert request["scope"] == "global"
    assert request["values"] == {"do_sample": True, "temperature": 1.1, "top_k": 0, "top_p": 1, "min_p": 0.05}
    panel.reply(GET, settings(**{"global": request["values"]}))
    panel.publish(WorkerEventNames.INFERENCE_SETTINGS_UPDATE, {"scope": "global", "modelId": None, "dtype": None})
    expect(panel.one("preset-creative")).to_have_attribute("aria-pressed", "true")
    expect(panel.one("preset-precise")).to_have_attribute("aria-pressed", "false")
    expect(panel.one("do-sample")).to_be_checked()


def test_another_panels_change_is_shown_without_touching_what_is_being_written(open_panel: OpenPanel) -> None:
    panel = _open(open_panel)
    panel.one("system-prompt").fill("Half a sen")
    _saved(panel, 1)
    panel.reply(GET, settings(**{"global": {"top_k": 7, "system_prompt": "From elsewhere"}}))

    panel.publish(WorkerEventNames.INFERENCE_SETTINGS_UPDATE, {"scope": "global", "modelId": None, "dtype": None})

    expect(panel.one("top-k")).to_have_value("7")
    expect(panel.one("system-prompt")).to_be_focused()
    expect(panel.one("system-prompt")).to_have_value("Half a sen")


def test_a_long_text_has_a_larger_place_that_escape_leaves_without_a_change(open_panel: OpenPanel) -> None:
    panel = _open(open_panel)
    panel.press("system-prompt-widen")
    area = panel.page.locator("dialog[open] textarea")
    expect(area).to_be_focused()
    area.fill("Never mind")
    panel.page.keyboard.press("Escape")
    expect(panel.one("settings")).to_be_visible()
    expect(panel.one("system-prompt")).to_have_value("")

    panel.press("system-prompt-widen")
    area.fill("Be kind.")
    panel.page.locator("dialog[open]").get_by_test_id("text-dialog-done").click()

    assert _saved(panel, 1) == [{"scope": "global", "values": {"system_prompt": "Be kind."}}]
    expect(panel.one("system-prompt")).to_have_value("Be kind.")


def test_the_machines_resources_are_saved_as_such(open_panel: OpenPanel) -> None:
    panel = _open(open_panel)

    panel.one("resource-idle-minutes").fill("12")
    panel.page.keyboard.press("Tab")

    assert _saved(panel, 1) == [{"scope": "resources", "values": {"idle_minutes": 12}}]


def test_what_was_just_set_is_saved_before_the_next_question_goes_out(open_panel: OpenPanel) -> None:
    panel = _open(open_panel)
    panel.one("top-k").fill("3")
    panel.press("tab-chat")
    panel.one("prompt").fill("Hello")
    panel.one("prompt").press("Enter")

    [question] = panel.sent(RuntimeMessageTypes.ASK_QUESTION)
    types = [each["type"] for each in panel.noted("sent")]
    assert types.index(SAVE) < types.index(RuntimeMessageTypes.ASK_QUESTION)
    assert "options" not in question


def test_a_change_that_the_background_was_away_for_is_saved_when_it_is_back(open_panel: OpenPanel) -> None:
    lost: Json = {"code": "runtime_restarted", "message": "The runtime ended.", "details": {}}
    panel = _open(open_panel, {SAVE: {"error": lost}})
    panel.one("top-k").fill("3")
    panel.page.keyboard.press("Tab")
    expect(_error(panel, "top_k")).to_have_text("The runtime ended.")

    panel.reply(SAVE, settings(**{"global": {"top_k": 3}}))
    panel.publish(WorkerEventNames.WORKER_SCRIPT_READY, {"bootMs": 1, "snapshot": True, "message": ""})

    expect(_error(panel, "top_k")).to_be_hidden()
    assert _saved(panel, 2)[-1] == {"scope": "global", "values": {"top_k": 3}}


def test_the_memory_is_told_and_can_be_had_back(open_panel: OpenPanel) -> None:
    panel = _open(open_panel)

    expect(panel.one("memory-weights")).to_have_text("137 MB")
    expect(panel.one("memory-kvCaches")).to_have_text("24.5 MB")
    panel.publish(WorkerEventNames.MEMORY_STATS, MEMORY | {"kvCaches": 0, "usedJSHeapSize": None})
    expect(panel.one("memory-kvCaches")).to_have_text("0 B")
    expect(panel.one("memory-usedJSHeapSize")).to_have_count(0)

    panel.press("unload-button")
    assert panel.sent(RuntimeMessageTypes.RESET_WORKER) == [{}]
    panel.publish(WorkerEventNames.RESET_COMPLETE, {})
    expect(panel.one("unload-button")).to_be_disabled()


def test_escape_goes_back_to_the_chat(open_panel: OpenPanel) -> None:
    panel = _open(open_panel)
    panel.one("top-k").press("Escape")
    expect(panel.one("prompt")).to_be_visible()
    expect(panel.one("tab-chat")).to_be_focused()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_in_the_settings(open_panel: OpenPanel, scheme: str) -> None:
    panel = _open(open_panel, {SAVE: {"error": TOO_HOT.to_wire()}, GET: settings(**{"global": {"top_k": 7}})})
    panel.page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    for fold in ("advanced", "fixed", "resources"):
        _fold(panel, fold)
    panel.one("temperature").fill("9")
    panel.page.keyboard.press("Tab")
    expect(_error(panel, "temperature")).to_be_visible()
    panel.press("reset-global-button")

    panel.page.evaluate(AXE.read_text(encoding="utf-8"))
    found = panel.page.evaluate(
        "axe.run().then(({violations}) => violations.map(({id, nodes}) => [id, nodes[0].html]))"
    )
    assert found == []
