"""Renders a conversation as a model's prompt, whatever its chat template can do.

Templates differ in what they take: some refuse a system message or leave it out without a word, some want user and
assistant in turn, some know no tools, and some models have no template at all. The conversation is given as it is
first; only where the template refuses is it brought into a shape that more templates take.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

from tabagent.engine_errors import TemplateFailed
from tabagent.errors import JsonValue
from tabagent.specs import ChatMessage

Render = Callable[[Sequence[ChatMessage], Mapping[str, JsonValue]], str]

# Models without a template are mostly not trained to chat: a dialogue in plain text is what they have seen, and it
# needs no token that their vocabulary may lack. A tool's result is told by the user.
SPEAKERS = {"user": "User", "assistant": "Assistant"}
# Where such an answer ends, since the model itself goes on with the other's part.
FALLBACK_STOP = ("\nUser:", "\nAssistant:")
MARK = "tabagent7marks3this"
# Said in the user's place where a template wants the user to begin and the assistant did.
OPENING = "Hello."
# What transformers.js's `apply_chat_template` takes besides variables, or gives to the template itself.
RESERVED = frozenset(
    {"messages", "add_generation_prompt", "chat_template", "tokenize", "tokenizer_kwargs", "padding", "truncation"}
    | {"max_length", "return_tensor", "return_dict"}
)
_OPEN_THOUGHT = re.compile(r"<think>\s*\Z")
_NO_THOUGHT = re.compile(r"<think>\s*</think>\s*\Z")


def render_prompt(
    render: Render, has_template: bool, messages: Sequence[ChatMessage], variables: Mapping[str, JsonValue]
) -> str:
    """Return the prompt after which the model writes its answer, or goes on with the one that comes last.

    Args:
        render: The tokenizer's template; ends with what begins an answer.
        has_template: There is one.
        messages: The conversation.
        variables: For the template: `tools`, `enable_thinking` and the like.

    Raises:
        TemplateFailed: The template takes the conversation in no shape (says what it said of the first), or a
            variable has a name that is not the template's.
    """
    taken = sorted(RESERVED & variables.keys())
    if taken:
        raise TemplateFailed(f"chat_template_kwargs cannot set {', '.join(taken)}")
    if not has_template:
        return _plain_dialogue(messages)
    if messages and messages[-1].role == "assistant" and not messages[-1].tool_calls:
        return _continued(render, messages, variables)
    return _rendered(render, messages, variables)


def _rendered(render: Render, messages: Sequence[ChatMessage], variables: Mapping[str, JsonValue]) -> str:
    refusals: list[TemplateFailed] = []
    fold = any(message.role == "system" for message in messages) and not _takes_system(render, variables)
    for turns in _shapes(messages, fold=fold):
        try:
            rendered = render(turns, variables)
            if not _loses_system(render, turns, variables, rendered):
                return rendered
        except TemplateFailed as error:
            refusals.append(error)
    raise refusals[0]


def _takes_system(render: Render, variables: Mapping[str, JsonValue]) -> bool:
    """Tell whether the template shows a system message, with a short conversation."""
    others = {name: value for name, value in variables.items() if name != "tools"}
    try:
        return MARK in render([ChatMessage("system", MARK), ChatMessage("user", OPENING)], others)
    except TemplateFailed:
        return False


def _loses_system(
    render: Render, turns: Sequence[ChatMessage], variables: Mapping[str, JsonValue], rendered: str
) -> bool:
    """Tell whether a template left out a system message: Mistral's does once a tool was called, for one.

    A text that cannot be found may only have been changed; then a mark in its place tells.
    """
    if all(turn.content.strip() in rendered for turn in turns if turn.role == "system"):
        return False
    marks = {index: f"{MARK}{index}." for index, turn in enumerate(turns) if turn.role == "system"}
    marked = [replace(turn, content=marks.get(index, turn.content)) for index, turn in enumerate(turns)]
    probe = render(marked, variables)
    return not all(mark in probe for mark in marks.values())


def _shapes(messages: Sequence[ChatMessage], *, fold: bool) -> Iterator[list[ChatMessage]]:
    """Yield the conversation in shapes that fewer and fewer templates refuse."""
    if not fold:
        yield list(messages)
        yield _alternating(_system_first(messages))
    yield _system_in_user(messages)
    yield _alternating(_system_in_user(messages))
    if any(message.role == "tool" or message.tool_calls for message in messages):
        yield _alternating(_without_tools(_system_in_user(messages)))


def _system_first(messages: Sequence[ChatMessage]) -> list[ChatMessage]:
    """Make one system message of those at the start, and messages of the user of the others."""
    head, rest = _head(messages)
    system = [ChatMessage("system", "\n\n".join(message.content for message in head))] if head else []
    return system + [ChatMessage("user", turn.content) if turn.role == "system" else turn for turn in rest]


def _system_in_user(messages: Sequence[ChatMessage]) -> list[ChatMessage]:
    """Put the system messages at the start in front of what the user says first."""
    turns = _system_first(messages)
    if not turns or turns[0].role != "system":
        return turns
    system, rest = turns[0].content, turns[1:]
    if rest and rest[0].role == "user":
        return [replace(rest[0], content=f"{system}\n\n{rest[0].content}"), *rest[1:]]
    return [ChatMessage("user", system), *rest]


def _head(messages: Sequence[ChatMessage]) -> tuple[Sequence[ChatMessage], Sequence[ChatMessage]]:
    first = next((index for index, message in enumerate(messages) if message.role != "system"), len(messages))
    return messages[:first], messages[first:]


def _alternating(messages: Sequence[ChatMessage]) -> list[ChatMessage]:
    """Merge what one says twice in a row, and let the user begin."""
    turns: list[ChatMessage] = []
    for message in messages:
        if turns and turns[-1].role == message.role != "tool" and not turns[-1].tool_calls:
            merged = "\n\n".join(text for text in (turns[-1].content, message.content) if text)
            turns[-1] = replace(message, content=merged)
            continue
        begins = all(turn.role == "system" for turn in turns)
        if begins and message.role == "assistant":
            turns.append(ChatMessage("user", OPENING))
        turns.append(message)
    return turns


def _without_tools(messages: Sequence[ChatMessage]) -> list[ChatMessage]:
    """Tell of calls and results in plain words, for templates without tools."""
    turns = []
    for message in messages:
        if message.role == "tool":
            of = f" of {message.name}" if message.name else ""
            turns.append(ChatMessage("user", f"Result{of}:\n{message.content}"))
        elif message.tool_calls:
            calls = "\n".join(json.dumps(call.get("function", call), ensure_ascii=False) for call in message.tool_calls)
            turns.append(ChatMessage("assistant", "\n".join(text for text in (message.content, calls) if text)))
        else:
            turns.append(message)
    return turns


def _continued(render: Render, messages: Sequence[ChatMessage], variables: Mapping[str, JsonValue]) -> str:
    """Return the prompt before the last answer, and that answer's text.

    The template's own end of an answer is not wanted, so the answer is not given to it. What stands between the end
    of the prompt and an answer (a space in Llama 2's and Mistral's) is found with a mark in its place.
    """
    before, text = messages[:-1], messages[-1].content
    prompt = _rendered(render, before, variables)
    try:
        whole = _rendered(render, [*before, ChatMessage("assistant", MARK)], variables)
    except TemplateFailed:
        whole = ""
    between, found, _ = whole.removeprefix(prompt).partition(MARK) if whole.startswith(prompt) else ("", "", "")
    if found and not between.strip():
        prompt += between
    if text.lstrip().startswith("<think>"):
        # The template begins the thought, or leaves it out, and the answer has it already.
        prompt = _NO_THOUGHT.sub("", prompt)
        if _OPEN_THOUGHT.search(prompt):
            text = text.lstrip().removeprefix("<think>").lstrip("\n")
    return prompt + text


def _plain_dialogue(messages: Sequence[ChatMessage]) -> str:
    """Return a conversation as `User: …` and `Assistant: …`, for models without a template."""
    turns = _system_first(_without_tools(messages))
    continues = bool(turns) and turns[-1].role == "assistant"
    told = [
        turn.content.strip() if turn.role == "system" else f"{SPEAKERS[turn.role]}: {turn.content.strip()}"
        for turn in (turns[:-1] if continues else turns)
    ]
    last = f"{SPEAKERS['assistant']}:"
    if continues and turns[-1].content:
        last += f" {turns[-1].content.lstrip()}"
    return "\n\n".join([*told, last])
