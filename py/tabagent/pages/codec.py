"""Decodes the requests about pages and tabs, and Chrome's events."""

from __future__ import annotations

from typing import cast

from tabagent.attachment_errors import PageNotReadable
from tabagent.codec import Fields
from tabagent.errors import BadRequest, JsonObject, JsonValue
from tabagent.page_messages import ChromeEvent, OfWindow, ScrapeRequest, ScrapeWhat
from tabagent.pages.addresses import origin_of, unreadable
from tabagent.ports.tabs import Tab

MAX_URL_CHARACTERS = 8_000
MAX_NUMBER = 2**53 - 1


def decode_scrape_request(payload: JsonObject) -> ScrapeRequest:
    """Decode SCRAPE_REQUEST; an address without a scheme is one of the web.

    Raises:
        BadRequest: A field is wrong.
        PageNotReadable: It is an address of no page that can be read.
    """
    read = Fields(payload)
    url = read.text("url", default="", limit=MAX_URL_CHARACTERS).strip()
    if url:
        url = url if "://" in url else f"https://{url}"
        if refused := unreadable(url):
            raise refused
        if not origin_of(url):
            raise PageNotReadable(url, "it is not an address of the web", "Attach the file itself.")
    return ScrapeRequest(
        attachment_id=read.text("attachmentId"),
        url=url or None,
        tab_id=_optional(payload, "tabId"),
        window_id=_optional(payload, "windowId"),
        what=read.choice("what", ScrapeWhat) or ScrapeWhat.PAGE,
        chat_id=read.text("chatId", default=""),
        message_id=read.text("messageId", default=""),
    )


def decode_of_window(payload: JsonObject) -> OfWindow:
    """Decode LIST_TABS and TAKE_ATTACHMENTS."""
    return OfWindow(window_id=_optional(payload, "windowId"))


def decode_chrome_event(payload: JsonObject) -> ChromeEvent:
    """Decode CHROME_EVENT."""
    arguments = payload.get("args")
    if not isinstance(arguments, list):
        raise BadRequest("args must be a list.", field="args")
    return ChromeEvent(event=Fields(payload).text("event"), arguments=tuple(arguments))


def decode_tab(value: object) -> Tab | None:
    """Return a tab as Chrome describes it, or None where it is none, or has no id (as those of other programs)."""
    if not isinstance(value, dict):
        return None
    tab = cast(dict[str, JsonValue], value)
    tab_id, window_id = tab.get("id"), tab.get("windowId")
    if not isinstance(tab_id, int) or not isinstance(window_id, int) or tab_id < 0:
        return None
    return Tab(
        id=tab_id,
        window_id=window_id,
        url=str(tab.get("url") or ""),
        title=str(tab.get("title") or ""),
        active=tab.get("active") is True,
        complete=tab.get("status", "complete") == "complete",
        discarded=tab.get("discarded") is True,
    )


def _optional(payload: JsonObject, name: str) -> int | None:
    return None if payload.get(name) is None else Fields(payload).integer(name, 0, 0, MAX_NUMBER)
