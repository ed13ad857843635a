"""Where panels can be."""

from tabagent.window_messages import DetachSidePanel, PanelPlace


def test_a_panel_is_detached_without_a_chat_where_none_is_open() -> None:
    assert DetachSidePanel(place=PanelPlace.TAB).chat_id == ""
