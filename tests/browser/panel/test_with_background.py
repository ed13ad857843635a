"""Settings, queue, continuation and memory in the panel of the whole extension, with a model that computes."""

from __future__ import annotations

from playwright.sync_api import expect

from tabagent.events import ModelWorkerStates, RuntimeMessageTypes, WorkerEventNames
from tests.browser.conftest import LONG, TINY, open_panel
from tests.browser.panel_page import PanelPage
from tests.browser.wire import Wire
from tools.browser import ExtensionBrowser

ENDLESS = 15_000
# A background that computes answers late.
SLOW_MS = 30_000


def _set(panel: PanelPage, **values: object) -> None:
    """Write settings of all models as a person does."""
    panel.one("tab-settings").click()
    for name, value in values.items():
        field = panel.one(name.replace("_", "-"))
        if isinstance(value, bool):
            field.set_checked(value)
        else:
            field.fill(str(value))
            field.press("Tab")
    panel.one("tab-chat").click()


def _ready(panel: PanelPage, wire: Wire, model_id: str = LONG, **values: object) -> None:
    wire.load_ready(model_id, dtype="q8")
    panel.wait_for_state(ModelWorkerStates.MODEL_READY)
    _set(panel, **values)


def test_settings_count_for_the_next_answer_and_stay_in_a_new_panel(
    panel: PanelPage, wire: Wire, browser: ExtensionBrowser
) -> None:
    _ready(panel, wire, max_new_tokens=7)
    since = wire.mark()
    panel.type_and_send("Hello")
    panel.wait_for_answer("complete")

    assert wire.wait_for(WorkerEventNames.GENERATION_COMPLETE, since=since).payload["numTokens"] == 7
    assert wire.ask(RuntimeMessageTypes.GET_SETTINGS)["global"] == {"max_new_tokens": 7}
    again = open_panel(browser)
    again.one("tab-settings").click()
    expect(again.one("max-new-tokens")).to_have_value("7")


def test_a_model_keeps_its_own_settings(panel: PanelPage, wire: Wire) -> None:
    _ready(panel, wire, max_new_tokens=7)
    panel.one("tab-settings").click()
    panel.one("scope-model").check()
    _set(panel, max_new_tokens=3)
    since = wire.mark()
    panel.type_and_send("Hello")

    assert wire.wait_for(WorkerEventNames.GENERATION_COMPLETE, since=since).payload["numTokens"] == 3
    kept = wire.ask(RuntimeMessageTypes.GET_SETTINGS, {"modelId": LONG, "dtype": "q8"})
    assert (kept["global"], kept["model"]) == ({"max_new_tokens": 7}, {"max_new_tokens": 3})


def test_a_value_out_of_range_is_refused_at_its_field_and_changes_nothing(panel: PanelPage, wire: Wire) -> None:
    panel.one("tab-settings").click()
    panel.one("temperature").fill("9")
    panel.one("top-k").fill("12")
    panel.one("top-k").press("Tab")

    expect(panel.page.locator("[data-name=temperature]").get_by_test_id("setting-error")).to_have_text(
        "temperature must be a number from 0 to 2; it was 9."
    )
    wire.wait(lambda: wire.ask(RuntimeMessageTypes.GET_SETTINGS)["global"] == {"top_k": 12}, "the other setting")


def test_a_change_in_one_panel_shows_in_the_other(panel: PanelPage, wire: Wire, browser: ExtensionBrowser) -> None:
    second = open_panel(browser)
    for each in (panel, second):
        each.one("tab-settings").click()
    panel.one("preset-creative").click()

    expect(second.one("temperature")).to_have_value("1.1")
    expect(second.one("preset-creative")).to_have_attribute("aria-pressed", "true")


def test_two_panels_share_the_model_one_after_the_other(
    panel: PanelPage, wire: Wire, browser: ExtensionBrowser
) -> None:
    second = open_panel(browser)
    _ready(panel, wire, max_new_tokens=ENDLESS)
    second.wait_for_state(ModelWorkerStates.MODEL_READY)
    second.type_and_send("Mine")
    second.wait(lambda: second.look().answer, "the first words")
    panel.type_and_send("Yours")

    expect(panel.one("waiting")).to_contain_text("Queued, 1 before this", timeout=SLOW_MS)
    second.one("stop-button").click()
    second.wait_for_answer("stopped")
    panel.wait(lambda: panel.look().answer, "the first words in the other panel")
    panel.one("stop-button").click()
    panel.wait_for_answer("stopped")


def test_an_answer_that_waits_for_its_turn_is_withdrawn_by_stop(
    panel: PanelPage, wire: Wire, browser: ExtensionBrowser
) -> None:
    second = open_panel(browser)
    _ready(panel, wire, max_new_tokens=ENDLESS)
    second.wait_for_state(ModelWorkerStates.MODEL_READY)
    second.type_and_send("Mine")
    second.wait(lambda: second.look().answer, "the first words")
    panel.type_and_send("Yours")
    expect(panel.one("waiting")).to_contain_text("Queued", timeout=SLOW_MS)

    panel.one("stop-button").click()

    assert panel.wait_for_answer("stopped") == ""
    assert second.look().answer_status == "streaming"
    second.one("stop-button").click()
    second.wait_for_answer("stopped")


def test_a_question_during_an_answer_is_asked_after_it(panel: PanelPage, wire: Wire) -> None:
    _ready(panel, wire, max_new_tokens=ENDLESS)
    panel.type_and_send("One")
    panel.wait(lambda: panel.look().answer, "the first words")
    panel.type_and_send("Two")
    expect(panel.one("waiting").last).to_contain_text("Queued, 1 before this", timeout=SLOW_MS)

    panel.one("stop-button").click()
    panel.wait(lambda: len(panel.answers) == 2 and panel.answers[1], "the second answer")
    panel.one("stop-button").click()

    panel.wait_for_answer("stopped")
    assert panel.questions == ["One", "Two"]
    assert all(panel.answers)


def test_an_answer_that_was_cut_goes_on(panel: PanelPage, wire: Wire) -> None:
    _ready(panel, wire, max_new_tokens=6)
    panel.type_and_send("Hello")
    first = panel.wait_for_answer("complete")
    since = wire.mark()

    panel.one("continue-button").click()
    ended = wire.wait_for(WorkerEventNames.GENERATION_COMPLETE, since=since).payload
    panel.wait_for_answer("complete")

    assert ended["numTokens"] == 6
    assert panel.answers == [first + ended["generatedText"]]
    _set(panel, max_new_tokens=12)
    since = wire.mark()
    panel.one("again-button").click()
    whole = wire.wait_for(WorkerEventNames.GENERATION_COMPLETE, since=since).payload["generatedText"]
    # Greedy: an answer in two parts is the answer.
    assert whole == first + ended["generatedText"]


def test_a_changed_question_is_answered_and_the_rest_dropped(panel: PanelPage, wire: Wire) -> None:
    _ready(panel, wire, max_new_tokens=4)
    for question in ("One", "Two"):
        "".join(panel.driver.ask(question))
    panel.one("edit-button").click()
    panel.one("edit-text").fill("Three")
    panel.one("edit-text").press("Enter")

    panel.wait(lambda: panel.questions == ["Three"] and panel.look().answer_status == "complete", "one answer")
    assert len(panel.answers) == 1


def test_what_does_not_fit_is_left_out_and_told(panel: PanelPage, wire: Wire) -> None:
    _ready(panel, wire, TINY, max_new_tokens=40)
    for number in range(8):
        "".join(panel.driver.ask(f"Question {number}: " + "one two three four five six " * 4))

    expect(panel.one("left-out").last).to_contain_text("oldest messages did not fit and were left out.")


def test_the_model_is_given_back_with_its_memory(panel: PanelPage, wire: Wire) -> None:
    _ready(panel, wire)
    panel.one("tab-settings").click()
    expect(panel.one("memory-pythonHeap")).to_contain_text("MB", timeout=SLOW_MS)
    panel.one("unload-button").click()

    panel.wait_for_state(ModelWorkerStates.UNINITIALIZED)
    expect(panel.one("unload-button")).to_be_disabled(timeout=SLOW_MS)
    # Memory is asked for every five seconds.
    expect(panel.one("memory-weights")).to_have_text("0 B", timeout=SLOW_MS)


def test_a_model_that_nobody_uses_falls_asleep_and_comes_back_with_a_message(panel: PanelPage, wire: Wire) -> None:
    _ready(panel, wire, max_new_tokens=4)
    _set(panel, resource_idle_minutes_open=0.02)
    "".join(panel.driver.ask("Hello"))

    expect(panel.one("asleep")).to_contain_text("is asleep: it comes back with the next message", timeout=2 * SLOW_MS)
    assert panel.badge == ""
    assert "".join(panel.driver.ask("Are you there?"))
    assert panel.badge.startswith("CPU")
