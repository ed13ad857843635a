"""The contract of `EventChannel` and `RuntimeHost`, which one object fulfils."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

from tabagent.errors import JsonObject
from tabagent.ports.channel import EventChannel
from tabagent.ports.host import RuntimeHost


class Host(EventChannel, RuntimeHost, Protocol):
    """Both ports."""


@dataclass(frozen=True)
class World:
    """A host and what came out of its other side."""

    host: Host
    batches: Callable[[], list[list[JsonObject]]]
    baton: Callable[[], str]
    restarts: Callable[[], list[str]]
    expected: Callable[[], tuple[float, str] | None]
    open_page: Callable[[], None]


async def a_batch_arrives_as_it_was_sent(world: World) -> None:
    batch: list[JsonObject] = [{"type": "x", "payload": {"token": "é 漢 😀", "list": [1, None, True]}}, {"type": "y"}]
    world.host.broadcast(batch)

    assert world.batches() == [batch]


async def the_last_baton_is_kept(world: World) -> None:
    world.host.retain("first")
    world.host.retain("second")

    assert world.baton() == "second"


async def a_restart_tells_its_reason(world: World) -> None:
    world.host.restart("reset")

    assert world.restarts() == ["reset"]


async def nothing_is_expected_in_the_beginning(world: World) -> None:
    assert world.expected() is None


async def what_is_expected_last_takes_the_place_of_the_rest(world: World) -> None:
    world.host.expect_within(120, "a load")
    world.host.expect_within(1.5, '["a token", 1]')

    assert world.expected() == (1.5, '["a token", 1]')


async def at_ease_nothing_is_expected_any_more(world: World) -> None:
    world.host.expect_within(60, "a token")
    world.host.at_ease()
    world.host.at_ease()

    assert world.expected() is None


async def open_pages_are_counted(world: World) -> None:
    assert await world.host.open_pages() == 0
    world.open_page()
    world.open_page()

    assert await world.host.open_pages() == 2


Case = Callable[[World], Awaitable[None]]
CASES: tuple[Case, ...] = (
    a_batch_arrives_as_it_was_sent,
    the_last_baton_is_kept,
    a_restart_tells_its_reason,
    nothing_is_expected_in_the_beginning,
    what_is_expected_last_takes_the_place_of_the_rest,
    at_ease_nothing_is_expected_any_more,
    open_pages_are_counted,
)
