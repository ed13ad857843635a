"""The contract of `BrowserState`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from tabagent.errors import JsonObject
from tabagent.ports.browser_state import BrowserState
from tabagent.store_errors import StorageError

VALUE: JsonObject = {"model": {"repoId": "acme/été", "loadedAt": 1_700_000_000_123, "path": None}, "list": [1, [2.5]]}


@dataclass(frozen=True)
class World:
    """Nothing is kept; from `refuse` on the browser refuses everything."""

    state: BrowserState
    refuse: Callable[[], None]


async def what_was_never_kept_has_no_value(world: World) -> None:
    assert await world.state.get("a", "b") == {}


async def values_come_back_as_they_were_kept(world: World) -> None:
    await world.state.set({"a": VALUE, "b": None})

    assert await world.state.get("a", "b", "c") == {"a": VALUE, "b": None}


async def other_names_keep_their_values(world: World) -> None:
    await world.state.set({"a": 1, "b": 2})
    await world.state.set({"a": 3})

    assert await world.state.get("a", "b") == {"a": 3, "b": 2}


async def reading_takes_nothing_away(world: World) -> None:
    await world.state.set({"a": 1})

    assert [await world.state.get("a") for _ in range(3)] == [{"a": 1}] * 3


async def values_are_forgotten(world: World) -> None:
    await world.state.set({"a": 1, "b": 2})
    await world.state.remove("a", "unknown")

    assert await world.state.get("a", "b") == {"b": 2}


async def a_browser_that_refuses_says_so(world: World) -> None:
    world.refuse()
    attempts: tuple[Awaitable[object], ...] = (world.state.get("a"), world.state.set({"a": 1}), world.state.remove("a"))
    for attempt in attempts:
        try:
            await attempt
        except StorageError:
            continue
        raise AssertionError("it was not refused")


Case = Callable[[World], Awaitable[None]]
CASES: tuple[Case, ...] = (
    what_was_never_kept_has_no_value,
    values_come_back_as_they_were_kept,
    other_names_keep_their_values,
    reading_takes_nothing_away,
    values_are_forgotten,
    a_browser_that_refuses_says_so,
)
