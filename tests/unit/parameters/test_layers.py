"""What is taken, what is refused and why, and which layer wins."""

from __future__ import annotations

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tabagent.errors import JsonObject
from tabagent.parameters import (
    BadSetting,
    GenerationSettings,
    Refusal,
    ResourceSettings,
    UnsupportedSetting,
    accepted,
    check,
    combine,
    defaults,
    parameters,
    schema,
)
from tests.unit.parameters.values import WORKING

NAMES = list(parameters())

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)
right_values = st.sampled_from([(name, value) for name, (right, _) in WORKING.items() for value in right])
any_values = st.dictionaries(st.sampled_from([*NAMES, "unknown"]), json_values, max_size=6) | st.lists(
    right_values, max_size=8
).map(dict)


@pytest.mark.parametrize("name", ["idle_minutes", "Temperature", "maxNewTokens", "", "streamer", "id"])
def test_an_unknown_name_is_refused(name: str) -> None:
    with pytest.raises(BadSetting, match=r"docs/settings\.md") as refusal:
        check({"top_k": 5, name: 3})

    assert refusal.value.details == {"field": name, "value": 3}


# Layers


def test_later_layers_win_and_what_none_names_has_its_default() -> None:
    settings = combine({"top_k": 1, "top_p": 0.1, "seed": 1}, {}, {"top_k": 2, "top_p": 0.2}, {"top_k": 3})

    assert (settings.top_k, settings.top_p, settings.seed) == (3, 0.2, 1)
    assert settings.max_new_tokens == GenerationSettings().max_new_tokens == 512


def test_null_in_a_later_layer_is_a_value_where_it_can_be_one() -> None:
    assert combine({"max_time": 5, "seed": 1}, {"max_time": None}).max_time is None


def test_a_wrong_value_in_an_earlier_layer_is_refused_although_a_later_one_wins() -> None:
    with pytest.raises(BadSetting):
        combine({"top_k": -1}, {"top_k": 1})


# Combinations


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"min_new_tokens": 11, "max_new_tokens": 10}, "min_new_tokens"),
        ({"min_new_tokens": 513}, "min_new_tokens"),
        ({"min_length": 11, "max_length": 10}, "min_length"),
        ({"forced_bos_token_id": 5, "suppress_tokens": [1, 5]}, "forced_bos_token_id"),
        ({"forced_bos_token_id": 5, "begin_suppress_tokens": 5}, "forced_bos_token_id"),
        ({"forced_bos_token_id": 5, "bad_words_ids": [[5]]}, "forced_bos_token_id"),
        ({"forced_bos_token_id": 0, "suppress_tokens": [0]}, "forced_bos_token_id"),
        ({"forced_bos_token_id": 5, "json_mode": True}, "forced_bos_token_id"),
        ({"forced_bos_token_id": 5, "json_schema": {}}, "forced_bos_token_id"),
    ],
)
def test_values_that_do_not_go_together_are_refused_by_the_name_of_one(values: JsonObject, field: str) -> None:
    assert check(values)
    for layers in ([values], [{name: value} for name, value in values.items()]):
        with pytest.raises(BadSetting) as refusal:
            combine(*layers)

        assert refusal.value.details["field"] == field


@pytest.mark.parametrize(
    "values",
    [
        {"min_new_tokens": 10, "max_new_tokens": 10},
        {"min_length": 10, "max_length": 10},
        {"min_length": 10_000},
        {"forced_bos_token_id": 5, "suppress_tokens": [1], "bad_words_ids": [[5, 6]]},
        {"forced_bos_token_id": 5, "json_mode": False},
    ],
)
def test_values_that_just_go_together_are_taken(values: JsonObject) -> None:
    assert combine(values)


@pytest.mark.parametrize(("name", "value"), [("num_beams", 4), ("penalty_alpha", 0.6)])
def test_what_needs_more_than_one_text_at_a_time_is_refused_whatever_goes_with_it(name: str, value: float) -> None:
    for others in ({}, {"top_k": 4}, {"top_k": 0}, {"do_sample": True}):
        with pytest.raises(UnsupportedSetting):
            combine({name: value, **others})


def test_a_schema_turns_json_mode_on() -> None:
    assert combine({"json_schema": {"type": "object"}}).json_mode
    assert combine({"json_schema": {}}, {"json_mode": False}).json_mode
    assert not combine({"json_schema": None}).json_mode


def test_a_temperature_of_zero_takes_the_likeliest_token() -> None:
    assert not combine({"do_sample": True, "temperature": 0}).do_sample
    assert combine({"do_sample": True, "temperature": 0.01}).do_sample


# What others wrote


def test_what_does_not_count_is_left_out_and_nothing_else() -> None:
    found = accepted({"temperature": 0.2, "top_k": -1, "num_beams": 4, "early_stopping": False, "_from": 1, "top_p": 1})

    assert found == {"temperature": 0.2, "early_stopping": False, "top_p": 1.0}


def test_of_values_that_do_not_go_together_the_one_that_would_be_refused_is_left_out() -> None:
    written: JsonObject = {"min_new_tokens": 20, "max_new_tokens": 10, "min_length": 9, "max_length": 5}

    assert accepted(written) == {"max_new_tokens": 10, "max_length": 5}


def test_settings_of_resources_are_left_out_alike() -> None:
    assert accepted({"threads": 4, "idle_minutes": -1, "top_k": 3}, ResourceSettings) == {"threads": 4}


@given(st.lists(any_values, max_size=3))
def test_layers_become_settings_or_one_of_the_two_errors(layers: list[JsonObject]) -> None:
    try:
        settings = combine(*layers)
    except (BadSetting, UnsupportedSetting) as error:
        refusal: BadSetting | UnsupportedSetting | None = error
    else:
        refusal = None
        assert all(math.isfinite(value) for value in _floats(settings))
    if refusal is not None:
        assert json.dumps(refusal.to_wire(), allow_nan=False)
        assert refusal.details["field"] in {name for layer in layers for name in layer}


def _floats(settings: GenerationSettings) -> list[float]:
    return [value for name in NAMES if isinstance(value := getattr(settings, name), float)]


@given(any_values)
def test_what_is_accepted_can_always_be_combined_and_is_kept_as_it_is(values: JsonObject) -> None:
    found = accepted(values)

    combine(found)
    assert check(found) == found == accepted(found)
    assert json.loads(json.dumps(found)) == found


# The schema


@pytest.mark.parametrize("kind", [GenerationSettings, ResourceSettings], ids=lambda kind: kind.__name__)
def test_the_schema_says_everything_and_is_plain_json(kind: type[GenerationSettings | ResourceSettings]) -> None:
    rows = schema(kind)

    assert json.loads(json.dumps(rows, allow_nan=False)) == rows
    assert [row["name"] for row in rows] == list(parameters(kind))
    assert {name: row["default"] for name, row in zip(parameters(kind), rows, strict=True)} == defaults(kind)
    for row in rows:
        assert str(row["meaning"]).endswith(".")
        assert row["type"]
        assert row["source"]
        assert row["group"] == "fixed" or not row["refused"]


def test_the_schema_tells_why_a_setting_is_fixed_in_english_and_by_a_code() -> None:
    told = {row["name"]: (row["refused"], row["refusedCode"]) for row in schema()}

    assert told["num_beams"] == (str(Refusal.BEAMS), "beams")
    assert told["top_k"] == ("", "")
    assert all(bool(reason) == bool(code) for reason, code in told.values())


def test_the_schema_belongs_to_whoever_asked() -> None:
    schema()[0]["name"] = "changed"
    kwargs = defaults()["chat_template_kwargs"]
    assert isinstance(kwargs, dict)
    kwargs["a"] = 1

    assert schema()[0]["name"] == NAMES[0]
    assert defaults()["chat_template_kwargs"] == {}


@pytest.mark.parametrize("kind", [GenerationSettings, ResourceSettings], ids=lambda kind: kind.__name__)
def test_every_default_passes_its_own_check(kind: type[GenerationSettings | ResourceSettings]) -> None:
    assert check(defaults(kind), kind) == defaults(kind)
