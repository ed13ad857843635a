"""Entry of the runtime's thread that runs the contract cases against the browser adapters.

Started by `pages/inside.html` in place of `tabagent.main`; results leave as one broadcast.
"""

from __future__ import annotations

import asyncio
import json
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from types import SimpleNamespace
from typing import Any

from tests.browser.inside.lines import LineMonitor

REPO = "tabagent-tests/tiny"
Run = Callable[[], Awaitable[None]]


async def start(js_host: Any) -> Callable[..., None]:
    """Run every case and broadcast `{results: {case: traceback or ""}, lines}`."""
    monitor = LineMonitor()
    monitor.start()
    results = {}
    async for name, run in _cases(js_host):
        try:
            await run()
            results[name] = ""
        except Exception:  # noqa: BLE001 - every failure is a result
            results[name] = traceback.format_exc()
    js_host.broadcast(json.dumps({"results": results, "lines": monitor.report()}))
    return lambda *message: None


async def _cases(js_host: Any) -> AsyncIterator[tuple[str, Run]]:
    """Yield the cases, each with a world of its own."""
    from tabagent.adapters.browser.ffi import js_bytes
    from tabagent.adapters.browser.hasher import WasmHasher
    from tabagent.adapters.browser.indexed_db import IndexedDbChunkStore, IndexedDbModelIndex, open_database
    from tabagent.adapters.browser.opfs import OpfsChunkStore
    from tabagent.adapters.browser.storage_space import BrowserStorageSpace
    from tests.browser.inside import adapters
    from tests.contracts import chunk_store, hasher, model_index, storage_space

    for number, chunk_case in enumerate(chunk_store.CASES):
        store = IndexedDbChunkStore(await open_database(f"contract-chunks-{number}"))
        yield _named("chunk_store on IndexedDB", chunk_case, chunk_store.World(store, js_bytes))
        files = OpfsChunkStore(f"contract-chunks-{number}")
        yield _named("chunk_store on OPFS", chunk_case, chunk_store.World(files, js_bytes))
    for number, index_case in enumerate(model_index.CASES):
        index = IndexedDbModelIndex(await open_database(f"contract-index-{number}"))
        yield _named("model_index", index_case, model_index.World(index, adapters.spoil))
    for hash_case in hasher.CASES:
        yield _named("hasher", hash_case, hasher.World(WasmHasher(js_host), js_bytes))
        beside = WasmHasher(js_host, in_thread_bytes=-1)
        yield _named("hasher in a worker", hash_case, hasher.World(beside, js_bytes))
    for space_case in storage_space.CASES:
        yield _named("storage_space", space_case, BrowserStorageSpace(js_host))
    for adapter_case in adapters.CASES:
        yield _named("adapters", adapter_case, js_host)
    async for carried in _carried(js_host):
        yield carried
    async for said in _said():
        yield said
    for case in [*_around(js_host), *_on_engines(js_host)]:
        yield case


def _around(js_host: Any) -> Iterator[tuple[str, Run]]:
    """Yield the cases of what lies around the thread: the network, the document, windows of the browser."""
    from tabagent.adapters.browser.auth_window import BrowserAuthWindow
    from tabagent.adapters.browser.chrome import Chrome
    from tabagent.adapters.browser.fetch import BrowserFetcher
    from tabagent.adapters.browser.host import DocumentHost
    from tests.contracts import auth_window, fetcher, host

    for window_case in auth_window.CASES:
        yield _named("auth_window", window_case, auth_window.World(BrowserAuthWindow(Chrome(js_host))))
    for fetch_case in fetcher.CASES:
        world = fetcher.World(BrowserFetcher(js_host), _data_url(fetcher.BODY), "https://nobody.invalid/file")
        yield _named("fetcher", fetch_case, world)
    for host_case in host.CASES:
        told = _Told()
        outside = told.batches, told.last_baton, told.restarts, told.expected, told.open_page
        yield _named("host", host_case, host.World(DocumentHost(told.js_host), *outside))


def _on_engines(js_host: Any) -> Iterator[tuple[str, Run]]:
    """Yield the engine's cases with caches that stay in ONNX Runtime's memory, and with caches that are copied."""
    from tests.contracts import engine

    for name, resident in (("engine", True), ("engine that copies caches", False)):
        loading = asyncio.ensure_future(_loaded_engine(js_host, resident=resident))
        for engine_case in engine.CASES:
            yield _on_engine(name, engine_case, loading)


async def _carried(js_host: Any) -> AsyncIterator[tuple[str, Run]]:
    """Yield the cases of what carries secrets and models over."""
    from tests.browser.inside import attaching, carrying, chrome_fake
    from tests.contracts import (
        browser_state,
        file_offer,
        holdings,
        legacy_profile,
        log_store,
        pdf_reader,
        preferences,
        tabs,
        vault,
        windows,
    )

    worlds: dict[Any, AsyncIterator[tuple[Any, Any]]] = {
        vault: carrying.vaults(),
        preferences: carrying.settings(),
        holdings: carrying.holdings_of_a_database(),
        file_offer: carrying.offers(js_host),
        legacy_profile: carrying.old_profiles(),
        log_store: chrome_fake.logs(),
        browser_state: chrome_fake.states(),
        windows: chrome_fake.browsers(),
        tabs: attaching.browsers(),
        pdf_reader: attaching.pdfs(js_host),
    }
    for contract, cases in worlds.items():
        async for case, world in cases:
            yield _named(contract.__name__.rpartition(".")[2], case, world)
    for carrying_case in carrying.CASES:
        yield _named("carrying", carrying_case, js_host)
    for attaching_case in attaching.CASES:
        yield _named("attaching", attaching_case, js_host)


async def _said() -> AsyncIterator[tuple[str, Run]]:
    """Yield the cases of what people say and attach."""
    from tests.browser.inside import saying
    from tests.contracts import attachment_store, chat_store

    async for chat_case, chat_world in saying.chats(chat_store.CASES):
        yield _named("chat_store", chat_case, chat_world)
    async for attachment_case, attachment_world in saying.attachments(attachment_store.CASES):
        yield _named("attachment_store", attachment_case, attachment_world)
    for saying_case in saying.CASES:
        yield _named("saying", saying_case, None)


class _Told:
    """Hears what `DocumentHost` tells JavaScript."""

    def __init__(self) -> None:
        self._broadcasts: list[str] = []
        self._batons: list[str] = []
        self._restarts: list[str] = []
        self._expected: tuple[float, str] | None = None
        self._pages = 0
        self.js_host: Any = SimpleNamespace(
            broadcast=self._broadcasts.append,
            retain=self._batons.append,
            restart=self._restarts.append,
            expectWithin=self._expect,
            atEase=self._expect,
            askDocument=self._answer,
        )

    def batches(self) -> list[Any]:
        return [json.loads(text) for text in self._broadcasts]

    def last_baton(self) -> str:
        return self._batons[-1]

    def restarts(self) -> list[str]:
        return self._restarts

    def expected(self) -> tuple[float, str] | None:
        return self._expected

    def open_page(self) -> None:
        self._pages += 1

    def _expect(self, *what: Any) -> None:
        self._expected = (what[0], what[1]) if what else None

    async def _answer(self, what: str) -> int:
        assert what == "pages"
        return self._pages


def _named(contract: str, case: Callable[[Any], Awaitable[None]], world: Any) -> tuple[str, Run]:
    return f"{contract}: {case.__name__}", lambda: case(world)


def _on_engine(name: str, case: Callable[[Any], Awaitable[None]], loading: asyncio.Future[Any]) -> tuple[str, Run]:
    """Return a case that waits for the model; each fails when it does not load."""

    async def run() -> None:
        await case(await loading)

    return f"{name}: {case.__name__}", run


def _data_url(body: bytes) -> str:
    import base64

    return "data:application/octet-stream;base64," + base64.b64encode(body).decode()


async def _loaded_engine(js_host: Any, *, resident: bool) -> Any:
    """Load the kilobyte model of the tests' hub on the CPU, whose caches can lie in ONNX Runtime's memory."""
    from tabagent.adapters.browser.fetch import BrowserFetcher
    from tabagent.adapters.browser.hasher import WasmHasher
    from tabagent.adapters.browser.indexed_db import IndexedDbChunkStore, IndexedDbModelIndex, open_database
    from tabagent.adapters.browser.kv_cache import DynamicKvCache
    from tabagent.adapters.browser.model_cache import ModelCache
    from tabagent.adapters.browser.resident_cache import ResidentKvCache
    from tabagent.adapters.browser.transformers_js import TransformersJsEngine
    from tabagent.adapters.browser.vault import BrowserVault
    from tabagent.messages import LoadModel
    from tabagent.models.account import HuggingFaceAccount
    from tabagent.models.downloader import FileListener, ModelDownloader
    from tabagent.models.hub import HubClient
    from tabagent.models.plan import plan_load
    from tabagent.models.quants import entry_from_listing
    from tabagent.models.sources import ModelSources
    from tabagent.models.store import ModelStore
    from tabagent.specs import Backend, Device, Dtype

    js_database = await open_database(f"contract-engine-{resident}")
    store = ModelStore(
        index=IndexedDbModelIndex(js_database),
        chunks={Backend.INDEXED_DB: IndexedDbChunkStore(js_database)},
        hasher=WasmHasher(js_host),
        default=Backend.INDEXED_DB,
    )
    fetcher, vault = BrowserFetcher(js_host), BrowserVault(js_database)
    hub = HubClient(fetcher, ModelSources(vault), HuggingFaceAccount(fetcher, vault, lambda: 0.0))
    downloader = ModelDownloader(hub, store)
    engine = TransformersJsEngine(js_host, ModelCache(store, downloader), resident=resident)
    listing = await hub.listing(REPO)
    assert listing is not None
    request = LoadModel(model_id=REPO, dtype=Dtype.Q8, device=Device.WASM, task="text-generation", load_id="contract")
    plan = plan_load(request, await store.put_entry(entry_from_listing(listing)), await engine.probe())
    for file in plan.files:
        await downloader.fetch_from_network_and_cache(REPO, listing.commit, file, FileListener())
    await engine.load(plan.spec)
    assert isinstance(engine.new_cache(), ResidentKvCache if resident else DynamicKvCache)
    return engine
