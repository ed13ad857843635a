"""Payloads of the messages about panels in tabs and windows."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class PanelPlace(StrEnum):
    """Where a panel can be beside the browser's side panel."""

    TAB = "tab"
    WINDOW = "window"


@dataclass(frozen=True, slots=True, kw_only=True)
class DetachSidePanel:
    """Show the panel in a tab or a window of its own.

    Attributes:
        chat_id: The chat that it opens with; empty for none.
    """

    place: PanelPlace
    chat_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class GetDetachedState:
    """Ask which panels there are in tabs and windows.

    Attributes:
        tab_id: None for all.
    """

    tab_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PanelTab:
    """A panel in a tab, or in the one tab of a window of its own."""

    tab_id: int
    window_id: int
    url: str
