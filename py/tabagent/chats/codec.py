"""Decodes the requests about chats."""

from __future__ import annotations

from typing import cast

from tabagent.chat_messages import (
    AddMessage,
    AnswerAgain,
    AskQuestion,
    CreateSession,
    ExportChats,
    GetSession,
    ImportChats,
    NamedMessage,
    NamedSession,
    NewMessage,
    SearchChats,
    UpdateMessage,
)
from tabagent.chat_specs import ChatStatus, Speaker
from tabagent.chats.export import ENDINGS
from tabagent.codec import Fields, shown
from tabagent.errors import BadRequest, EmptyPrompt, JsonObject
from tabagent.model_codec import decode_import_models
from tabagent.parameters import check

# As of a whole message: what does not fit there cannot be sent anyway.
MAX_TEXT = 4_000_000
MAX_TITLE = 500
MAX_QUERY = 1_000
MAX_IDS = 10_000
MAX_ATTACHMENTS = 50


def decode_get_session(payload: JsonObject) -> GetSession:
    """Decode DbGetSessionRequest."""
    read = Fields(payload)
    return GetSession(
        session_id=read.text("sessionId"),
        before=read.text("before", default=""),
        limit=None if payload.get("limit") is None else read.integer("limit", 1, 1, 10_000),
    )


def decode_session(payload: JsonObject) -> NamedSession:
    """Decode requests that name a chat and nothing else."""
    return NamedSession(session_id=Fields(payload).text("sessionId"))


def decode_chat(payload: JsonObject) -> NamedSession:
    """Decode RESTORE_CHAT."""
    return NamedSession(session_id=Fields(payload).text("chatId"))


def decode_rename(payload: JsonObject) -> NamedSession:
    """Decode DbRenameSessionRequest."""
    read = Fields(payload)
    name = " ".join(read.text("newName", limit=MAX_TITLE).split())
    if not name:
        raise BadRequest("newName must have a letter. Write a name for the chat.", field="newName")
    return NamedSession(session_id=read.text("sessionId"), text=name)


def decode_status(payload: JsonObject) -> NamedSession:
    """Decode DbUpdateStatusRequest."""
    read = Fields(payload)
    status = read.choice("status", ChatStatus)
    if status is None:
        raise BadRequest(f"status must be one of {', '.join(ChatStatus)}.", field="status")
    return NamedSession(session_id=read.text("sessionId"), text=str(status))


def decode_message_of_session(payload: JsonObject) -> NamedMessage:
    """Decode DbDeleteMessageRequest."""
    read = Fields(payload)
    return NamedMessage(session_id=read.text("sessionId"), message_id=read.text("messageId"))


def decode_message_of_chat(payload: JsonObject) -> NamedMessage:
    """Decode SELECT_BRANCH."""
    read = Fields(payload)
    return NamedMessage(session_id=read.text("chatId"), message_id=read.text("messageId"))


def decode_add_message(payload: JsonObject) -> AddMessage:
    """Decode DbAddMessageRequest."""
    return AddMessage(session_id=Fields(payload).text("sessionId"), message=_new_message(payload, "messageObject"))


def decode_create_session(payload: JsonObject) -> CreateSession:
    """Decode DbCreateSessionRequest."""
    return CreateSession(message=_new_message(payload, "initialMessage"))


def decode_update_message(payload: JsonObject) -> UpdateMessage:
    """Decode DbUpdateMessageRequest; `text` and `content` mean the same, as do `appendText` and `appendContent`."""
    read, updates = Fields(payload), _object(payload, "updates")
    within = Fields(updates)
    texts = [within.text(name, limit=MAX_TEXT) for name in ("content", "text") if updates.get(name)]
    emptied = any(updates.get(name) == "" for name in ("content", "text"))
    appended = [within.text(name, limit=MAX_TEXT) for name in ("appendText", "appendContent") if updates.get(name)]
    metadata = updates.get("metadata")
    if metadata is not None and not isinstance(metadata, str):
        raise BadRequest(f"updates.metadata must be JSON as a text, not {shown(metadata)}.", field="metadata")
    return UpdateMessage(
        session_id=read.text("sessionId"),
        message_id=read.text("messageId"),
        text=texts[0] if texts else ("" if emptied else None),
        append=appended[0] if appended else "",
        sender=_sender(updates) if updates.get("sender") is not None else None,
        loading=None if updates.get("isLoading") is None else within.switch("isLoading", default=False),
        metadata_json=metadata,
    )


def decode_ask_question(payload: JsonObject) -> AskQuestion:
    """Decode ASK_QUESTION.

    Raises:
        EmptyPrompt: There is neither a text nor an attachment.
        BadSetting, UnsupportedSetting: An option is wrong, or cannot be done.
    """
    read = Fields(payload)
    ids = _ids(payload, "attachmentIds", MAX_ATTACHMENTS)
    text = read.text("text", default="", limit=MAX_TEXT) if payload.get("text") else ""
    if not text.strip() and not ids:
        raise EmptyPrompt
    options = payload.get("options")
    if options is not None and not isinstance(options, dict):
        raise BadRequest(f"options must be an object, not {shown(options)}.", field="options")
    return AskQuestion(
        chat_id=read.text("chatId"),
        question_id=read.text("questionId"),
        answer_id=read.text("answerId"),
        parent_id=read.text("parentId") if payload.get("parentId") is not None else None,
        at_end="parentId" not in payload,
        text=text,
        attachment_ids=ids,
        options=check(options or {}),
        visible=_visible(payload),
    )


def decode_answer_again(payload: JsonObject) -> AnswerAgain:
    """Decode ANSWER_AGAIN."""
    read = Fields(payload)
    return AnswerAgain(
        chat_id=read.text("chatId"),
        message_id=read.text("messageId"),
        answer_id=read.text("answerId"),
        visible=_visible(payload),
    )


def decode_continue_answer(payload: JsonObject) -> AnswerAgain:
    """Decode CONTINUE_ANSWER."""
    read = Fields(payload)
    message_id = read.text("messageId")
    return AnswerAgain(
        chat_id=read.text("chatId"), message_id=message_id, answer_id=message_id, visible=_visible(payload)
    )


def decode_search_chats(payload: JsonObject) -> SearchChats:
    """Decode SEARCH_CHATS."""
    read = Fields(payload)
    query = read.text("query", default="", limit=MAX_QUERY) if payload.get("query") else ""
    return SearchChats(query=query, limit=read.integer("limit", 50, 1, 500))


def decode_export_chats(payload: JsonObject) -> ExportChats:
    """Decode EXPORT_CHATS."""
    kind = Fields(payload).text("format", default="json")
    if kind not in ENDINGS:
        raise BadRequest(f"format must be one of {', '.join(ENDINGS)}, not {shown(kind)}.", field="format")
    return ExportChats(chat_ids=_ids(payload, "chatIds", MAX_IDS), format=kind)


def decode_import_chats(payload: JsonObject) -> ImportChats:
    """Decode IMPORT_CHATS; files as of IMPORT_MODELS."""
    return ImportChats(files=decode_import_models({"files": payload.get("files")}).files)


def _visible(payload: JsonObject) -> bool:
    return True if payload.get("visible") is None else Fields(payload).switch("visible", default=True)


def _ids(payload: JsonObject, name: str, limit: int) -> tuple[str, ...]:
    items = payload.get(name)
    if items is None:
        return ()
    if not isinstance(items, list) or not all(isinstance(item, str) and 0 < len(item) <= 200 for item in items):
        raise BadRequest(f"{name} must be a list of ids, not {shown(items)}.", field=name)
    if len(items) > limit:
        raise BadRequest(f"{name} has {len(items):,} ids; the limit is {limit:,}.", field=name)
    return tuple(dict.fromkeys(cast(list[str], items)))


def _object(payload: JsonObject, name: str) -> JsonObject:
    value = payload.get(name)
    if not isinstance(value, dict):
        raise BadRequest(f"{name} must be an object, not {shown(value)}.", field=name)
    return value


def _sender(values: JsonObject) -> str:
    sender = Fields(values).text("sender")
    if sender not in set(Speaker):
        raise BadRequest(f"sender must be one of {', '.join(Speaker)}, not {shown(sender)}.", field="sender")
    return sender


def _new_message(payload: JsonObject, name: str) -> NewMessage:
    values = _object(payload, name)
    read = Fields(values)
    text = read.text("text", default="", limit=MAX_TEXT) if values.get("text") else ""
    metadata = values.get("metadata_json")
    return NewMessage(
        sender=_sender(values),
        text=text,
        timestamp=None if values.get("timestamp") is None else read.integer("timestamp", 0, 0, 2**53 - 1),
        loading=read.switch("isLoading", default=False),
        metadata_json=metadata if isinstance(metadata, str) else "",
    )
