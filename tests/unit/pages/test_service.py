"""Requests and clicks become attachments, and everybody hears how far each is."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from tabagent.adapters.memory.fetcher import Answer
from tabagent.adapters.memory.pdf_reader import memory_pdf
from tabagent.errors import JsonObject
from tabagent.events import ErrorCodes
from tabagent.page_messages import AttachmentAdded, ChromeEvent, OfWindow, ScrapeRequest, ScrapeStageResult, ScrapeWhat
from tabagent.pages.service import MAX_WAITING, MENU_CLICKED, MENU_SELECTION
from tabagent.ports.tabs import PageScript, Tab
from tests.unit.pages.page_desk import ORIGIN, URL, PageDesk

REQUEST = ScrapeRequest(attachment_id="a", window_id=1, chat_id="c", message_id="m")


@pytest.fixture
def desk() -> PageDesk:
    return PageDesk()


def clicked(tab: Tab, **info: object) -> ChromeEvent:
    described: JsonObject = {"id": tab.id, "windowId": tab.window_id, "url": tab.url, "title": tab.title}
    return ChromeEvent(event=MENU_CLICKED, arguments=({"menuItemId": "page", **info}, described))


def methods(desk: PageDesk) -> set[str]:
    """Return what all stages say of how the page is read."""
    return {event.method for event in desk.events if isinstance(event, ScrapeStageResult)}


def code_of(result: ScrapeStageResult) -> object:
    assert result.error is not None
    assert not result.success
    return result.error["code"]


async def test_the_shown_page_becomes_an_attachment(desk: PageDesk) -> None:
    desk.page()
    assert await desk.service.scrape(REQUEST) == {"attachmentId": "a"}
    result = await desk.finished()

    assert result.attachment is not None
    assert result.page is not None
    assert (result.attachment["name"], result.attachment["kind"]) == ("Winter wheat", "page")
    assert (result.chat_id, result.message_id, result.method) == ("c", "m", "contentScript")
    assert result.page["byline"] == "Ada"
    [text] = await desk.store.texts(["a"])
    assert text.url == URL
    assert text.text.startswith("Title: Winter wheat\nBy: Ada")


async def test_a_page_that_may_not_be_read_ends_with_the_reason(desk: PageDesk) -> None:
    desk.page(granted=False)
    await desk.service.scrape(REQUEST)

    assert code_of(await desk.finished()) == ErrorCodes.PAGE_ACCESS_NEEDED
    assert await desk.store.get(["a"]) == ()


@pytest.mark.parametrize("request_", [REQUEST, ScrapeRequest(attachment_id="a", tab_id=99)])
async def test_a_tab_that_is_not_there_is_told(desk: PageDesk, request_: ScrapeRequest) -> None:
    await desk.service.scrape(request_)

    assert code_of(await desk.finished()) == ErrorCodes.PAGE_NOT_READABLE


async def test_an_address_that_a_tab_shows_is_read_there(desk: PageDesk) -> None:
    desk.page(f"{URL}/")
    await desk.service.scrape(ScrapeRequest(attachment_id="a", url=f"{URL}#part"))

    assert (await desk.finished()).success
    assert desk.browser.closed == []
    assert methods(desk) == {"contentScript"}


async def test_an_address_is_read_in_a_tab_that_is_loaded_where_another_one_is_not(desk: PageDesk) -> None:
    unloaded = desk.page()
    desk.browser.tabs[unloaded.id] = replace(unloaded, discarded=True)
    desk.page()
    await desk.service.scrape(ScrapeRequest(attachment_id="a", url=URL))

    assert (await desk.finished()).success
    assert methods(desk) == {"contentScript"}


async def test_an_address_is_read_behind(desk: PageDesk) -> None:
    desk.write()
    desk.browser.granted.add(ORIGIN)
    await desk.service.scrape(ScrapeRequest(attachment_id="a", url=URL))
    result = await desk.finished()

    assert (result.success, result.method) == (True, "tempTabExecuteScript")
    assert len(desk.browser.closed) == 1


async def test_the_pdf_of_a_tab_is_read_as_a_file(desk: PageDesk) -> None:
    desk.page(found={"pdf": True})
    desk.answers[URL] = Answer(body=memory_pdf("T", [["One."]]))
    await desk.service.scrape(REQUEST)
    result = await desk.finished()

    assert result.attachment is not None
    assert (result.method, result.attachment["kind"], result.page) == ("pdf", "pdf", None)


async def test_a_click_on_the_menu_waits_for_the_panel_of_its_window(desk: PageDesk) -> None:
    tab = desk.page()
    await desk.service.on_chrome_event(clicked(tab))
    waiting = (await desk.service.take(OfWindow(window_id=1)))["attachments"]
    assert isinstance(waiting, list)
    assert isinstance(waiting[0], dict)
    assert (waiting[0]["id"], waiting[0]["reading"]) == ("new-1", True)
    assert desk.events[0] == AttachmentAdded(window_id=1, attachment_id="new-1")
    assert (await desk.finished()).attachment_id == "new-1"
    assert await desk.service.take(OfWindow(window_id=1)) == {"attachments": []}


async def test_a_panel_that_opens_later_gets_what_was_read(desk: PageDesk) -> None:
    await desk.service.on_chrome_event(clicked(desk.page()))
    await desk.finished()

    assert await desk.service.take(OfWindow()) == {"attachments": []}
    waiting = (await desk.service.take(OfWindow(window_id=1)))["attachments"]
    assert isinstance(waiting, list)
    [taken] = waiting
    assert isinstance(taken, dict)
    assert (taken["reading"], taken["error"], taken["kind"]) == (False, None, "page")


async def test_a_selection_is_read_whole_or_as_the_menu_has_it(desk: PageDesk) -> None:
    tab = desk.page()
    desk.browser.frames[URL, PageScript.SELECTION] = [{"text": "whole and long"}]
    await desk.service.on_chrome_event(clicked(tab, menuItemId=MENU_SELECTION, frameId=0, selectionText="whole"))
    await desk.finished()
    desk.events.clear()
    desk.browser.granted.clear()
    await desk.service.on_chrome_event(clicked(tab, menuItemId=MENU_SELECTION, selectionText="as the menu has it"))
    await desk.finished()

    assert [found.text for found in await desk.store.texts(["new-1", "new-2"])] == [
        "whole and long",
        "as the menu has it",
    ]


async def test_a_panel_that_never_opens_does_not_fill_the_memory(desk: PageDesk) -> None:
    tab = desk.page()
    for _ in range(MAX_WAITING + 5):
        await desk.service.on_chrome_event(clicked(tab))
        await asyncio.sleep(0)
    waiting = (await desk.service.take(OfWindow(window_id=1)))["attachments"]

    assert isinstance(waiting, list)
    assert len(waiting) == MAX_WAITING


@pytest.mark.parametrize(
    "event",
    [
        ChromeEvent(event="tabs.onRemoved", arguments=(1, {})),
        ChromeEvent(event=MENU_CLICKED, arguments=()),
        ChromeEvent(event=MENU_CLICKED, arguments=("x", None)),
    ],
)
async def test_other_events_do_nothing(desk: PageDesk, event: ChromeEvent) -> None:
    assert await desk.service.on_chrome_event(event) == {}
    assert desk.events == []


async def test_a_tab_that_the_browser_has_unloaded_is_read_behind(desk: PageDesk) -> None:
    tab = desk.page()
    desk.browser.tabs[tab.id] = replace(tab, discarded=True)
    await desk.service.scrape(ScrapeRequest(attachment_id="a", tab_id=tab.id))

    assert (await desk.finished()).success
    assert len(desk.browser.closed) == 1
    assert tab.id not in desk.browser.closed
    assert methods(desk) == {"tempTabExecuteScript"}


async def test_an_unloaded_tab_that_may_not_be_read_is_told_with_its_address(desk: PageDesk) -> None:
    tab = desk.page(granted=False)
    desk.browser.tabs[tab.id] = replace(tab, discarded=True)
    await desk.service.scrape(ScrapeRequest(attachment_id="a", tab_id=tab.id))
    result = await desk.finished()

    assert (code_of(result), result.url) == (ErrorCodes.PAGE_ACCESS_NEEDED, URL)
    assert methods(desk) == {"tempTabExecuteScript"}


async def test_the_address_of_a_pdf_is_fetched_and_opened_nowhere(desk: PageDesk) -> None:
    url = f"{ORIGIN}/plan.PDF?v=1#page=2"
    desk.browser.granted.add(ORIGIN)
    desk.answers[url.partition("#")[0]] = Answer(body=memory_pdf("T", [["One."]]))
    await desk.service.scrape(ScrapeRequest(attachment_id="a", url=url))

    assert (await desk.finished()).success
    assert desk.browser.closed == []
    assert methods(desk) == {"pdf"}


async def test_an_unloaded_tab_without_an_address_of_the_web_says_why(desk: PageDesk) -> None:
    tab = desk.browser.show("file:///a.html")
    desk.browser.tabs[tab.id] = replace(tab, discarded=True)
    await desk.service.scrape(ScrapeRequest(attachment_id="a", tab_id=tab.id))

    assert code_of(await desk.finished()) == ErrorCodes.PAGE_NOT_READABLE


async def test_a_selection_of_a_request_is_read(desk: PageDesk) -> None:
    desk.page()
    desk.browser.frames[URL, PageScript.SELECTION] = [{"title": "Winter wheat", "text": "marked"}]
    await desk.service.scrape(ScrapeRequest(attachment_id="a", window_id=1, what=ScrapeWhat.SELECTION))
    result = await desk.finished()

    assert result.attachment is not None
    assert result.attachment["name"] == "Selection: Winter wheat"


async def test_tabs_are_listed_those_of_the_window_first(desk: PageDesk) -> None:
    desk.browser.show("chrome://settings/", window_id=2)
    desk.page()
    desk.browser.show("", window_id=1)
    listed = await desk.service.list_tabs(OfWindow(window_id=1))

    assert listed["hidden"] == 1
    tabs = listed["tabs"]
    assert isinstance(tabs, list)
    readable, own_page = (tab for tab in tabs if isinstance(tab, dict))
    assert (readable["origin"], readable["refused"]) == (ORIGIN, None)
    refused = own_page["refused"]
    assert isinstance(refused, dict)
    assert (own_page["origin"], refused["code"]) == ("", ErrorCodes.PAGE_NOT_READABLE)


async def test_the_work_after_the_start_closes_what_an_earlier_thread_left(desk: PageDesk) -> None:
    await desk.browser.open_behind(URL)
    await desk.service.after_start()

    assert desk.browser.behind == []
