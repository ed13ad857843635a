"""The contract of `Preferences`."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from tabagent.errors import JsonObject
from tabagent.ports.preferences import Preferences

NAME = "InferenceSettings"
VALUE: JsonObject = {
    "temperature": 0.25,
    "top_k": 40,
    "seed": 2**53 - 1,
    "do_sample": True,
    "max_time": None,
    "system_prompt": "été 漢 😀 \n",
    "stop": ["\n\n", "End"],
    "bad_words_ids": [[1, 2], [3]],
    "json_schema": {"enum": [None, 1.5, "a", {"b": []}]},
}


@dataclass(frozen=True)
class World:
    """No preferences, and the same ones as another thread opens them."""

    preferences: Preferences
    reopened: Callable[[], Preferences]


async def what_was_never_written_is_none(world: World) -> None:
    assert await world.preferences.read(NAME) is None


async def an_object_comes_back_as_it_was_written(world: World) -> None:
    values: tuple[JsonObject, ...] = (VALUE, {}, {"text": "long " * 20_000})
    for value in values:
        await world.preferences.write(NAME, value)

        assert await world.preferences.read(NAME) == value


async def an_object_outlives_the_thread_that_wrote_it(world: World) -> None:
    await world.preferences.write(NAME, VALUE)

    assert await world.reopened().read(NAME) == VALUE


async def objects_of_two_names_do_not_mix(world: World) -> None:
    await world.preferences.write(NAME, VALUE)
    await world.preferences.write("ResourceSettings", {"threads": 2})

    assert await world.preferences.read(NAME) == VALUE
    assert await world.preferences.read("ResourceSettings") == {"threads": 2}


async def a_new_object_takes_the_place_of_the_old_one(world: World) -> None:
    await world.preferences.write(NAME, VALUE)
    await world.preferences.write(NAME, {"top_k": 1})

    assert await world.preferences.read(NAME) == {"top_k": 1}


async def none_forgets_an_object_and_the_others_stay(world: World) -> None:
    await world.preferences.write(NAME, VALUE)
    await world.preferences.write("other", {"a": 1})
    await world.preferences.write(NAME, None)
    await world.preferences.write(NAME, None)

    assert await world.preferences.read(NAME) is None
    assert await world.preferences.read("other") == {"a": 1}


async def a_key_id_is_not_kept(world: World) -> None:
    await world.preferences.write(NAME, {"id": "elsewhere", "a": 1})

    assert await world.preferences.read(NAME) == {"a": 1}
    assert await world.preferences.read("elsewhere") is None


async def what_was_read_and_written_is_nobodys_to_change(world: World) -> None:
    written: JsonObject = {"stop": ["a"]}
    await world.preferences.write(NAME, written)
    written["stop"] = ["b"]
    read = await world.preferences.read(NAME)
    assert read is not None
    read["more"] = 1

    assert await world.preferences.read(NAME) == {"stop": ["a"]}


async def objects_written_at_the_same_time_are_all_kept(world: World) -> None:
    other = world.reopened()
    await asyncio.gather(
        world.preferences.write("one", {"a": 1}), other.write("two", {"a": 2}), world.preferences.write("three", {})
    )

    assert [await other.read(name) for name in ("one", "two", "three")] == [{"a": 1}, {"a": 2}, {}]


Case = Callable[[World], Awaitable[None]]
CASES: tuple[Case, ...] = (
    what_was_never_written_is_none,
    an_object_comes_back_as_it_was_written,
    an_object_outlives_the_thread_that_wrote_it,
    objects_of_two_names_do_not_mix,
    a_new_object_takes_the_place_of_the_old_one,
    none_forgets_an_object_and_the_others_stay,
    a_key_id_is_not_kept,
    what_was_read_and_written_is_nobodys_to_change,
    objects_written_at_the_same_time_are_all_kept,
)
