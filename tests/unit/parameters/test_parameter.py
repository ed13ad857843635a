"""Every setting with right and wrong values."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tabagent.errors import JsonObject, JsonValue
from tabagent.parameters import (
    BadSetting,
    GenerationSettings,
    ResourceSettings,
    UnsupportedSetting,
    check,
    combine,
    parameters,
)
from tests.unit.parameters.values import FIXED, RESOURCES, WORKING


def test_every_setting_is_tried_here() -> None:
    assert {*WORKING, *FIXED} == set(parameters())
    assert set(RESOURCES) == set(parameters(ResourceSettings))


@pytest.mark.parametrize("name", WORKING)
def test_a_right_value_is_taken_and_reaches_the_settings(name: str) -> None:
    for value in WORKING[name][0]:
        kept = check({name: value})[name]

        assert kept == value
        assert getattr(combine({"max_length": None, name: value}), name) == _as_field(name, value)


def _as_field(name: str, value: JsonValue) -> Any:
    """Return a value as the settings hold it: lists as tuples, and one token where several can be as a tuple."""
    several = ("eos_token_id", "forced_eos_token_id", "suppress_tokens", "begin_suppress_tokens")
    if name in several and isinstance(value, int):
        return (value,)
    return tuple(_as_field("", item) for item in value) if isinstance(value, list) else value


@pytest.mark.parametrize("name", WORKING)
def test_a_wrong_value_is_refused_by_its_name(name: str) -> None:
    for value in WORKING[name][1]:
        with pytest.raises(BadSetting) as refusal:
            check({name: value})

        assert refusal.value.message.startswith(f"{name} must be ")
        assert refusal.value.details["field"] == name


@pytest.mark.parametrize("name", FIXED)
def test_of_a_fixed_setting_the_neutral_value_alone_is_taken(name: str) -> None:
    neutral, refused, wrong = FIXED[name]
    for value in neutral:
        assert getattr(combine({name: value}), name) == getattr(GenerationSettings(), name)
    for value in refused:
        with pytest.raises(UnsupportedSetting) as unsupported:
            check({name: value})
        assert unsupported.value.details["reason"] == parameters()[name].refused != ""
        assert unsupported.value.message.startswith(f"{name} cannot be ")
    for value in wrong:
        with pytest.raises(BadSetting) as bad:
            check({name: value})
        assert bad.value.details["field"] == name


def test_whole_numbers_are_kept_as_such_and_others_as_floats() -> None:
    kept = check({"top_k": 40.0, "temperature": 1, "exponential_decay_length_penalty": [5.0, 2]})

    assert json.dumps(kept) == '{"top_k": 40, "temperature": 1.0, "exponential_decay_length_penalty": [5, 2.0]}'


def test_what_is_kept_is_a_copy() -> None:
    given_values: JsonObject = {"stop": ["a"], "json_schema": {"a": {"b": 1}}, "bad_words_ids": [[1]]}
    kept = check(given_values)
    before = json.dumps(kept)
    for value in given_values.values():
        assert isinstance(value, list | dict)
        value.clear()

    assert json.dumps(kept) == before
