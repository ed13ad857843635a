"""Payloads about what belongs to the person: the library of system prompts, and all that is kept."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

from tabagent.events import UIEventNames


class StoredKind(StrEnum):
    """What TabAgent keeps, in the order in which it is shown."""

    CHATS = "chats"
    ATTACHMENTS = "attachments"
    MODELS = "models"
    PROMPTS = "prompts"
    SETTINGS = "settings"
    ACCOUNTS = "accounts"
    LOGS = "logs"


@dataclass(frozen=True, slots=True, kw_only=True)
class SavePrompt:
    """Keep a system prompt under a name.

    Attributes:
        prompt_id: Of the prompt that it takes the place of; a new one where there is none.
    """

    prompt_id: str
    prompt_name: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DeletePrompt:
    """Forget a system prompt."""

    prompt_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EraseData:
    """Delete all that is kept of these kinds."""

    kinds: tuple[StoredKind, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptsChanged:
    """The library of system prompts is another one; GET_PROMPTS answers with it."""

    name: ClassVar[UIEventNames] = UIEventNames.PROMPTS_CHANGED


@dataclass(frozen=True, slots=True, kw_only=True)
class DataErased:
    """All of these kinds is gone; pages forget what they hold of it."""

    name: ClassVar[UIEventNames] = UIEventNames.DATA_ERASED
    kinds: list[str]


PersonalEvent = PromptsChanged | DataErased
