"""Checks the payloads of messages about panels in tabs and windows."""

from __future__ import annotations

from tabagent.codec import Fields, shown
from tabagent.errors import BadRequest, JsonObject
from tabagent.window_messages import DetachSidePanel, GetDetachedState, PanelPlace

MAX_TAB_ID = 2**31 - 1


def decode_detach(payload: JsonObject) -> DetachSidePanel:
    """Decode DETACH_SIDE_PANEL; without a place it is a window, as in the original."""
    read = Fields(payload)
    place = read.text("place", default=PanelPlace.WINDOW)
    try:
        chosen = PanelPlace(place)
    except ValueError:
        known = ", ".join(PanelPlace)
        raise BadRequest(f"place {shown(place)} is not known. Use one of: {known}.", field="place") from None
    return DetachSidePanel(place=chosen, chat_id=read.text("chatId", default=""))


def decode_detached_state(payload: JsonObject) -> GetDetachedState:
    """Decode GET_DETACHED_STATE."""
    if payload.get("tabId") is None:
        return GetDetachedState()
    return GetDetachedState(tab_id=Fields(payload).integer("tabId", 0, 0, MAX_TAB_ID))
