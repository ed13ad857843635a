"""The composition root: builds every object, connects them, and opens the way for messages.

`start` is the one function that JavaScript calls; what it returns is the one function that JavaScript keeps.
"""

from __future__ import annotations

import asyncio
import json
import logging
import random
import time
from collections.abc import Callable

from tabagent import codec, logs
from tabagent.adapters.browser.fetch import BrowserFetcher
from tabagent.adapters.browser.host import DocumentHost, JsHost
from tabagent.adapters.browser.indexed_db import IndexedDbChunkStore, IndexedDbManifestStore, open_database
from tabagent.adapters.browser.model_cache import ModelCache
from tabagent.adapters.browser.transformers_js import TransformersJsEngine
from tabagent.errors import JsonObject
from tabagent.events import RuntimeMessageTypes, WorkerEventNames
from tabagent.generation.service import GenerationService
from tabagent.messages import Empty, Sender
from tabagent.models.baton import Baton
from tabagent.models.downloader import ModelDownloader
from tabagent.models.hub import HubClient
from tabagent.models.loader import ModelLoader
from tabagent.models.manager import ModelManager
from tabagent.models.store import ModelStore
from tabagent.ports.memory_probe import MemoryProbe
from tabagent.publisher import EventPublisher, FlushingHost
from tabagent.router import EventRouter

logger = logging.getLogger(__name__)

OnMessage = Callable[[int, str, str, str, str], None]


async def start(js_host: JsHost) -> OnMessage:
    """Build the background and return its receiver of messages.

    Args:
        js_host: The JavaScript side of this thread.

    Returns:
        A function of (number of the message, its JSON text, sender's extension id, sender's URL, sender's tab URL).
    """
    # A memory snapshot freezes the state of the generator: every start would draw the same numbers.
    random.seed()
    logs.configure()
    config = json.loads(js_host.config())
    baton = Baton.from_text(config["baton"])
    loop = asyncio.get_running_loop()

    host = DocumentHost(js_host)
    publisher = EventPublisher(host, time.monotonic, loop.call_later)
    js_database = await open_database()
    store = ModelStore(IndexedDbChunkStore(js_database), IndexedDbManifestStore(js_database))
    hub = HubClient(BrowserFetcher(js_host))
    engine = TransformersJsEngine(js_host, ModelCache(store))
    manager = ModelManager(
        loader=ModelLoader(hub, store, ModelDownloader(hub, store), engine),
        store=store,
        engine=engine,
        host=FlushingHost(host, publisher),
        publish=publisher.publish,
        baton=baton,
    )
    generation = GenerationService(manager, engine, publisher.publish, time.monotonic)
    router = EventRouter(config["extensionId"])
    register(router, manager, generation, host, publisher, version=config["version"])

    async def answer(number: int, text: str, sender: Sender) -> None:
        reply = await router.dispatch(text, sender)
        js_host.reply(number, json.dumps(reply, ensure_ascii=False))

    running: set[asyncio.Task[None]] = set()

    def on_message(number: int, text: str, extension_id: str, url: str, tab_url: str) -> None:
        sender = Sender(extension_id=extension_id, url=url, tab_url=tab_url)
        task = loop.create_task(answer(number, text, sender))
        running.add(task)
        task.add_done_callback(running.discard)

    generation.resume(baton.interrupted)
    manager.resume()
    return on_message


def register(
    router: EventRouter,
    manager: ModelManager,
    generation: GenerationService,
    probe: MemoryProbe,
    publisher: EventPublisher,
    *,
    version: str,
) -> None:
    """Give every request its handler."""

    async def ready(request: Empty) -> JsonObject:
        return {"ready": True, "message": "The Python runtime is ready."}

    async def state(request: Empty) -> JsonObject:
        return {**await manager.describe(), "generating": generation.describe(), "version": version}

    async def reset(request: Empty) -> JsonObject:
        manager.begin_reset()
        await generation.finish()
        manager.reset()
        return {}

    async def memory(request: Empty) -> JsonObject:
        stats = await probe.measure()
        publisher.publish(stats)
        return {"stats": codec.encode_event(stats)["payload"]}

    router.on(RuntimeMessageTypes.CHECK_BACKGROUND_READY, codec.decode_empty, ready)
    router.on(RuntimeMessageTypes.GET_MODEL_WORKER_STATE, codec.decode_empty, state)
    router.on(RuntimeMessageTypes.LIST_MODELS, codec.decode_empty, manager.list_models)
    router.on(RuntimeMessageTypes.INSPECT_MODEL, codec.decode_inspect_model, manager.inspect_model)
    router.on(RuntimeMessageTypes.LOAD_MODEL, codec.decode_load_model, manager.load_model)
    router.on(RuntimeMessageTypes.RESET_WORKER, codec.decode_empty, reset)
    router.on(RuntimeMessageTypes.SEND_CHAT_MESSAGE, codec.decode_send_chat_message, generation.send)
    router.on(RuntimeMessageTypes.INTERRUPT_GENERATION, codec.decode_interrupt, generation.interrupt)
    router.on(WorkerEventNames.REQUEST_MEMORY_STATS, codec.decode_empty, memory)
