"""The contract of `Vault`."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from tabagent.ports.vault import Vault

SECRET = "hf_AbCdEfGhIjKlMnOpQrStUvWxYz0123456789"


@dataclass(frozen=True)
class World:
    """An empty vault, and the same one as another thread opens it."""

    vault: Vault
    reopened: Callable[[], Vault]


async def what_was_never_kept_is_none(world: World) -> None:
    assert await world.vault.get("huggingface") is None


async def a_text_comes_back_as_it_was_kept(world: World) -> None:
    for text in (SECRET, "", "é 漢 😀 \x00 \n", "long " * 20_000):
        await world.vault.put("huggingface", text)

        assert await world.vault.get("huggingface") == text


async def a_text_outlives_the_thread_that_kept_it(world: World) -> None:
    await world.vault.put("huggingface", SECRET)

    assert await world.reopened().get("huggingface") == SECRET


async def texts_of_two_names_do_not_mix(world: World) -> None:
    await world.vault.put("huggingface", SECRET)
    await world.vault.put("key", "another")

    assert await world.vault.get("huggingface") == SECRET
    assert await world.vault.get("key") == "another"


async def a_forgotten_text_is_gone_and_the_others_stay(world: World) -> None:
    await world.vault.put("huggingface", SECRET)
    await world.vault.put("sources", "[]")
    await world.vault.delete("huggingface")
    await world.vault.delete("huggingface")

    assert await world.vault.get("huggingface") is None
    assert await world.vault.get("sources") == "[]"


async def texts_kept_at_the_same_time_from_two_threads_are_all_readable(world: World) -> None:
    other = world.reopened()
    await asyncio.gather(world.vault.put("one", "1"), other.put("two", "2"), world.vault.put("three", "3"))

    third = world.reopened()
    assert [await third.get(name) for name in ("one", "two", "three")] == ["1", "2", "3"]


Case = Callable[[World], Awaitable[None]]
CASES: tuple[Case, ...] = (
    what_was_never_kept_is_none,
    a_text_comes_back_as_it_was_kept,
    a_text_outlives_the_thread_that_kept_it,
    texts_of_two_names_do_not_mix,
    a_forgotten_text_is_gone_and_the_others_stay,
    texts_kept_at_the_same_time_from_two_threads_are_all_readable,
)
