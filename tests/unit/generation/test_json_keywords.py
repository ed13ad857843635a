"""Keywords of schemas, and two schemas in one."""

from __future__ import annotations

import pytest

from tabagent.errors import JsonObject, JsonValue
from tabagent.generation.json_keywords import UnsupportedSchema, bad_schema, checked, combined, types_of
from tabagent.parameters import UnsupportedSetting


def test_annotations_and_neutral_keywords_are_left_out() -> None:
    assert checked({"title": "x", "format": "date", "uniqueItems": False, "minLength": 1}) == {"minLength": 1}


def test_a_refusal_names_the_keyword_and_the_way_out() -> None:
    with pytest.raises(UnsupportedSchema) as caught:
        checked({"pattern": "^a"})

    error = caught.value
    assert isinstance(error, UnsupportedSetting)
    assert "keyword pattern" in str(error) == error.message
    assert "Leave the keyword out" in error.message
    assert error.to_wire()["details"]["keyword"] == "pattern"  # type: ignore[index,call-overload]


def test_what_is_no_schema_is_a_bad_setting() -> None:
    assert bad_schema("must be x", 3).message == "json_schema must be x; it was 3."


@pytest.mark.parametrize(
    ("schema", "types"),
    [
        ({"type": "null"}, ["null"]),
        ({"type": ["integer", "string", "number"]}, ["string", "number"]),
        ({"minimum": 1, "items": True}, ["number", "array"]),
        ({}, ["string", "number", "boolean", "null", "object", "array"]),
    ],
    ids=str,
)
def test_types_are_those_that_are_named_or_spoken_of(schema: JsonObject, types: list[str]) -> None:
    assert types_of(schema) == types


@pytest.mark.parametrize(
    ("first", "second", "result"),
    [
        (True, {"minimum": 1}, {"minimum": 1}),
        ({"minimum": 1}, {}, {"minimum": 1}),
        ({"minimum": 1}, False, False),
        ({"minimum": 1}, {"maximum": 2, "title": "x"}, {"minimum": 1, "maximum": 2}),
        ({"type": "number"}, {"type": ["integer", "null"]}, {"type": ["integer"]}),
        ({"type": ["integer", "null"]}, {"type": "number"}, {"type": ["integer"]}),
        ({"required": ["a", "b"]}, {"required": ["b", "c"]}, {"required": ["a", "b", "c"]}),
        ({"properties": {"a": True}}, {"properties": {"b": True}}, {"properties": {"a": True, "b": True}}),
    ],
    ids=str,
)
def test_two_schemas_ask_for_both(first: JsonValue, second: JsonValue, result: JsonValue) -> None:
    assert combined(first, second, "allOf") == result


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({"minimum": 1}, {"minimum": 2}),
        ({"minimum": 1}, {"minimum": True}),
        ({"properties": {"a": True}}, {"properties": {"a": False}}),
        ({"prefixItems": [True]}, {"items": False}),
    ],
    ids=str,
)
def test_what_would_have_to_be_worked_out_is_refused(first: JsonValue, second: JsonValue) -> None:
    for one, other in ((first, second), (second, first)):
        with pytest.raises(UnsupportedSchema, match="keyword anyOf"):
            combined(one, other, "anyOf")
