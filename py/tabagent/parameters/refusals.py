"""The errors of settings: a value that is wrong, and one that this engine cannot do, with the reasons why it cannot."""

from __future__ import annotations

import json
from enum import StrEnum, unique

from tabagent.errors import BadRequest, JsonValue, RequestError
from tabagent.events import ErrorCodes

# Of a value in a message and in an error's details: enough to find it again.
MAX_SHOWN_CHARACTERS = 80
MAX_DETAIL_CHARACTERS = 1000


@unique
class Refusal(StrEnum):
    """Why only the default of a setting is taken, in English, without a full stop."""

    BEAMS = "an answer is shown while it is written, and the text of beams changes until the last token"
    NEEDS_BEAMS = "it needs beams, and the text of beams changes until the last token"
    ENCODER = "it is for models with an encoder, and TabAgent runs models that go on with a text"
    TENSORS = "an answer is text; nothing in TabAgent could receive tensors"
    SHARED_THREADS = "the threads belong to all models; set them in the resource settings"
    ONE_PROMPT = "a chat has one prompt at a time"
    ONE_ANSWER = "a prompt gets one answer"
    CONTRASTIVE_SEARCH = (
        "contrastive search computes every one of the top_k candidates a step further, and the engine gives no hidden "
        "states to compare them"
    )
    GUIDANCE = "guidance needs a second pass for every token, without the prompt"
    NO_PADDING = "the mask is always made, and is all ones because nothing is padded"
    GIVEN_UP = (
        "transformers has given it up; use forced_bos_token_id for the first token, or write the text into the prompt"
    )

    @property
    def code(self) -> str:
        """What other languages find their words by."""
        return self.name.lower()


class WrongValue(Exception):
    """A value is not what a parameter takes; its text goes on after the parameter's name."""


class BadSetting(BadRequest):
    """A setting is unknown, has the wrong type or range, or does not go with another.

    Args:
        name: Of the setting.
        value: That was given.
        reason: What would be right; a sentence that goes on after the name.
    """

    def __init__(self, name: str, value: JsonValue, reason: str) -> None:
        super().__init__(f"{name} {reason}; it was {shown(value)}.", field=name, value=plain(value))


class UnsupportedSetting(RequestError):
    """A setting has a value that means something, which the engine cannot do.

    Args:
        name: Of the setting.
        value: That was given.
        reason: Why not, without a full stop.
        neutral: The one value that is taken.
    """

    code = ErrorCodes.UNSUPPORTED_SETTING

    def __init__(self, name: str, value: JsonValue, reason: str, neutral: JsonValue = None) -> None:
        super().__init__(
            f"{name} cannot be {shown(value)}: {reason}. Leave it out, or at {shown(neutral)}.",
            field=name,
            value=plain(value),
            reason=reason,
        )


def shown(value: object) -> str:
    """Return a value as a message shows it."""
    text = _written(value) or "something too large to show"
    return text if len(text) <= MAX_SHOWN_CHARACTERS else text[: MAX_SHOWN_CHARACTERS - 3] + "..."


def plain(value: JsonValue) -> JsonValue:
    """Return a value as an error's details can carry it: plain JSON, and short."""
    text = _written(value, allow_nan=False)
    return value if text is not None and len(text) <= MAX_DETAIL_CHARACTERS else shown(value)


def _written(value: object, *, allow_nan: bool = True) -> str | None:
    """Return JSON text; None for a nest that is too deep and for numbers that cannot be written."""
    try:
        return json.dumps(value, ensure_ascii=False, default=str, allow_nan=allow_nan)
    except (RecursionError, ValueError):
        return None
