"""The contract of `AuthWindow`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from tabagent.ports.auth_window import AuthWindow


@dataclass(frozen=True)
class World:
    """A window in an extension that may not open pages of sign-ins."""

    window: AuthWindow


async def what_would_need_the_person_comes_to_nothing(world: World) -> None:
    assert await world.window.open_quietly("https://accounts.google.com/o/oauth2/v2/auth?prompt=none") is None


async def one_that_came_to_nothing_can_be_tried_again(world: World) -> None:
    for _ in range(2):
        assert await world.window.open_quietly("https://accounts.google.com/") is None


Case = Callable[[World], Awaitable[None]]
CASES: tuple[Case, ...] = (
    what_would_need_the_person_comes_to_nothing,
    one_that_came_to_nothing_can_be_tried_again,
)
