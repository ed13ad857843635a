"""The library of system prompts: nothing lost, nothing beyond its limit."""

from __future__ import annotations

import asyncio

import pytest

from tabagent.adapters.memory.preferences import MemoryPreferences
from tabagent.errors import InvalidState, JsonObject
from tabagent.events import RuntimeMessageTypes
from tabagent.messages import Empty, Event, Sender
from tabagent.personal.prompts import MAX_PROMPTS, PROMPTS, PromptLibrary, register_prompts
from tabagent.personal_messages import DeletePrompt, PromptsChanged, SavePrompt
from tabagent.router import EventRouter


class SlowPreferences(MemoryPreferences):
    """Lets others come in between, as a database does."""

    async def read(self, name: str) -> JsonObject | None:
        found = await super().read(name)
        await asyncio.sleep(0)
        return found


class Desk:
    """A library over memory, whose clock goes on by one with every look at it."""

    def __init__(self) -> None:
        self.preferences = SlowPreferences()
        self.events: list[Event] = []
        self.time = 0
        self.library = PromptLibrary(self.preferences, self.events.append, self._tick)

    def _tick(self) -> int:
        self.time += 1
        return self.time

    async def save(self, prompt_id: str, name: str = "name", text: str = "text") -> JsonObject:
        return await self.library.save(SavePrompt(prompt_id=prompt_id, prompt_name=name, text=text))


@pytest.fixture
def desk() -> Desk:
    return Desk()


async def test_a_library_begins_empty(desk: Desk) -> None:
    assert await desk.library.get(Empty()) == {"prompts": []}
    assert await desk.library.measure() == (0, 0)


async def test_prompts_come_in_the_order_of_their_names(desk: Desk) -> None:
    await desk.save("1", "tutor", "Teach.")
    reply = await desk.save("2", "Editor", "Edit.")

    assert reply == {
        "prompts": [
            {"id": "2", "name": "Editor", "text": "Edit.", "changedAt": 2},
            {"id": "1", "name": "tutor", "text": "Teach.", "changedAt": 1},
        ]
    }
    assert await desk.library.get(Empty()) == reply
    assert desk.events == [PromptsChanged(), PromptsChanged()]


async def test_a_known_id_is_changed(desk: Desk) -> None:
    await desk.save("1", "tutor", "Teach.")
    reply = await desk.save("1", "teacher", "Teach well.")

    assert reply == {"prompts": [{"id": "1", "name": "teacher", "text": "Teach well.", "changedAt": 2}]}


async def test_two_panels_that_save_at_a_time_lose_nothing(desk: Desk) -> None:
    await asyncio.gather(*(desk.save(str(number)) for number in range(5)))

    assert (await desk.library.measure())[0] == 5


async def test_a_deleted_prompt_is_gone_and_deleting_it_again_changes_nothing(desk: Desk) -> None:
    await desk.save("1")
    await desk.save("2")
    await desk.library.delete(DeletePrompt(prompt_id="1"))
    told = len(desk.events)
    reply = await desk.library.delete(DeletePrompt(prompt_id="1"))

    assert [prompt["id"] for prompt in reply["prompts"]] == ["2"]  # type: ignore[union-attr,index,call-overload]
    assert len(desk.events) == told


async def test_a_full_library_takes_changes_and_nothing_new(desk: Desk) -> None:
    for number in range(MAX_PROMPTS):
        await desk.save(str(number))

    await desk.save("7", "changed")
    with pytest.raises(InvalidState, match="200 prompts"):
        await desk.save("new")
    assert (await desk.library.measure())[0] == MAX_PROMPTS


async def test_what_is_erased_leaves_no_record(desk: Desk) -> None:
    await desk.save("1")
    await desk.library.erase()

    assert PROMPTS not in desk.preferences.texts
    assert await desk.library.measure() == (0, 0)


async def test_pages_reach_the_library(desk: Desk) -> None:
    extension = "a" * 32
    router, page = EventRouter(extension), Sender(extension_id=extension, url=f"chrome-extension://{extension}/a.html")
    register_prompts(router, desk.library)
    for name, payload in (
        (RuntimeMessageTypes.SAVE_PROMPT, '{"promptId": "1", "name": "n", "text": "t"}'),
        (RuntimeMessageTypes.DELETE_PROMPT, '{"promptId": "1"}'),
        (RuntimeMessageTypes.GET_PROMPTS, "{}"),
    ):
        reply = await router.dispatch(f'{{"type": "{name}", "requestId": "r", "payload": {payload}}}', page)

        assert reply["success"] is True
