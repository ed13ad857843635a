"""The keywords of JSON schemas that are taken, and how two schemas become one that asks for both."""

from __future__ import annotations

from typing import cast

from tabagent.errors import JsonObject, JsonValue
from tabagent.parameters import BadSetting, UnsupportedSetting

TYPES = ("object", "array", "string", "integer", "number", "boolean", "null")
_OF_TYPE = {
    "string": frozenset({"minLength", "maxLength"}),
    "number": frozenset({"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"}),
    "array": frozenset({"items", "prefixItems", "minItems", "maxItems"}),
    "object": frozenset({"properties", "required", "additionalProperties"}),
}
CONSTRAINTS = frozenset({"type", "enum", "const", "$ref", "anyOf", "oneOf", "allOf"}).union(*_OF_TYPE.values())
ANNOTATIONS = frozenset(
    {
        "$schema", "$id", "$comment", "$defs", "definitions", "title", "description", "default", "examples",
        "deprecated", "readOnly", "writeOnly", "format", "contentEncoding", "contentMediaType",
    }
)  # fmt: skip
# Keywords that say nothing where they have this value.
_NEUTRAL: dict[str, JsonValue] = {"uniqueItems": False, "minProperties": 0, "minContains": 0}
# Each of these is about what the other one leaves over, so they must not come from two schemas.
_PAIRS = (("properties", "additionalProperties"), ("prefixItems", "items"))


class UnsupportedSchema(UnsupportedSetting):
    """A JSON schema has a keyword that cannot be kept while the text is written.

    Args:
        keyword: The keyword.
        reason: Why not, without a full stop.
    """

    def __init__(self, keyword: str, reason: str) -> None:
        super().__init__("json_schema", keyword, f"TabAgent cannot keep the keyword {keyword} ({reason})")
        self.message = (
            f"json_schema has the keyword {keyword}, which TabAgent cannot keep while it writes: {reason}. "
            "Leave the keyword out and check the answer yourself."
        )
        self.args = (self.message,)
        self.details["keyword"] = keyword


def bad_schema(reason: str, value: JsonValue) -> BadSetting:
    """Return the error of something that is no schema."""
    return BadSetting("json_schema", value, reason)


def checked(schema: JsonValue) -> JsonObject:
    """Return a schema without its annotations.

    Raises:
        UnsupportedSchema: It has another keyword than those that are taken.
        BadSetting: It is no object.
    """
    if not isinstance(schema, dict):
        raise bad_schema("must be made of objects, true and false", schema)
    found: JsonObject = {}
    for keyword, value in schema.items():
        if keyword in CONSTRAINTS:
            found[keyword] = value
        elif keyword not in ANNOTATIONS and not (keyword in _NEUTRAL and _NEUTRAL[keyword] == value):
            raise UnsupportedSchema(keyword, "it is none of those in the documentation")
    return found


def types_of(schema: JsonObject) -> list[str]:
    """Return the types that a schema allows; those that its keywords speak of where it names none."""
    given = schema.get("type")
    if given is None:
        implied = [name for name, keywords in _OF_TYPE.items() if keywords & schema.keys()]
        return implied or ["string", "number", "boolean", "null", "object", "array"]
    names = given if isinstance(given, list) else [given]
    if not all(name in TYPES for name in names):
        raise bad_schema(f"must have one or several of {', '.join(TYPES)} at type", given)
    wanted = cast("list[str]", list(dict.fromkeys(cast("list[str]", names))))
    return [name for name in wanted if name != "integer" or "number" not in wanted]


def combined(first: JsonValue, second: JsonValue, keyword: str) -> JsonValue:
    """Return a schema that asks for what both ask for.

    Args:
        first: A schema.
        second: Another one.
        keyword: What combines them, for the error.

    Raises:
        UnsupportedSchema: They speak of the same thing in a way that would have to be worked out.
    """
    if first is True or first == {}:
        return second
    if second is True or second == {}:
        return first
    if first is False or second is False:
        return False
    one, other = checked(first), checked(second)
    _check_pairs(one, other, keyword)
    result = dict(one)
    for name, value in other.items():
        result[name] = value if name not in one else _both(name, one[name], value, keyword)
    return result


def _both(name: str, first: JsonValue, second: JsonValue, keyword: str) -> JsonValue:
    """Return the value of a keyword that two schemas have."""
    if first == second and type(first) is type(second):
        return first
    if name == "type":
        here, there = types_of({name: first}), types_of({name: second})
        common = [each for each in here if _has_type(each, there)] + [each for each in there if _has_type(each, here)]
        return cast("JsonValue", list(dict.fromkeys(common)))
    if name == "required" and isinstance(first, list) and isinstance(second, list):
        return [*first, *(each for each in second if each not in first)]
    if name == "properties" and isinstance(first, dict) and isinstance(second, dict):
        if all(first[each] == second[each] for each in first.keys() & second.keys()):
            return first | second
        name = "properties of the same name"
    raise UnsupportedSchema(keyword, f"{name} on both sides of it would have to be worked out")


def _has_type(name: str, others: list[str]) -> bool:
    return name in others or (name == "integer" and "number" in others)


def _check_pairs(one: JsonObject, other: JsonObject, keyword: str) -> None:
    for listed, others in _PAIRS:
        for here, there in ((one, other), (other, one)):
            if listed in here and there.get(others, True) is not True and here.get(listed) != there.get(listed):
                raise UnsupportedSchema(keyword, f"{others} on one side of it and {listed} on the other contradict")
