"""Conversations at the edge: what is accepted, what is refused."""

from __future__ import annotations

import pytest

from tabagent import chat_codec
from tabagent.errors import BadRequest, EmptyPrompt, JsonObject, JsonValue
from tabagent.parameters import BadSetting, UnsupportedSetting
from tabagent.specs import ChatMessage
from tests.unit.conftest import NOT_TEXTS


def conversation(*messages: JsonValue, **changes: JsonValue) -> JsonObject:
    turns: list[JsonValue] = list(messages) or [{"role": "user", "content": "Hello"}]
    return {"chatId": "c", "messageId": "m", "messages": turns, **changes}


def test_a_conversation_is_read_whole_and_settings_have_defaults() -> None:
    request = chat_codec.decode_send_chat_message(
        conversation(
            {"role": "system", "content": ""},
            {"role": "user", "content": "Hi"},
            {"role": "assistant", "content": "Hello"},
            {"role": "tool", "content": "42"},
            {"role": "user", "content": " What? \n"},
        )
    )

    assert (request.chat_id, request.message_id) == ("c", "m")
    assert [message.role for message in request.messages] == ["system", "user", "assistant", "tool", "user"]
    assert request.messages[-1] == ChatMessage("user", " What? \n")
    assert request.options == {}


@pytest.mark.parametrize("field", ["chatId", "messageId"])
@pytest.mark.parametrize("value", [*NOT_TEXTS, "x" * 201])
def test_a_wrong_id_of_a_conversation_is_refused_by_its_name(field: str, value: JsonValue) -> None:
    with pytest.raises(BadRequest) as refusal:
        chat_codec.decode_send_chat_message(conversation(**{field: value}))

    assert refusal.value.details["field"] == field


@pytest.mark.parametrize("messages", [None, [], {}, "Hello", 3, {"role": "user", "content": "Hello"}])
def test_messages_that_are_no_list_with_content_are_refused(messages: JsonValue) -> None:
    with pytest.raises(BadRequest) as refusal:
        chat_codec.decode_send_chat_message(conversation(messages=messages))

    assert refusal.value.details["field"] == "messages"


@pytest.mark.parametrize(
    "message",
    [
        None,
        "Hello",
        [],
        {},
        {"role": "user"},
        {"content": "Hello"},
        {"role": "root", "content": "Hello"},
        {"role": ["user"], "content": "Hello"},
        {"role": "user", "content": None},
        {"role": "user", "content": 3},
        {"role": "user", "content": [{"type": "text", "text": "Hello"}]},
    ],
)
def test_a_message_of_another_shape_is_refused_by_its_number(message: JsonValue) -> None:
    with pytest.raises(BadRequest, match=r"messages\[1\]"):
        chat_codec.decode_send_chat_message(conversation({"role": "user", "content": "a"}, message))


def test_a_conversation_that_ends_with_the_system_is_refused() -> None:
    with pytest.raises(BadRequest, match="last message"):
        chat_codec.decode_send_chat_message(
            conversation({"role": "user", "content": "a"}, {"role": "system", "content": "Hello"})
        )


@pytest.mark.parametrize("content", ["Once upon", ""])
def test_a_conversation_that_ends_with_an_answer_asks_for_the_rest_of_it(content: str) -> None:
    asked: JsonObject = {"role": "user", "content": "Tell me"}
    request = chat_codec.decode_send_chat_message(conversation(asked, {"role": "assistant", "content": content}))

    assert request.continues
    assert not chat_codec.decode_send_chat_message(conversation(asked)).continues


def test_after_a_tools_result_an_answer_follows() -> None:
    request = chat_codec.decode_send_chat_message(
        conversation(
            {"role": "user", "content": "Add"},
            {"role": "assistant", "content": None, "tool_calls": [{"id": "1", "function": {"name": "add"}}]},
            {"role": "tool", "content": "", "name": "add", "tool_call_id": "1"},
        )
    )

    assert not request.continues
    assert request.messages[1] == ChatMessage("assistant", "", tool_calls=({"id": "1", "function": {"name": "add"}},))
    assert request.messages[2] == ChatMessage("tool", "", name="add", tool_call_id="1")


@pytest.mark.parametrize("roles", [["assistant"], ["system", "assistant"]])
def test_a_conversation_in_which_the_user_says_nothing_is_refused(roles: list[str]) -> None:
    messages: list[JsonValue] = [{"role": role, "content": "Hello"} for role in roles]

    with pytest.raises(BadRequest, match="user's"):
        chat_codec.decode_send_chat_message(conversation(*messages))


@pytest.mark.parametrize(
    "given",
    [
        {"input": "Hello"},
        {"message": "Hello"},
        {"message": {"role": "user", "content": "Hello"}},
        {"input": "Hello", "message": None, "messages": None},
    ],
)
def test_one_message_is_a_conversation_too(given: JsonObject) -> None:
    request = chat_codec.decode_send_chat_message({"chatId": "c", "messageId": "m", **given})

    assert request.messages == (ChatMessage("user", "Hello"),)
    assert request.visible
    assert request.tools == ()


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"input": None},
        {"input": "a", "message": "b"},
        {"input": "a", "messages": [{"role": "user", "content": "b"}]},
        {"message": "a", "messages": []},
        {"input": "", "messages": ""},
        {"input": 3},
        {"input": ["a"]},
        {"input": {"role": "user", "content": "a"}},
        {"message": 3},
        {"message": []},
        {"message": {"role": "system", "content": "a"}},
        {"message": {"role": "assistant", "content": "a"}},
        {"message": {"content": "a"}},
    ],
)
def test_anything_but_one_way_of_saying_it_is_refused_by_its_name(given: JsonObject) -> None:
    with pytest.raises(BadRequest) as refusal:
        chat_codec.decode_send_chat_message({"chatId": "c", "messageId": "m", **given})

    assert refusal.value.details["field"] in chat_codec.INPUTS


@pytest.mark.parametrize("given", [{"input": ""}, {"message": " "}, {"message": {"role": "user", "content": "\n"}}])
def test_one_message_of_nothing_is_an_empty_prompt(given: JsonObject) -> None:
    with pytest.raises(EmptyPrompt):
        chat_codec.decode_send_chat_message({"chatId": "c", "messageId": "m", **given})


def test_tools_and_the_place_in_the_queue_are_carried_on() -> None:
    tool: JsonObject = {"type": "function", "function": {"name": "add", "parameters": {}}}
    request = chat_codec.decode_send_chat_message(conversation(tools=[tool], visible=False))

    assert request.tools == (tool,)
    assert not request.visible


@pytest.mark.parametrize("tools", ["add", 3, {}, [3], [{}, "add"], [{}] * 129, [{"name": "x" * 100_000}]])
def test_tools_that_are_no_short_list_of_objects_are_refused(tools: JsonValue) -> None:
    with pytest.raises(BadRequest) as refusal:
        chat_codec.decode_send_chat_message(conversation(tools=tools))
    assert refusal.value.details["field"] == "tools"

    with pytest.raises(BadRequest, match=r"messages\[0\].tool_calls"):
        chat_codec.decode_send_chat_message(conversation({"role": "assistant", "content": "", "tool_calls": tools}))


@pytest.mark.parametrize("visible", ["yes", 1, [], {}])
def test_a_chat_is_visible_or_not(visible: JsonValue) -> None:
    with pytest.raises(BadRequest) as refusal:
        chat_codec.decode_send_chat_message(conversation(visible=visible))

    assert refusal.value.details["field"] == "visible"


@pytest.mark.parametrize("content", ["", " ", "\n\t \r\n", "\u00a0\u2003"])
def test_a_prompt_of_nothing_but_white_space_is_empty(content: str) -> None:
    with pytest.raises(EmptyPrompt):
        chat_codec.decode_send_chat_message(conversation({"role": "user", "content": content}))


def test_more_messages_than_the_limit_are_refused() -> None:
    turns: list[JsonValue] = [{"role": "user", "content": "a"}] * (chat_codec.MAX_MESSAGES + 1)

    with pytest.raises(BadRequest, match="limit"):
        chat_codec.decode_send_chat_message(conversation(*turns))
    assert len(chat_codec.decode_send_chat_message(conversation(*turns[1:])).messages) == chat_codec.MAX_MESSAGES


@pytest.mark.parametrize("options", ["fast", 3, [], False])
def test_options_that_are_no_object_are_refused(options: JsonValue) -> None:
    with pytest.raises(BadRequest) as refusal:
        chat_codec.decode_send_chat_message(conversation(options=options))

    assert refusal.value.details["field"] == "options"


def test_options_are_carried_on_as_they_are_kept() -> None:
    options = chat_codec.decode_send_chat_message(conversation(options={"top_k": 5.0, "temperature": 1})).options

    assert options == {"top_k": 5, "temperature": 1.0}
    assert [type(value) for value in options.values()] == [int, float]


@pytest.mark.parametrize("options", [{"maxNewTokens": 3}, {"top_p": 2}, {"do_sample": 1}, {"temperature": None}])
def test_a_wrong_option_is_refused_by_its_name(options: JsonObject) -> None:
    with pytest.raises(BadSetting) as refusal:
        chat_codec.decode_send_chat_message(conversation(options=options))

    assert refusal.value.details["field"] == next(iter(options))


def test_an_option_that_the_engine_cannot_do_is_refused_with_the_reason() -> None:
    with pytest.raises(UnsupportedSetting, match="beams"):
        chat_codec.decode_send_chat_message(conversation(options={"num_beams": 4}))
