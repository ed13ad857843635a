"""Answers that have to be JSON: everything that ends well is valid, everything that is valid gets through."""

from __future__ import annotations

import json
import random

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tabagent.errors import JsonObject, JsonValue
from tabagent.generation.json_grammar import JsonConstraint
from tabagent.parameters import BadSetting
from tests.unit.generation.json_samples import SchemaMaker, walk

SEEDS = st.integers(0, 2**32)
LAYOUTS: list[dict[str, object]] = [
    {"separators": (",", ":")},
    {},
    {"indent": 2},
    {"indent": 4, "ensure_ascii": False},
    {"indent": "\t"},
]


def accepted(constraint: JsonConstraint, text: str) -> bool:
    """Feed a text character by character; tell whether all of it was allowed and may end there."""
    for char in text:
        if constraint.finished or not constraint.allows(char):
            return False
        constraint.feed(char)
    return constraint.complete


def constraint_of(schema: JsonObject) -> JsonConstraint | None:
    """Return the constraint of a random schema, or None when no value fits the schema."""
    try:
        return JsonConstraint(schema)
    except BadSetting as error:
        if "no finite value fits" in error.message or "without a value in between" in error.message:
            return None
        raise


@settings(max_examples=150, deadline=None)
@given(SEEDS)
def test_any_walk_without_a_schema_ends_in_an_object_or_array(seed: int) -> None:
    source = random.Random(seed)  # noqa: S311 - repeatable cases

    value = json.loads(walk(JsonConstraint(), source, source.randrange(60)))

    assert isinstance(value, (dict, list))


@settings(max_examples=150, deadline=None)
@given(SEEDS)
def test_any_walk_through_any_schema_ends_in_a_value_that_fits(seed: int) -> None:
    source = random.Random(seed)  # noqa: S311 - repeatable cases
    schema = SchemaMaker(source).schema()
    constraint = constraint_of(schema)
    if constraint is not None:
        text = walk(constraint, source, source.randrange(60))

        jsonschema.Draft202012Validator(schema).validate(json.loads(text))


@settings(max_examples=150, deadline=None)
@given(SEEDS, st.sampled_from(LAYOUTS))
def test_any_value_that_fits_any_schema_gets_through_in_any_layout(seed: int, layout: dict[str, object]) -> None:
    source = random.Random(seed)  # noqa: S311 - repeatable cases
    maker = SchemaMaker(source)
    schema = maker.schema()
    value = maker.value(schema)
    if constraint_of(schema) is not None and jsonschema.Draft202012Validator(schema).is_valid(value):
        text = json.dumps(value, **layout)  # type: ignore[arg-type]

        assert accepted(JsonConstraint(schema), text)


@settings(max_examples=150, deadline=None)
@given(SEEDS, st.sampled_from(LAYOUTS))
def test_any_object_gets_through_without_a_schema(seed: int, layout: dict[str, object]) -> None:
    source = random.Random(seed)  # noqa: S311 - repeatable cases
    value = {"value": SchemaMaker(source).any_value(4)}

    assert accepted(JsonConstraint(), json.dumps(value, **layout))  # type: ignore[arg-type]


@settings(max_examples=150, deadline=None)
@given(SEEDS)
def test_a_text_is_allowed_at_once_where_its_characters_are_one_by_one(seed: int) -> None:
    source = random.Random(seed)  # noqa: S311 - repeatable cases
    schema = SchemaMaker(source).schema()
    constraint = constraint_of(schema)
    if constraint is None:
        return
    text = walk(constraint, source, source.randrange(40))
    whole, pieces = JsonConstraint(schema), JsonConstraint(schema)
    while text:
        piece, text = text[:5], text[5:]
        assert whole.allows(piece)
        whole.feed(piece)
        for char in piece:
            pieces.feed(char)

    assert (whole.complete, whole.finished) == (pieces.complete, pieces.finished) == (True, whole.finished)


@pytest.mark.parametrize(
    "text",
    [
        *('"x"', "1", "[01]", "[1,]", "[.5]", "[1.]", "[+1]", "[1e]", "[NaN]", "[truth]", "[--1]", "{a", "{'a'", "[,"),
        *('{"a":1,}', '{"a",', '{"a"}', '{"a":1 "b"', "[1 2", '["\t"]', r'["\x"]', r'["\u12g4"]', "[]]", "[}", "// c"),
        *(r'["\ud800"]', r'["\ud800x"]', r'["\udc00"]', r'["\ud800\u0041"]', '{"a":1,"a":2}', r'{"a":1,"\u0061":2}'),
        *("[1]x", "[1],", "```json", "[1e999]", f"[{'1' * 20}]", f"[0.{'1' * 21}]"),
    ],
)
def test_what_is_no_json_object_or_array_does_not_get_through(text: str) -> None:
    assert not accepted(JsonConstraint(), text)


@pytest.mark.parametrize("text", [r'["\ud83d\ude00"]', r'["\"\\\/\b\f\n\r\t\u0041"]', "[-0.5E+3]", "{ }", "[[],{}]"])
def test_unusual_json_gets_through(text: str) -> None:
    assert accepted(JsonConstraint(), text)


@pytest.mark.parametrize(
    ("text", "more"),
    [
        *(("[  ", " "), ("[\n", "\n"), ("[\n" + " " * 8, " "), ("  ", " "), ("\n", " "), ("[", "\r"), ("[1\n", "\n")),
        *(("[1]\n", "\n"), ("[1]  ", " "), ('{"a":  ', " "), ('{"a"  ', "\t")),
    ],
)
def test_white_space_does_not_run_away(text: str, more: str) -> None:
    constraint = JsonConstraint()
    constraint.feed(text)

    assert not constraint.allows(more)


def test_brackets_do_not_run_away() -> None:
    constraint = JsonConstraint()
    constraint.feed("[" * 64)

    assert not constraint.allows("[")
    assert constraint.allows("1,1")
    assert constraint.allows("]" * 64)


def test_a_schema_that_asks_for_itself_ends_at_the_depth_limit() -> None:
    tree: JsonObject = {"type": "object", "properties": {"next": {"$ref": "#"}}, "additionalProperties": False}
    constraint = JsonConstraint(tree)
    while constraint.allows('{"next":'):
        constraint.feed('{"next":')

    assert not constraint.complete
    constraint.feed("{")
    assert not constraint.allows('"')
    assert constraint.allows("}" * 65)


def test_at_the_depth_limit_the_way_out_is_taken_that_a_schema_leaves() -> None:
    after: JsonObject = {"anyOf": [{"$ref": "#"}, {"type": "null"}]}
    constraint = JsonConstraint({"type": "object", "properties": {"next": after}, "required": ["next"]})
    while constraint.allows('{"next":'):
        constraint.feed('{"next":')

    assert constraint.continuations() == ["null", "n"]
    assert constraint.allows("null" + "}" * 64)


def test_complete_and_finished_tell_apart_what_may_end_and_what_must() -> None:
    constraint = JsonConstraint({"type": "number"})
    seen = []
    for char in "-12 ":
        constraint.feed(char)
        seen.append((constraint.complete, constraint.finished))

    assert seen == [(False, False), (True, False), (True, False), (True, True)]


def test_a_number_that_cannot_get_longer_is_finished() -> None:
    constraint = JsonConstraint({"type": "integer", "minimum": 1, "maximum": 40})
    seen = []
    for char in "25":
        constraint.feed(char)
        seen.append((constraint.complete, constraint.finished))

    assert seen == [(True, False), (True, True)]


@pytest.mark.parametrize("text", ["", "\ufffd", "ab\ufffd", "\ufffd\ufffd"])
def test_a_character_may_come_byte_by_byte_inside_strings_only(text: str) -> None:
    constraint = JsonConstraint()
    before = constraint.allows(text)
    constraint.feed('["')
    inside = constraint.allows(text)
    constraint.feed(text)
    constraint.feed("é")
    constraint.feed('"')

    assert (before, inside, constraint.allows(text)) == (False, True, False)
    assert constraint.allows("]")


def test_no_character_is_begun_where_the_string_has_no_room_or_the_text_is_listed() -> None:
    full = JsonConstraint({"type": "string", "maxLength": 3})
    full.feed('"a')
    listed = JsonConstraint({"enum": ["é"]})
    listed.feed('"')

    assert not full.allows("\ufffd")
    assert not listed.allows("\ufffd")


def test_an_open_character_keeps_only_the_readings_that_may_have_one() -> None:
    constraint = JsonConstraint({"anyOf": [{"enum": ["ab"]}, {"type": "string", "minLength": 5}]})
    constraint.feed('"a')
    constraint.feed("\ufffd")

    assert not constraint.allows('b"')
    assert constraint.allows('bcde"')


def test_what_is_not_allowed_cannot_be_fed() -> None:
    with pytest.raises(ValueError, match="must not come here"):
        JsonConstraint().feed("x")


@pytest.mark.parametrize(
    ("schema", "text", "expected"),
    [
        pytest.param(None, "", {"{", "["}, id="begin"),
        pytest.param(None, "[", {"]", '"', "{", "true"}, id="array"),
        pytest.param(None, '{"a"', {":"}, id="colon"),
        pytest.param(None, '{"a":1', {"}", ",", "2"}, id="number"),
        pytest.param({"required": ["name"]}, '{"', {"name", "n"}, id="required key"),
        pytest.param({"required": ["name"]}, '{"x":1,"na', {"me", "m"}, id="rest of a required key"),
        pytest.param({"enum": ["red", 'a"']}, '"', {"red", "r", "a"}, id="enum"),
        pytest.param({"enum": ['"x']}, '"\\', {'"'}, id="escape"),
        pytest.param({"enum": [True]}, "t", {"rue", "r"}, id="literal"),
    ],
)
def test_continuations_are_texts_that_may_come(schema: JsonObject | None, text: str, expected: set[str]) -> None:
    constraint = JsonConstraint(schema)
    if text:
        constraint.feed(text)
    found = constraint.continuations()

    assert expected <= set(found)
    assert all(constraint.allows(each) for each in found)


def test_many_alternatives_stay_quick_and_valid() -> None:
    parts: list[JsonValue] = [
        {"type": "object", "properties": {f"k{index}": {"type": "integer"}, "all": {"$ref": "#"}}}
        for index in range(90)
    ]
    schema: JsonObject = {"anyOf": parts}
    text = '{"all":' * 20 + '{"k7": 1}' + "}" * 20

    assert accepted(JsonConstraint(schema), text)
