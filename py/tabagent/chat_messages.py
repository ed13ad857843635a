"""Payloads of what is asked of stored chats, and of what tells of their changes.

Names and fields of the Db* messages are the original's; records travel as `tabagent.chats.views` makes them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from tabagent.errors import JsonObject, JsonValue
from tabagent.events import DBEventNames
from tabagent.model_messages import GivenFile

# Requests


@dataclass(frozen=True, slots=True, kw_only=True)
class GetSession:
    """A chat with its messages.

    Attributes:
        before: Only messages of the path before this one; empty for the end of it.
        limit: Messages at most, those nearest to the end; None for all.
    """

    session_id: str
    before: str = ""
    limit: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewMessage:
    """What a page says of a message that it wants to have stored."""

    sender: str
    text: str
    timestamp: int | None
    loading: bool
    metadata_json: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AddMessage:
    """One more message at the end of a chat's path."""

    session_id: str
    message: NewMessage


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateSession:
    """A new chat that begins with a message."""

    message: NewMessage


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateMessage:
    """Change a message.

    Attributes:
        text: In place of the content; None leaves it.
        append: Behind the content.
        loading: Whether it is still being written; None leaves it.
    """

    session_id: str
    message_id: str
    text: str | None
    append: str
    sender: str | None
    loading: bool | None
    metadata_json: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedSession:
    """A chat, and what some requests say of it: a status, a new name."""

    session_id: str
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedMessage:
    """A message of a chat."""

    session_id: str
    message_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AskQuestion:
    """Store a question and have it answered.

    Attributes:
        parent_id: The message that it follows; None for the first of a chat.
        at_end: It follows the end of the path, whatever that is; `parent_id` does not count.
        options: Settings for this answer alone, checked.
        visible: The person looks at this chat.
    """

    chat_id: str
    question_id: str
    answer_id: str
    parent_id: str | None
    at_end: bool
    text: str
    attachment_ids: tuple[str, ...]
    options: Mapping[str, JsonValue] = field(default_factory=dict)
    visible: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerAgain:
    """Have another answer in the place of one; or go on with one, when both ids are the same."""

    chat_id: str
    message_id: str
    answer_id: str
    visible: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchChats:
    """Look for words in titles and messages."""

    query: str
    limit: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportChats:
    """Make a file of chats; no ids mean all."""

    chat_ids: tuple[str, ...]
    format: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportChats:
    """Take in files that EXPORT_CHATS made."""

    files: tuple[GivenFile, ...]


# Events


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionUpdated:
    """A chat is new, another or gone.

    Attributes:
        update_type: create, update, rename, delete or restore.
    """

    name: ClassVar[DBEventNames] = DBEventNames.DB_SESSION_UPDATED
    session_id: str
    timestamp: int
    session: JsonObject
    update_type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MessagesUpdated:
    """Messages of a chat are new, others or gone.

    Attributes:
        messages: Those that are new or changed.
        message_ids: The whole path.
        removed: Ids of those that are gone.
    """

    name: ClassVar[DBEventNames] = DBEventNames.DB_MESSAGES_UPDATED
    session_id: str
    timestamp: int
    messages: list[JsonObject]
    message_ids: list[str]
    removed: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusUpdated:
    """What a chat is at."""

    name: ClassVar[DBEventNames] = DBEventNames.DB_STATUS_UPDATED
    session_id: str
    timestamp: int
    status: str


@dataclass(frozen=True, slots=True, kw_only=True)
class InitializationComplete:
    """The chats can be had, or not."""

    name: ClassVar[DBEventNames] = DBEventNames.DB_INITIALIZATION_COMPLETE
    success: bool
    error: JsonObject | None
    db_status: JsonObject
    session_ids: list[str]


ChatEvent = SessionUpdated | MessagesUpdated | StatusUpdated | InitializationComplete
