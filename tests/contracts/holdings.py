"""The contract of `Holdings`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from tabagent.ports.holdings import Holdings


@dataclass(frozen=True)
class World:
    """Holdings with nothing in them, and a way to put records of `{"text": …}` there."""

    holdings: Holdings
    put: Callable[[str, str], Awaitable[None]]


async def what_is_empty_measures_nothing(world: World) -> None:
    assert await world.holdings.measure() == (0, 0)


async def records_are_counted_and_their_size_follows_their_texts(world: World) -> None:
    await world.put("1", "a" * 1000)
    count, size = await world.holdings.measure()
    assert count == 1
    assert 1000 <= size <= 1200

    await world.put("2", "b" * 1000)
    assert (await world.holdings.measure())[0] == 2
    assert (await world.holdings.measure())[1] >= size + 1000


async def what_was_cleared_is_gone_and_may_be_cleared_again(world: World) -> None:
    await world.put("1", "a")
    await world.holdings.clear()
    await world.holdings.clear()

    assert await world.holdings.measure() == (0, 0)


Case = Callable[[World], Awaitable[None]]
CASES: tuple[Case, ...] = (
    what_is_empty_measures_nothing,
    records_are_counted_and_their_size_follows_their_texts,
    what_was_cleared_is_gone_and_may_be_cleared_again,
)
