"""Chats of thousands of messages: few of them are drawn, and the reader's place is kept to the pixel."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tabagent.events import DBEventNames, WorkerEventNames
from tests.browser.panel.chatting import COMPLETE, ask, open_stored, stored, with_model
from tests.browser.panel.conftest import OpenPanel
from tests.browser.panel.scripted_panel import ScriptedPanel
from tests.browser.panel.wire_models import dtype, finished, model, update

STORED = model(dtypes=[dtype("q8", status="downloaded")])
TURNS = 1000
MOST_DRAWN = 120
# Scrolls up in steps as a wheel does, notes how far each message in view moved beside what was scrolled, and how many
# messages there were at most; ends at the beginning, or after so many steps.
SCROLL_UP = """async ({step, steps, until}) => {
  const scroller = document.querySelector('tabagent-chat .scroller');
  const frame = () => new Promise(requestAnimationFrame);
  const all = () => [...document.querySelectorAll('[data-testid=message]')];
  const top = (element) => element.getBoundingClientRect().top;
  let most = 0, shift = 0, read = [];
  for (let number = 0; number < steps; number++) {
    const view = scroller.getBoundingClientRect();
    const held = all().find((each) => each.getBoundingClientRect().bottom > view.top);
    read.push(held.dataset.id);
    if (held.dataset.id === until) break;
    const before = top(held);
    const moved = Math.min(step, scroller.scrollTop);
    scroller.scrollTop -= moved;
    for (let wait = 0; wait < 4; wait++) {
      await frame();
      if (held.isConnected) shift = Math.max(shift, Math.abs(top(held) - before - moved));
    }
    most = Math.max(most, all().length);
  }
  return {most, shift, first: read.at(-1), steps: read.length};
}"""
DISTANCE = """() => {
  const {scrollHeight, scrollTop, clientHeight} = document.querySelector('tabagent-chat .scroller');
  return scrollHeight - scrollTop - clientHeight;
}"""
TOP_OF = 'id => document.querySelector(`[data-id="${id}"]`).getBoundingClientRect().top'


@pytest.fixture
def long(open_panel: OpenPanel) -> ScriptedPanel:
    """A chat of two thousand messages, open at its end."""
    panel = with_model(open_panel([STORED], chats=[stored("long", turns=TURNS)]))
    open_stored(panel, "long")
    expect(panel.page.locator(f'[data-id="long-{2 * TURNS - 1}"]')).to_be_visible()
    return panel


def test_a_long_chat_opens_at_its_end_with_one_page_of_it(long: ScriptedPanel) -> None:
    assert long.page.evaluate(DISTANCE) < 2
    [first, *_] = long.sent(DBEventNames.DB_GET_SESSION_REQUEST)
    assert first["limit"] == 40
    assert long.one("message").count() <= MOST_DRAWN


def test_scrolling_to_the_beginning_draws_few_messages_and_moves_none(long: ScriptedPanel) -> None:
    seen = long.page.evaluate(SCROLL_UP, {"step": 1500, "steps": 400, "until": "long-0"})

    assert seen["first"] == "long-0"
    assert seen["most"] <= MOST_DRAWN
    assert seen["shift"] < 1


def test_the_way_back_to_the_end_is_one_button(long: ScriptedPanel) -> None:
    long.page.evaluate(SCROLL_UP, {"step": 1500, "steps": 12, "until": "long-0"})

    long.press("jump-button")

    expect(long.page.locator(f'[data-id="long-{2 * TURNS - 1}"]')).to_be_in_viewport()
    expect(long.one("jump-button")).to_be_hidden()
    assert long.one("message").count() <= MOST_DRAWN


def test_scrolling_down_again_comes_to_the_end(long: ScriptedPanel) -> None:
    long.page.evaluate(SCROLL_UP, {"step": 1500, "steps": 15, "until": "long-0"})
    newest = long.page.locator(f'[data-id="long-{2 * TURNS - 1}"]')
    expect(newest).to_have_count(0)

    long.page.evaluate(
        """async () => {
          const scroller = document.querySelector('tabagent-chat .scroller');
          for (let step = 0; step < 60; step++) {
            scroller.scrollTop += 1500;
            await new Promise(requestAnimationFrame);
            await new Promise(requestAnimationFrame);
          }
        }"""
    )

    expect(newest).to_be_in_viewport()
    expect(long.one("jump-button")).to_be_hidden()


def test_text_that_streams_does_not_move_a_reader_who_went_up_and_new_messages_are_counted(long: ScriptedPanel) -> None:
    answer = ask(long, "And then?")
    long.publish(WorkerEventNames.GENERATION_UPDATE, update(answer, "One. "))
    expect(long.page.get_by_text("One.", exact=True)).to_be_in_viewport()
    assert long.page.evaluate(DISTANCE) < 2
    # Less than what counts as being at the end: going up is going up.
    long.page.evaluate("() => { document.querySelector('tabagent-chat .scroller').scrollTop -= 20; }")
    long.page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    place = long.page.evaluate(TOP_OF, answer)

    for _ in range(5):
        long.publish(WorkerEventNames.GENERATION_UPDATE, update(answer, "Another line.\n\n"))
        long.page.wait_for_timeout(20)
    expect(long.one("message-text").last).to_contain_text("Another line.")

    assert abs(long.page.evaluate(TOP_OF, answer) - place) < 1
    expect(long.one("jump-button")).to_have_attribute("aria-label", "To the newest")
    long.publish(COMPLETE, finished(answer, "One."))
    event = {"id": "from-elsewhere", "sender": "user", "content": "Another panel asks."}
    long.page.evaluate("message => background.add('long', message)", event)
    expect(long.one("jump-button")).to_have_attribute("aria-label", "To the newest, 1 new")


def test_what_is_done_is_said_to_who_hears_the_page_and_not_each_word(long: ScriptedPanel) -> None:
    answer = ask(long, "And then?")
    long.publish(WorkerEventNames.GENERATION_UPDATE, update(answer, "The end"))
    expect(long.page.get_by_text("The end")).to_be_visible()
    expect(long.one("announcement")).to_have_text("")
    expect(long.page.get_by_role("log")).to_have_attribute("aria-live", "off")

    long.publish(COMPLETE, finished(answer, "The end."))

    expect(long.one("announcement")).to_have_text("The answer is there: The end.")
