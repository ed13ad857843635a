"""Prompts of real families' templates: every conversation gets through, with everything that was said in it."""

from __future__ import annotations

import pytest

from tabagent.errors import JsonValue
from tabagent.generation.templates import MARK, render_prompt
from tabagent.specs import ChatMessage
from tests.chat_templates import ADD, ANSWER, CONVERSATIONS, FAMILIES, HELLO, SYSTEM, THOUGHT, VARIABLES, renderer

# What a family leaves out on purpose.
LOST = {"smollm3": "/no_think"}
# Templates that know no tools and leave calls and results out without a word.
WITHOUT_TOOLS = frozenset({"falcon", "phi3", "smollm2", "smollm3", "vicuna", "zephyr"})


def prompt(family: str, *messages: ChatMessage, **variables: JsonValue) -> str:
    return render_prompt(renderer(family), True, messages, variables)


def plain(text: str) -> str:
    """Return a text without white space, which templates strip and replace."""
    return "".join(text.split())


@pytest.mark.parametrize("name", CONVERSATIONS)
@pytest.mark.parametrize("family", FAMILIES)
def test_every_conversation_gets_through_every_template_whole(family: str, name: str) -> None:
    messages = CONVERSATIONS[name]
    rendered = plain(prompt(family, *messages))

    for message in messages:
        if (message.tool_calls or message.role == "tool") and family in WITHOUT_TOOLS:
            continue
        text = plain(message.content).replace(LOST.get(family, MARK), "")
        assert text in rendered or text.rpartition("</think>")[2] in rendered
    assert MARK not in rendered


@pytest.mark.parametrize("name", VARIABLES)
@pytest.mark.parametrize("family", FAMILIES)
def test_an_answer_is_continued_at_its_end_with_every_template(family: str, name: str) -> None:
    variables = {key: value for key, value in VARIABLES[name].items() if key != "add_generation_prompt"}
    begun = ChatMessage("assistant", "Well, I")
    before, rendered = prompt(family, SYSTEM, HELLO, **variables), prompt(family, SYSTEM, HELLO, begun, **variables)

    assert rendered.startswith(before)
    assert rendered[len(before) :].lstrip(" ") == "Well, I"


@pytest.mark.parametrize(
    ("family", "continued"),
    [
        ("llama2", "[/INST] Well"),
        ("mistral", "[/INST] Well"),
        ("falcon", "Assistant: Well"),
        ("smollm2", "<|im_start|>assistant\nWell"),
        ("qwen3", "<|im_start|>assistant\nWell"),
        ("deepseek-r1", "<｜Assistant｜><think>\nWell"),
    ],
)
def test_an_answer_is_continued_with_the_space_that_the_family_puts_before_answers(family: str, continued: str) -> None:
    assert prompt(family, HELLO, ChatMessage("assistant", "Well")).endswith(continued)


def test_templates_that_strip_thoughts_rewrite_the_history() -> None:
    rendered = prompt("qwen3", HELLO, THOUGHT, HELLO)

    assert "Who is it?" not in rendered
    assert "Hello!" in rendered


def test_the_variables_of_a_template_reach_it() -> None:
    assert prompt("qwen3", HELLO, enable_thinking=False).endswith("<think>\n\n</think>\n\n")
    assert not prompt("qwen3", HELLO).endswith("</think>\n\n")
    assert '"name": "add"' in prompt("llama3", HELLO, tools=[ADD])


@pytest.mark.parametrize(
    ("family", "shown"), [("gemma2", "user\nBe kind.\n\nHello<"), ("vicuna", "USER: Be kind.\n\nH")]
)
def test_a_system_text_gets_to_models_without_that_role(family: str, shown: str) -> None:
    assert shown in prompt(family, SYSTEM, HELLO, ANSWER, HELLO)
