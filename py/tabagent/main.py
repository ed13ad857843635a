"""The composition root: builds every object, connects them, and opens the way for messages.

`start` is the one function that JavaScript calls; what it returns is the one function that JavaScript keeps.
"""

from __future__ import annotations

import asyncio
import json
import logging
import random
import time
import uuid
from collections.abc import Callable

from tabagent import chat_codec, codec, model_codec
from tabagent.adapters.browser.attachment_store import IndexedDbAttachmentStore
from tabagent.adapters.browser.auth_window import BrowserAuthWindow
from tabagent.adapters.browser.browser_state import ChromeBrowserState
from tabagent.adapters.browser.chat_store import IndexedDbChatStore
from tabagent.adapters.browser.chrome import Chrome
from tabagent.adapters.browser.fetch import BrowserFetcher
from tabagent.adapters.browser.file_offer import BrowserFileOffer
from tabagent.adapters.browser.hasher import WasmHasher
from tabagent.adapters.browser.holdings import BrowserHoldings
from tabagent.adapters.browser.host import DocumentHost, JsHost
from tabagent.adapters.browser.indexed_db import IndexedDbChunkStore, IndexedDbModelIndex, open_database
from tabagent.adapters.browser.legacy_profile import BrowserLegacyProfile
from tabagent.adapters.browser.log_store import IndexedDbLogStore
from tabagent.adapters.browser.model_cache import ModelCache
from tabagent.adapters.browser.opfs import OpfsChunkStore
from tabagent.adapters.browser.pdf_reader import PdfJsReader
from tabagent.adapters.browser.preferences import BrowserPreferences
from tabagent.adapters.browser.storage_space import BrowserStorageSpace
from tabagent.adapters.browser.tabs import ChromePages, ChromeTabs
from tabagent.adapters.browser.transformers_js import TransformersJsEngine
from tabagent.adapters.browser.under_way import under_way
from tabagent.adapters.browser.user_data import UserDatabase
from tabagent.adapters.browser.vault import BrowserVault
from tabagent.adapters.browser.windows import ChromeWindows
from tabagent.attachments.service import AttachmentService, register_attachments
from tabagent.attachments.unsent import UnsentAttachments
from tabagent.chats.building import build_chats
from tabagent.chats.requests import register_chats
from tabagent.drive.account import GoogleAccount
from tabagent.drive.client import DriveClient
from tabagent.drive.listing import DriveListing
from tabagent.drive.reading import DriveReader
from tabagent.drive.service import DriveService, register_drive
from tabagent.errors import JsonObject, JsonValue
from tabagent.events import RuntimeMessageTypes, WorkerEventNames
from tabagent.generation.memory_report import MemoryReport
from tabagent.generation.service import GenerationService
from tabagent.generation.settings import SettingsService, register_settings
from tabagent.logbook.logbook import Logbook
from tabagent.messages import Empty, ManifestUpdated, Sender
from tabagent.model_messages import BeginOauthLogin, HuggingFaceLogin, ModelSourceSelection
from tabagent.models.account import Account, HuggingFaceAccount
from tabagent.models.adoption import Adoption
from tabagent.models.baton import SharedBaton
from tabagent.models.downloader import ModelDownloader
from tabagent.models.downloads import Downloads
from tabagent.models.exchange import ModelExchange
from tabagent.models.hub import HubClient
from tabagent.models.library import ModelLibrary
from tabagent.models.loader import ModelLoader
from tabagent.models.manager import ModelManager
from tabagent.models.sources import ModelSources
from tabagent.models.store import ModelStore
from tabagent.models.transfer import ModelTransfer
from tabagent.pages.reading import Reading
from tabagent.pages.service import PageService, register_pages
from tabagent.personal.keepers import keepers
from tabagent.personal.prompts import PromptLibrary, register_prompts
from tabagent.personal.stored_data import StoredData, register_stored_data
from tabagent.personal_messages import StoredKind
from tabagent.ports.memory_probe import MemoryProbe
from tabagent.publisher import EventPublisher, FlushingHost
from tabagent.router import EventRouter
from tabagent.specs import Backend, Dtype, LoadedModel
from tabagent.windows.detaching import Detaching, register_windows
from tabagent.windows.last_state import LastState, register_last_state

logger = logging.getLogger(__name__)

# Importing it holds the thread up for 0.2 s: not while a panel asks for what it shows first.
PREPARE_ENGINE_AFTER_SECONDS = 1.0

# What lies in databases of its own, by the original's names: the database, and its stores.
RECORDS = {
    StoredKind.ATTACHMENTS: ("TabAgentUserData", ("TabAgentAttachments",)),
    StoredKind.LOGS: ("TabAgentLogs", ("TabAgentLogs",)),
}

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
    config = json.loads(js_host.config())
    baton, begun = SharedBaton.read(config["baton"])
    loop, chrome = asyncio.get_running_loop(), Chrome(js_host)
    local = ChromeBrowserState(chrome)
    logbook = Logbook(IndexedDbLogStore(), local, config["session"], now=time.time, call_later=loop.call_later)
    logbook.listen(config["baton"], config["reason"])

    host = DocumentHost(js_host)
    publisher = EventPublisher(host, time.monotonic, loop.call_later)
    publisher.listen(logbook.note)
    flushing = FlushingHost(logbook.hand_over(host), publisher)
    shared = SharedBaton(flushing, begun)
    js_database = await open_database()
    opfs, indexed_db, hasher = OpfsChunkStore(), IndexedDbChunkStore(js_database), WasmHasher(js_host)
    store = ModelStore(
        index=IndexedDbModelIndex(js_database),
        chunks={Backend.OPFS: opfs, Backend.INDEXED_DB: indexed_db},
        hasher=hasher,
        default=Backend.OPFS,
    )
    fetcher, vault, space = BrowserFetcher(js_host), BrowserVault(js_database), BrowserStorageSpace(js_host)
    account = HuggingFaceAccount(fetcher, vault, time.time, config["huggingFaceClientId"])
    sources = ModelSources(vault)
    hub = HubClient(fetcher, sources, account)
    downloader = ModelDownloader(hub, store)
    downloads = Downloads(
        downloader=downloader,
        store=store,
        space=space,
        publish=publisher.publish,
        now=time.monotonic,
        changed=shared.keep_downloads,
    )
    engine = TransformersJsEngine(js_host, ModelCache(store, downloader))
    adoption = Adoption(BrowserLegacyProfile(js_database), store, vault, lambda: publisher.publish(ManifestUpdated()))
    # Requests that have waited for this thread come before its work after the start.
    adoption.announce()

    async def rehearse(loaded: LoadedModel, told: Callable[[], None]) -> bool:
        return await generation.rehearse(loaded, told)

    loader = ModelLoader(hub, store, downloads, engine, adoption.settled, rehearse)
    preferences = BrowserPreferences(js_database)
    settings = SettingsService(preferences, store, publisher.publish)
    manager = ModelManager(
        loader=loader,
        engine=engine,
        host=shared,
        publish=publisher.publish,
        baton=baton,
        resources=settings.resources,
        call_later=loop.call_later,
        overdue=config["overdue"],
    )
    library = ModelLibrary(
        manager=manager,
        loader=loader,
        store=store,
        downloads=downloads,
        adoption=adoption,
        hub=hub,
        space=space,
        publish=publisher.publish,
        now=time.monotonic,
    )
    offers = BrowserFileOffer(indexed_db, opfs)
    transfer = ModelTransfer(store=store, hasher=hasher, fetcher=fetcher, offers=offers, now=time.time)
    exchange = ModelExchange(transfer, publisher.publish, time.monotonic)
    generation = GenerationService(
        manager=manager, engine=engine, settings=settings, publish=publisher.publish, now=time.monotonic
    )
    google = GoogleAccount(fetcher, vault, BrowserAuthWindow(Chrome(js_host)), time.time, config["googleClientId"])
    drive_client = DriveClient(fetcher, google, asyncio.sleep)
    user_data = UserDatabase()
    attachments = IndexedDbAttachmentStore(user_data)
    attaching = AttachmentService(
        store=attachments, fetcher=fetcher, pdf_reader=PdfJsReader(js_host), now=time.time, new_id=_new_id
    )
    unsent = UnsentAttachments(attachments, time.time, loop.call_later, host.open_pages)
    drive = DriveService(google, DriveListing(drive_client), DriveReader(drive_client), attaching)
    tabs = ChromeTabs(chrome)
    reading = Reading(tabs, ChromePages(chrome), fetcher, asyncio.sleep)
    pages = PageService(attachments=attaching, reading=reading, tabs=tabs, publish=publisher.publish, new_id=_new_id)
    chats = build_chats(
        store=IndexedDbChatStore(user_data),
        attachments=attachments,
        generation=generation,
        loaded=lambda: manager.loaded,
        publish=publisher.publish,
        call_later=loop.call_later,
        fetcher=fetcher,
        offers=offers,
    )
    publisher.listen(chats.recorder.hear)
    flushing.last_work = chats.recorder.written
    probe = MemoryReport(host, engine, manager, generation)
    router = EventRouter(config["extensionId"], logbook.note_request)
    register(router, manager, generation, probe, publisher, version=config["version"])
    register_settings(router, settings)
    register_chats(router, chats.service)
    register_library(router, library, exchange)
    register_account(router, account, sources)
    prompts = PromptLibrary(preferences, publisher.publish, lambda: int(time.time() * 1000))
    register_prompts(router, prompts)
    kept = keepers(
        library=library,
        store=store,
        settings=settings,
        prompts=prompts,
        account=account,
        sources=sources,
        google=google,
        chats=chats.service,
        records={kind: BrowserHoldings(*place) for kind, place in RECORDS.items()},
    )
    register_stored_data(router, StoredData(kept, space, publisher.publish))
    register_drive(router, drive)
    register_attachments(router, attaching)
    register_pages(router, pages)
    logbook.connect(router, settings, offers, publisher.publish)
    last = LastState(
        kept=local,
        kept_until_the_end=ChromeBrowserState(chrome, "session"),
        manager=manager,
        store=store,
        resources=settings.resources,
        now=time.time,
    )
    publisher.listen(last.note)
    register_last_state(router, last)
    register_windows(router, Detaching(ChromeWindows(chrome, config["extensionId"])))

    async def answer(number: int, text: str, sender: Sender) -> None:
        with under_way():
            reply = await router.dispatch(text, sender)
        js_host.reply(number, json.dumps(reply, ensure_ascii=False))

    running: set[asyncio.Task[None]] = set()

    def on_message(number: int, text: str, extension_id: str, url: str, tab_url: str) -> None:
        sender = Sender(extension_id=extension_id, url=url, tab_url=tab_url)
        task = loop.create_task(answer(number, text, sender))
        running.add(task)
        task.add_done_callback(running.discard)

    generation.resume(manager.resume())
    settled = loop.create_task(chats.service.start(chats.recorder.settle(generation.answering)))
    running.add(settled)
    settled.add_done_callback(running.discard)
    later = loop.create_task(_after_start(library, adoption, opfs, store, engine, pages, unsent, begun))
    running.add(later)
    later.add_done_callback(running.discard)
    return on_message


def _new_id() -> str:
    return str(uuid.uuid4())


async def _after_start(
    library: ModelLibrary,
    adoption: Adoption,
    opfs: OpfsChunkStore,
    store: ModelStore,
    engine: TransformersJsEngine,
    pages: PageService,
    unsent: UnsentAttachments,
    begun: list[tuple[str, Dtype]],
) -> None:
    """Do what nobody waits for."""
    try:
        if not await opfs.available():
            store.default = Backend.INDEXED_DB
        await library.resume(begun)
        await adoption.run()
        await library.tidy()
        await pages.after_start()
        await unsent.watch()
        await asyncio.sleep(PREPARE_ENGINE_AFTER_SECONDS)
        await engine.prepare()
    except Exception:
        logger.exception("the work after the start ended early; the next start tries again")
    finally:
        adoption.call_off()


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
        return {**await manager.describe(), **generation.describe(), "version": version}

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
    router.on(RuntimeMessageTypes.LOAD_MODEL, codec.decode_load_model, manager.load_model)
    router.on(RuntimeMessageTypes.RESET_WORKER, codec.decode_empty, reset)
    router.on(RuntimeMessageTypes.SEND_CHAT_MESSAGE, chat_codec.decode_send_chat_message, generation.send)
    router.on(RuntimeMessageTypes.INTERRUPT_GENERATION, codec.decode_interrupt, generation.interrupt)
    router.on(WorkerEventNames.REQUEST_MEMORY_STATS, codec.decode_empty, memory)


def register_library(router: EventRouter, library: ModelLibrary, exchange: ModelExchange) -> None:
    """Give every request about stored models its handler."""
    router.on(RuntimeMessageTypes.LIST_MODELS, codec.decode_empty, library.list_models)
    router.on(RuntimeMessageTypes.INSPECT_MODEL, codec.decode_inspect_model, library.inspect_model)
    router.on(RuntimeMessageTypes.SEARCH_MODELS, model_codec.decode_search_models, library.search_models)
    router.on(RuntimeMessageTypes.DOWNLOAD_MODEL, model_codec.decode_download_model, library.download_model)
    router.on(RuntimeMessageTypes.PAUSE_DOWNLOAD, model_codec.decode_stored_model, library.pause_download)
    router.on(RuntimeMessageTypes.CANCEL_DOWNLOAD, model_codec.decode_stored_model, library.cancel_download)
    router.on(RuntimeMessageTypes.CHECK_MODEL, model_codec.decode_stored_model, library.check_model)
    router.on(RuntimeMessageTypes.DELETE_MODEL, model_codec.decode_stored_model, library.delete_model)
    router.on(WorkerEventNames.CLEAR_CACHE, codec.decode_empty, library.clear_cache)
    router.on(RuntimeMessageTypes.EXPORT_MODELS, model_codec.decode_export_models, exchange.export_models)
    router.on(RuntimeMessageTypes.IMPORT_MODELS, model_codec.decode_import_models, exchange.import_models)


def register_account(router: EventRouter, account: HuggingFaceAccount, sources: ModelSources) -> None:
    """Give every request about the account and the hubs its handler."""

    async def shown(current: Account | None) -> JsonObject:
        return {"account": {"name": current.name, "method": current.method} if current is not None else None}

    async def get_account(request: Empty) -> JsonObject:
        added: list[JsonValue] = [*await sources.added()]
        return {**await shown(await account.current()), "oauth": account.has_oauth, "sources": added}

    async def login(request: HuggingFaceLogin) -> JsonObject:
        if request.token:
            return await shown(await account.login(request.token))
        return await shown(await account.finish_sign_in(request.redirected_to))

    async def logout(request: Empty) -> JsonObject:
        await account.logout()
        return {}

    async def begin_oauth(request: BeginOauthLogin) -> JsonObject:
        return {"url": await account.begin_sign_in(request.redirect_uri)}

    async def select_source(request: ModelSourceSelection) -> JsonObject:
        change = sources.remove if request.remove else sources.add
        return {"sources": [*await change(request.source)]}

    router.on(RuntimeMessageTypes.GET_ACCOUNT, codec.decode_empty, get_account)
    router.on(RuntimeMessageTypes.BEGIN_OAUTH_LOGIN, model_codec.decode_begin_oauth_login, begin_oauth)
    router.on(WorkerEventNames.HUGGINGFACE_LOGIN, model_codec.decode_huggingface_login, login)
    router.on(WorkerEventNames.HUGGINGFACE_LOGOUT, codec.decode_empty, logout)
    router.on(WorkerEventNames.MODEL_SOURCE_SELECTION, model_codec.decode_model_source, select_source)
