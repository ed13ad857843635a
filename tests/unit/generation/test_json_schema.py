"""What JSON schemas become, and which are refused."""

from __future__ import annotations

import json
import time

import jsonschema
import pytest

from tabagent.errors import JsonObject, JsonValue
from tabagent.generation.json_grammar import JsonConstraint
from tabagent.generation.json_keywords import UnsupportedSchema
from tabagent.generation.json_schema import any_value, compile_schema
from tabagent.parameters import BadSetting


def allows(schema: JsonObject, value: JsonValue) -> bool:
    """Tell whether a value gets through in compact form."""
    constraint = JsonConstraint(schema)
    text = json.dumps(value, separators=(",", ":"))
    if not constraint.allows(text):
        return False
    constraint.feed(text)
    return constraint.complete


PERSON: JsonObject = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": "Person",
    "type": "object",
    "properties": {
        "name": {"type": "string", "minLength": 1, "description": "full"},
        "age": {"type": "integer", "minimum": 0, "exclusiveMaximum": 150},
        "mail": {"type": ["string", "null"], "format": "email"},
        "size": {"type": "number", "exclusiveMinimum": 0, "maximum": 2.5},
        "kind": {"enum": ["child", "adult", 3, None, {"a": [1]}]},
        "friends": {"type": "array", "items": {"$ref": "#"}, "maxItems": 2},
        "home": {"anyOf": [{"$ref": "#/$defs/place"}, {"type": "null"}]},
        "pair": {"type": "array", "prefixItems": [{"type": "boolean"}, {"const": "x"}], "items": False},
    },
    "required": ["name", "age"],
    "additionalProperties": False,
    "$defs": {"place": {"properties": {"lat": {"type": "number"}, "lon": {"type": "number"}}, "required": ["lat"]}},
}
ADA: JsonObject = {"name": "Ada", "age": 36}


@pytest.mark.parametrize(
    "more",
    [
        *({}, {"mail": None}, {"mail": "a@b"}, {"size": 2.5}, {"size": 0.001}, {"kind": "adult"}, {"kind": 3}),
        *({"kind": {"a": [1]}}, {"friends": []}, {"friends": [ADA, ADA]}, {"home": None}, {"home": {"lat": 1.5}}),
        *({"home": {"lon": 1, "lat": 2, "x": []}}, {"pair": [True, "x"]}, {"pair": []}, {"age": 149}),
    ],
    ids=json.dumps,
)
def test_what_fits_gets_through(more: JsonObject) -> None:
    assert allows(PERSON, ADA | more)


@pytest.mark.parametrize(
    "more",
    [
        *({"name": ""}, {"age": -1}, {"age": 150}, {"age": 1.5}, {"mail": 1}, {"size": 0}, {"size": 2.51}, {"x": 1}),
        *({"kind": "baby"}, {"kind": 4}, {"kind": {"a": [2]}}, {"kind": {}}, {"friends": [ADA] * 3}, {"friends": [{}]}),
        *({"home": {"lon": 1}}, {"home": {"lat": "1"}}, {"pair": ["x", True]}, {"pair": [True, "x", 1]}, {"name": 1}),
    ],
    ids=json.dumps,
)
def test_what_does_not_fit_does_not_get_through(more: JsonObject) -> None:
    assert not jsonschema.Draft202012Validator(PERSON).is_valid(ADA | more)
    assert not allows(PERSON, ADA | more)


@pytest.mark.parametrize(
    ("schema", "inside", "outside"),
    [
        pytest.param({"type": "object"}, [{}, {"a": [1]}], [[], 1], id="open object"),
        pytest.param({"required": ["a"]}, [{"a": 1}], [{}, 3], id="type from keywords"),
        pytest.param({}, [1, "x", None, {}], [], id="anything"),
        pytest.param({"type": ["integer", "number"]}, [1, 1.5], ["x"], id="types in types"),
        pytest.param({"oneOf": [{"type": "integer"}, {"type": "string"}]}, [1, "x"], [None], id="oneOf"),
        pytest.param(
            {"type": "string", "anyOf": [{"minLength": 3}, {"const": "x"}]}, ["abc", "x"], ["a"], id="next to"
        ),
        pytest.param({"allOf": [{"type": "number"}, {"type": "integer"}, {"minimum": 2}]}, [2], [1, 2.5], id="allOf"),
        pytest.param(
            {"properties": {"a": True}, "anyOf": [{"required": ["a"]}, {"required": ["b"]}]},
            [{"a": 1}, {"b": 1}],
            [{}, {"c": 1}],
            id="required in anyOf",
        ),
        pytest.param(
            {"allOf": [{"properties": {"a": {"type": "null"}}}, {"properties": {"b": {"type": "null"}}}]},
            [{"a": None, "b": None}],
            [{"b": 1}],
            id="properties of both",
        ),
        pytest.param({"$ref": "#/$defs/a~1b%20c", "$defs": {"a/b c": {"const": 1}}}, [1], [2], id="names in $ref"),
        pytest.param({"$ref": "#/$defs/~01", "$defs": {"~1": {"const": 1}, "/": False}}, [1], [2], id="tilde in $ref"),
        pytest.param({"minimum": 1, "exclusiveMinimum": 5}, [6, 5.5], [5, 3], id="two lower bounds"),
        pytest.param({"maximum": 5, "exclusiveMaximum": 1}, [0, 0.5], [1, 3], id="two upper bounds"),
        pytest.param({"$ref": "#/anyOf/1", "anyOf": [True, {"const": 1}]}, [1], [2], id="$ref into a list"),
        pytest.param({"enum": [1, "aa", "b", None], "type": "string", "minLength": 2}, ["aa"], ["b", 1], id="enum and"),
        pytest.param({"enum": [1, 2.0, 3], "maximum": 2}, [1, 2], [3], id="enum and bounds"),
        pytest.param({"enum": [1, 2], "const": 2}, [2], [1], id="enum and const"),
        pytest.param({"enum": [True, {"a": 1}], "type": "object"}, [{"a": 1}], [True], id="enum and type"),
        pytest.param(
            {"type": "array", "minItems": 2, "items": {"type": "null"}}, [[None] * 2], [[None]], id="minItems"
        ),
        pytest.param({"type": "array", "items": False}, [[]], [[1]], id="no items"),
        pytest.param({"properties": {"a": False, "b": True}}, [{"b": 1}], [{"a": 1}], id="impossible property"),
        pytest.param({"additionalProperties": {"type": "null"}}, [{"x": None}], [{"x": 1}], id="additionalProperties"),
        pytest.param({"uniqueItems": False, "minLength": 1.0}, ["a"], [""], id="neutral values"),
        pytest.param(
            {"anyOf": [{"type": "null"}, {"type": "array", "items": {"$ref": "#"}}]}, [[[], [None]]], [[1]], id="itself"
        ),
    ],
)
def test_keywords_mean_what_the_standard_says(
    schema: JsonObject, inside: list[JsonValue], outside: list[JsonValue]
) -> None:
    assert [allows(schema, value) for value in inside] == [True] * len(inside)
    assert [allows(schema, value) for value in outside] == [False] * len(outside)


@pytest.mark.parametrize(
    ("schema", "keyword"),
    [
        *(({"pattern": "a"}, "pattern"), ({"items": {"uniqueItems": True}}, "uniqueItems"), ({"not": {}}, "not")),
        *(({"patternProperties": {}}, "patternProperties"), ({"multipleOf": 2}, "multipleOf"), ({"if": {}}, "if")),
        *(({"minProperties": 1}, "minProperties"), ({"contains": {}}, "contains"), ({"typo": 1}, "typo")),
        *(({"$ref": "https://x.org/y"}, "$ref"), ({"$ref": "#name"}, "$ref")),
        ({"type": "object", "minimum": 1, "allOf": [{"minimum": 2}]}, "allOf"),
        ({"properties": {"a": True}, "anyOf": [{"additionalProperties": False}]}, "anyOf"),
        ({"additionalProperties": False, "allOf": [{"properties": {"a": True}}]}, "allOf"),
        ({"properties": {"a": True}, "allOf": [{"properties": {"a": {"type": "null"}}}]}, "allOf"),
        ({"enum": [{"a": 1}], "required": ["b"]}, "enum"),
    ],
    ids=str,
)
def test_what_cannot_be_kept_is_refused_by_its_name(schema: JsonObject, keyword: str) -> None:
    with pytest.raises(UnsupportedSchema, match="cannot keep") as caught:
        compile_schema(schema)

    assert caught.value.to_wire()["details"]["keyword"] == keyword  # type: ignore[index,call-overload]


@pytest.mark.parametrize(
    "schema",
    [
        *({"type": "text"}, {"type": 1}, {"properties": []}, {"properties": {"a": 1}}, {"required": "a"}, {"enum": 1}),
        *(
            {"required": [1]},
            {"minLength": -1},
            {"maxItems": 1.5},
            {"minLength": True},
            {"minimum": "1"},
            {"anyOf": []},
        ),
        *({"maximum": 1e30}, {"exclusiveMinimum": True}, {"prefixItems": {}}, {"items": [1]}, {"anyOf": {}}),
        *({"$ref": "#/$defs/none"}, {"allOf": [3]}, {"additionalProperties": "no"}),
    ],
    ids=str,
)
def test_what_is_no_schema_is_refused(schema: JsonObject) -> None:
    with pytest.raises(BadSetting, match="json_schema must"):
        compile_schema(schema)


@pytest.mark.parametrize(
    "schema",
    [
        *(
            {"type": []},
            {"enum": []},
            {"allOf": [{"type": "null"}, {"type": "string"}]},
            {"not_used": 1, "anyOf": [False]},
        ),
        *(
            {"type": "integer", "minimum": 1.1, "maximum": 1.9},
            {"minLength": 3, "maxLength": 2},
            {"const": 1, "enum": [2]},
        ),
        *({"type": "array", "minItems": 2, "maxItems": 1}, {"type": "array", "minItems": 1, "items": False}),
        *({"required": ["a"], "properties": {"a": {"$ref": "#"}}}, {"required": ["a"], "additionalProperties": False}),
        {"type": "array", "minItems": 1, "items": {"$ref": "#"}},
    ],
    ids=str,
)
def test_what_no_finite_value_fits_is_refused(schema: JsonObject) -> None:
    schema.pop("not_used", None)

    with pytest.raises(BadSetting, match="no finite value fits"):
        compile_schema(schema)


def nested(depth: int) -> JsonObject:
    schema: JsonObject = {}
    for _ in range(depth):
        schema = {"type": "array", "items": schema}
    return schema


def doubling(depth: int) -> JsonObject:
    """Return a schema whose alternatives double with each definition."""
    definitions: JsonObject = {"0": {"type": "null"}}
    for index in range(depth):
        below: JsonObject = {"$ref": f"#/$defs/{index}"}
        definitions[str(index + 1)] = {"anyOf": [below, below]}
    return {"$ref": f"#/$defs/{depth}", "$defs": definitions}


@pytest.mark.parametrize(
    "schema",
    [
        pytest.param({"$ref": "#"}, id="itself"),
        pytest.param({"anyOf": [{"$ref": "#"}, {"type": "null"}]}, id="itself among others"),
        pytest.param(
            {"$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}}}, id="two"
        ),
        pytest.param(doubling(40), id="alternatives that double"),
        pytest.param(doubling(20), id="alternatives that double to a million"),
        pytest.param(nested(3000), id="deep"),
        pytest.param({"properties": {str(index): {"minLength": 1} for index in range(3000)}}, id="many"),
        pytest.param({"enum": list(range(5000))}, id="many values"),
    ],
)
def test_hostile_schemas_are_refused_at_once(schema: JsonObject) -> None:
    start = time.perf_counter()

    with pytest.raises(BadSetting, match="json_schema must"):
        compile_schema(schema)
    assert time.perf_counter() - start < 5


def test_a_deep_constant_is_refused_or_read() -> None:
    deep: JsonValue = None
    for _ in range(100_000):
        deep = [deep]

    with pytest.raises(BadSetting, match="nested"):
        compile_schema({"const": deep})


def test_a_deep_schema_within_the_limits_is_read() -> None:
    value: JsonValue = []
    for _ in range(40):
        value = [value]

    assert allows(nested(100), value)


def test_any_value_has_every_type() -> None:
    assert len(any_value().shapes) == 7
    assert any_value().height == 0
