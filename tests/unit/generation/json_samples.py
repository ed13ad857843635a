"""Schemas, values that fit them, and walks through a constraint, all of them at random."""

from __future__ import annotations

import json
import random
import string
from collections.abc import Sequence

from tabagent.errors import JsonObject, JsonValue
from tabagent.generation.json_grammar import JsonConstraint

CHARACTERS = 'abAB019 _-"\\/\n\t{}[]:,.+eEutrfnlsxé漢😀\x00\u2028'
# What a walk prefers when it has to come to an end.
CLOSING = ("}", "]", '"', ":", "null", "true", "false", "0", "1", "a")


def walk(constraint: JsonConstraint, source: random.Random, steps: int) -> str:
    """Feed random texts that are allowed, then only what leads to an end."""
    text = ""
    for _ in range(steps):
        if constraint.finished:
            return text
        text += _fed(constraint, _random_text(constraint, source))
    for _ in range(3000):
        if constraint.complete:
            return text
        text += _fed(constraint, _closing_text(constraint))
    raise AssertionError(f"no end after {text!r}")


def _fed(constraint: JsonConstraint, text: str) -> str:
    constraint.feed(text)
    return text


def _random_text(constraint: JsonConstraint, source: random.Random) -> str:
    known = constraint.continuations()
    for _ in range(30):
        size = source.choice([1, 1, 1, 2, 3])
        text = source.choice(known) if source.random() < 0.3 else "".join(source.choices(CHARACTERS, k=size))
        if constraint.allows(text):
            return text
    return source.choice(known)


def _closing_text(constraint: JsonConstraint) -> str:
    known = constraint.continuations()
    inside = constraint.allows("z")  # of a string; a bracket would be one more of its characters
    if inside:
        order = [*(text for text in known if text not in ('"', "a", "aaaa", "_")), '"', "a"]
    else:
        order = [*CLOSING, *sorted(known, key=len, reverse=True)]
    for text in order:
        if constraint.allows(text):
            return text
    raise AssertionError("nothing may come")


class SchemaMaker:
    """Makes schemas and values that fit them."""

    def __init__(self, source: random.Random) -> None:
        self._source = source
        self._definitions: JsonObject = {}

    def schema(self) -> JsonObject:
        """Return a schema, with references to itself among others."""
        names = ["tree", "other"]
        for name in names:
            self._definitions[name] = self._part(2, references=True)
        return {**self._part(3, references=True), "$defs": self._definitions}

    def _part(self, depth: int, *, references: bool) -> JsonObject:
        kinds = ["string", "integer", "number", "boolean", "null", "enum", "const"]
        if depth > 0:
            kinds += ["object", "object", "object", "array", "array", "anyOf", "types"]
        if references:
            kinds.append("$ref")
        return self._of_kind(self._source.choice(kinds), depth - 1, references=references)

    def _of_kind(self, kind: str, depth: int, *, references: bool) -> JsonObject:
        source = self._source
        if kind == "$ref":
            return {"$ref": f"#/$defs/{source.choice(['tree', 'other'])}"}
        if kind == "anyOf":
            return {"anyOf": [self._part(depth, references=references) for _ in range(source.randint(1, 3))]}
        if kind == "types":
            return {"type": ["string", "null", "integer"], "maxLength": 3, "minimum": -4.5}
        if kind in ("enum", "const"):
            values = [self.any_value(1) for _ in range(source.randint(1, 4))]
            return {"enum": values} if kind == "enum" else {"const": values[0]}
        if kind in ("integer", "number"):
            return {"type": kind, **self._bounds()}
        if kind == "string":
            return {"type": "string", **self._sizes("minLength", "maxLength")}
        if kind == "array":
            prefix: list[JsonValue] = [self._part(depth, references=False) for _ in range(source.choice([0, 0, 1, 2]))]
            sizes = self._sizes("minItems", "maxItems")
            options: list[JsonValue] = [
                False,
                True,
                self._part(depth, references=references and "minItems" not in sizes),
            ]
            return {
                "type": "array",
                **({"prefixItems": prefix} if prefix else {}),
                "items": source.choice(options),
                **sizes,
            }
        if kind == "object":
            return self._object(depth, references=references)
        return {"type": kind}

    def _object(self, depth: int, *, references: bool) -> JsonObject:
        source = self._source
        names = source.sample(["a", "ab", "abc", "ä\n", '"', "x y"], source.randint(0, 4))
        properties: JsonObject = {name: self._part(depth, references=references) for name in names}
        # What must be there does not refer to more of the same: a walk that always takes that turn doubles for ever.
        endless = {name for name in names if "$ref" in json.dumps(properties[name])}
        required: list[JsonValue] = [name for name in names if source.random() < 0.5 and name not in endless]
        options: list[JsonValue] = [True, False, False, self._part(depth, references=False)]
        others = source.choice(options)
        schema: JsonObject = {"type": "object", "properties": properties, "required": required}
        return schema if others is True else {**schema, "additionalProperties": others}

    def _bounds(self) -> JsonObject:
        source = self._source
        found: JsonObject = {}
        low = source.choice([-1000, -12, -0.25, 0, 0.1, 3, 99.5, 123456])
        if source.random() < 0.6:
            found[source.choice(["minimum", "exclusiveMinimum"])] = low
        if source.random() < 0.6:
            found[source.choice(["maximum", "exclusiveMaximum"])] = low + source.choice([0.5, 1, 2, 37, 1e6])
        return found

    def _sizes(self, least: str, most: str) -> JsonObject:
        source = self._source
        found: JsonObject = {}
        low = source.choice([0, 1, 2])
        if source.random() < 0.4:
            found[least] = low
        if source.random() < 0.4:
            found[most] = low + source.choice([0, 1, 3])
        return found

    def any_value(self, depth: int) -> JsonValue:
        """Return any JSON value."""
        source = self._source
        kind = source.randrange(8 if depth > 0 else 6)
        if kind == 6:
            return [self.any_value(depth - 1) for _ in range(source.randrange(3))]
        if kind == 7:
            return {self._text(): self.any_value(depth - 1) for _ in range(source.randrange(3))}
        number = source.choice([0, 1, -1, 10**15, -37, source.randrange(10**6)])
        return [None, True, False, self._text(), number, round(source.uniform(-1e4, 1e4), source.randrange(1, 9))][kind]

    def value(self, schema: JsonValue, depth: int = 0) -> JsonValue:
        """Return a value that probably fits a schema; what cannot be worked out here is left to chance."""
        source = self._source
        if isinstance(schema, bool) or depth > 12:
            return self.any_value(1 if depth < 5 else 0)
        assert isinstance(schema, dict)
        if "$ref" in schema:
            return self.value(self._definitions[str(schema["$ref"]).rpartition("/")[2]], depth + 1)
        for keyword in ("anyOf", "enum"):
            choices = schema.get(keyword)
            if isinstance(choices, list):
                chosen: JsonValue = source.choice(choices)
                return self.value(chosen, depth + 1) if keyword == "anyOf" else chosen
        if "const" in schema:
            return schema["const"]
        kind = schema["type"]
        return self._value_of(str(source.choice(kind) if isinstance(kind, list) else kind), schema, depth)

    def _value_of(self, kind: str, schema: JsonObject, depth: int) -> JsonValue:
        source = self._source
        if kind == "array":
            return self._array(schema, depth)
        if kind == "object":
            properties = schema["properties"]
            assert isinstance(properties, dict)
            required = schema["required"]
            assert isinstance(required, list)
            names = [name for name in properties if name in required or (source.random() < 0.4 and depth < 6)]
            found = {name: self.value(properties[name], depth + 1) for name in source.sample(names, len(names))}
            others = schema.get("additionalProperties", True)
            return found if others is False else {**found, "new": self.value(others, depth + 1)}
        if kind == "string":
            return self._text(_size(schema, "minLength", 0), _size(schema, "maxLength", 6))
        if kind in ("integer", "number"):
            low = _number(schema, ("minimum", "exclusiveMinimum"), -50)
            high = _number(schema, ("maximum", "exclusiveMaximum"), low + 50)
            chosen = source.uniform(low, high)
            return round(chosen) if kind == "integer" else round(chosen, source.randrange(1, 12))
        return {"boolean": source.random() < 0.5, "null": None}[kind]

    def _array(self, schema: JsonObject, depth: int) -> JsonValue:
        prefix = schema.get("prefixItems", [])
        assert isinstance(prefix, list)
        least, most = _size(schema, "minItems", 0), _size(schema, "maxItems", 3)
        count = self._source.randint(min(least, most), most) if depth < 6 else least
        items = schema["items"]
        return [self.value(part, depth + 1) for part in [*prefix, *[items] * count][:count]]

    def _text(self, least: int = 0, most: int = 4) -> str:
        characters: Sequence[str] = string.ascii_letters + '"\\\n é漢😀/\x7f'
        return "".join(self._source.choices(characters, k=self._source.randint(min(least, most), most)))


def _size(schema: JsonObject, keyword: str, default: int) -> int:
    value = schema.get(keyword, default)
    assert isinstance(value, int)
    return value


def _number(schema: JsonObject, keywords: Sequence[str], default: float) -> float:
    found = [value for key, value in schema.items() if key in keywords and isinstance(value, (int, float))]
    return found[0] if found else default
