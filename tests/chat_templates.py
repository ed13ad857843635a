"""Chat templates of many families in tests/data/templates, conversations for them, and Jinja2 as the reference.

The templates are written for the tests, in each family's format and with the constructs that the published ones use.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Template, TemplateError, nodes
from jinja2.ext import Extension, loopcontrols
from jinja2.parser import Parser
from jinja2.sandbox import ImmutableSandboxedEnvironment

from tabagent.engine_errors import TemplateFailed
from tabagent.errors import JsonObject, JsonValue
from tabagent.specs import ChatMessage

FOLDER = Path(__file__).parent / "data" / "templates"
FAMILIES = sorted(path.stem for path in FOLDER.glob("*.jinja"))
# Of the tokenizer, as templates name them.
SPECIAL_TOKENS = {"bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>", "pad_token": "</s>"}

ADD: JsonObject = {
    "type": "function",
    "function": {
        "name": "add",
        "description": 'Adds "two" numbers, é and <b> too.',
        "parameters": {
            "type": "object",
            "properties": {"a": {"type": "number", "enum": [1, 2.5, -3]}, "b": {"type": ["number", "null"]}},
            "required": ["a"],
            "additionalProperties": False,
        },
    },
}
CALL: JsonObject = {
    "id": "call12345",
    "type": "function",
    "function": {"name": "add", "arguments": {"a": 1, "b": None}},
}

SYSTEM = ChatMessage("system", "Be kind.")
HELLO, AGAIN = ChatMessage("user", "Hello"), ChatMessage("user", "  And\n\nagain?\r\n ")
ANSWER = ChatMessage("assistant", "Hello, you.\n")
ODD = ChatMessage("user", "a \"b\" 'c' \\n {{ d }} {% e %} <|im_end|> 👩‍👩‍👧 你好 <b>&amp;</b>\t")
THOUGHT = ChatMessage("assistant", "<think>\nWho is it?\n</think>\n\nHello!")
CALLED = ChatMessage("assistant", "", tool_calls=(CALL,))
RESULT = ChatMessage("tool", '{"sum": 3.5}', name="add", tool_call_id="call12345")

CONVERSATIONS: dict[str, tuple[ChatMessage, ...]] = {
    "a question": (HELLO,),
    "a system text and a question": (SYSTEM, HELLO),
    "several turns": (SYSTEM, HELLO, ANSWER, AGAIN),
    "turns without a system text": (HELLO, ANSWER, AGAIN, ANSWER, ODD),
    "odd characters": (ChatMessage("system", ODD.content), ODD),
    "a mode in the system text": (ChatMessage("system", "Be quick. /no_think"), HELLO, ANSWER, AGAIN),
    "thoughts in the history": (SYSTEM, HELLO, THOUGHT, AGAIN),
    "thoughts at the end": (HELLO, THOUGHT),
    "an answer at the end": (SYSTEM, HELLO, ANSWER),
    "an assistant that begins": (ANSWER, HELLO),
    "the user twice": (HELLO, AGAIN),
    "a system text in the middle": (HELLO, ANSWER, SYSTEM, AGAIN),
    "nothing said": (ChatMessage("user", ""),),
    "a call and its result": (SYSTEM, HELLO, CALLED, RESULT),
    "results and then an answer": (HELLO, CALLED, RESULT, RESULT, ANSWER, AGAIN),
}
VARIABLES: dict[str, JsonObject] = {
    "as it is": {},
    "thinking": {"enable_thinking": True, "thinking": True},
    "not thinking": {"enable_thinking": False, "thinking": False},
    "tools": {"tools": [ADD, ADD], "date_string": "1 Jan 2030"},
    "without the answer's beginning": {"add_generation_prompt": False},
}


class _Generation(Extension):
    """The tag that marks the assistant's part for training; it changes nothing (transformers' AssistantTracker)."""

    tags = {"generation"}  # noqa: RUF012 - the base class has it so

    def parse(self, parser: Parser) -> list[nodes.Node]:
        next(parser.stream)
        return parser.parse_statements(("name:endgeneration",), drop_needle=True)


def source_of(family: str) -> str:
    """Return the text of a template."""
    return (FOLDER / f"{family}.jinja").read_text(encoding="utf-8")


@cache
def jinja2_template(source: str) -> Template:
    """Return a template, compiled as transformers does it (`_compile_jinja_template` of its chat_template_utils)."""
    environment = ImmutableSandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True, extensions=[_Generation, loopcontrols]
    )

    def tojson(value: Any, **options: Any) -> str:
        return json.dumps(value, ensure_ascii=False, **options)

    def refuse(message: str) -> None:
        raise TemplateError(message)

    environment.filters["tojson"] = tojson
    environment.globals["raise_exception"] = refuse
    return environment.from_string(source)


def jinja2_render(family: str, messages: Sequence[ChatMessage], variables: Mapping[str, JsonValue]) -> str:
    """Return what Jinja2 makes of a conversation.

    Raises:
        TemplateFailed: The template refuses it.
    """
    turns = [message.to_template() for message in messages]
    given = {"add_generation_prompt": True, "tools": None, "documents": None, **SPECIAL_TOKENS, **variables}
    template = jinja2_template(source_of(family))
    try:
        return template.render(messages=turns, **given)
    except TemplateError as error:
        raise TemplateFailed(str(error)) from error


def renderer(family: str) -> Callable[[Sequence[ChatMessage], Mapping[str, JsonValue]], str]:
    """Return an engine's `render` with a family's template."""
    return lambda messages, variables: jinja2_render(family, messages, variables)
