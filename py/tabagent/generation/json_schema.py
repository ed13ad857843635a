"""JSON schemas (draft 2020-12) as what may be written at each place.

Taken are: true and false; `type` (also a list); `enum`, `const`; for strings `minLength`, `maxLength`; for numbers
`minimum`, `maximum`, `exclusiveMinimum`, `exclusiveMaximum`; for arrays `items`, `prefixItems`, `minItems`, `maxItems`;
for objects `properties`, `required`, `additionalProperties`; `anyOf`, `oneOf`, `allOf` and keywords next to them as far
as they do not speak of the same thing; `$ref` within the schema, also to itself, `$defs`, `definitions`.

What differs from validation, always towards fewer answers except for the last two:
- without `type`, keywords of one type mean that type (a schema with `properties` is one of objects);
- integers are written without a point; numbers end (see `tabagent.generation.json_numbers`), and have no exponent where
  they have bounds; numbers of an enumeration are written as in the schema;
- `oneOf` is taken as `anyOf`: that no second alternative fits is not looked at;
- `format` and other annotations (`title`, `description`, `default`, `examples`, …) are read over, as the standard says.

Every other keyword is refused: it could be kept only by luck.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from fractions import Fraction
from typing import cast
from urllib.parse import unquote

from tabagent.errors import JsonObject, JsonValue
from tabagent.generation.json_containers import ArrayShape, ObjectShape
from tabagent.generation.json_keywords import (
    CONSTRAINTS,
    UnsupportedSchema,
    bad_schema,
    checked,
    combined,
    types_of,
)
from tabagent.generation.json_numbers import NumberShape, beyond, bound
from tabagent.generation.json_strings import StringShape
from tabagent.generation.json_values import Literal, Node, Shape
from tabagent.parameters import BadSetting

# What a person writes stays far below; what is beyond is there to keep the thread busy.
MAX_NODES = 2000
MAX_VISITS = 10_000
MAX_NESTED = 50
MAX_VALUES = 2000


def any_value() -> Node:
    """Return the node of every JSON value."""
    node = Node()
    node.shapes = (
        StringShape(height=0),
        NumberShape(height=0),
        *(Literal(text) for text in ("true", "false", "null")),
        ObjectShape({}, additional=node, height=1),
        ArrayShape(items=node, height=1),
    )
    return node


def compile_schema(schema: Mapping[str, JsonValue]) -> Node:
    """Return what a schema allows.

    Raises:
        UnsupportedSchema: It has a keyword that is not taken.
        BadSetting: It is no schema, is too large, refers to itself without end, or allows no value.
    """
    try:
        root = _Compiler(dict(schema)).compile()
    except RecursionError as error:
        raise BadSetting("json_schema", "…", "must not be nested as deeply") from error
    if not root.shapes:
        raise BadSetting("json_schema", dict(schema), "must allow a value, and no finite value fits it")
    return root


class _Compiler:
    """Makes nodes of schemas, one after another, so that a deep schema needs no deep calls."""

    def __init__(self, root: JsonObject) -> None:
        self._root = root
        self._any = any_value()
        self._nodes: dict[int, Node] = {}
        self._kept: list[JsonValue] = []  # schemas whose ids are the keys of `_nodes`
        self._waiting: list[tuple[Node, JsonValue]] = []
        self._visits = 0
        self._builders: Mapping[str, Callable[[JsonObject], Sequence[Shape]]] = {
            "null": lambda _: [Literal("null")],
            "boolean": lambda _: [Literal("true"), Literal("false")],
            "string": self._string,
            "integer": lambda schema: [_number(schema, integer=True)],
            "number": lambda schema: [_number(schema, integer=False)],
            "array": self._array,
            "object": self._object,
        }

    def compile(self) -> Node:
        root = self._node(self._root)
        while self._waiting:
            node, schema = self._waiting.pop()
            node.shapes = tuple(self._shapes(schema, 0))
        _measure(self._nodes.values())
        return root

    def _node(self, schema: JsonValue) -> Node:
        """Return the node of a schema; its shapes are found later."""
        if schema is True or schema == {}:
            return self._any
        node = self._nodes.get(id(schema)) if isinstance(schema, dict) else None
        if node is None:
            if len(self._kept) >= MAX_NODES:
                raise bad_schema(f"must have at most {MAX_NODES:,} parts", self._root)
            node = Node()
            self._nodes[id(schema) if isinstance(schema, dict) else -1 - len(self._kept)] = node
            self._kept.append(schema)
            self._waiting.append((node, schema))
        return node

    def _shapes(self, schema: JsonValue, nested: int) -> Sequence[Shape]:
        """Return the alternatives of a schema.

        Args:
            schema: The schema.
            nested: Combinations and references that led to it without a value in between.
        """
        self._visits += 1
        if nested > MAX_NESTED or self._visits > MAX_VISITS:
            raise bad_schema("must not refer to itself without a value in between, or be nested as deeply", schema)
        if isinstance(schema, bool):
            return self._any.shapes if schema else ()
        checked_schema = checked(schema)
        for keyword in ("$ref", "allOf", "anyOf", "oneOf"):
            if keyword in checked_schema:
                rest = {key: value for key, value in checked_schema.items() if key != keyword}
                return self._combination(keyword, checked_schema[keyword], rest, nested + 1)
        if "enum" in checked_schema or "const" in checked_schema:
            return self._listed(checked_schema)
        wanted = types_of(checked_schema)
        return [shape for name in wanted for shape in self._builders[name](checked_schema)]

    def _combination(self, keyword: str, value: JsonValue, rest: JsonObject, nested: int) -> Sequence[Shape]:
        if keyword == "$ref":
            return self._shapes(combined(rest, self._target(value), "$ref"), nested)
        if not isinstance(value, list) or not value:
            raise bad_schema(f"must have a list of schemas at {keyword}", value)
        if keyword == "allOf":
            together: JsonValue = rest
            for part in value:
                together = combined(together, part, keyword)
            return self._shapes(together, nested)
        return [shape for part in value for shape in self._shapes(combined(rest, part, keyword), nested)]

    def _target(self, reference: JsonValue) -> JsonValue:
        """Return the part of the schema that a reference names."""
        if not isinstance(reference, str) or not reference.startswith("#"):
            raise UnsupportedSchema("$ref", "only references within the schema (#/$defs/…) are followed")
        if reference not in ("#", "#/") and not reference.startswith("#/"):
            raise UnsupportedSchema("$ref", "anchors are not followed; name the place (#/$defs/…)")
        place: JsonValue = self._root
        for step in unquote(reference[2:]).split("/") if len(reference) > 2 else []:
            name = step.replace("~1", "/").replace("~0", "~")
            if isinstance(place, dict) and name in place:
                place = place[name]
            elif isinstance(place, list) and name.isdecimal() and int(name) < len(place):
                place = place[int(name)]
            else:
                raise bad_schema("must have what its $ref names", reference)
        return place

    def _listed(self, schema: JsonObject) -> Sequence[Shape]:
        """Return the shapes of `enum` and `const`, as far as the other keywords allow their values."""
        values = schema.get("enum", [schema["const"]] if "const" in schema else [])
        if not isinstance(values, list) or len(values) > MAX_VALUES:
            raise bad_schema(f"must have a list of at most {MAX_VALUES:,} values at enum", values)
        if "const" in schema:
            values = [value for value in values if _written(value) == _written(schema["const"])]
        rest = {key: value for key, value in schema.items() if key not in ("enum", "const")}
        limits = CONSTRAINTS & rest.keys() - {"type"}
        if limits and any(isinstance(value, (dict, list)) for value in values):
            raise UnsupportedSchema("enum", f"{min(limits)} next to an enum of objects or arrays is not checked")
        allowed = self._shapes(rest, 0)
        values = [value for value in values if any(_accepts(shape, value) for shape in allowed)]
        texts = tuple(dict.fromkeys(value for value in values if isinstance(value, str)))
        found: list[Shape] = [StringShape(only=texts)] if texts else []
        simple = [value for value in values if not isinstance(value, (str, dict, list))]
        literals = dict.fromkeys(text for value in simple for text in (_written(value), json.dumps(value)))
        found.extend(Literal(text) for text in literals)
        found.extend(self._exactly(value) for value in values if isinstance(value, (dict, list)))
        return found

    def _exactly(self, value: JsonObject | list[JsonValue]) -> Shape:
        """Return the shape of one object or array."""
        if isinstance(value, dict):
            properties = {name: self._node({"const": part}) for name, part in value.items()}
            return ObjectShape(properties, frozenset(value))
        return ArrayShape(tuple(self._node({"const": part}) for part in value), None, len(value), len(value))

    def _string(self, schema: JsonObject) -> Sequence[Shape]:
        return [StringShape(_size(schema, "minLength") or 0, _size(schema, "maxLength"))]

    def _array(self, schema: JsonObject) -> Sequence[Shape]:
        prefix = schema.get("prefixItems", [])
        if not isinstance(prefix, list):
            raise bad_schema("must have a list of schemas at prefixItems", prefix)
        items = self._node(schema.get("items", True))
        shortest, longest = _size(schema, "minItems") or 0, _size(schema, "maxItems")
        return [ArrayShape(tuple(self._node(part) for part in prefix), items, shortest, longest)]

    def _object(self, schema: JsonObject) -> Sequence[Shape]:
        properties, required = schema.get("properties", {}), schema.get("required", [])
        if not isinstance(properties, dict):
            raise bad_schema("must have an object of schemas at properties", properties)
        if not isinstance(required, list) or not all(isinstance(name, str) for name in required):
            raise bad_schema("must have a list of names at required", required)
        others = self._node(schema.get("additionalProperties", True))
        names = cast("list[str]", required)
        nodes = {name: self._node(part) for name, part in properties.items()}
        nodes |= {name: others for name in names if name not in nodes}
        return [ObjectShape(nodes, frozenset(names), others)]


def _measure(nodes: Iterable[Node]) -> None:
    """Find the height of every shape, and take out those that have no finite value."""
    nodes = list(nodes)
    changed = True
    while changed:
        changed = False
        for node in nodes:
            for shape in node.shapes:
                height = shape.measure()
                if height is not None and (shape.height is None or height < shape.height):
                    shape.height, changed = height, True
    for node in nodes:
        node.shapes = tuple(shape for shape in node.shapes if shape.height is not None)


def _number(schema: JsonObject, *, integer: bool) -> Shape:
    lows, highs = list[Fraction](), list[Fraction]()
    for keyword, value in schema.items():
        if keyword not in ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"):
            continue
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not abs(value) <= 2**53:
            raise bad_schema(f"must have a number of at most {2**53:,} at {keyword}", value)
        low = keyword.endswith("inimum")
        if keyword.startswith("exclusive"):
            limit = beyond(value, float("inf") if low else float("-inf"), integer=integer)
        else:
            limit = bound(value, integer=integer)
        (lows if low else highs).append(limit)
    return NumberShape(integer, max(lows, default=None), min(highs, default=None))


def _size(schema: JsonObject, keyword: str) -> int | None:
    value = schema.get(keyword)
    if keyword not in schema:
        return None
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= 1_000_000:
        raise bad_schema(f"must have an integer from 0 to 1,000,000 at {keyword}", value)
    return value


def _written(value: JsonValue) -> str:
    """Return a value as text; the same for 1 and 1.0, which schemas do not tell apart."""
    if isinstance(value, float) and value.is_integer() and abs(value) <= 2**53:
        value = int(value)
    return json.dumps(value, sort_keys=True)


def _accepts(shape: Shape, value: JsonValue) -> bool:
    """Tell whether a value may be of a shape; of objects and arrays the kind alone is looked at."""
    if isinstance(value, str):
        return isinstance(shape, StringShape) and shape.accepts(value)
    if isinstance(value, dict):
        return isinstance(shape, ObjectShape)
    if isinstance(value, list):
        return isinstance(shape, ArrayShape)
    text = _written(value)
    if isinstance(shape, NumberShape):
        return not isinstance(value, bool) and value is not None and shape.accepts(text)
    return isinstance(shape, Literal) and shape.text == text
