"""The contract of `Fetcher`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from tabagent.errors import Offline
from tabagent.ports.fetcher import Fetcher

BODY = bytes(range(256)) * 4


@dataclass(frozen=True)
class World:
    """A fetcher, an address that answers `BODY`, and one that nobody answers."""

    fetcher: Fetcher
    address: str
    silent_address: str


async def a_body_comes_in_pieces_of_the_size_asked_for(world: World) -> None:
    response = await world.fetcher.get(world.address)
    pieces = []
    while (piece := await response.read(300)) is not None:
        pieces.append(piece.to_bytes())

    assert response.status == 200
    assert [len(piece) for piece in pieces] == [300, 300, 300, 124]
    assert b"".join(pieces) == BODY


async def a_read_larger_than_the_body_gives_the_body_then_none(world: World) -> None:
    response = await world.fetcher.get(world.address)
    piece = await response.read(10 * len(BODY))

    assert piece is not None
    assert piece.size == len(BODY)
    assert await response.read(1) is None
    assert await response.read(1) is None


async def closing_early_and_twice_does_nothing_bad(world: World) -> None:
    response = await world.fetcher.get(world.address)
    await response.read(10)
    await response.close()
    await response.close()


async def an_address_that_nobody_answers_is_offline(world: World) -> None:
    caught: Offline | None = None
    try:
        await world.fetcher.get(world.silent_address)
    except Offline as error:
        caught = error

    assert caught is not None
    assert caught.details["url"] == world.silent_address


Case = Callable[[World], Awaitable[None]]
CASES: tuple[Case, ...] = (
    a_body_comes_in_pieces_of_the_size_asked_for,
    a_read_larger_than_the_body_gives_the_body_then_none,
    closing_early_and_twice_does_nothing_bad,
    an_address_that_nobody_answers_is_offline,
)
