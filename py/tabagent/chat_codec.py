"""Decodes SEND_CHAT_MESSAGE; the rest is in `tabagent.codec`."""

from __future__ import annotations

import json
from typing import cast

from tabagent.codec import Fields, shown
from tabagent.errors import BadRequest, EmptyPrompt, JsonObject, JsonValue
from tabagent.messages import SendChatMessage
from tabagent.parameters import check
from tabagent.specs import ChatMessage

MAX_MESSAGES = 10_000
MAX_TOOLS = 128
# Descriptions of tools are read with every prompt: a hundred thousand characters are about 25,000 tokens already.
MAX_TOOL_CHARACTERS = 100_000
ROLES = ("system", "user", "assistant", "tool")
INPUTS = ("messages", "message", "input")


def decode_send_chat_message(payload: JsonObject) -> SendChatMessage:
    """Decode SEND_CHAT_MESSAGE: `messages`, or one `message` (an object or a text), or `input` (a text).

    Raises:
        BadRequest: A field is wrong, or nothing in the conversation asks for an answer.
        EmptyPrompt: The last message has no text.
        BadSetting, UnsupportedSetting: An option is wrong, or cannot be done.
    """
    read = Fields(payload)
    chat_id, message_id = read.text("chatId"), read.text("messageId")
    messages = _conversation(payload)
    options = payload.get("options")
    if options is not None and not isinstance(options, dict):
        raise BadRequest(f"options must be an object, not {shown(options)}.", field="options")
    return SendChatMessage(
        chat_id=chat_id,
        message_id=message_id,
        messages=messages,
        options=check(options or {}),
        tools=_objects(payload.get("tools"), "tools", "tools"),
        visible=True if payload.get("visible") is None else read.switch("visible", default=True),
    )


def _conversation(payload: JsonObject) -> tuple[ChatMessage, ...]:
    given = [name for name in INPUTS if payload.get(name) is not None]
    if len(given) != 1:
        told = f"not {' and '.join(given)}" if given else "none is there"
        raise BadRequest(f"Send one of messages, message and input: {told}.", field=given[-1] if given else "messages")
    name = given[0]
    messages = _messages(payload[name]) if name == "messages" else (_only_message(payload[name], name),)
    last = messages[-1]
    if last.role == "system":
        raise BadRequest("The last message must not be of role 'system': nothing asks for an answer.", field=name)
    if not any(message.role in {"user", "tool"} for message in messages):
        raise BadRequest("No message is the user's: nothing asks for an answer.", field=name)
    if last.role == "user" and not last.content.strip():
        raise EmptyPrompt
    return messages


def _messages(items: JsonValue) -> tuple[ChatMessage, ...]:
    if not isinstance(items, list) or not items:
        raise BadRequest(f"messages must be a non-empty list, not {shown(items)}.", field="messages")
    if len(items) > MAX_MESSAGES:
        raise BadRequest(f"messages has {len(items):,} items; the limit is {MAX_MESSAGES:,}.", field="messages")
    return tuple(_chat_message(item, f"messages[{index}]") for index, item in enumerate(items))


def _only_message(value: JsonValue, name: str) -> ChatMessage:
    if isinstance(value, str):
        return ChatMessage("user", value)
    if name == "input":
        raise BadRequest(f"input must be a text, not {shown(value)}.", field=name)
    return _chat_message(value, name)


def _chat_message(item: JsonValue, where: str) -> ChatMessage:
    field = where.partition("[")[0]
    if not isinstance(item, dict):
        raise BadRequest(f"{where} must be an object with role and content, not {shown(item)}.", field=field)
    role, content = item.get("role"), item.get("content")
    if role not in ROLES:
        raise BadRequest(f"{where}.role must be one of {', '.join(ROLES)}, not {shown(role)}.", field=field)
    calls = _objects(item.get("tool_calls"), f"{where}.tool_calls", field)
    if calls and content is None:
        content = ""
    if not isinstance(content, str):
        raise BadRequest(f"{where}.content must be a text, not {shown(content)}.", field=field)
    read = Fields(item)
    return ChatMessage(
        role=str(role),
        content=content,
        name=read.text("name", default=""),
        tool_calls=calls,
        tool_call_id=read.text("tool_call_id", default=""),
    )


def _objects(value: JsonValue, where: str, field: str) -> tuple[JsonObject, ...]:
    """Return a list of objects for the chat template, which alone knows what has to be in them."""
    if value is None:
        return ()
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise BadRequest(f"{where} must be a list of objects, not {shown(value)}.", field=field)
    size = len(json.dumps(value, ensure_ascii=False))
    if len(value) > MAX_TOOLS or size > MAX_TOOL_CHARACTERS:
        limits = f"{MAX_TOOLS} items and {MAX_TOOL_CHARACTERS:,} characters"
        raise BadRequest(
            f"{where} has {len(value):,} items with {size:,} characters; the limits are {limits}.", field=field
        )
    return tuple(cast(list[JsonObject], value))
