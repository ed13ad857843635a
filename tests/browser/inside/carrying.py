"""What carries secrets and models over: worlds of the contracts, and cases of the browser's adapters alone."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

from tabagent.errors import JsonObject, Offline
from tabagent.model_messages import GivenFile
from tabagent.ports.chunk_store import ChunkStore
from tabagent.specs import Backend, Dtype, FileKey, ModelFile, QuantStatus, RepositoryListing
from tabagent.store_errors import ConnectionLost
from tests.contracts import file_offer, holdings, legacy_profile, preferences, vault

MIB = 2**20
REPO = "acme/tiny"


async def vaults() -> AsyncIterator[tuple[vault.Case, vault.World]]:
    """Yield each case of the vault's contract with a world of its own."""
    from tabagent.adapters.browser.indexed_db import open_database
    from tabagent.adapters.browser.vault import BrowserVault

    for number, case in enumerate(vault.CASES):
        js_database = await open_database(f"contract-vault-{number}")

        def reopened(js_database: Any = js_database) -> BrowserVault:
            return BrowserVault(js_database)

        yield case, vault.World(BrowserVault(js_database), reopened)


async def holdings_of_a_database() -> AsyncIterator[tuple[holdings.Case, holdings.World]]:
    """Yield each case of the holdings' contract with a database of its own, that another one keeps open."""
    from tabagent.adapters.browser.holdings import BrowserHoldings
    from tabagent.adapters.browser.indexed_db import SETTINGS, open_database
    from tabagent.adapters.browser.preferences import BrowserPreferences

    for number, case in enumerate(holdings.CASES):
        name = f"contract-holdings-{number}"
        assert await BrowserHoldings(name, [SETTINGS]).measure() == (0, 0)
        kept = BrowserPreferences(await open_database(name))

        async def put(key: str, text: str, kept: BrowserPreferences = kept) -> None:
            await kept.write(key, {"text": text})

        yield case, holdings.World(BrowserHoldings(name, [SETTINGS, "no such store"]), put)


async def settings() -> AsyncIterator[tuple[preferences.Case, preferences.World]]:
    """Yield each case of the preferences' contract with a world of its own."""
    from tabagent.adapters.browser.indexed_db import open_database
    from tabagent.adapters.browser.preferences import BrowserPreferences

    for number, case in enumerate(preferences.CASES):
        js_database = await open_database(f"contract-preferences-{number}")

        def reopened(js_database: Any = js_database) -> BrowserPreferences:
            return BrowserPreferences(js_database)

        yield case, preferences.World(BrowserPreferences(js_database), reopened)


async def offers(js_host: Any) -> AsyncIterator[tuple[file_offer.Case, file_offer.World]]:
    """Yield each case of the offers' contract with a world of its own."""
    from tabagent.adapters.browser.ffi import js_bytes
    from tabagent.adapters.browser.file_offer import BrowserFileOffer
    from tabagent.adapters.browser.indexed_db import IndexedDbChunkStore, open_database
    from tabagent.adapters.browser.opfs import OpfsChunkStore

    async def read(address: str) -> bytes | None:
        return await _content_at(js_host, address)

    for number, case in enumerate(file_offer.CASES):
        indexed = IndexedDbChunkStore(await open_database(f"contract-offer-{number}"))
        opfs = OpfsChunkStore(f"contract-offer-{number}")
        chunks: dict[Backend, ChunkStore] = {Backend.INDEXED_DB: indexed, Backend.OPFS: opfs}
        yield case, file_offer.World(BrowserFileOffer(indexed, opfs), chunks, js_bytes, read)


async def old_profiles() -> AsyncIterator[tuple[legacy_profile.Case, legacy_profile.World]]:
    """Yield each case of the old profiles' contract with a world of its own."""
    for number, case in enumerate(legacy_profile.CASES):
        yield case, await _old_profile(f"contract-old-profile-{number}")


async def _old_profile(name: str) -> legacy_profile.World:
    import js

    from tabagent.adapters.browser.ffi import js_bytes, js_json, js_object
    from tabagent.adapters.browser.indexed_db import FILES, MANIFEST, open_database, read_stored
    from tabagent.adapters.browser.legacy_profile import BrowserLegacyProfile

    js_database = await open_database(name)

    async def put_blob(key: str, content: bytes) -> None:
        js_blob = js.Blob.new(js_json([js_bytes(content).js_array]))
        await _put(js_database, FILES, js_object({"url": key, "blob": js_blob}))

    async def put_data(key: str, content: bytes) -> None:
        await _put(js_database, FILES, js_object({"url": key, "data": js_bytes(content).js_array.slice().buffer}))

    async def put_fields(key: str, fields: JsonObject) -> None:
        await _put(js_database, FILES, js_json({"url": key, **fields}))

    async def put_entry(entry: JsonObject) -> None:
        await _put(js_database, MANIFEST, js_json(entry))

    async def keys() -> list[str]:
        return sorted((await read_stored(js_database, FILES, "getAllKeys")).to_py())

    profile = BrowserLegacyProfile(js_database)
    return legacy_profile.World(profile, put_blob, put_data, put_fields, put_entry, keys)


async def _put(js_database: Any, store: str, js_record: Any) -> None:
    from tabagent.adapters.browser.indexed_db import change_stored

    await change_stored(js_database, [store], lambda js_transaction: js_transaction.objectStore(store).put(js_record))


async def _content_at(js_host: Any, address: str) -> bytes | None:
    from tabagent.adapters.browser.fetch import BrowserFetcher

    try:
        response = await BrowserFetcher(js_host).get(address)
    except Offline:
        return None
    content = b""
    while (piece := await response.read(MIB)) is not None:
        content += piece.to_bytes()
    return content


# Cases of the adapters alone


async def what_lies_in_the_vault_is_not_the_text(js_host: Any) -> None:
    from tabagent.adapters.browser.indexed_db import VAULT, open_database, read_stored
    from tabagent.adapters.browser.vault import BrowserVault

    js_database = await open_database("sealed")
    for _ in range(2):
        await BrowserVault(js_database).put("huggingface", vault.SECRET)
        await BrowserVault(js_database).put("other", vault.SECRET)
    js_records = {js_record.name: js_record for js_record in await read_stored(js_database, VAULT, "getAll")}
    js_key = js_records.pop("key").key
    sealed = [js_record.sealed.to_bytes() for js_record in js_records.values()]

    assert not js_key.extractable
    assert await _exported(js_key) is None
    assert len(sealed) == 2
    for content in sealed:
        assert vault.SECRET.encode() not in content
        assert vault.SECRET[:8].encode() not in content
    assert sealed[0] != sealed[1]
    assert len({bytes(js_record.iv.to_bytes()) for js_record in js_records.values()}) == 2


async def _exported(js_key: Any) -> Any:
    import js
    from pyodide.ffi import JsException

    try:
        return await js.crypto.subtle.exportKey("raw", js_key)
    except JsException:
        return None


async def a_text_that_was_moved_or_changed_does_not_open(js_host: Any) -> None:
    from tabagent.adapters.browser.ffi import js_object
    from tabagent.adapters.browser.indexed_db import VAULT, open_database, read_stored
    from tabagent.adapters.browser.vault import BrowserVault

    js_database = await open_database("moved")
    keeper = BrowserVault(js_database)
    await keeper.put("huggingface", vault.SECRET)
    js_record = await read_stored(js_database, VAULT, "get", "text huggingface")
    moved = js_object({"name": "text other", "iv": js_record.iv, "sealed": js_record.sealed})
    await _put(js_database, VAULT, moved)
    await _put(js_database, VAULT, js_object({"name": "text cut", "iv": js_record.iv, "sealed": js_record.iv}))

    assert await keeper.get("other") is None
    assert await keeper.get("cut") is None
    assert await keeper.get("huggingface") == vault.SECRET


async def the_originals_settings_are_read_and_not_lost(js_host: Any) -> None:
    import js

    from tabagent.adapters.browser.ffi import plain_json
    from tabagent.adapters.browser.indexed_db import SETTINGS, open_database, read_stored
    from tabagent.adapters.browser.preferences import BrowserPreferences
    from tabagent.events import WorkerEventNames
    from tabagent.generation.settings import GLOBAL, SettingsService
    from tabagent.settings_codec import decode_save_settings

    js_database = await open_database("original")
    old = {"id": GLOBAL, "temperature": 0.3, "num_beams": 4, "max_time": None, "theirs": [1, None]}
    await _put(js_database, SETTINGS, js.JSON.parse(json.dumps(old)))
    store, _ = _machine(js_host, js_database, "original")
    told: list[Any] = []
    service = SettingsService(BrowserPreferences(js_database), store, told.append)
    found = await service.layers(REPO, Dtype.Q8)
    await service.save(decode_save_settings({"scope": "global", "values": {"top_k": 5, "temperature": None}}))
    js_record = await read_stored(js_database, SETTINGS, "get", GLOBAL)

    assert found == [{"temperature": 0.3, "max_time": None}, {}]
    assert plain_json(js_record) == {"id": GLOBAL, "num_beams": 4, "max_time": None, "theirs": [1, None], "top_k": 5}
    assert [event.name for event in told] == [WorkerEventNames.INFERENCE_SETTINGS_UPDATE]


async def an_offer_is_of_what_is_stored_when_it_is_made(js_host: Any) -> None:
    from tabagent.adapters.browser.ffi import js_bytes
    from tabagent.adapters.browser.file_offer import BrowserFileOffer
    from tabagent.adapters.browser.indexed_db import IndexedDbChunkStore, open_database
    from tabagent.adapters.browser.opfs import OpfsChunkStore

    indexed, opfs = IndexedDbChunkStore(await open_database("offered")), OpfsChunkStore("offered")
    offering = BrowserFileOffer(indexed, opfs)
    world = file_offer.World(offering, {Backend.OPFS: opfs}, js_bytes, lambda address: _content_at(js_host, address))
    first, second = await world.stored(Backend.OPFS), await world.stored(Backend.OPFS, b"second", "onnx/second")
    address = await offering.offer([first, second])
    await opfs.delete_file(second.key)

    try:
        content = await _content_at(js_host, address)
    except ConnectionLost:
        content = None
    assert content in (None, file_offer.CONTENT + b"second")


def _machine(js_host: Any, js_database: Any, name: str) -> Any:
    """Return a store and a transfer as `tabagent.main` builds them."""
    import time

    from tabagent.adapters.browser.fetch import BrowserFetcher
    from tabagent.adapters.browser.file_offer import BrowserFileOffer
    from tabagent.adapters.browser.hasher import WasmHasher
    from tabagent.adapters.browser.indexed_db import IndexedDbChunkStore, IndexedDbModelIndex
    from tabagent.adapters.browser.opfs import OpfsChunkStore
    from tabagent.models.store import ModelStore
    from tabagent.models.transfer import ModelTransfer

    indexed, opfs = IndexedDbChunkStore(js_database), OpfsChunkStore(name)
    hasher = WasmHasher(js_host)
    store = ModelStore(
        index=IndexedDbModelIndex(js_database),
        chunks={Backend.INDEXED_DB: indexed, Backend.OPFS: opfs},
        hasher=hasher,
        default=Backend.OPFS,
    )
    transfer = ModelTransfer(
        store=store,
        hasher=hasher,
        fetcher=BrowserFetcher(js_host),
        offers=BrowserFileOffer(indexed, opfs),
        now=time.time,
    )
    return store, transfer


CONTENTS = {
    "config.json": b"{}",
    "tokenizer.json": b'{"model": {}}',
    "onnx/model_quantized.onnx": bytes(range(256)) * 4096 * 17,  # 17 MiB: three chunks
}


async def models_come_back_from_an_export_and_from_a_folder(js_host: Any) -> None:
    import js

    from tabagent.adapters.browser.ffi import js_bytes, js_json
    from tabagent.adapters.browser.indexed_db import open_database
    from tabagent.models.quants import entry_from_listing

    store, transfer = _machine(js_host, await open_database("from"), "from")
    files = tuple(ModelFile(path=path, size=len(data)) for path, data in CONTENTS.items())
    await store.put_entry(
        entry_from_listing(RepositoryListing(repo=REPO, commit="c0ffee", task="text-generation", files=files))
    )
    for file in files:
        content = CONTENTS[file.path]

        async def read(offset: int, length: int, content: bytes = content) -> Any:
            return js_bytes(content[offset : offset + length])

        await store.save_chunked_file(REPO, file, read, revision="c0ffee")
    offered = await transfer.export((), {"theme": "dark"})
    given = GivenFile(path=offered.name, address=offered.address, size=offered.size)
    other_store, other = _machine(js_host, await open_database("to"), "to")
    steps: list[Any] = []
    found = await other.take_in([given], "", steps.append)

    assert (found.model_ids, found.settings) == ((REPO,), {"theme": "dark"})
    assert steps[-1].loaded == steps[-1].total == sum(map(len, CONTENTS.values()))
    await _is_whole(other_store)

    folder = [
        GivenFile(
            path=f"tiny/{path}",
            address=str(js.URL.createObjectURL(js.Blob.new(js_json([js_bytes(data).js_array])))),
            size=len(data),
        )
        for path, data in CONTENTS.items()
    ]
    third_store, third = _machine(js_host, await open_database("folder"), "folder")
    await third.take_in(folder, REPO, steps.append)
    await _is_whole(third_store)


async def _is_whole(store: Any) -> None:
    entry = await store.entry(REPO)
    assert [quant.status for quant in entry.quants] == [QuantStatus.DOWNLOADED]
    for path, data in CONTENTS.items():
        assert await store.assemble_chunks(FileKey(REPO, path)) == data


async def an_old_profile_is_taken_over(js_host: Any) -> None:
    from tabagent.adapters.browser.indexed_db import open_database
    from tabagent.adapters.browser.vault import BrowserVault
    from tabagent.models.account import LOGIN
    from tabagent.models.adoption import Adoption

    world = await _old_profile("old")
    for path, data in CONTENTS.items():
        if path.endswith(".onnx"):
            await world.put_chunked(FileKey(REPO, path), data, 10 * MIB)
        else:
            await world.put_blob(legacy_profile.address(FileKey(REPO, path)), data)
    await world.put_blob("huggingface_token", vault.SECRET.encode())
    js_database = await open_database("old")
    store, _ = _machine(js_host, js_database, "old")
    keeper = BrowserVault(js_database)
    await Adoption(world.profile, store, keeper).run()

    await _is_whole(store)
    assert (await store.entry(REPO)).quants[0].dtype is Dtype.Q8
    assert await world.keys() == []
    assert json.loads(await keeper.get(LOGIN) or "{}")["token"] == vault.SECRET


Case = Callable[[Any], Awaitable[None]]
CASES: tuple[Case, ...] = (
    what_lies_in_the_vault_is_not_the_text,
    a_text_that_was_moved_or_changed_does_not_open,
    the_originals_settings_are_read_and_not_lost,
    an_offer_is_of_what_is_stored_when_it_is_made,
    models_come_back_from_an_export_and_from_a_folder,
    an_old_profile_is_taken_over,
)
