"""The conversation: what an answer waits for, how it went, and what can be done with it afterwards."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tabagent.errors import InvalidState, QueueFull
from tabagent.events import DBEventNames, ModelWorkerStates, RuntimeMessageTypes, UIEventNames, WorkerEventNames
from tests.browser.panel.chatting import (
    COMPLETE,
    SEND,
    STOPPED,
    answered,
    ask,
    last,
    requests,
    shown,
    with_model,
    write,
)
from tests.browser.panel.conftest import OpenPanel
from tests.browser.panel.scripted_panel import ScriptedPanel
from tests.browser.panel.test_account_and_files import AXE
from tests.browser.panel.wire_models import Json, dtype, finished, model, running, status, update

STORED = model(dtypes=[dtype("q8", status="downloaded")])
STOP = RuntimeMessageTypes.INTERRUPT_GENERATION
CONTINUE, AGAIN = RuntimeMessageTypes.CONTINUE_ANSWER, RuntimeMessageTypes.ANSWER_AGAIN
GENERATING = running(ModelWorkerStates.GENERATING)


@pytest.fixture
def chat(open_panel: OpenPanel) -> ScriptedPanel:
    """A conversation with a model that is loaded."""
    return with_model(open_panel([STORED]))


# Waiting


def test_an_answer_says_what_it_waits_for(chat: ScriptedPanel) -> None:
    answer = ask(chat, "Hello")
    waiting = chat.one("waiting")

    chat.publish(WorkerEventNames.GENERATION_STATUS, status(answer, "queued", 1, 2))
    expect(waiting).to_contain_text("Queued, 1 before this")
    expect(chat.one("status")).to_have_text("Waiting for its turn…")
    chat.publish(WorkerEventNames.GENERATION_STATUS, status(answer, "queued", 0, 1))
    expect(waiting).to_contain_text("Queued, next")
    chat.publish(WorkerEventNames.GENERATION_STATUS, status(answer, "loading", 0, 0))
    expect(waiting).to_have_text("Bringing the model back…")
    chat.publish(WorkerEventNames.GENERATION_STATUS, status(answer, "prefill", 640, 1234, cachedTokens=512))
    expect(waiting).to_have_text("Reading 640 of 1,234 tokens · 512 known from before")
    expect(chat.page.get_by_role("progressbar", name="Reading the prompt")).to_have_attribute("aria-valuenow", "640")
    chat.publish(WorkerEventNames.GENERATION_UPDATE, update(answer, "Hi"))
    expect(waiting).to_have_count(0)


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (1, "The oldest message did not fit and was left out."),
        (6, "The 6 oldest messages did not fit and were left out."),
    ],
)
def test_what_did_not_fit_is_told_above_the_answer(chat: ScriptedPanel, number: int, words: str) -> None:
    answer = ask(chat, "Hello")

    chat.publish(WorkerEventNames.GENERATION_STATUS, status(answer, "prefill", 1, 9, leftOut=number))
    expect(chat.one("left-out")).to_have_text(words)
    chat.publish(COMPLETE, finished(answer, "Hi", leftOut=number))
    expect(chat.one("left-out")).to_have_text(words)


def test_how_an_answer_went_lies_in_a_fold(chat: ScriptedPanel) -> None:
    answered(chat, "Hello", "Hi there", leftOut=2)
    expect(chat.one("left-out")).to_be_visible()
    expect(chat.one("stats")).to_be_hidden()

    chat.one("message-stats").last.locator("summary").click()

    shown = " ".join(chat.one("stats").inner_text().split())
    assert shown == (
        "Answer 3 tokens Writing 13 tokens/s First token after 410 ms Prompt 1,234 tokens "
        "Known from before 1,100 tokens Reading 320 tokens/s Left out 2 messages"
    )


# Several at a time


def test_a_question_during_another_chats_answer_is_sent_and_can_be_withdrawn(chat: ScriptedPanel) -> None:
    chat.publish(UIEventNames.WORKER_STATE_CHANGED, GENERATING)
    answer = ask(chat, "Hello")
    chat.publish(WorkerEventNames.GENERATION_STATUS, status(answer, "queued", 1, 2))

    chat.press("withdraw-button")

    [stop] = chat.sent(STOP)
    assert stop["messageId"] == answer
    chat.publish(STOPPED, finished(answer, "", "stopped"))
    expect(last(chat)).to_contain_text("Stopped before the first word.")


def test_stop_withdraws_an_answer_that_waits_for_the_model(chat: ScriptedPanel) -> None:
    answer = ask(chat, "Hello")
    chat.publish(WorkerEventNames.GENERATION_STATUS, status(answer, "loading", 0, 0))

    chat.press("stop-button")

    assert [stop["messageId"] for stop in chat.sent(STOP)] == [answer]


def test_a_question_during_its_own_chats_answer_is_asked_with_that_answer(chat: ScriptedPanel) -> None:
    first = ask(chat, "One?")
    chat.publish(WorkerEventNames.GENERATION_UPDATE, update(first, "Fir"))
    write(chat, "Two?")
    write(chat, "Three?")
    expect(chat.one("waiting").first).to_contain_text("Queued, 1 before this")
    expect(chat.one("waiting").last).to_contain_text("Queued, 2 before this")
    assert chat.count(SEND) == 1

    chat.publish(COMPLETE, finished(first, "First."))
    second = requests(chat, 2)[1]
    assert second["text"] == "Two?"
    chat.publish(COMPLETE, finished(second["answerId"], "Second."))
    assert requests(chat, 3)[2]["text"] == "Three?"
    expect(chat.one("waiting")).to_have_count(1)
    said = [("user", "One?"), ("assistant", "First."), ("user", "Two?"), ("assistant", "Second.")]
    assert shown(chat) == [*said, ("user", "Three?"), ("assistant", "")]


def test_a_question_that_waits_for_its_own_chat_is_withdrawn_to_be_changed(chat: ScriptedPanel) -> None:
    first = ask(chat, "One?")
    write(chat, "Two?")
    chat.press("withdraw-button")
    expect(chat.one("message")).to_have_count(2)
    expect(chat.one("prompt")).to_have_value("Two?")

    chat.publish(COMPLETE, finished(first, "First."))
    ask(chat, "Three?")

    assert chat.count(STOP) == 0
    assert [each["text"] for each in requests(chat, 2)] == ["One?", "Three?"]


def test_a_full_queue_is_told_and_what_was_written_comes_back(chat: ScriptedPanel) -> None:
    error = QueueFull(16)
    first = ask(chat, "One?")
    chat.reply(SEND, {"error": error.to_wire()})
    write(chat, "Two?")
    write(chat, "Three?")
    chat.one("prompt").fill("Half a")

    chat.publish(COMPLETE, finished(first, "First."))

    expect(chat.one("error")).to_have_text(error.message)
    expect(chat.one("prompt")).to_have_value("Two?\nThree?\nHalf a")
    expect(chat.page.locator("[data-role=user]")).to_have_count(1)


def test_send_and_stop_are_both_there_while_an_answer_is_written(chat: ScriptedPanel) -> None:
    ask(chat, "One?")
    chat.publish(UIEventNames.WORKER_STATE_CHANGED, GENERATING)
    expect(chat.one("stop-button")).to_be_visible()
    expect(chat.one("send-button")).to_be_hidden()

    chat.one("prompt").fill("Two?")
    expect(chat.one("send-button")).to_be_visible()
    expect(chat.one("stop-button")).to_be_visible()


def test_a_reload_keeps_what_waits_while_the_answer_before_it_is_written(chat: ScriptedPanel) -> None:
    first = ask(chat, "One?")
    write(chat, "Two?")
    expect(chat.one("waiting")).to_have_count(2)
    chat.page.wait_for_function("() => (localStorage['tabagent.drafts'] ?? '').includes('Two?')")
    state = RuntimeMessageTypes.GET_MODEL_WORKER_STATE
    chat.page.add_init_script(
        f"background.replies.{state}.generating = {{chatId: '', messageId: '{first}', text: 'Fi'}};"
    )

    chat.page.reload()
    chat.page.wait_for_selector("html[data-connected=true]")

    expect(chat.page.get_by_text("Queued, 1 before this")).to_be_visible()
    chat.publish(WorkerEventNames.GENERATION_UPDATE, update(first, "rst."))
    expect(chat.page.get_by_text("First.")).to_be_visible()
    chat.publish(COMPLETE, finished(first, "First."))
    assert requests(chat, 1)[0]["text"] == "Two?"


def test_a_question_that_waited_comes_back_as_a_draft_where_nothing_is_written_any_more(chat: ScriptedPanel) -> None:
    ask(chat, "One?")
    write(chat, "Two?")
    chat.page.wait_for_function("() => (localStorage['tabagent.drafts'] ?? '').includes('Two?')")

    chat.page.reload()
    chat.page.wait_for_selector("html[data-connected=true]")

    expect(chat.one("prompt")).to_have_value("Two?")
    expect(last(chat)).to_have_attribute("data-status", "stopped")
    assert chat.count(SEND) == 0


# Afterwards


@pytest.mark.parametrize("reason", ["length", "time", "stopped"])
def test_an_answer_that_ended_early_goes_on_from_its_text(chat: ScriptedPanel, reason: str) -> None:
    answer = answered(chat, "Count.", "One, two,", reason)

    chat.press("continue-button")
    assert requests(chat, 1, CONTINUE)[0]["messageId"] == answer
    chat.publish(WorkerEventNames.GENERATION_STATUS, status(answer, "prefill", 3, 9))
    expect(chat.one("waiting")).to_contain_text("Reading 3 of 9 tokens")
    chat.publish(WorkerEventNames.GENERATION_UPDATE, update(answer, " three"))
    expect(last(chat)).to_contain_text("One, two, three")
    chat.publish(COMPLETE, finished(answer, " three."))

    expect(last(chat).get_by_test_id("message-text")).to_have_attribute("data-raw", "One, two, three.")
    expect(chat.one("continue-button")).to_have_count(0)


def test_an_answer_that_failed_half_way_can_go_on_too(chat: ScriptedPanel) -> None:
    answer = ask(chat, "Count.")
    chat.publish(WorkerEventNames.GENERATION_UPDATE, update(answer, "One,"))
    fault: Json = {"chatId": "", "messageId": answer, "error": InvalidState("Lost.").to_wire(), "generatedText": "One,"}
    chat.publish(WorkerEventNames.GENERATION_ERROR, fault)

    chat.press("continue-button")

    assert requests(chat, 1, CONTINUE)[0]["messageId"] == answer


def test_what_a_crash_left_unstored_stays_to_be_read_and_the_answer_goes_on_from_what_is_stored(
    chat: ScriptedPanel,
) -> None:
    answer = ask(chat, "Count.")
    chat.publish(WorkerEventNames.GENERATION_UPDATE, update(answer, "One, two,"))
    fault: Json = {"chatId": "", "messageId": answer, "error": InvalidState("Lost.").to_wire(), "generatedText": "One,"}
    chat.publish(WorkerEventNames.GENERATION_ERROR, fault)
    # The thread that takes over is asked for the whole chat.
    asked = chat.count(DBEventNames.DB_GET_SESSION_REQUEST)
    chat.publish(WorkerEventNames.WORKER_SCRIPT_READY, {})
    requests(chat, asked + 1, DBEventNames.DB_GET_SESSION_REQUEST)
    text = last(chat).get_by_test_id("message-text")
    expect(text).to_have_attribute("data-raw", "One, two,")

    with_model(chat).press("continue-button")
    requests(chat, 1, CONTINUE)
    chat.publish(WorkerEventNames.GENERATION_UPDATE, update(answer, " 2,"))
    expect(text).to_have_attribute("data-raw", "One, 2,")


def test_an_answer_that_the_model_ended_has_nothing_to_go_on_with(chat: ScriptedPanel) -> None:
    answered(chat, "Hello", "Hi.")
    expect(chat.one("again-button")).to_be_visible()
    expect(chat.one("continue-button")).to_have_count(0)


def test_a_refused_continuation_leaves_the_answer_as_it_was(chat: ScriptedPanel) -> None:
    answered(chat, "Count.", "One, two,", "length")
    error = InvalidState("No model is loaded.")
    chat.reply(CONTINUE, {"error": error.to_wire()})

    chat.press("continue-button")

    expect(chat.one("error")).to_have_text(error.message)
    expect(last(chat)).to_have_attribute("data-status", "complete")
    expect(last(chat).get_by_test_id("message-text")).to_have_attribute("data-raw", "One, two,")
    expect(chat.one("continue-button")).to_be_visible()


def test_an_answer_can_be_given_again_beside_the_former_one(chat: ScriptedPanel) -> None:
    answered(chat, "One?", "First.")
    former = answered(chat, "Two?", "Second.")

    chat.one("again-button").last.click()

    request = requests(chat, 1, AGAIN)[0]
    assert request["messageId"] == former
    assert request["answerId"] != former
    chat.publish(COMPLETE, finished(request["answerId"], "Another."))
    expect(last(chat)).to_contain_text("Another.")
    expect(last(chat).get_by_role("group", name="Version 2 of 2")).to_be_visible()
    assert [text for _, text in shown(chat)] == ["One?", "First.", "Two?", "Another."]


def test_a_changed_question_is_a_branch_and_the_keyboard_switches_between_them(chat: ScriptedPanel) -> None:
    first = answered(chat, "One?", "First.")
    answered(chat, "Two?", "Second.")
    answered(chat, "Three?", "Third.")

    chat.one("edit-button").nth(1).click()
    expect(chat.one("edit-text")).to_be_focused()
    expect(chat.one("edit-text")).to_have_value("Two?")
    chat.one("edit-text").fill("Another?")
    chat.press("edit-send")

    request = requests(chat, 4)[3]
    assert (request["text"], request["parentId"]) == ("Another?", first)
    expect(chat.page.locator("[data-role=user]")).to_have_count(2)
    expect(chat.one("prompt")).to_be_focused()
    chat.publish(COMPLETE, finished(request["answerId"], "Other."))
    expect(chat.one("branches")).to_have_text("2/2")
    # A key goes nowhere on a button that is still disabled, as it is until the answer's end is drawn.
    expect(chat.one("branch-earlier")).to_be_enabled()
    chat.one("branch-earlier").press("Enter")

    expect(last(chat)).to_contain_text("Third.")
    assert [text for _, text in shown(chat)] == ["One?", "First.", "Two?", "Second.", "Three?", "Third."]
    # It leads no further this way, so the focus is on the way back.
    expect(chat.one("branch-later")).to_be_focused()
    chat.page.keyboard.press("Enter")
    expect(last(chat)).to_contain_text("Other.")
    expect(chat.one("branch-earlier")).to_be_focused()


def test_escape_leaves_a_question_as_it_was(chat: ScriptedPanel) -> None:
    answered(chat, "One?", "First.")
    chat.press("edit-button")
    chat.one("edit-text").fill("Another?")

    chat.one("edit-text").press("Escape")

    expect(chat.one("edit-text")).to_have_count(0)
    expect(chat.one("edit-button")).to_be_focused()
    assert chat.count(SEND) == 1


def test_nothing_can_be_changed_while_an_answer_is_written(chat: ScriptedPanel) -> None:
    answered(chat, "One?", "First.")
    ask(chat, "Two?")

    expect(chat.one("edit-button").first).to_be_disabled()
    expect(chat.one("again-button").last).to_be_hidden()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_in_a_conversation(chat: ScriptedPanel, scheme: str) -> None:
    chat.page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    answered(chat, "One?", "First.", leftOut=2)
    answered(chat, "Two?", "Second.", "length")
    chat.page.locator("summary", has_text="tokens/s").first.click()
    chat.one("edit-button").first.click()
    third = ask(chat, "Three?")
    write(chat, "Four?")
    chat.publish(WorkerEventNames.GENERATION_STATUS, status(third, "prefill", 3, 9))

    chat.page.evaluate(AXE.read_text(encoding="utf-8"))

    found = chat.page.evaluate("axe.run().then(({violations}) => violations.map(({id, nodes}) => [id, nodes[0].html]))")
    assert found == []
