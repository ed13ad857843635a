"""The panel in a tab or a window of its own."""

import asyncio

import pytest

from tabagent.adapters.memory.windows import MemoryWindows
from tabagent.errors import JsonObject
from tabagent.window_messages import DetachSidePanel, GetDetachedState, PanelPlace, PanelTab
from tabagent.windows.detaching import HEIGHT, WIDTH, Detaching

WINDOW = DetachSidePanel(place=PanelPlace.WINDOW, chat_id="chat 1&2")
TAB = DetachSidePanel(place=PanelPlace.TAB)


@pytest.fixture
def windows() -> MemoryWindows:
    return MemoryWindows()


async def detached(windows: MemoryWindows, tab_id: int | None = None) -> list[JsonObject]:
    found = (await Detaching(windows).state(GetDetachedState(tab_id=tab_id)))["detached"]
    assert isinstance(found, list)
    return [each for each in found if isinstance(each, dict)]


async def test_a_window_opens_with_the_chat_in_its_address(windows: MemoryWindows) -> None:
    reply = await Detaching(windows).detach(WINDOW)

    panel = windows.open[0]
    assert reply == {
        "tabId": panel.tab_id,
        "windowId": panel.window_id,
        "place": "window",
        "chatId": "chat 1&2",
        "opened": True,
    }
    assert panel.url.endswith("?detached=window&chat=chat+1%262")
    assert windows.sizes == {panel.window_id: (WIDTH, HEIGHT)}


async def test_a_second_click_brings_the_same_window_to_the_front(windows: MemoryWindows) -> None:
    first = await Detaching(windows).detach(WINDOW)
    # Another thread: nothing was remembered.
    second = await Detaching(windows).detach(WINDOW)

    assert second == first | {"opened": False}
    assert (len(windows.open), windows.focused) == (1, [first["tabId"]])


async def test_two_clicks_at_once_open_one_window(windows: MemoryWindows) -> None:
    detaching = Detaching(windows)
    replies = await asyncio.gather(detaching.detach(WINDOW), detaching.detach(WINDOW))

    assert [reply["opened"] for reply in replies] == [True, False]
    assert len(windows.open) == 1


async def test_a_page_that_the_browser_does_not_list_yet_is_not_opened_twice(windows: MemoryWindows) -> None:
    detaching = Detaching(windows)
    await detaching.detach(WINDOW)

    async def none() -> list[PanelTab]:
        return []

    windows.panels = none  # type: ignore[method-assign]
    assert (await detaching.detach(WINDOW))["opened"] is False


async def test_a_tab_and_a_window_can_be_there_together(windows: MemoryWindows) -> None:
    detaching = Detaching(windows)
    await detaching.detach(WINDOW)
    await detaching.detach(TAB)

    assert [each["place"] for each in await detached(windows)] == ["window", "tab"]


async def test_a_window_that_was_closed_is_gone_and_opens_again(windows: MemoryWindows) -> None:
    detaching = Detaching(windows)
    await detaching.detach(WINDOW)
    windows.close(windows.open[0])
    assert await detached(windows) == []

    assert (await detaching.detach(WINDOW))["opened"] is True


async def test_the_state_can_be_asked_for_one_tab(windows: MemoryWindows) -> None:
    detaching = Detaching(windows)
    tab_id = (await detaching.detach(TAB))["tabId"]
    assert isinstance(tab_id, int)

    assert [each["tabId"] for each in await detached(windows, tab_id)] == [tab_id]
    assert await detached(windows, tab_id + 1) == []


async def test_a_page_of_the_panel_that_nobody_detached_is_not_among_them(windows: MemoryWindows) -> None:
    await windows.open_tab("chat=c")
    await windows.open_tab("detached=moon")
    assert await detached(windows) == []

    assert (await Detaching(windows).detach(TAB))["opened"] is True


async def test_where_the_side_panel_can_be_opened_is_told(windows: MemoryWindows) -> None:
    request = GetDetachedState()
    assert (await Detaching(windows).state(request))["browserWindowId"] == 1
    windows.ordinary = None
    assert (await Detaching(windows).state(request))["browserWindowId"] is None
