"""The contract of `Windows`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from tabagent.ports.windows import Windows
from tabagent.window_messages import PanelTab


@dataclass(frozen=True)
class World:
    """A browser with one ordinary window, whose id is 1, and no panel; `close` closes a panel as the person does.

    `front` tells the tab that was brought to the front last, and `size` the size of a window.
    """

    windows: Windows
    close: Callable[[PanelTab], None]
    front: Callable[[], int]
    size: Callable[[int], tuple[int, int]]
    close_ordinary: Callable[[], None]


async def no_panel_is_open_at_first(world: World) -> None:
    assert await world.windows.panels() == []


async def a_tab_opens_in_the_ordinary_window_with_its_query(world: World) -> None:
    panel = await world.windows.open_tab("detached=tab&chat=c")

    assert panel.window_id == 1
    assert panel.url.endswith("/sidepanel/index.html?detached=tab&chat=c")
    assert await world.windows.panels() == [panel]


async def a_window_opens_in_its_size(world: World) -> None:
    panel = await world.windows.open_window("detached=window", 480, 720)

    assert panel.window_id != 1
    assert world.size(panel.window_id) == (480, 720)
    assert await world.windows.panels() == [panel]


async def a_panel_comes_to_the_front(world: World) -> None:
    first = await world.windows.open_tab("a")
    second = await world.windows.open_window("b", 480, 720)
    for panel in (first, second, first):
        assert await world.windows.focus(panel) is True
        assert world.front() == panel.tab_id


async def a_panel_that_was_closed_is_gone(world: World) -> None:
    first, second = await world.windows.open_tab("a"), await world.windows.open_tab("b")
    world.close(first)

    assert await world.windows.focus(first) is False
    assert await world.windows.panels() == [second]


async def the_side_panel_has_a_place_while_there_is_an_ordinary_window(world: World) -> None:
    assert await world.windows.browser_window() == 1
    world.close_ordinary()
    assert await world.windows.browser_window() is None


Case = Callable[[World], Awaitable[None]]
CASES: tuple[Case, ...] = (
    no_panel_is_open_at_first,
    a_tab_opens_in_the_ordinary_window_with_its_query,
    a_window_opens_in_its_size,
    a_panel_comes_to_the_front,
    a_panel_that_was_closed_is_gone,
    the_side_panel_has_a_place_while_there_is_an_ordinary_window,
)
