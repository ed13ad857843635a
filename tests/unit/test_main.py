"""The handlers behind the messages, as the composition root registers them.

`start` itself needs a browser; it runs in tests/browser.
"""

from __future__ import annotations

import asyncio
import importlib
import json
import logging
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from types import ModuleType

import pytest

from tabagent.adapters.memory.browser_state import MemoryBrowserState
from tabagent.adapters.memory.fetcher import Answer
from tabagent.adapters.memory.log_store import MemoryLogStore
from tabagent.adapters.memory.preferences import MemoryPreferences
from tabagent.adapters.memory.windows import MemoryWindows
from tabagent.errors import JsonObject, JsonValue
from tabagent.events import DBEventNames, ErrorCodes, RuntimeMessageTypes, TransferStates, WorkerEventNames
from tabagent.events import ModelWorkerStates as State
from tabagent.generation.settings import SettingsService
from tabagent.logbook.logbook import Logbook
from tabagent.messages import (
    CacheCleared,
    DownloadProgress,
    Event,
    GenerationComplete,
    GenerationStatus,
    GenerationStopped,
    GenerationUpdate,
    MemoryStats,
    ResetComplete,
    Sender,
)
from tabagent.models.account import WHOAMI
from tabagent.personal.prompts import PromptLibrary, register_prompts
from tabagent.personal.stored_data import StoredData, register_stored_data
from tabagent.publisher import EventPublisher
from tabagent.router import EventRouter
from tabagent.windows.detaching import Detaching, register_windows
from tabagent.windows.last_state import LastState, register_last_state
from tests.unit.chats.chat_desk import ChatDesk
from tests.unit.conftest import FILES, REPO, World
from tests.unit.drive.drive_desk import DriveDesk
from tests.unit.pages.page_desk import PageDesk

ID = "abcdefghijklmnopabcdefghijklmnop"
PANEL = Sender(extension_id=ID, url=f"chrome-extension://{ID}/sidepanel/index.html")
STATS = MemoryStats(
    used_js_heap_size=1, total_js_heap_size=2, js_heap_size_limit=3, python_heap=4, storage_usage=5, storage_quota=6
)
BROWSER = ("js", "pyodide", "pyodide.ffi", "transformers_js_py")


class BrowserModule(ModuleType):
    """A module of the browser: it has every name, and what is behind them is never used here."""

    def __getattr__(self, name: str) -> type:
        if name.startswith("__"):
            raise AttributeError(name)
        return type(name, (Exception,), {})


class Probe:
    """Always measures the same."""

    async def measure(self) -> MemoryStats:
        return STATS


class NotedEvents(list[Event]):
    """Events that somebody hears of while they are published."""

    def __init__(self, note: Callable[[Event], None]) -> None:
        super().__init__()
        self._note = note

    def append(self, event: Event) -> None:
        self._note(event)
        super().append(event)


@dataclass
class Background:
    """The router with all handlers over a world."""

    router: EventRouter
    world: World
    logbook: Logbook

    async def ask(self, name: str, **payload: JsonValue) -> JsonObject:
        """Send a request of the panel; return the reply, which is plain JSON."""
        text = json.dumps({"type": name, "requestId": "r-1", "payload": payload})
        reply = await self.router.dispatch(text, PANEL)
        assert reply["requestId"] == "r-1"
        decoded: JsonObject = json.loads(json.dumps(reply))
        return decoded


@pytest.fixture
def main() -> Iterator[ModuleType]:
    """The composition root, imported with empty modules in place of the browser's."""
    for name in BROWSER:
        sys.modules[name] = BrowserModule(name)
    yield importlib.import_module("tabagent.main")
    for name in list(sys.modules):
        if name in BROWSER or name == "tabagent.main" or name.startswith("tabagent.adapters.browser"):
            del sys.modules[name]


@pytest.fixture
async def background(main: ModuleType, world: World) -> AsyncIterator[Background]:
    local, loop, tabagent = MemoryBrowserState(), asyncio.get_running_loop(), logging.getLogger("tabagent")
    handlers, level, propagate = tabagent.handlers, tabagent.level, tabagent.propagate
    logbook = Logbook(MemoryLogStore(), local, "start-1", now=time.time, call_later=loop.call_later)
    logbook.listen("", "a test")
    world.events = NotedEvents(logbook.note)
    world.start()
    router = EventRouter(ID, logbook.note_request)
    publisher = EventPublisher(world.host, world.clock.now, world.clock.call_later)
    publisher.listen(logbook.note)
    main.register(router, world.manager, world.generation, Probe(), publisher, version="1.2.3")
    settings = SettingsService(MemoryPreferences(), world.store, world.events.append)
    main.register_settings(router, settings)
    main.register_library(router, world.library, world.exchange)
    main.register_account(router, world.account, world.sources)
    register_prompts(router, PromptLibrary(MemoryPreferences(), world.events.append, lambda: 1))
    register_stored_data(router, StoredData({}, world.space, world.events.append))
    main.register_drive(router, DriveDesk().service)
    page_desk = PageDesk()
    main.register_attachments(router, page_desk.attachments)
    main.register_pages(router, page_desk.service)
    desk = ChatDesk()
    await desk.service.start(desk.recorder.settle(frozenset()))
    main.register_chats(router, desk.service)
    logbook.connect(router, settings, world.offers, publisher.publish)
    last = LastState(
        kept=local,
        kept_until_the_end=MemoryBrowserState(),
        manager=world.manager,
        store=world.store,
        resources=settings.resources,
        now=time.time,
    )
    register_last_state(router, last)
    register_windows(router, Detaching(MemoryWindows()))
    yield Background(router, world, logbook)
    tabagent.handlers, tabagent.propagate = handlers, propagate
    tabagent.setLevel(level)


def code_of(reply: JsonObject) -> str:
    assert reply["success"] is False
    error = reply["error"]
    assert isinstance(error, dict)
    return str(error["code"])


async def test_every_request_has_a_handler(background: Background) -> None:
    of_workers = {
        WorkerEventNames.REQUEST_MEMORY_STATS,
        WorkerEventNames.CLEAR_CACHE,
        WorkerEventNames.HUGGINGFACE_LOGIN,
        WorkerEventNames.HUGGINGFACE_LOGOUT,
        WorkerEventNames.MODEL_SOURCE_SELECTION,
    }

    of_logs = {
        DBEventNames.DB_ADD_LOG_REQUEST,
        DBEventNames.DB_GET_LOGS_REQUEST,
        DBEventNames.DB_GET_UNIQUE_LOG_VALUES_REQUEST,
        DBEventNames.DB_CLEAR_LOGS_REQUEST,
        DBEventNames.DB_GET_CURRENT_AND_LAST_LOG_SESSION_IDS_REQUEST,
    }

    assert {*RuntimeMessageTypes, *of_workers, *of_logs} <= background.router.names


async def test_a_page_that_asks_hears_that_python_is_ready(background: Background) -> None:
    reply = await background.ask(RuntimeMessageTypes.CHECK_BACKGROUND_READY)

    assert (reply["success"], reply["ready"]) == (True, True)
    assert reply["message"]


async def test_the_state_tells_model_answer_and_version(background: Background) -> None:
    reply = await background.ask(RuntimeMessageTypes.GET_MODEL_WORKER_STATE)

    assert {"state", "modelId", "dtype", "executionProvider", "devices", "contextLength", "loading"} <= set(reply)
    assert (reply["state"], reply["generating"], reply["version"]) == (State.UNINITIALIZED.value, None, "1.2.3")


async def test_a_model_is_inspected_loaded_and_asked_over_messages(background: Background) -> None:
    world = background.world
    inspected = await background.ask(RuntimeMessageTypes.INSPECT_MODEL, modelId=f"https://huggingface.co/{REPO}")
    assert inspected["success"] is True

    loading = await background.ask(RuntimeMessageTypes.LOAD_MODEL, modelId=REPO, dtype="auto", loadId="l-1")
    assert (loading["success"], loading["loadId"]) == (True, "l-1")
    await world.until(lambda: world.manager.state is State.MODEL_READY)

    accepted = await background.ask(
        RuntimeMessageTypes.SEND_CHAT_MESSAGE,
        chatId="c",
        messageId="m",
        messages=[{"role": "user", "content": "one two three"}],
        options={"max_new_tokens": 2},
    )
    assert (accepted["success"], accepted["chatId"], accepted["messageId"]) == (True, "c", "m")
    assert (await world.heard(GenerationComplete)).generated_text == "one two "

    listed = await background.ask(RuntimeMessageTypes.LIST_MODELS)
    assert isinstance(listed["models"], list)
    assert REPO in [model["modelId"] for model in listed["models"] if isinstance(model, dict)]


async def test_an_answer_is_stopped_over_messages(background: Background) -> None:
    world = background.world
    await world.load()
    messages: list[JsonValue] = [{"role": "user", "content": "one two three four"}]
    await background.ask(RuntimeMessageTypes.SEND_CHAT_MESSAGE, chatId="c", messageId="m", messages=messages)
    await world.heard(GenerationStatus)
    state = await background.ask(RuntimeMessageTypes.GET_MODEL_WORKER_STATE)
    assert state["generating"] == {"chatId": "c", "messageId": "m", "text": ""}

    assert (await background.ask(RuntimeMessageTypes.INTERRUPT_GENERATION, chatId="c"))["stopped"] is True
    await world.heard(GenerationStopped)


async def test_a_reset_during_an_answer_ends_it_first(background: Background) -> None:
    world = background.world
    await world.load()
    messages: list[JsonValue] = [{"role": "user", "content": "one two three four"}]
    await background.ask(RuntimeMessageTypes.SEND_CHAT_MESSAGE, chatId="c", messageId="m", messages=messages)
    await world.heard(GenerationUpdate)
    reply = await background.ask(RuntimeMessageTypes.RESET_WORKER)
    assert reply == {"type": reply["type"], "requestId": "r-1", "success": True}

    await world.heard(ResetComplete)
    ends = [event for event in world.events if isinstance(event, (GenerationStopped, ResetComplete))]
    assert [type(event) for event in ends] == [GenerationStopped, ResetComplete]
    assert world.states[-1] is State.UNINITIALIZED


async def test_memory_figures_are_answered_and_published(background: Background) -> None:
    reply = await background.ask(WorkerEventNames.REQUEST_MEMORY_STATS)

    assert isinstance(reply["stats"], dict)
    assert reply["stats"]["usedJSHeapSize"] == 1
    assert [envelope["payload"] for envelope in background.world.host.batches[0]] == [reply["stats"]]


async def test_an_empty_prompt_and_a_missing_model_are_refused(background: Background) -> None:
    empty: list[JsonValue] = [{"role": "user", "content": " "}]
    asked: list[JsonValue] = [{"role": "user", "content": "one"}]

    refused = await background.ask(RuntimeMessageTypes.SEND_CHAT_MESSAGE, chatId="c", messageId="m", messages=empty)
    assert code_of(refused) == ErrorCodes.EMPTY_PROMPT.value
    refused = await background.ask(RuntimeMessageTypes.SEND_CHAT_MESSAGE, chatId="c", messageId="m", messages=asked)
    assert code_of(refused) == ErrorCodes.INVALID_STATE.value


async def test_a_model_is_downloaded_checked_and_deleted_over_messages(background: Background) -> None:
    world = background.world
    begun = await background.ask(RuntimeMessageTypes.DOWNLOAD_MODEL, modelId=REPO, dtype="auto")
    assert (begun["success"], begun["modelId"], begun["dtype"]) == (True, REPO, "q8")
    await world.until(lambda: not world.downloads.open_for(REPO))

    assert (await background.ask(RuntimeMessageTypes.CHECK_MODEL, modelId=REPO, dtype="q8"))["success"] is True
    await world.until(
        lambda: [event for event in world.of(DownloadProgress) if event.status is TransferStates.DONE][1:]
    )
    deleted = await background.ask(RuntimeMessageTypes.DELETE_MODEL, modelId=REPO)
    assert deleted["freed"] == len(FILES["config.json"] + FILES["tokenizer.json"] + FILES["onnx/model_quantized.onnx"])
    assert (world.chunks.usage, await world.store.entries()) == (0, ())


async def test_a_download_is_paused_and_cancelled_over_messages(background: Background) -> None:
    await background.ask(RuntimeMessageTypes.DOWNLOAD_MODEL, modelId=REPO)
    assert (await background.ask(RuntimeMessageTypes.PAUSE_DOWNLOAD, modelId=REPO, dtype="q8"))["success"] is True
    assert background.world.of(DownloadProgress)[-1].status is TransferStates.PAUSED

    assert (await background.ask(RuntimeMessageTypes.CANCEL_DOWNLOAD, modelId=REPO, dtype="q8"))["success"] is True
    assert background.world.of(DownloadProgress)[-1].status is TransferStates.CANCELLED


async def test_the_cache_is_cleared_over_messages(background: Background) -> None:
    await background.ask(RuntimeMessageTypes.DOWNLOAD_MODEL, modelId=REPO)
    await background.world.until(lambda: not background.world.downloads.open_for(REPO))
    await background.ask(WorkerEventNames.CLEAR_CACHE)

    assert background.world.chunks.usage == 0
    assert background.world.of(CacheCleared)


async def test_the_account_is_told_without_its_token(background: Background) -> None:
    world = background.world
    nobody: JsonObject = {"account": None, "oauth": False, "sources": []}
    assert nobody.items() <= (await background.ask(RuntimeMessageTypes.GET_ACCOUNT)).items()

    world.fetcher.answers[WHOAMI] = Answer(body=b'{"name": "ada"}')
    reply = await background.ask(WorkerEventNames.HUGGINGFACE_LOGIN, token="hf_secret")
    told = await background.ask(RuntimeMessageTypes.GET_ACCOUNT)
    assert reply["account"] == told["account"] == {"name": "ada", "method": "token"}
    assert "hf_secret" not in json.dumps([reply, told])

    await background.ask(WorkerEventNames.HUGGINGFACE_LOGOUT)
    assert (await background.ask(RuntimeMessageTypes.GET_ACCOUNT))["account"] is None


async def test_a_login_that_the_hub_refuses_does_not_repeat_the_token(background: Background) -> None:
    background.world.fetcher.answers[WHOAMI] = Answer(status=401)
    reply = await background.ask(WorkerEventNames.HUGGINGFACE_LOGIN, token="hf_secret")

    assert code_of(reply) == ErrorCodes.LOGIN_FAILED.value
    assert "hf_secret" not in json.dumps(reply)


async def test_a_sign_in_over_oauth_needs_a_build_that_has_it(background: Background) -> None:
    uri = f"https://{ID}.chromiumapp.org/"

    reply = await background.ask(RuntimeMessageTypes.BEGIN_OAUTH_LOGIN, redirectUri=uri)
    assert code_of(reply) == ErrorCodes.INVALID_STATE.value


async def test_a_hub_is_added_and_removed_over_messages(background: Background) -> None:
    source = "https://hub.example"
    added = await background.ask(WorkerEventNames.MODEL_SOURCE_SELECTION, source=source)
    assert added["sources"] == (await background.ask(RuntimeMessageTypes.GET_ACCOUNT))["sources"] == [source]

    removed = await background.ask(WorkerEventNames.MODEL_SOURCE_SELECTION, source=source, remove=True)
    assert removed["sources"] == []
