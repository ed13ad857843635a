"""What the events of an answer say."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tabagent.generation.answer import Answer, Prompt
from tabagent.generation.meter import TokenMeter
from tabagent.messages import GenerationComplete, GenerationStopped
from tabagent.models.baton import Interrupted
from tabagent.parameters import combine
from tests.unit.conftest import Clock, chat_request


@pytest.fixture
def answer() -> Answer:
    return Answer(chat_request(), TokenMeter(Clock().now))


def told(answer: Answer, *texts: str) -> str:
    """Return what an update says after these texts have come."""
    answer.untold.extend(texts)
    return answer.update().token


def test_its_text_is_what_was_told(answer: Answer) -> None:
    assert [told(answer, *texts) for texts in (("o", "ne "), (), ("two",))] == ["one ", "", "two"]
    assert answer.text == "one two"
    assert answer.finished("stop").generated_text == answer.fault({"code": "x"}).generated_text == "one two"


def test_what_was_not_told_yet_is_text_but_a_page_that_asks_hears_it_with_the_next_update(answer: Answer) -> None:
    told(answer, "one ")
    answer.untold.append("two")

    assert answer.text == answer.interrupted().text == answer.fault({"code": "x"}).generated_text == "one two"
    assert answer.describe()["text"] == "one "
    assert told(answer) == "two"


def test_the_next_thread_can_begin_it_as_long_as_nothing_was_computed_and_nobody_stopped_it(answer: Answer) -> None:
    left = Interrupted(chat_id="chat-1", message_id="message-1", request=answer.request)
    assert answer.interrupted() == left

    answer.begun = True
    assert answer.interrupted() == replace(left, request=None)
    answer.begun, answer.stopped = False, True
    assert answer.interrupted() == replace(left, request=None)


@pytest.mark.parametrize("reason", ["stop", "stop_string", "length", "time"])
def test_an_end_by_itself_is_complete(answer: Answer, reason: str) -> None:
    done = answer.finished(reason)

    assert isinstance(done, GenerationComplete)
    assert done.finish_reason == reason


def test_an_end_by_the_person_is_stopped(answer: Answer) -> None:
    assert isinstance(answer.finished("stopped"), GenerationStopped)


def test_before_there_is_a_prompt_nothing_is_known_of_it(answer: Answer) -> None:
    done = answer.finished("stopped")

    assert (done.prompt_tokens, done.left_out, done.cached_tokens) == (0, 0, 0)


def test_a_prompt_tells_its_tokens_and_what_was_left_out(answer: Answer) -> None:
    answer.prompt, answer.cached = Prompt(token_ids=[1, 2, 3], settings=combine(), left_out=4), 2
    done, status = answer.finished("stop"), answer.status("prefill", 1, 3)

    assert (done.prompt_tokens, done.cached_tokens, done.left_out) == (3, 2, 4)
    assert (status.phase, status.done, status.total, status.cached_tokens, status.left_out) == ("prefill", 1, 3, 2, 4)


@pytest.mark.parametrize(
    ("chat_id", "message_id", "meant"),
    [
        ("", "", True),
        ("chat-1", "", True),
        ("", "message-1", True),
        ("chat-1", "message-1", True),
        ("other", "", False),
        ("", "other", False),
        ("chat-1", "other", False),
    ],
)
def test_ids_mean_it_where_they_are_given(answer: Answer, chat_id: str, message_id: str, *, meant: bool) -> None:
    assert answer.is_meant(chat_id, message_id) is meant
