"""What one setting takes: its type, range and meaning. Everything that is said of a setting is said here."""

from __future__ import annotations

import copy
import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, TypeGuard, cast

from tabagent.errors import JsonObject, JsonValue
from tabagent.parameters.refusals import Refusal, WrongValue

# No vocabulary is larger; ids above it are nonsense.
MAX_TOKEN_ID = 10_000_000
MAX_TOKENS = 10_000
MAX_SEQUENCES = 1_000
MAX_SEQUENCE_TOKENS = 64
MAX_TEXTS = 16
MAX_TEXTS_CHARACTERS = 200
MAX_OBJECT_CHARACTERS = 100_000
MAX_OBJECT_DEPTH = 32
MAX_DECAY_START = 32_768
MAX_DECAY_FACTOR = 10.0
# The largest finite number that JavaScript has as well.
LARGEST = sys.float_info.max

METADATA = "parameter"


class Kind(StrEnum):
    """Types of settings, as the panel's form knows them."""

    BOOLEAN = "boolean"
    INTEGER = "integer"
    NUMBER = "number"
    TEXT = "text"
    TEXTS = "texts"
    TOKEN = "token"  # noqa: S105 - of a vocabulary
    # one id or a list of them
    TOKENS = "tokens"
    TOKEN_SEQUENCES = "token sequences"  # noqa: S105 - as above
    # [the token that it begins at, the factor for each one after it]
    DECAY = "decay"
    OBJECT = "object"
    # takes null alone
    NOTHING = "nothing"
    # one of a few words
    CHOICE = "choice"


class Group(StrEnum):
    """Parts of the panel's form."""

    COMMON = "common"
    ADVANCED = "advanced"
    # shown, if at all, with the reason why it cannot be changed
    FIXED = "fixed"


class Source(StrEnum):
    """Where a setting and its meaning come from."""

    TRANSFORMERS_JS = "transformers.js"
    TRANSFORMERS = "transformers"
    TABAGENT = "TabAgent"
    NEW = "new"


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """One setting.

    Attributes:
        kind: Its type.
        default: As plain JSON.
        meaning: What it does, with its unit.
        source: Who defines it.
        group: Where the form shows it.
        low, high: The range of a number, ends included; None where it has none.
        above_low: `low` itself is not taken.
        step: Of the form's control; None where it has none.
        limit: Characters of a text at most.
        choices: The words that a choice takes.
        nullable: Null is taken, and means the default.
        refused: Why only the default is taken; None where other values work.
    """

    kind: Kind
    default: JsonValue
    meaning: str
    source: Source
    group: Group
    low: float | None = None
    high: float | None = None
    above_low: bool = False
    step: float | None = None
    limit: int | None = None
    choices: tuple[str, ...] = ()
    nullable: bool = False
    refused: Refusal | None = None

    def read(self, value: JsonValue) -> JsonValue:
        """Return a value as it is kept: whole numbers as `int`, others as `float`, lists and objects copied.

        Raises:
            WrongValue: It has another type, or is out of range.
        """
        if value is None and self.nullable:
            return self.default
        return _READERS[self.kind](self, value)

    def field_value(self, value: JsonValue) -> Any:
        """Return what `read` returned as the dataclass holds it: lists as tuples, one token as a tuple of it."""
        if self.kind is Kind.TOKENS and isinstance(value, int):
            return (value,)
        return _frozen(value) if isinstance(value, list) else value

    def describe(self, name: str) -> JsonObject:
        """Return everything about it as plain JSON."""
        return {
            "name": name,
            "type": str(self.kind),
            "default": self.default,
            "low": self.low,
            "high": self.high,
            "aboveLow": self.above_low,
            "step": self.step,
            "limit": self.limit,
            "choices": [*self.choices],
            "nullable": self.nullable,
            "group": str(self.group),
            "meaning": self.meaning,
            "source": str(self.source),
            "refused": str(self.refused or ""),
            "refusedCode": self.refused.code if self.refused else "",
        }


def option(kind: Kind, default: JsonValue, meaning: str, **rest: Any) -> Any:
    """Return a dataclass field with a `Parameter`, whose attributes the arguments are.

    A default of None makes it nullable; `source` is transformers.js and `group` the advanced one unless `rest` says
    otherwise.
    """
    about = {"source": Source.TRANSFORMERS_JS, "group": Group.ADVANCED, "nullable": default is None, **rest}
    parameter = Parameter(kind=kind, default=default, meaning=meaning, **about)
    return field(default_factory=lambda: parameter.field_value(copy.deepcopy(default)), metadata={METADATA: parameter})


def fixed(kind: Kind, default: JsonValue, meaning: str, refused: Refusal, **rest: Any) -> Any:
    """Return the field of a setting of which only the neutral value is taken; see `option`."""
    return option(kind, default, meaning, group=Group.FIXED, nullable=True, refused=refused, **rest)


def _frozen(value: JsonValue) -> Any:
    return tuple(_frozen(item) for item in value) if isinstance(value, list) else value


def _boolean(parameter: Parameter, value: JsonValue) -> JsonValue:
    if not isinstance(value, bool):
        raise WrongValue("must be true or false")
    return value


def _number(parameter: Parameter, value: JsonValue) -> float:
    if not _is_number(value) or not _in_range(parameter, value):
        raise WrongValue(f"must be a number{_range(parameter)}")
    return float(value)


def _integer(parameter: Parameter, value: JsonValue) -> int:
    if not _is_number(value) or not _in_range(parameter, value) or value != int(value):
        raise WrongValue(f"must be a whole number{_range(parameter)}")
    return int(value)


def _is_number(value: JsonValue) -> TypeGuard[int | float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _in_range(parameter: Parameter, value: float) -> bool:
    """Tell whether a number is finite and in range; NaN compares to nothing, infinity is beyond every end."""
    low = -LARGEST if parameter.low is None else parameter.low
    high = LARGEST if parameter.high is None else parameter.high
    return low <= value <= high and not (parameter.above_low and value == low)


def _range(parameter: Parameter) -> str:
    if parameter.low is None or parameter.high is None:
        return ""
    low, high = f"{parameter.low:,}", f"{parameter.high:,}"
    return f" over {low} and at most {high}" if parameter.above_low else f" from {low} to {high}"


def _text(parameter: Parameter, value: JsonValue) -> str:
    limit = cast(int, parameter.limit)
    if not isinstance(value, str) or len(value) > limit:
        raise WrongValue(f"must be a text of at most {limit:,} characters")
    return value


def _texts(parameter: Parameter, value: JsonValue) -> JsonValue:
    if not isinstance(value, list) or len(value) > MAX_TEXTS or not all(map(_is_short_text, value)):
        raise WrongValue(f"must be a list of at most {MAX_TEXTS} texts of 1 to {MAX_TEXTS_CHARACTERS} characters")
    return [*value]


def _is_short_text(value: JsonValue) -> bool:
    return isinstance(value, str) and 0 < len(value) <= MAX_TEXTS_CHARACTERS


def _is_token(value: JsonValue) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MAX_TOKEN_ID


def _token(parameter: Parameter, value: JsonValue) -> JsonValue:
    if not _is_token(value):
        raise WrongValue(f"must be a token's id, 0 to {MAX_TOKEN_ID:,}")
    return value


def _tokens(parameter: Parameter, value: JsonValue) -> JsonValue:
    if _is_token(value):
        return value
    if not isinstance(value, list) or len(value) > MAX_TOKENS or not all(map(_is_token, value)):
        raise WrongValue(f"must be a token's id, 0 to {MAX_TOKEN_ID:,}, or a list of at most {MAX_TOKENS:,} of them")
    return [*value]


def _token_sequences(parameter: Parameter, value: JsonValue) -> JsonValue:
    if not isinstance(value, list) or len(value) > MAX_SEQUENCES or not all(map(_is_sequence, value)):
        raise WrongValue(
            f"must be a list of at most {MAX_SEQUENCES:,} lists of 1 to {MAX_SEQUENCE_TOKENS} token ids, "
            f"0 to {MAX_TOKEN_ID:,}"
        )
    return [[*cast("list[JsonValue]", sequence)] for sequence in value]


def _is_sequence(value: JsonValue) -> bool:
    return isinstance(value, list) and 0 < len(value) <= MAX_SEQUENCE_TOKENS and all(map(_is_token, value))


def _decay(parameter: Parameter, value: JsonValue) -> JsonValue:
    start, factor = value if isinstance(value, list) and len(value) == 2 else (None, None)
    if not _is_number(start) or not _is_number(factor) or not _is_decay(start, factor):
        raise WrongValue(
            f"must be [start, factor]: a whole number from 0 to {MAX_DECAY_START:,} and a number over 0 and at most "
            f"{MAX_DECAY_FACTOR:g}"
        )
    return [int(start), float(factor)]


def _is_decay(start: float, factor: float) -> bool:
    return 0 <= start <= MAX_DECAY_START and start == int(start) and 0 < factor <= MAX_DECAY_FACTOR


def _object(parameter: Parameter, value: JsonValue) -> JsonValue:
    text = _compact(value) if isinstance(value, dict) else None
    if text is None or len(text) > MAX_OBJECT_CHARACTERS:
        raise WrongValue(
            f"must be an object of plain JSON, {MAX_OBJECT_DEPTH} levels and {MAX_OBJECT_CHARACTERS:,} characters at "
            "most"
        )
    return cast(JsonObject, json.loads(text))


def _compact(value: JsonValue) -> str | None:
    """Return JSON text, or None for what is too deep or not plain JSON."""
    level = [value]
    for _ in range(MAX_OBJECT_DEPTH):
        level = [child for item in level for child in _children(item)]
    if level:
        return None
    try:
        return json.dumps(value, allow_nan=False)
    except (TypeError, ValueError):
        return None


def _children(value: JsonValue) -> list[JsonValue]:
    if isinstance(value, Mapping):
        return [*value.values()]
    return value if isinstance(value, list) else []


def _choice(parameter: Parameter, value: JsonValue) -> JsonValue:
    if value not in parameter.choices:
        raise WrongValue(f"must be one of: {', '.join(parameter.choices)}")
    return value


def _nothing(parameter: Parameter, value: JsonValue) -> JsonValue:
    return value


_READERS: dict[Kind, Callable[[Parameter, JsonValue], JsonValue]] = {
    Kind.BOOLEAN: _boolean,
    Kind.INTEGER: _integer,
    Kind.NUMBER: _number,
    Kind.TEXT: _text,
    Kind.TEXTS: _texts,
    Kind.TOKEN: _token,
    Kind.TOKENS: _tokens,
    Kind.TOKEN_SEQUENCES: _token_sequences,
    Kind.DECAY: _decay,
    Kind.OBJECT: _object,
    Kind.NOTHING: _nothing,
    Kind.CHOICE: _choice,
}
