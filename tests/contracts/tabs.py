"""The contract of `Tabs` and `PageReader`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from tabagent.attachment_errors import PageAccessNeeded, PageError, PageNotReadable
from tabagent.errors import JsonObject
from tabagent.ports.tabs import PageReader, PageScript, Tab, Tabs

URL, OTHER = "https://example.org/a", "https://example.net/b"


@dataclass(frozen=True)
class World:
    """A browser without a tab: `show` opens one as the person does; `again` is the browser for the thread after this.

    `put` says what a script finds in a page, frame by frame, and `grant` lets the extension read an origin.
    """

    tabs: Tabs
    pages: PageReader
    show: Callable[[str], Tab]
    put: Callable[[str, PageScript, Sequence[JsonObject]], None]
    grant: Callable[[str], None]
    again: Callable[[], Tabs]


async def the_tab_that_a_window_shows_is_found(world: World) -> None:
    assert await world.tabs.active(1) is None
    world.show(URL)
    shown = world.show(OTHER)

    assert await world.tabs.active(1) == shown
    assert await world.tabs.active(None) == shown
    assert await world.tabs.active(99) is None
    assert [tab.url for tab in await world.tabs.all()] == [URL, OTHER]


async def a_tab_that_is_closed_is_none(world: World) -> None:
    tab = world.show(URL)
    assert await world.tabs.get(tab.id) == tab
    await world.tabs.close(tab.id)
    await world.tabs.close(tab.id)

    assert await world.tabs.get(tab.id) is None


async def a_tab_behind_is_remembered_until_it_is_closed(world: World) -> None:
    shown = world.show(URL)
    behind = await world.tabs.open_behind(OTHER)

    assert not behind.active
    assert await world.tabs.active(1) == shown
    assert await world.again().opened_behind() == (behind.id,)
    await world.tabs.close(behind.id)
    assert await world.again().opened_behind() == ()


async def a_script_finds_what_frames_have_the_main_one_first(world: World) -> None:
    tab = world.show(URL)
    world.grant("https://example.org")
    world.put(URL, PageScript.READ, [{"text": "main"}, {"text": "inside"}])
    world.put(URL, PageScript.SELECTION, [{"text": ""}, {"text": "marked"}])

    assert list(await world.pages.run(tab, PageScript.READ)) == [{"text": "main"}, {"text": "inside"}]
    assert list(await world.pages.run(tab, PageScript.SELECTION, 1)) == [{"text": "marked"}]


async def a_page_that_was_not_granted_is_refused_with_its_origin(world: World) -> None:
    error = await _refused(world, world.show(URL))

    assert isinstance(error, PageAccessNeeded)
    assert error.details["origin"] == "https://example.org"


async def the_browsers_own_pages_are_refused(world: World) -> None:
    assert isinstance(await _refused(world, world.show("chrome://settings/")), PageNotReadable)


async def a_page_that_gives_nothing_is_refused(world: World) -> None:
    world.grant("https://example.org")

    assert isinstance(await _refused(world, world.show(URL)), PageNotReadable)


async def an_origin_may_be_read_once_it_was_granted(world: World) -> None:
    assert await world.pages.may_read("https://example.org") is False
    world.grant("https://example.org")

    assert await world.pages.may_read("https://example.org") is True


async def _refused(world: World, tab: Tab) -> PageError:
    try:
        await world.pages.run(tab, PageScript.READ)
    except PageError as error:
        return error
    raise AssertionError("it was read")


Case = Callable[[World], Awaitable[None]]
CASES: tuple[Case, ...] = (
    the_tab_that_a_window_shows_is_found,
    a_tab_that_is_closed_is_none,
    a_tab_behind_is_remembered_until_it_is_closed,
    a_script_finds_what_frames_have_the_main_one_first,
    a_page_that_was_not_granted_is_refused_with_its_origin,
    the_browsers_own_pages_are_refused,
    a_page_that_gives_nothing_is_refused,
    an_origin_may_be_read_once_it_was_granted,
)
