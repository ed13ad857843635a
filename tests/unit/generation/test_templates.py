"""Conversations in a shape that a model's template takes, whatever it refuses."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence

import pytest

from tabagent.engine_errors import TemplateFailed
from tabagent.errors import JsonValue
from tabagent.generation.templates import FALLBACK_STOP, MARK, Render, render_prompt
from tabagent.specs import ChatMessage

SYSTEM, USER, ANSWER = ChatMessage("system", "Be kind."), ChatMessage("user", "Hi"), ChatMessage("assistant", "Hello")
CALL = ChatMessage("assistant", "", tool_calls=({"function": {"name": "add", "arguments": {"a": 1}}},))
RESULT = ChatMessage("tool", "42", name="add")

Turn = Callable[[ChatMessage], str]


def chatml(message: ChatMessage) -> str:
    return f"<{message.role}>{message.content}</>"


class Template:
    """A chat template in Python; counts how often it is applied.

    Args:
        turn: Renders a message.
        roles: That it knows; others are refused, or left out with `silent`.
        alternating: Refuses all but user and assistant in turn, after a system message.
        opening: What begins an answer.
    """

    def __init__(
        self,
        turn: Turn = chatml,
        *,
        roles: Sequence[str] = ("system", "user", "assistant", "tool"),
        silent: bool = False,
        alternating: bool = False,
        opening: str = "<assistant>",
    ) -> None:
        self._turn, self._roles, self._silent = turn, roles, silent
        self._alternating, self._opening = alternating, opening
        self.count = 0
        self.variables: list[Mapping[str, JsonValue]] = []

    def __call__(self, messages: Sequence[ChatMessage], variables: Mapping[str, JsonValue]) -> str:
        self.count += 1
        self.variables.append(variables)
        strange = [message.role for message in messages if message.role not in self._roles]
        if strange and not self._silent:
            raise TemplateFailed(f"role {strange[0]}")
        turns = [message for message in messages if message.role in self._roles]
        rest = turns[1:] if turns and turns[0].role == "system" else turns
        if self._alternating and any(turn.role != ("user", "assistant")[index % 2] for index, turn in enumerate(rest)):
            raise TemplateFailed("roles must alternate")
        return "".join(map(self._turn, turns)) + self._opening


def prompt(template: Render, *messages: ChatMessage, has_template: bool = True, **variables: JsonValue) -> str:
    return render_prompt(template, has_template, messages, variables)


def test_a_template_gets_the_conversation_as_it_is() -> None:
    template = Template()

    assert prompt(template, USER, USER, ANSWER, USER) == (
        "<user>Hi</><user>Hi</><assistant>Hello</><user>Hi</><assistant>"
    )
    assert template.count == 1


def test_variables_and_tools_reach_the_template() -> None:
    template = Template()
    prompt(template, SYSTEM, USER, enable_thinking=False, tools=[{"name": "add"}])

    assert template.variables[-1] == {"enable_thinking": False, "tools": [{"name": "add"}]}
    # Whether the template shows a system message is asked without tools, which change what some templates do.
    assert template.variables[0] == {"enable_thinking": False}


@pytest.mark.parametrize("silent", [False, True])
def test_without_a_system_role_its_text_comes_before_the_users_first_words(*, silent: bool) -> None:
    template = Template(roles=("user", "assistant"), silent=silent)

    assert prompt(template, SYSTEM, USER, ANSWER, USER) == (
        "<user>Be kind.\n\nHi</><assistant>Hello</><user>Hi</><assistant>"
    )


def test_a_system_text_that_the_user_says_too_is_not_taken_for_shown() -> None:
    template = Template(roles=("user", "assistant"), silent=True)

    assert prompt(template, ChatMessage("system", "Hi"), USER) == "<user>Hi\n\nHi</><assistant>"


def test_a_system_message_that_a_template_knows_stays_one() -> None:
    assert prompt(Template(alternating=True), SYSTEM, USER) == "<system>Be kind.</><user>Hi</><assistant>"


@pytest.mark.parametrize("roles", [("user", "assistant"), ("system", "user", "assistant")])
def test_what_one_says_twice_is_merged_where_roles_must_alternate(roles: tuple[str, ...]) -> None:
    rendered = prompt(
        Template(roles=roles, alternating=True), USER, USER, ANSWER, ANSWER, ChatMessage("user", ""), USER
    )

    assert rendered == "<user>Hi\n\nHi</><assistant>Hello\n\nHello</><user>Hi</><assistant>"


def test_an_assistant_that_speaks_first_is_greeted_where_the_user_must() -> None:
    rendered = prompt(Template(alternating=True), SYSTEM, ANSWER, USER)

    assert rendered == "<system>Be kind.</><user>Hello.</><assistant>Hello</><user>Hi</><assistant>"


def test_a_system_message_in_the_middle_is_the_users_where_roles_must_alternate() -> None:
    rendered = prompt(Template(alternating=True), SYSTEM, SYSTEM, USER, ANSWER, SYSTEM, USER)

    assert rendered == (
        "<system>Be kind.\n\nBe kind.</><user>Hi</><assistant>Hello</><user>Be kind.\n\nHi</><assistant>"
    )


def test_tools_are_told_in_words_where_the_template_knows_none() -> None:
    rendered = prompt(Template(roles=("user", "assistant"), alternating=True), SYSTEM, USER, CALL, RESULT)

    assert rendered == (
        '<user>Be kind.\n\nHi</><assistant>{"name": "add", "arguments": {"a": 1}}</>'
        "<user>Result of add:\n42</><assistant>"
    )


def test_tools_stay_tools_where_the_template_knows_them() -> None:
    assert prompt(Template(), USER, CALL, RESULT) == "<user>Hi</><assistant></><tool>42</><assistant>"


def no_two_users(messages: Sequence[ChatMessage], variables: Mapping[str, JsonValue]) -> str:
    """Take all but what the user says twice in a row; calls are shown by their number."""
    roles = [message.role for message in messages]
    if ("user", "user") in itertools.pairwise(roles):
        raise TemplateFailed("roles must alternate")
    return "".join(f"<{turn.role} {len(turn.tool_calls)}>{turn.content}</>" for turn in messages)


def test_results_of_several_calls_stay_apart_where_others_are_merged() -> None:
    assert prompt(no_two_users, USER, USER, CALL, RESULT, RESULT) == (
        "<user 0>Hi\n\nHi</><assistant 1></><tool 0>42</><tool 0>42</>"
    )


def test_what_is_merged_keeps_its_call_and_nothing_is_merged_into_one() -> None:
    assert prompt(no_two_users, USER, USER, ANSWER, CALL, RESULT) == (
        "<user 0>Hi\n\nHi</><assistant 1>Hello</><tool 0>42</>"
    )
    assert prompt(no_two_users, USER, USER, CALL, ANSWER, USER) == (
        "<user 0>Hi\n\nHi</><assistant 1></><assistant 0>Hello</><user 0>Hi</>"
    )


def test_a_call_at_the_end_is_no_answer_that_is_continued() -> None:
    assert prompt(Template(), USER, CALL) == "<user>Hi</><assistant></><assistant>"


def test_a_call_is_told_in_the_letters_that_it_has() -> None:
    call = ChatMessage("assistant", "", tool_calls=({"function": {"name": "größe"}},))
    rendered = prompt(Template(roles=("user", "assistant")), USER, call, RESULT)

    assert '{"name": "größe"}' in rendered


def test_a_system_text_that_is_lost_with_tools_alone_moves_to_the_user() -> None:
    class Forgetful(Template):
        def __call__(self, messages: Sequence[ChatMessage], variables: Mapping[str, JsonValue]) -> str:
            tools = any(message.role == "tool" for message in messages)
            return super().__call__([turn for turn in messages if turn.role != "system" or not tools], variables)

    assert prompt(Forgetful(), SYSTEM, USER) == "<system>Be kind.</><user>Hi</><assistant>"
    assert prompt(Forgetful(), SYSTEM, USER, CALL, RESULT) == (
        "<user>Be kind.\n\nHi</><assistant></><tool>42</><assistant>"
    )


def test_a_system_text_that_the_template_changes_is_not_taken_for_lost() -> None:
    template = Template(lambda message: chatml(message).replace("kind", "very kind"))

    assert prompt(template, SYSTEM, USER) == "<system>Be very kind.</><user>Hi</><assistant>"


@pytest.mark.parametrize("name", ["messages", "tokenize", "chat_template", "add_generation_prompt", "return_dict"])
def test_a_variable_that_is_the_engines_own_is_refused(name: str) -> None:
    with pytest.raises(TemplateFailed, match=name):
        prompt(Template(), USER, **{name: True})


def test_the_first_refusal_is_the_one_that_is_told() -> None:
    def refuse(messages: Sequence[ChatMessage], variables: Mapping[str, JsonValue]) -> str:
        raise TemplateFailed(f"{len(messages)} messages")

    with pytest.raises(TemplateFailed, match="4 messages"):
        prompt(refuse, USER, USER, CALL, RESULT)


def test_an_answer_is_continued_where_it_stopped() -> None:
    assert prompt(Template(), SYSTEM, USER, ANSWER) == "<system>Be kind.</><user>Hi</><assistant>Hello"


def test_a_space_that_the_template_puts_before_answers_is_kept() -> None:
    def llama(message: ChatMessage) -> str:
        return f"[INST] {message.content} [/INST]" if message.role == "user" else f" {message.content} </s>"

    template = Template(llama, roles=("user", "assistant"), alternating=True, opening="")
    assert prompt(template, USER, ANSWER) == "[INST] Hi [/INST] Hello"
    assert prompt(template, USER, USER, ANSWER) == "[INST] Hi\n\nHi [/INST] Hello"


@pytest.mark.parametrize(
    ("opening", "text", "continued"),
    [
        ("<assistant><think>\n", "Well, ", "<assistant><think>\nWell, "),
        ("<assistant><think>\n", "<think>\nWell, ", "<assistant><think>\nWell, "),
        ("<assistant><think>\n", "Well.</think>\n\nYes", "<assistant><think>\nWell.</think>\n\nYes"),
        ("<assistant><think>\n\n</think>\n\n", "Yes", "<assistant><think>\n\n</think>\n\nYes"),
        ("<assistant><think>\n\n</think>\n\n", "<think>\nWell", "<assistant><think>\nWell"),
        ("<assistant>", "<think>\nWell", "<assistant><think>\nWell"),
    ],
)
def test_a_thought_is_begun_once(opening: str, text: str, continued: str) -> None:
    assert prompt(Template(opening=opening), USER, ChatMessage("assistant", text)) == f"<user>Hi</>{continued}"


def test_an_answer_is_continued_even_where_the_template_takes_none() -> None:
    template = Template(roles=("user",))

    assert prompt(template, USER, ANSWER) == "<user>Hi</><assistant>Hello"


def test_the_mark_of_a_probe_never_gets_into_a_prompt() -> None:
    for template in (Template(), Template(roles=("user", "assistant"), silent=True, opening="")):
        for messages in ((SYSTEM, USER), (SYSTEM, USER, ANSWER), (USER, ANSWER)):
            assert MARK not in prompt(template, *messages)


def test_a_model_without_a_template_gets_a_dialogue_in_plain_text() -> None:
    template = Template()

    assert prompt(template, SYSTEM, USER, ANSWER, CALL, RESULT, USER, has_template=False) == (
        "Be kind.\n\nUser: Hi\n\nAssistant: Hello\n\n"
        'Assistant: {"name": "add", "arguments": {"a": 1}}\n\nUser: Result of add:\n42\n\nUser: Hi\n\nAssistant:'
    )
    assert prompt(template, USER, ANSWER, has_template=False) == "User: Hi\n\nAssistant: Hello"
    assert prompt(template, USER, ChatMessage("assistant", ""), has_template=False) == "User: Hi\n\nAssistant:"
    assert template.count == 0


def test_a_dialogue_in_plain_text_ends_where_the_other_one_speaks() -> None:
    dialogue = prompt(Template(), USER, ANSWER, USER, ANSWER, has_template=False)

    assert all(stop in dialogue for stop in FALLBACK_STOP)
