"""An answer that is JSON, by construction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tabagent.errors import JsonValue
from tabagent.generation.json_containers import ArrayShape, ObjectShape
from tabagent.generation.json_numbers import NumberFrame
from tabagent.generation.json_schema import any_value, compile_schema
from tabagent.generation.json_strings import FreeString
from tabagent.generation.json_values import Begin, End, Node, Stack

# Stacks side by side. More of them come only of alternatives in alternatives that begin with the same text; those that
# are left out could have been answers too, and any of the others can be completed.
MAX_STACKS = 64
_OPEN = "\ufffd"


class JsonConstraint:
    """Lets only JSON through; implements `tabagent.generation.sampling.Constraint`.

    Without a schema the answer is an object or an array (any JSON value would be no promise: a bare word in quotes is
    one). With a schema it is what the schema allows, at the top level too. The limits are those of
    `tabagent.generation.json_schema` and of the layout: between two parts at most two spaces, or one line feed and an
    indentation.

    Args:
        schema: A JSON schema, or None.

    Raises:
        UnsupportedSchema: The schema has a keyword that cannot be decided while the text is written.
        BadSetting: It is no JSON schema, is too large, or allows no value.
    """

    def __init__(self, schema: Mapping[str, JsonValue] | None = None) -> None:
        self._stacks = [
            Stack(Begin(_object_or_array() if schema is None else compile_schema(schema), 0), Stack(End(), None))
        ]
        self._found: dict[str, list[Stack]] = {}

    def allows(self, text: str) -> bool:
        """See `Constraint`.

        A text that leaves a character open, or adds nothing, is allowed inside strings.
        """
        plain = text.rstrip(_OPEN)
        if plain == text and text:
            return bool(self._after(text))
        return any(stack.frame.holds_any_character for stack in self._after(plain))

    def feed(self, text: str) -> None:
        """See `Constraint`.

        Raises:
            ValueError: The text is not allowed.
        """
        if not self.allows(text):
            raise ValueError(f"the text {text[:80]!r} must not come here")
        plain = text.rstrip(_OPEN)
        stacks = self._after(plain)
        if plain != text:
            stacks = [stack for stack in stacks if stack.frame.holds_any_character]
        self._stacks, self._found = stacks, {}

    @property
    def complete(self) -> bool:
        """See `Constraint`."""
        return any(_ends(stack) for stack in self._stacks)

    @property
    def finished(self) -> bool:
        """See `Constraint`."""
        if all(isinstance(stack.frame, End) for stack in self._stacks):
            return True
        return all(map(_ends, self._stacks)) and not self.continuations()  # a number that cannot get longer

    def continuations(self) -> Sequence[str]:
        """See `Constraint`."""
        found: dict[str, None] = {}
        for stack in self._stacks:
            found |= dict.fromkeys(stack.frame.continuations())
            if isinstance(stack.frame, NumberFrame) and stack.below is not None:
                found |= dict.fromkeys(stack.below.frame.continuations())
        return [text for text in found if text and self.allows(text)]

    def _after(self, text: str) -> list[Stack]:
        """Return the stacks after a text, none when it must not come."""
        found = self._found.get(text)
        if found is None:
            found = self._found[text] = _read(self._stacks, text)
        return found


def _read(stacks: list[Stack], text: str) -> list[Stack]:
    position = 0
    while stacks and position < len(text):
        if len(stacks) == 1:
            (stack,) = stacks
            if isinstance(stack.frame, FreeString):
                frame, skipped = stack.frame.skip(text, position)
                if skipped > position:
                    stacks, position = [Stack(frame, stack.below)], skipped
                    continue
            stacks = stack.step(text[position])
        else:
            stacks = _stepped(stacks, text[position])
        position += 1
    return stacks


def _stepped(stacks: list[Stack], char: str) -> list[Stack]:
    """Return the stacks after one more character, each once, as far as they are not too many."""
    found: dict[Stack, None] = {}
    for stack in stacks:
        for following in stack.step(char):
            found[following] = None
            if len(found) >= MAX_STACKS:
                return list(found)
    return list(found)


def _ends(stack: Stack) -> bool:
    """Tell whether the text is whole with this stack."""
    if isinstance(stack.frame, End):
        return True
    return stack.frame.may_end and stack.below is not None and isinstance(stack.below.frame, End)


def _object_or_array() -> Node:
    return Node([shape for shape in any_value().shapes if isinstance(shape, (ObjectShape, ArrayShape))])
