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


Case = Callable[[World], Awaitable[None]]
CASES: tuple[Case, ...] = (a_batch_arrives_as_it_was_sent, the_last_baton_is_kept, a_restart_tells_its_reason)
