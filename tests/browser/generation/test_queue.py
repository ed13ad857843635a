"""Many askers and one engine: two pages, two chats at once, and loads in between."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tabagent.events import RuntimeMessageTypes, WorkerEventNames
from tests.browser.conftest import quiet
from tests.browser.generation.asking import PATIENCE_S, Asked, Asker, new_id
from tests.browser.generation.conftest import LIVELY, OTHER
from tests.browser.wire import Wire
from tools.browser import ExtensionBrowser

TOKENS = 16
# More than any test waits for.
ENDLESS = 15_000
MOST_WAITING = 16


@pytest.fixture
def neighbour(lively: Asker, lively_browser: ExtensionBrowser) -> Iterator[Asker]:
    """Somebody at a second page of the same background."""
    page = quiet(lively_browser, lively_browser.context.new_page())
    wire = Wire(page)
    assert wire.wake()["success"]
    yield Asker(wire)
    page.close()


@pytest.fixture
def busy(lively: Asker) -> Iterator[Asked]:
    """An answer that is being written and does not end by itself."""
    asked = lively.ask("Tell me everything.", chat_id=new_id("long chat"), max_new_tokens=ENDLESS)
    lively.wait_for_tokens(asked)
    yield asked
    if lively.wire.state()["generating"] is not None:
        lively.wire.ask(RuntimeMessageTypes.INTERRUPT_GENERATION, {"chatId": asked.chat_id})
    lively.outcome(asked)


def stop(asker: Asker, asked: Asked) -> None:
    """Stop an answer, or withdraw it, by its message."""
    reply = asker.wire.ask(RuntimeMessageTypes.INTERRUPT_GENERATION, {"messageId": asked.message_id})
    assert reply["success"], reply


def test_two_pages_ask_at_once_and_both_get_their_own_answer(lively: Asker, neighbour: Asker) -> None:
    alone = [lively.text(text, max_new_tokens=TOKENS) for text in ("Hello", "Good night")]
    mine = lively.ask("Hello", max_new_tokens=TOKENS)
    theirs = neighbour.ask("Good night", max_new_tokens=TOKENS)

    assert neighbour.finished(theirs)["generatedText"] == alone[1]
    assert lively.finished(mine)["generatedText"] == alone[0]
    # Both pages hear of both, and can tell them apart.
    for asker, asked in ((lively, mine), (neighbour, theirs)):
        updates = asker.updates(asked)
        assert {(update["chatId"], update["messageId"]) for update in updates} == {(asked.chat_id, asked.message_id)}


def test_the_visible_chat_is_answered_first_and_the_others_are_told_their_place(
    lively: Asker, neighbour: Asker, busy: Asked
) -> None:
    hidden = neighbour.ask("Good night", visible=False, max_new_tokens=TOKENS)
    seen = lively.ask("Hello", max_new_tokens=TOKENS)
    waiting = lively.wire.state()["queued"]
    assert (hidden.reply["queued"], seen.reply["queued"]) == (1, 1)
    assert [answer["messageId"] for answer in waiting] == [seen.message_id, hidden.message_id]
    stop(lively, busy)
    first, second = lively.outcome(seen), neighbour.outcome(hidden)

    completed = [event.payload["messageId"] for event in neighbour.wire.events(WorkerEventNames.GENERATION_COMPLETE)]
    assert completed[-2:] == [seen.message_id, hidden.message_id]
    assert first.payload["numTokens"] == second.payload["numTokens"] == TOKENS
    places = [status["done"] for status in neighbour.statuses(hidden) if status["phase"] == "queued"]
    assert places[0] == 1
    assert 2 in places
    assert places[-1] == 1


def test_chats_take_turns(lively: Asker, busy: Asked) -> None:
    many = [lively.ask(f"Question {number}", chat_id="many", max_new_tokens=2) for number in range(3)]
    one = lively.ask("Hello", chat_id="one", max_new_tokens=2)
    stop(lively, busy)
    for asked in (*many, one):
        lively.finished(asked)
    ids = [asked.message_id for asked in (*many, one)]
    ended = lively.wire.events(WorkerEventNames.GENERATION_COMPLETE, since=busy.since)
    order = [event.payload["messageId"] for event in ended if event.payload["messageId"] in ids]

    assert order == [ids[0], ids[3], ids[1], ids[2]]


def test_an_answer_that_waits_can_be_withdrawn_and_the_others_go_on(lively: Asker, busy: Asked) -> None:
    waiting = [lively.ask(text, max_new_tokens=TOKENS) for text in ("Hello", "Good night")]
    stop(lively, waiting[0])
    withdrawn = lively.outcome(waiting[0])

    assert withdrawn.name == WorkerEventNames.GENERATION_STOPPED
    assert (withdrawn.payload["generatedText"], withdrawn.payload["numTokens"]) == ("", 0)
    assert lively.wire.state()["generating"]["messageId"] == busy.message_id
    stop(lively, busy)
    assert lively.finished(waiting[1])["numTokens"] == TOKENS
    assert not lively.updates(waiting[0])


def test_more_than_the_queue_holds_is_refused_and_all_of_one_chat_can_be_withdrawn(lively: Asker, busy: Asked) -> None:
    waiting = [lively.ask("Hello", chat_id="crowd", max_new_tokens=2) for _ in range(MOST_WAITING)]
    assert lively.refusal("Hello")["code"] == "queue_full"
    assert lively.wire.ask(RuntimeMessageTypes.INTERRUPT_GENERATION, {"chatId": "crowd"})["stopped"]

    assert {lively.outcome(asked).name for asked in waiting} == {WorkerEventNames.GENERATION_STOPPED}
    state = lively.wire.state()
    assert state["generating"]["messageId"] == busy.message_id
    assert state["queued"] == []
    stop(lively, busy)
    assert lively.answer("Hello", max_new_tokens=TOKENS)["numTokens"] == TOKENS


def test_another_model_is_refused_while_an_answer_is_written_or_waits_and_the_answer_is_whole(
    lively: Asker, neighbour: Asker
) -> None:
    text = lively.text("Hello", max_new_tokens=400)
    asked = lively.ask("Hello", max_new_tokens=400)
    lively.wait_for_tokens(asked)
    refused = neighbour.wire.load(OTHER, "refused", dtype="fp32")

    assert refused["error"]["code"] == "busy"
    assert lively.finished(asked)["generatedText"] == text
    assert lively.wire.state()["modelId"] == LIVELY
    assert not lively.wire.events(loadId="refused")


def test_another_model_comes_as_soon_as_the_answer_has_ended(lively: Asker, busy: Asked) -> None:
    stop(lively, busy)
    lively.outcome(busy)
    before = lively.text("Hello", max_new_tokens=TOKENS)
    lively.wire.load_ready(OTHER, "other", dtype="fp32", timeout_s=PATIENCE_S)
    other = lively.text("Hello", max_new_tokens=TOKENS)
    lively.wire.load_ready(LIVELY, "back", dtype="fp32", timeout_s=PATIENCE_S)

    assert lively.text("Hello", max_new_tokens=TOKENS) == before != other
