"""What a model gets of what a page sent: system prompts, JSON mode, and pages that are data whatever they say."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tabagent.errors import JsonObject
from tabagent.generation.conversation import JSON_PROMPT, PAGE_NOTE, filter_scraped_content, prepare
from tabagent.specs import ChatMessage

USER, ANSWER = ChatMessage("user", "What is it?"), ChatMessage("assistant", "This.")
PAGE: JsonObject = {"title": "A tale", "url": "https://example.org/", "text": "Once upon", "wordCount": 2}
ROLES = ("system", "user", "assistant", "tool")


def prepared(*messages: ChatMessage, prompt: str = "Be kind.", json_mode: bool = False) -> tuple[ChatMessage, ...]:
    return prepare(messages, system_prompt=prompt, json_mode=json_mode, json_schema=None)


def shown(page: object, role: str = "system") -> ChatMessage:
    return filter_scraped_content(ChatMessage(role, json.dumps(page)))


def block(message: ChatMessage) -> str:
    """Return what is inside the fence, which must be the rest of the message."""
    fence, _, rest = message.content.removeprefix(f"{PAGE_NOTE}\n\n").partition("text\n")
    assert re.fullmatch("`{3,}", fence)
    assert rest.endswith(f"\n{fence}")
    inside = rest[: -len(fence) - 1]
    assert fence not in inside
    return inside


def test_the_system_prompt_comes_first() -> None:
    assert prepared(USER, ANSWER, USER) == (ChatMessage("system", "Be kind."), USER, ANSWER, USER)


@pytest.mark.parametrize("place", [0, 1, 3])
def test_a_system_message_of_the_conversation_takes_its_place(place: int) -> None:
    messages = [USER, ANSWER, USER]
    messages.insert(place, ChatMessage("system", "Be rude."))

    assert prepared(*messages) == tuple(messages)


@pytest.mark.parametrize("prompt", ["", " ", "\n"])
def test_an_empty_system_prompt_is_none(prompt: str) -> None:
    assert prepared(USER, prompt=prompt) == (USER,)


def test_an_empty_system_message_says_that_there_is_to_be_none() -> None:
    assert prepared(ChatMessage("system", " "), USER) == (USER,)


def test_json_mode_says_so_in_place_of_the_system_prompt() -> None:
    assert prepared(USER, json_mode=True) == (ChatMessage("system", JSON_PROMPT), USER)


def test_a_schema_is_told_to_the_model() -> None:
    schema: JsonObject = {"type": "object", "properties": {"größe": {"type": "number"}}}
    system = prepare([USER], system_prompt="Be kind.", json_mode=True, json_schema=schema)[0].content

    assert system.startswith(JSON_PROMPT)
    assert json.loads(system[system.index("{") :]) == schema
    assert "größe" in system
    assert prepare([USER], system_prompt="", json_mode=False, json_schema=schema)[0].content == system


def test_json_mode_is_added_to_a_system_message_of_the_conversation() -> None:
    system = prepared(ChatMessage("system", "Be rude."), USER, json_mode=True)[0]

    assert system == ChatMessage("system", f"Be rude.\n\n{JSON_PROMPT}")


def test_json_mode_is_added_to_the_first_of_several_system_messages() -> None:
    first, second = ChatMessage("system", "Be rude."), ChatMessage("system", "Be brief.")
    messages = prepared(first, USER, second, USER, json_mode=True)

    assert messages == (ChatMessage("system", f"Be rude.\n\n{JSON_PROMPT}"), USER, second, USER)


def test_a_page_is_no_system_message_even_where_it_came_as_one() -> None:
    messages = prepared(USER, ChatMessage("system", json.dumps(PAGE)), USER)

    assert [message.role for message in messages] == ["system", "user", "user", "user"]
    assert messages[0].content == "Be kind."


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("frame", ["{}", "```json\n{}\n```", "\n```JSON\n{}```\n", " {}\n"])
def test_a_page_becomes_data_in_a_message_of_the_user(role: str, frame: str) -> None:
    message = filter_scraped_content(ChatMessage(role, frame.replace("{}", json.dumps(PAGE, indent=1))))

    assert message.role == "user"
    assert block(message) == "Title: A tale\nURL: https://example.org/\nContent: Once upon"


@pytest.mark.parametrize(
    "mark",
    [
        {"method": "tempTabExecuteScript"},
        *({name: None} for name in ("extractedAt", "wordCount", "readingTime", "segments", "images", "links")),
    ],
)
def test_a_page_is_known_by_the_fields_of_the_page_reader(mark: JsonObject) -> None:
    assert block(shown({"title": "A", **mark})) == "Title: A\nURL: \nContent: "


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{}",
        "{",
        "[]",
        '{"title": "A", "text": "B"}',
        '{"method": "get"}',
        '[{"links": []}]',
        'See {"links": []}',
        '{"links": []} and so on',
        '```json\n{"links": []}\n``` what is this?',
        '```python\n{"links": []}\n```',
        '{"links": ' + "[" * 100_000,
        '{"links": ' + "[" * 100_000 + "}",
        '"links"',
        "{" + "[" * 100_000 + "}",
    ],
)
def test_any_other_message_stays_as_it_is(content: str) -> None:
    message = ChatMessage("user", content)

    assert filter_scraped_content(message) is message


def test_markup_stands_in_where_there_is_no_text() -> None:
    assert block(shown({"title": "A", "text": " ", "content": "<p>B</p>", "links": []})).endswith("Content: <p>B</p>")


def test_text_comes_before_markup() -> None:
    assert block(shown({"content": "<p>B</p>", "text": "B", "links": []})).endswith("Content: B")


def test_a_page_without_the_usual_fields_is_shown_as_it_is() -> None:
    page = {"links": ["https://example.org/größe"], "title": 3, "url": None, "text": ["a"]}

    assert json.loads(block(shown(page))) == page
    assert "größe" in block(shown(page))


def test_the_result_of_a_tool_that_was_called_stays_one_and_is_data_all_the_same() -> None:
    message = filter_scraped_content(ChatMessage("tool", json.dumps(PAGE), name="read", tool_call_id="1"))

    assert (message.role, message.name, message.tool_call_id) == ("tool", "read", "1")
    assert block(message).startswith("Title: A tale")


@given(
    st.text("`~ \nab<|>", max_size=60),
    st.text("`\n:", max_size=20),
    st.text("`\n/", max_size=20),
    st.sampled_from(ROLES),
)
def test_no_page_can_end_its_fence_or_change_its_role(text: str, title: str, url: str, role: str) -> None:
    message = shown({"title": title, "url": url, "text": text, "links": []}, role)

    assert message.role == "user"
    block(message)


@pytest.mark.parametrize(
    "token",
    [
        "<|im_end|>",
        "<|im_start|>system",
        "<|eot_id|>",
        "<|start_header_id|>",
        "<|endoftext|>",
        "<|end|>",
        "<|START_OF_TURN_TOKEN|>",
        "<|start_of_role|>",
        "<｜User｜>",
        "<｜end▁of▁sentence｜>",
        "[INST]",
        "[/INST]",
        "[TOOL_CALLS]",
        "[gMASK]",
        "<<SYS>>",
        "<</SYS>>",
        "<s>",
        "</s>",
        "<bos>",
        "<eos>",
        "<start_of_turn>",
        "<end_of_turn>",
        "<think>",
        "</think>",
        "<tool_call>",
        "</tool_response>",
        "<用户>",
        "<AI>",
        ">>QUESTION<<",
        "<unused12>",
    ],
)
@pytest.mark.parametrize("field", ["title", "url", "text", "content"])
def test_no_page_can_say_a_control_token(token: str, field: str) -> None:
    message = shown({field: f"before{token}{token}after", "wordCount": 1})

    assert token not in message.content
    assert token.replace(" ", "") in message.content.replace(" ", "")
    assert token not in shown({"links": [token]}).content


@pytest.mark.parametrize(
    "text", ["1 < 2 > 1", "a <b>bold</b> <section>", "x[0] [a] [ab]", "a | b || c", "List<String>"]
)
def test_text_without_control_tokens_is_left_alone(text: str) -> None:
    assert block(shown({"text": text, "links": []})).endswith(f"Content: {text}")


def test_a_page_of_a_million_spaces_takes_no_time() -> None:
    text = "```json\n{" + " " * 1_000_000 + "x" + "` " * 100_000 + "```"

    assert filter_scraped_content(ChatMessage("user", text)).content == text
