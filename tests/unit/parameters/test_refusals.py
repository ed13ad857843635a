"""The errors of settings."""

from __future__ import annotations

import json

import pytest

from tabagent.errors import JsonValue
from tabagent.events import ErrorCodes
from tabagent.parameters import BadSetting, UnsupportedSetting, check


@pytest.mark.parametrize(
    "value", [float("nan"), 10**5000, ["x" * 5000], {"a": float("inf")}], ids=["nan", "huge", "long", "inf"]
)
def test_a_refusal_is_short_and_plain_json_whatever_was_given(value: JsonValue) -> None:
    with pytest.raises(BadSetting) as refusal:
        check({"temperature": value})

    wire = json.dumps(refusal.value.to_wire(), allow_nan=False)
    assert len(wire) < 500
    assert refusal.value.code is ErrorCodes.BAD_REQUEST


def test_what_cannot_be_done_is_refused_with_reason_and_way_out() -> None:
    error = UnsupportedSetting("num_beams", 4, "beams cannot be streamed", 1)

    assert error.message == "num_beams cannot be 4: beams cannot be streamed. Leave it out, or at 1."
    assert error.details == {"field": "num_beams", "value": 4, "reason": "beams cannot be streamed"}
    assert error.code is ErrorCodes.UNSUPPORTED_SETTING


def test_a_wrong_value_is_shown_with_what_would_be_right() -> None:
    error = BadSetting("top_k", 1.5, "must be a whole number from 0 to 1,000")

    assert error.message == "top_k must be a whole number from 0 to 1,000; it was 1.5."


@pytest.mark.parametrize("depth", [100, 100_000])
def test_a_nest_of_any_depth_can_be_refused(depth: int) -> None:
    value: JsonValue = []
    for _ in range(depth):
        value = [value]

    assert len(json.dumps(BadSetting("stop", value, "must be a list").to_wire())) < 500
