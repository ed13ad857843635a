"""Decodes the requests about what belongs to the person; the rest is in `tabagent.codec`."""

from __future__ import annotations

from tabagent.codec import Fields
from tabagent.errors import BadRequest, JsonObject
from tabagent.parameters.generation import MAX_SYSTEM_PROMPT_CHARACTERS
from tabagent.personal_messages import DeletePrompt, EraseData, SavePrompt, StoredKind

MAX_NAME_CHARACTERS = 80


def decode_save_prompt(payload: JsonObject) -> SavePrompt:
    """Decode SAVE_PROMPT; the name loses the white space around it and must have more."""
    read = Fields(payload)
    name = " ".join(read.text("name", limit=MAX_NAME_CHARACTERS).split())
    if not name:
        raise BadRequest("name must have a letter or another sign that can be seen.", field="name")
    text = read.text("text", limit=MAX_SYSTEM_PROMPT_CHARACTERS)
    return SavePrompt(prompt_id=read.text("promptId"), prompt_name=name, text=text)


def decode_delete_prompt(payload: JsonObject) -> DeletePrompt:
    """Decode DELETE_PROMPT."""
    return DeletePrompt(prompt_id=Fields(payload).text("promptId"))


def decode_erase_data(payload: JsonObject) -> EraseData:
    """Decode ERASE_DATA; at least one kind has to be named."""
    kinds = payload.get("kinds")
    known = [str(kind) for kind in StoredKind]
    if not isinstance(kinds, list) or not kinds or any(kind not in known for kind in kinds):
        raise BadRequest(f"kinds must be a list of what to erase, of: {', '.join(known)}.", field="kinds")
    return EraseData(kinds=tuple(kind for kind in StoredKind if str(kind) in kinds))
