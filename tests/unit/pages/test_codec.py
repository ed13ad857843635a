"""What requests about pages may hold."""

import pytest

from tabagent.attachment_errors import PageNotReadable
from tabagent.errors import BadRequest, JsonObject, JsonValue
from tabagent.page_messages import ScrapeRequest, ScrapeWhat
from tabagent.pages import codec
from tabagent.ports.tabs import Tab


def test_a_request_for_the_shown_page_needs_nothing_but_an_id() -> None:
    assert codec.decode_scrape_request({"attachmentId": "a"}) == ScrapeRequest(attachment_id="a")


def test_a_request_is_decoded_with_all_that_it_has() -> None:
    request = codec.decode_scrape_request(
        {"attachmentId": "a", "tabId": 3, "windowId": 1, "what": "selection", "chatId": "c", "messageId": "m"}
    )

    assert (request.tab_id, request.window_id, request.what) == (3, 1, ScrapeWhat.SELECTION)
    assert (request.chat_id, request.message_id) == ("c", "m")


def test_an_address_without_a_scheme_is_one_of_the_web() -> None:
    assert codec.decode_scrape_request({"attachmentId": "a", "url": " example.org/a "}).url == "https://example.org/a"


@pytest.mark.parametrize("url", ["chrome://settings", "file:///etc/passwd", "javascript://x"])
def test_an_address_that_no_tab_behind_may_open_is_refused(url: str) -> None:
    with pytest.raises(PageNotReadable):
        codec.decode_scrape_request({"attachmentId": "a", "url": url})


@pytest.mark.parametrize("change", [{"tabId": -1}, {"tabId": "3"}, {"what": "everything"}, {"attachmentId": ""}])
def test_what_the_panel_never_sends_is_refused(change: JsonObject) -> None:
    with pytest.raises(BadRequest):
        codec.decode_scrape_request({"attachmentId": "a", **change})


def test_a_window_may_be_missing() -> None:
    assert codec.decode_of_window({}).window_id is None
    assert codec.decode_of_window({"windowId": 4}).window_id == 4


def test_an_event_of_chrome_has_a_list_of_arguments() -> None:
    assert codec.decode_chrome_event({"event": "e", "args": [1]}).arguments == (1,)
    with pytest.raises(BadRequest):
        codec.decode_chrome_event({"event": "e", "args": "x"})


def test_a_tab_is_read_as_chrome_describes_it() -> None:
    described: JsonObject = {
        "id": 3,
        "windowId": 1,
        "url": "https://a/",
        "title": "A",
        "active": True,
        "status": "loading",
    }

    assert codec.decode_tab(described) == Tab(
        id=3, window_id=1, url="https://a/", title="A", active=True, complete=False
    )


@pytest.mark.parametrize("value", [None, "tab", {}, {"id": -1, "windowId": 1}, {"id": "3", "windowId": 1}])
def test_what_is_no_tab_is_none(value: JsonValue) -> None:
    assert codec.decode_tab(value) is None
