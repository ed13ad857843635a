"""Payloads of messages about panels in tabs and windows."""

import pytest

from tabagent import window_codec
from tabagent.errors import BadRequest, JsonObject, JsonValue
from tabagent.window_messages import DetachSidePanel, GetDetachedState, PanelPlace


def test_without_a_place_it_is_a_window() -> None:
    assert window_codec.decode_detach({}) == DetachSidePanel(place=PanelPlace.WINDOW)
    wanted: JsonObject = {"place": "tab", "chatId": "c"}
    assert window_codec.decode_detach(wanted) == DetachSidePanel(place=PanelPlace.TAB, chat_id="c")


@pytest.mark.parametrize("payload", [{"place": "moon"}, {"place": 3}, {"chatId": ["c"]}])
def test_a_wrong_place_or_chat_is_refused(payload: JsonObject) -> None:
    with pytest.raises(BadRequest):
        window_codec.decode_detach(payload)


def test_the_state_is_asked_of_all_tabs_or_one() -> None:
    assert window_codec.decode_detached_state({}) == GetDetachedState(tab_id=None)
    assert window_codec.decode_detached_state({"tabId": 7}) == GetDetachedState(tab_id=7)


@pytest.mark.parametrize("tab_id", ["7", -1, 1.5, True])
def test_a_tab_is_a_number(tab_id: JsonValue) -> None:
    with pytest.raises(BadRequest):
        window_codec.decode_detached_state({"tabId": tab_id})
