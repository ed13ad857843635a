"""The memory adapters fulfil the contracts of their ports."""

import json
from collections.abc import Sequence

import pytest

from tabagent.adapters.memory.auth_window import MemoryAuthWindow
from tabagent.adapters.memory.browser_state import MemoryBrowserState
from tabagent.adapters.memory.chunk_store import MemoryBytes, MemoryChunkStore
from tabagent.adapters.memory.engine import MemoryEngine
from tabagent.adapters.memory.fetcher import Answer, MemoryFetcher
from tabagent.adapters.memory.file_offer import MemoryFileOffer
from tabagent.adapters.memory.hasher import MemoryHasher
from tabagent.adapters.memory.holdings import MemoryHoldings
from tabagent.adapters.memory.host import MemoryHost
from tabagent.adapters.memory.legacy_profile import MemoryLegacyProfile
from tabagent.adapters.memory.log_store import MemoryLogStore
from tabagent.adapters.memory.model_index import MemoryModelIndex
from tabagent.adapters.memory.pdf_reader import MemoryPdfReader, memory_pdf
from tabagent.adapters.memory.preferences import MemoryPreferences
from tabagent.adapters.memory.storage_space import MemoryStorageSpace
from tabagent.adapters.memory.tabs import MemoryTabs
from tabagent.adapters.memory.user_data import MemoryAttachmentStore, MemoryChatStore, MemoryUserData
from tabagent.adapters.memory.vault import MemoryVault
from tabagent.adapters.memory.windows import MemoryWindows
from tabagent.errors import JsonObject
from tabagent.ports.chat_store import ChatChange
from tabagent.ports.model_index import IndexChange
from tabagent.ports.tabs import PageScript
from tabagent.specs import Backend, Device, Dtype, LoadSpec
from tabagent.store_errors import StorageFull
from tests.contracts import (
    attachment_store,
    auth_window,
    browser_state,
    chat_store,
    chunk_store,
    engine,
    fetcher,
    file_offer,
    hasher,
    holdings,
    host,
    legacy_profile,
    log_store,
    model_index,
    pdf_reader,
    preferences,
    storage_space,
    tabs,
    vault,
    windows,
)

SPEC = LoadSpec(
    repo="acme/tiny",
    commit="c0ffee",
    dtype=Dtype.Q8,
    device=Device.WASM,
    task="text-generation",
    onnx_file="onnx/model_quantized.onnx",
    external_data_files=0,
    threads=2,
)


@pytest.mark.parametrize("case", auth_window.CASES, ids=lambda case: case.__name__)
async def test_auth_window(case: auth_window.Case) -> None:
    await case(auth_window.World(MemoryAuthWindow()))


@pytest.mark.parametrize("case", chunk_store.CASES, ids=lambda case: case.__name__)
async def test_chunk_store(case: chunk_store.Case) -> None:
    await case(chunk_store.World(MemoryChunkStore(), MemoryBytes))


async def test_a_full_chunk_store_says_how_much_room_there_is() -> None:
    world = chunk_store.World(MemoryChunkStore(capacity=10), MemoryBytes)
    await world.write(chunk_store.FILE, 0, *chunk_store.CHUNKS[:2])

    with pytest.raises(StorageFull) as caught:
        await world.write(chunk_store.FILE, 2, chunk_store.CHUNKS[2])

    assert (caught.value.details["needed"], caught.value.details["free"]) == (3, 2)
    assert await world.read(chunk_store.FILE) == [*chunk_store.CHUNKS[:2], None]
    await world.write(chunk_store.FILE, 0, b"ABCD")


async def test_chunks_can_be_damaged_and_lost() -> None:
    store = MemoryChunkStore()
    world = chunk_store.World(store, MemoryBytes)
    await world.write(chunk_store.FILE, 0, *chunk_store.CHUNKS)
    store.damage(chunk_store.FILE.key, 0)
    store.lose(chunk_store.FILE.key, 1)

    assert await world.read(chunk_store.FILE) == [b"`bcd", None, b"ijk"]


@pytest.mark.parametrize("case", model_index.CASES, ids=lambda case: case.__name__)
async def test_model_index(case: model_index.Case) -> None:
    index = MemoryModelIndex()

    def spoil(change: IndexChange) -> IndexChange:
        index.refuses = True
        return change

    await case(model_index.World(index, spoil))


@pytest.mark.parametrize("case", hasher.CASES, ids=lambda case: case.__name__)
async def test_hasher(case: hasher.Case) -> None:
    await case(hasher.World(MemoryHasher(), MemoryBytes))


@pytest.mark.parametrize("case", storage_space.CASES, ids=lambda case: case.__name__)
@pytest.mark.parametrize("grants", [True, False])
async def test_storage_space(case: storage_space.Case, *, grants: bool) -> None:
    await case(MemoryStorageSpace(quota=100, usage=lambda: 40, grants=grants))


@pytest.mark.parametrize("case", fetcher.CASES, ids=lambda case: case.__name__)
async def test_fetcher(case: fetcher.Case) -> None:
    address = "https://hub/file"
    await case(fetcher.World(MemoryFetcher({address: Answer(body=fetcher.BODY)}), address, "https://nobody/"))


@pytest.mark.parametrize("case", engine.CASES, ids=lambda case: case.__name__)
async def test_engine(case: engine.Case) -> None:
    memory_engine = MemoryEngine()
    await memory_engine.load(SPEC)
    await case(memory_engine)


@pytest.mark.parametrize("case", host.CASES, ids=lambda case: case.__name__)
async def test_host(case: host.Case) -> None:
    memory_host = MemoryHost()

    def open_page() -> None:
        memory_host.pages += 1

    world = host.World(
        memory_host,
        lambda: memory_host.batches,
        lambda: memory_host.baton,
        lambda: memory_host.restarts,
        lambda: memory_host.expected,
        open_page,
    )
    await case(world)


@pytest.mark.parametrize("case", vault.CASES, ids=lambda case: case.__name__)
async def test_vault(case: vault.Case) -> None:
    memory_vault = MemoryVault()
    await case(vault.World(memory_vault, lambda: memory_vault))


@pytest.mark.parametrize("case", preferences.CASES, ids=lambda case: case.__name__)
async def test_preferences(case: preferences.Case) -> None:
    kept = MemoryPreferences()
    await case(preferences.World(kept, lambda: kept))


@pytest.mark.parametrize("case", file_offer.CASES, ids=lambda case: case.__name__)
async def test_file_offer(case: file_offer.Case) -> None:
    chunks = {Backend.INDEXED_DB: MemoryChunkStore(), Backend.OPFS: MemoryChunkStore()}
    offers = MemoryFileOffer(chunks)

    async def read(address: str) -> bytes | None:
        return offers.offered.get(address)

    await case(file_offer.World(offers, chunks, MemoryBytes, read))


@pytest.mark.parametrize("case", legacy_profile.CASES, ids=lambda case: case.__name__)
async def test_legacy_profile(case: legacy_profile.Case) -> None:
    profile = MemoryLegacyProfile()

    async def put(key: str, value: bytes | JsonObject) -> None:
        profile.records[key] = value

    async def put_entry(entry: JsonObject) -> None:
        profile.entries.append(entry)

    async def keys() -> list[str]:
        return sorted(profile.records)

    await case(legacy_profile.World(profile, put, put, put, put_entry, keys))


@pytest.mark.parametrize("case", attachment_store.CASES, ids=lambda case: case.__name__)
async def test_attachment_store(case: attachment_store.Case) -> None:
    profile = MemoryUserData()
    store = MemoryAttachmentStore(profile)
    await case(attachment_store.World(store, lambda: MemoryAttachmentStore(profile), MemoryBytes))


@pytest.mark.parametrize("case", chat_store.CASES, ids=lambda case: case.__name__)
async def test_chat_store(case: chat_store.Case) -> None:
    profile = MemoryUserData()

    async def old(chats: Sequence[JsonObject], messages: Sequence[JsonObject]) -> MemoryChatStore:
        profile.chats = {str(record["id"]): json.dumps(record) for record in chats}
        profile.messages = {str(record["id"]): json.dumps(record) for record in messages}
        profile.migrate()
        return MemoryChatStore(profile)

    def spoil(change: ChatChange) -> ChatChange:
        profile.refuses = True
        return change

    store = MemoryChatStore(profile)
    await case(chat_store.World(store, MemoryAttachmentStore(profile), lambda: MemoryChatStore(profile), old, spoil))


@pytest.mark.parametrize("case", holdings.CASES, ids=lambda case: case.__name__)
async def test_holdings(case: holdings.Case) -> None:
    records: dict[str, JsonObject] = {}

    async def put(key: str, text: str) -> None:
        records[key] = {"text": text}

    await case(holdings.World(MemoryHoldings(records), put))


@pytest.mark.parametrize("case", log_store.CASES, ids=lambda case: case.__name__)
async def test_log_store(case: log_store.Case) -> None:
    logs = MemoryLogStore()

    async def put_record(record: JsonObject) -> None:
        logs.records[str(record["id"])] = record

    await case(log_store.World(logs, lambda: logs, put_record))


@pytest.mark.parametrize("case", browser_state.CASES, ids=lambda case: case.__name__)
async def test_browser_state(case: browser_state.Case) -> None:
    state = MemoryBrowserState()

    def refuse() -> None:
        state.refuses = True

    await case(browser_state.World(state, refuse))


@pytest.mark.parametrize("case", windows.CASES, ids=lambda case: case.__name__)
async def test_windows(case: windows.Case) -> None:
    memory_windows = MemoryWindows()

    def close_ordinary() -> None:
        memory_windows.ordinary = None

    world = windows.World(
        memory_windows,
        memory_windows.close,
        lambda: memory_windows.focused[-1],
        lambda window_id: memory_windows.sizes[window_id],
        close_ordinary,
    )
    await case(world)


@pytest.mark.parametrize("case", tabs.CASES, ids=lambda case: case.__name__)
async def test_tabs(case: tabs.Case) -> None:
    browser = MemoryTabs()

    def put(url: str, script: PageScript, frames: Sequence[JsonObject]) -> None:
        browser.frames[url, script] = list(frames)

    await case(tabs.World(browser, browser, browser.show, put, browser.granted.add, lambda: browser))


@pytest.mark.parametrize("case", pdf_reader.CASES, ids=lambda case: case.__name__)
async def test_pdf_reader(case: pdf_reader.Case) -> None:
    def pdf(title: str, pages: Sequence[Sequence[str]]) -> MemoryBytes:
        return MemoryBytes(memory_pdf(title, pages))

    await case(pdf_reader.World(MemoryPdfReader(), pdf, lambda: MemoryBytes(b"no PDF")))
