"""The last chat and the last model are offered again."""

import asyncio
from dataclasses import dataclass, field

import pytest

from tabagent.adapters.memory.browser_state import MemoryBrowserState
from tabagent.errors import JsonObject
from tabagent.events import ModelWorkerStates
from tabagent.messages import Empty, GenerationStatus, WorkerReady
from tabagent.parameters import ResourceSettings
from tabagent.windows.last_state import CHAT, KEY, MODEL, LastState
from tests.unit.conftest import REPO, World, chat_request, load_request

MODEL_OF_LAST_TIME: JsonObject = {
    "repoId": REPO,
    "quantPath": "onnx/model_quantized.onnx",
    "loadedAt": 1_700_000_000_000,
    "dtype": "q8",
}


@dataclass
class Browser:
    """What stays and what ends with the browser, over the machine of the other tests."""

    world: World
    local: MemoryBrowserState = field(default_factory=MemoryBrowserState)
    session: MemoryBrowserState = field(default_factory=MemoryBrowserState)
    resources: ResourceSettings = field(default_factory=ResourceSettings)

    def thread(self) -> LastState:
        async def resources() -> ResourceSettings:
            return self.resources

        return LastState(
            kept=self.local,
            kept_until_the_end=self.session,
            manager=self.world.manager,
            store=self.world.store,
            resources=resources,
            now=lambda: 1_700_000_000.0,
        )

    def start_again(self) -> None:
        self.session = MemoryBrowserState()
        self.world.start()


@pytest.fixture
def browser(world: World) -> Browser:
    return Browser(world)


async def settle() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


async def test_nothing_is_offered_the_first_time(browser: Browser) -> None:
    assert await browser.thread().restore(Empty()) == {
        "modelRestored": False,
        "lastModel": None,
        "lastChatSession": None,
        "currentModel": {"id": None, "dtype": None, "ready": False},
    }


async def test_the_chat_and_the_model_of_last_time_are_offered_and_not_loaded(browser: Browser) -> None:
    world, last = browser.world, browser.thread()
    await world.manager.load_model(load_request())
    last.note(await world.heard(WorkerReady))
    await world.generation.send(chat_request(chat_id="chat-7", max_new_tokens=2))
    last.note(await world.heard(GenerationStatus))
    await settle()
    assert browser.local.values[KEY] == {MODEL: MODEL_OF_LAST_TIME, CHAT: "chat-7"}
    assert (await last.restore(Empty()))["currentModel"] == {"id": REPO, "dtype": "q8", "ready": True}

    browser.start_again()
    reply = await browser.thread().restore(Empty())
    assert (reply["modelRestored"], reply["lastModel"], reply["lastChatSession"]) == (
        False,
        MODEL_OF_LAST_TIME,
        "chat-7",
    )
    assert world.manager.state is ModelWorkerStates.UNINITIALIZED


async def test_reading_takes_nothing_away(browser: Browser) -> None:
    browser.local.values[KEY] = {MODEL: {**MODEL_OF_LAST_TIME}, CHAT: "chat-7", "lastActiveTabId": 3}
    last = browser.thread()
    replies = [await last.restore(Empty()) for _ in range(3)]

    assert replies[0] == replies[1] == replies[2]
    assert replies[0]["lastChatSession"] == "chat-7"
    last.note_chat("chat-8")
    await settle()
    assert browser.local.values[KEY] == {MODEL: MODEL_OF_LAST_TIME, CHAT: "chat-8", "lastActiveTabId": 3}


async def test_with_the_setting_the_model_is_loaded_once_for_each_start_of_the_browser(browser: Browser) -> None:
    browser.local.values[KEY] = {MODEL: {**MODEL_OF_LAST_TIME}}
    browser.resources = ResourceSettings(restore_model=True)
    world = browser.world
    assert (await browser.thread().restore(Empty()))["modelRestored"] is True
    assert (await world.heard(WorkerReady)).model_id == REPO

    world.start()
    assert (await browser.thread().restore(Empty()))["modelRestored"] is False
    browser.start_again()
    assert (await browser.thread().restore(Empty()))["modelRestored"] is True


async def test_a_model_that_is_loaded_already_stays(browser: Browser) -> None:
    browser.local.values[KEY] = {MODEL: {**MODEL_OF_LAST_TIME}}
    browser.resources = ResourceSettings(restore_model=True)
    await browser.world.load()

    assert (await browser.thread().restore(Empty()))["modelRestored"] is False


async def test_what_an_earlier_version_wrote_there_is_offered_as_well(browser: Browser) -> None:
    old: JsonObject = {"repoId": REPO, "quantPath": "q4f16", "loadedAt": 1}
    browser.local.values[KEY] = {MODEL: old}
    browser.resources = ResourceSettings(restore_model=True)
    reply = await browser.thread().restore(Empty())

    assert (reply["lastModel"], reply["modelRestored"]) == (old, True)


@pytest.mark.parametrize("value", [None, "text", 3, []])
async def test_what_is_no_state_is_no_state(browser: Browser, value: None) -> None:
    browser.local.values[KEY] = value

    assert (await browser.thread().restore(Empty()))["lastModel"] is None


async def test_a_browser_that_keeps_nothing_does_not_break_an_answer(browser: Browser) -> None:
    browser.local.refuses = True
    browser.thread().note_chat("chat-1")
    await settle()

    assert browser.local.values == {}
