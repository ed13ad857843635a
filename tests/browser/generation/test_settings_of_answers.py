"""What is set for all models, for one, and for a message: the narrowest counts, and what is wrong counts nowhere."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tabagent.events import RuntimeMessageTypes, WorkerEventNames
from tests.browser.generation.asking import Asker
from tests.browser.generation.conftest import LIVELY
from tests.browser.wire import Payload

MODEL = {"scope": "model", "modelId": LIVELY, "dtype": "fp32"}
WRONG: dict[str, dict[str, Any]] = {
    "a text": {"max_new_tokens": "many"},
    "too small": {"max_new_tokens": 0},
    "too large": {"temperature": 3},
    "no such setting": {"warmth": 1},
    "what cannot be done": {"num_beams": 4},
    "one of two": {"temperature": 0.5, "top_p": 0},
    "together": {"min_new_tokens": 20, "max_new_tokens": 10},
}


@pytest.fixture
def person(lively: Asker) -> Iterator[Asker]:
    """Somebody without any settings, before and after."""
    yield lively
    for scope in ({"scope": "global"}, MODEL, {"scope": "resources"}):
        assert save(lively, scope, reset=True)["success"]


def save(asker: Asker, scope: dict[str, str], *, reset: bool = False, **values: object) -> Payload:
    """Return the reply to SAVE_SETTINGS."""
    return asker.wire.ask(RuntimeMessageTypes.SAVE_SETTINGS, {**scope, "values": values, "reset": reset})


def kept(asker: Asker) -> tuple[Any, Any]:
    """Return what is set for all models and for this one."""
    reply = asker.wire.ask(RuntimeMessageTypes.GET_SETTINGS, {"modelId": LIVELY, "dtype": "fp32"})
    return reply["global"], reply["model"]


def test_the_narrowest_setting_counts(person: Asker) -> None:
    assert save(person, {"scope": "global"}, max_new_tokens=5, suppress_tokens=[40])["success"]
    of_all = person.answer("Hello")
    assert save(person, MODEL, max_new_tokens=3)["success"]
    of_model = person.answer("Hello")
    of_message = person.answer("Hello", max_new_tokens=7)
    assert save(person, MODEL, max_new_tokens=None)["success"]

    assert [answer["numTokens"] for answer in (of_all, of_model, of_message)] == [5, 3, 7]
    assert {answer["finishReason"] for answer in (of_all, of_model, of_message)} == {"length"}
    assert person.answer("Hello")["numTokens"] == 5


def test_settings_reach_how_tokens_are_picked(person: Asker) -> None:
    plain = person.text("Hello", max_new_tokens=20)
    assert save(person, {"scope": "global"}, do_sample=True, temperature=1.5, seed=3)["success"]
    drawn, again = (person.text("Hello", max_new_tokens=20) for _ in range(2))

    assert drawn == again != plain
    assert person.text("Hello", max_new_tokens=20, do_sample=False) == plain
    assert person.text("Hello", max_new_tokens=20, seed=4) != drawn


def test_settings_are_kept_for_the_next_thread(person: Asker) -> None:
    assert save(person, {"scope": "global"}, max_new_tokens=6)["success"]
    person.wire.reset()
    person.wire.load_ready(LIVELY, dtype="fp32")

    assert person.answer("Hello")["numTokens"] == 6


@pytest.mark.parametrize("name", WRONG)
@pytest.mark.parametrize("scope", ["global", "model"])
def test_a_wrong_value_is_refused_and_changes_nothing(person: Asker, scope: str, name: str) -> None:
    where = MODEL if scope == "model" else {"scope": scope}
    assert save(person, where, max_new_tokens=4, top_k=30)["success"]
    before, since = kept(person), person.wire.mark()
    reply = save(person, where, **WRONG[name])

    assert not reply["success"]
    assert reply["error"]["code"] == ("unsupported_setting" if name == "what cannot be done" else "bad_request")
    assert reply["error"]["details"]["field"] in WRONG[name]
    assert kept(person) == before
    assert person.answer("Hello")["numTokens"] == 4
    assert not person.wire.events(WorkerEventNames.INFERENCE_SETTINGS_UPDATE, since=since)


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_option_of_a_message_is_refused_before_anything_is_computed(person: Asker, name: str) -> None:
    asked = person.ask("Hello", **WRONG[name])

    assert not asked.reply["success"]
    assert asked.reply["error"]["details"]["field"] in WRONG[name]
    assert person.answer("Hello", max_new_tokens=2)["numTokens"] == 2
    assert not person.statuses(asked)
