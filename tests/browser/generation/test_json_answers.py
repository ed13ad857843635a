"""JSON by construction, from a model whose own words are anything but JSON."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import pytest

from tabagent.events import WorkerEventNames
from tests.browser.generation.asking import Asker
from tests.browser.generation.models import Json

SCHEMAS: dict[str, Json] = {
    "an object of bounded parts": {
        "type": "object",
        "properties": {
            "name": {"type": "string", "minLength": 1, "maxLength": 8},
            "age": {"type": "integer", "minimum": 0, "maximum": 150},
            "kind": {"enum": ["fish", "bird", None, 3.5]},
            "known": {"type": "boolean"},
        },
        "required": ["name", "age", "kind", "known"],
        "additionalProperties": False,
    },
    "a list": {
        "type": "array",
        "items": {"type": "number", "minimum": -10, "maximum": 10},
        "minItems": 2,
        "maxItems": 4,
    },
    "one of two": {"anyOf": [{"const": {"ok": True}}, {"type": "array", "items": {"const": 1}, "maxItems": 2}]},
    "a nest": {
        "type": "object",
        "properties": {
            "inner": {"type": "object", "properties": {"deep": {"enum": ["ja", "日本"]}}, "additionalProperties": False}
        },
        "required": ["inner"],
        "additionalProperties": False,
    },
}
BAD_SCHEMAS: dict[str, object] = {
    "no object": ["string"],
    "an unknown type": {"type": "text"},
    "no value fits": {"type": "integer", "minimum": 5, "maximum": 4},
    "a keyword that cannot be decided": {"type": "string", "pattern": "^a+$"},
    "a reference to nothing": {"$ref": "#/$defs/nothing"},
}
# Greedy, and drawn with seeds.
WAYS: list[Json] = [{}, *({"do_sample": True, "temperature": 1.5, "seed": seed} for seed in range(2))]


def is_json(asker: Asker, **options: Any) -> object:
    """Ask for JSON; return the value, or None where the limit came first, with a beginning that may be completed."""
    asked = asker.ask("Give me some JSON.", **options)
    outcome = asker.outcome(asked)
    text = outcome.payload["generatedText"]
    assert text == asker.wire.streamed(asked.message_id, since=asked.since)
    if outcome.name == WorkerEventNames.GENERATION_COMPLETE:
        return json.loads(text)
    error = outcome.payload["error"]
    assert error["code"] == "incomplete_json"
    assert error["details"]["tokens"] == options["max_new_tokens"]
    with pytest.raises(json.JSONDecodeError):
        json.loads(text)
    return None


@pytest.mark.parametrize("way", WAYS, ids=str)
def test_without_a_schema_an_answer_is_an_object_or_a_list_or_an_error(lively: Asker, way: Json) -> None:
    for tokens in (5, 60, 200):
        value = is_json(lively, json_mode=True, max_new_tokens=tokens, **way)
        assert value is None or isinstance(value, dict | list)


@pytest.mark.parametrize("name", SCHEMAS)
def test_with_a_schema_an_answer_fits_it(lively: Asker, name: str) -> None:
    whole = []
    for way in WAYS:
        value = is_json(lively, json_schema=SCHEMAS[name], max_new_tokens=200, **way)
        if value is not None:
            jsonschema.validate(value, SCHEMAS[name])
            whole.append(value)

    assert whole, "a schema that is never filled would prove nothing"


@pytest.mark.parametrize("name", BAD_SCHEMAS)
def test_a_bad_schema_is_refused_at_once_and_the_next_answer_comes(lively: Asker, name: str) -> None:
    asked = lively.ask("Hello", json_schema=BAD_SCHEMAS[name], max_new_tokens=8)

    assert not asked.reply["success"], asked.reply
    assert asked.reply["error"]["code"] in {"bad_request", "unsupported_setting"}
    assert asked.reply["error"]["details"]["field"] == "json_schema"
    assert not lively.statuses(asked)
    assert lively.answer("Hello", max_new_tokens=8)["numTokens"] == 8


def test_json_that_reached_its_limit_tells_what_had_come_and_can_be_continued(lively: Asker) -> None:
    schema = {"const": {"sentence": "the fox walked over the hill"}}
    asked = lively.ask("Hello", json_schema=schema, max_new_tokens=12)
    begun = lively.outcome(asked).payload
    said = [
        {"role": "user", "content": "Hello"},
        {"role": "assistant", "content": begun["generatedText"]},
    ]
    rest = lively.text(said, chat_id=asked.chat_id, json_schema=schema, max_new_tokens=100)

    assert begun["error"]["code"] == "incomplete_json"
    assert json.loads(begun["generatedText"] + rest) == schema["const"]


def test_what_is_no_beginning_of_json_is_followed_by_a_whole_value(lively: Asker) -> None:
    said = [{"role": "user", "content": "Hello"}, {"role": "assistant", "content": "Here it is: "}]

    assert json.loads(lively.text(said, json_schema={"const": ["here"]}, max_new_tokens=60)) == ["here"]


def test_json_has_the_settings_of_other_answers(lively: Asker) -> None:
    options: Json = {"json_schema": SCHEMAS["a list"], "max_new_tokens": 300, "do_sample": True, "seed": 5}
    first, again = (lively.text("Hello", **options) for _ in range(2))

    assert first == again
    assert json.loads(lively.text("Hello", json_schema={"const": "a b"}, max_new_tokens=30, stop=["\n\n\n"])) == "a b"
