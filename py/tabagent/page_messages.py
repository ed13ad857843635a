"""Payloads of the requests about pages, and their events."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

from tabagent.errors import JsonObject
from tabagent.events import RawDirectMessageTypes, UIEventNames


class ScrapeStage(StrEnum):
    """How far a page is; the last one says whether it was read."""

    FOUND = "found"
    ASKED = "asked"
    READ = "read"
    EXTRACTED = "extracted"


class ScrapeWhat(StrEnum):
    """What of a page is meant."""

    PAGE = "page"
    SELECTION = "selection"


@dataclass(frozen=True, slots=True, kw_only=True)
class ScrapeRequest:
    """Read a page into an attachment.

    Attributes:
        url: Of the page, read in a tab behind; None for a tab that is there.
        tab_id: Of the tab; None for the one that the window shows.
        window_id: Of the panel; None when it is in none.
        chat_id, message_id: Come back with the result; may be empty.
    """

    attachment_id: str
    url: str | None = None
    tab_id: int | None = None
    window_id: int | None = None
    what: ScrapeWhat = ScrapeWhat.PAGE
    chat_id: str = ""
    message_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OfWindow:
    """List the tabs, or take the attachments, for the panel of a window; None: of no window."""

    window_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChromeEvent:
    """Something happened in the browser.

    Attributes:
        event: Its name, as `action.onClicked`.
        arguments: What Chrome hands to listeners.
    """

    event: str
    arguments: tuple[object, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ScrapeStageResult:
    """How far a page is that is read.

    Attributes:
        stage: A `ScrapeStage`.
        success: False where it ended with `error`; nothing comes after that.
        method: `contentScript` (a tab that was there), `tempTabExecuteScript` (a tab behind), or `pdf`.
        length: Characters that were read.
        attachment: As of ADD_ATTACHMENT, at the last stage.
        page: Metadata: title, byline, siteName, excerpt, language, published, links, images, tables, headings,
            wordCount and readingTime (minutes); null for PDFs and selections.
    """

    name: ClassVar[RawDirectMessageTypes] = RawDirectMessageTypes.WORKER_SCRAPE_STAGE_RESULT
    stage: ScrapeStage
    success: bool
    chat_id: str
    message_id: str
    attachment_id: str
    method: str = ""
    url: str = ""
    length: int = 0
    attachment: JsonObject | None = None
    page: JsonObject | None = None
    error: JsonObject | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AttachmentAdded:
    """Something waits for the panel of a window, which TAKE_ATTACHMENTS hands out."""

    name: ClassVar[UIEventNames] = UIEventNames.ATTACHMENT_ADDED
    window_id: int
    attachment_id: str


PageEventName = RawDirectMessageTypes
PageEvent = ScrapeStageResult | AttachmentAdded
