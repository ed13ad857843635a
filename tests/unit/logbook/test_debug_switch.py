"""The switch for content in the logs goes off by itself."""

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest

from tabagent.adapters.memory.browser_state import MemoryBrowserState
from tabagent.errors import JsonObject
from tabagent.logbook.debug_switch import KEY, SECONDS, SETTING, DebugSwitch
from tabagent.model_messages import SaveSettings
from tabagent.parameters import ResourceSettings, combine_resources
from tests.unit.conftest import Clock


class Machine:
    """The settings, what the browser keeps, and threads."""

    def __init__(self) -> None:
        self.values: JsonObject = {}
        self.kept = MemoryBrowserState()
        self.clock = Clock()

    async def resources(self) -> ResourceSettings:
        return combine_resources(self.values)

    async def save(self, request: SaveSettings) -> JsonObject:
        for name, value in request.values.items():
            if value is None:
                self.values.pop(name, None)
            else:
                self.values[name] = value
        return {}

    def thread(self, session: str = "start-1") -> DebugSwitch:
        def spawn(work: Any) -> asyncio.Task[None]:
            coroutine: Coroutine[Any, Any, None] = work
            return asyncio.ensure_future(coroutine)

        return DebugSwitch(self, self.kept, session, now=self.clock.now, call_later=self.clock.call_later, spawn=spawn)


@pytest.fixture
def machine() -> Machine:
    return Machine()


async def settle() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


async def switched_on(machine: Machine, session: str = "start-1") -> DebugSwitch:
    switch = machine.thread(session)
    machine.values[SETTING] = True
    switch.changed()
    await settle()
    assert switch.on is True
    return switch


async def test_it_is_off_until_the_person_switches_it_on(machine: Machine) -> None:
    switch = machine.thread()
    await switch.begin(new_start=True)
    assert switch.on is False

    machine.values[SETTING] = True
    await switch.refresh()
    assert switch.on is True


async def test_the_person_switches_it_off(machine: Machine) -> None:
    switch = await switched_on(machine)
    machine.values.pop(SETTING)
    await switch.refresh()

    assert switch.on is False
    assert machine.kept.values == {}


async def test_it_goes_off_after_a_day(machine: Machine) -> None:
    switch = await switched_on(machine)
    machine.clock.advance(SECONDS - 1)
    await settle()
    assert switch.on is True

    machine.clock.advance(2)
    await settle()
    assert (switch.on, machine.values, machine.kept.values) == (False, {}, {})


async def test_a_restart_of_the_thread_does_not_begin_the_day_anew(machine: Machine) -> None:
    await switched_on(machine)
    machine.clock.advance(SECONDS / 2)
    again = machine.thread()
    await again.begin(new_start=False)
    assert again.on is True

    machine.clock.advance(SECONDS / 2 + 1)
    await settle()
    assert (again.on, machine.values) == (False, {})


async def test_it_is_off_after_the_next_start(machine: Machine) -> None:
    await switched_on(machine)
    after = machine.thread("start-2")
    await after.begin(new_start=True)

    assert (after.on, machine.values, machine.kept.values) == (False, {}, {})


async def test_one_that_was_left_on_by_another_start_does_not_count(machine: Machine) -> None:
    await switched_on(machine)
    after = machine.thread("start-2")
    await after.begin(new_start=False)

    assert (after.on, machine.values) == (False, {})


async def test_without_the_browsers_memory_it_stays_off(machine: Machine) -> None:
    machine.values[SETTING] = True
    machine.kept.refuses = True
    switch = machine.thread()
    await switch.refresh()

    assert switch.on is False
    assert KEY not in machine.kept.values
