"""Conversations at the edge: what is accepted, what is refused."""

from __future__ import annotations

import pytest

from tabagent import codec
from tabagent.errors import BadRequest, EmptyPrompt, JsonObject, JsonValue
from tabagent.parameters import BadSetting, UnsupportedSetting
from tabagent.specs import ChatMessage
from tests.unit.conftest import NOT_TEXTS


def conversation(*messages: JsonValue, **changes: JsonValue) -> JsonObject:
    turns: list[JsonValue] = list(messages) or [{"role": "user", "content": "Hello"}]
    return {"chatId": "c", "messageId": "m", "messages": turns, **changes}


def test_a_conversation_is_read_whole_and_settings_have_defaults() -> None:
    request = codec.decode_send_chat_message(
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
        codec.decode_send_chat_message(conversation(**{field: value}))

    assert refusal.value.details["field"] == field


@pytest.mark.parametrize("messages", [None, [], {}, "Hello", 3, {"role": "user", "content": "Hello"}])
def test_messages_that_are_no_list_with_content_are_refused(messages: JsonValue) -> None:
    with pytest.raises(BadRequest) as refusal:
        codec.decode_send_chat_message(conversation(messages=messages))

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
        codec.decode_send_chat_message(conversation({"role": "user", "content": "a"}, message))


@pytest.mark.parametrize("role", ["assistant", "system", "tool"])
def test_a_conversation_that_does_not_end_with_the_user_is_refused(role: str) -> None:
    with pytest.raises(BadRequest, match="last message"):
        codec.decode_send_chat_message(
            conversation({"role": "user", "content": "a"}, {"role": role, "content": "Hello"})
        )


@pytest.mark.parametrize("content", ["", " ", "\n\t \r\n", "\u00a0\u2003"])
def test_a_prompt_of_nothing_but_white_space_is_empty(content: str) -> None:
    with pytest.raises(EmptyPrompt):
        codec.decode_send_chat_message(conversation({"role": "user", "content": content}))


def test_more_messages_than_the_limit_are_refused() -> None:
    turns: list[JsonValue] = [{"role": "user", "content": "a"}] * (codec.MAX_MESSAGES + 1)

    with pytest.raises(BadRequest, match="limit"):
        codec.decode_send_chat_message(conversation(*turns))
    assert len(codec.decode_send_chat_message(conversation(*turns[1:])).messages) == codec.MAX_MESSAGES


@pytest.mark.parametrize("options", ["fast", 3, [], False])
def test_options_that_are_no_object_are_refused(options: JsonValue) -> None:
    with pytest.raises(BadRequest) as refusal:
        codec.decode_send_chat_message(conversation(options=options))

    assert refusal.value.details["field"] == "options"


def test_options_are_carried_on_as_they_are_kept() -> None:
    options = codec.decode_send_chat_message(conversation(options={"top_k": 5.0, "temperature": 1})).options

    assert options == {"top_k": 5, "temperature": 1.0}
    assert [type(value) for value in options.values()] == [int, float]


@pytest.mark.parametrize("options", [{"maxNewTokens": 3}, {"top_p": 2}, {"do_sample": 1}, {"temperature": None}])
def test_a_wrong_option_is_refused_by_its_name(options: JsonObject) -> None:
    with pytest.raises(BadSetting) as refusal:
        codec.decode_send_chat_message(conversation(options=options))

    assert refusal.value.details["field"] == next(iter(options))


def test_an_option_that_the_engine_cannot_do_is_refused_with_the_reason() -> None:
    with pytest.raises(UnsupportedSetting, match="beams"):
        codec.decode_send_chat_message(conversation(options={"num_beams": 4}))
