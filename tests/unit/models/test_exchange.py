"""Models given away as one file, taken in again, and what the pages hear meanwhile."""

from __future__ import annotations

import asyncio

import pytest

from tabagent.adapters.memory.fetcher import Answer, MemoryFetcher
from tabagent.errors import InvalidState, JsonObject, TabAgentError
from tabagent.events import ErrorCodes
from tabagent.events import TransferStates as State
from tabagent.messages import DownloadProgress, ManifestUpdated
from tabagent.model_messages import ExportModels, GivenFile, ImportModels
from tabagent.models.transfer_progress import PUBLISH_SECONDS
from tabagent.specs import Dtype, FileKey, QuantStatus
from tabagent.store_errors import ImportFailed
from tests.unit.conftest import FILES, REPO, World, hub_answers
from tests.unit.models.transfer_machine import use_small_chunks

SETTINGS: JsonObject = {"temperature": 0.5}
Q8_FILES = ["config.json", "tokenizer.json", "onnx/model_quantized.onnx"]
BLOB = "blob:chrome-extension://abc/1"


@pytest.fixture(autouse=True)
def _small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    use_small_chunks(monkeypatch)


@pytest.fixture
async def exported() -> bytes:
    """The file that another machine gave away."""
    world = World(MemoryFetcher(hub_answers()))
    entry = await world.loader.refresh(REPO)
    await (await world.downloads.start(entry, Dtype.Q8)).outcome
    reply = await world.exchange.export_models(ExportModels(model_ids=(REPO,), settings=SETTINGS))
    content = world.offers.offered[str(reply["address"])]
    assert reply["size"] == len(content)
    assert str(reply["name"]).endswith(".tabagent")
    return content


@pytest.fixture
def bare() -> World:
    """A machine with nothing stored and without a hub."""
    return World(MemoryFetcher({}))


def give(world: World, content: bytes, name: str = "backup.tabagent") -> ImportModels:
    world.fetcher.answers[BLOB] = Answer(body=content)
    return ImportModels(files=(GivenFile(path=name, address=BLOB, size=len(content)),), model_id="")


def give_folder(world: World, model_id: str = REPO) -> ImportModels:
    given = []
    for number, path in enumerate(Q8_FILES):
        world.fetcher.answers[f"{BLOB}/{number}"] = Answer(body=FILES[path])
        given.append(GivenFile(path=f"tiny/{path}", address=f"{BLOB}/{number}", size=len(FILES[path])))
    return ImportModels(files=tuple(given), model_id=model_id)


async def failed(world: World, request: ImportModels) -> TabAgentError:
    with pytest.raises(TabAgentError) as failure:
        await world.exchange.import_models(request)
    return failure.value


async def test_what_one_machine_gives_away_another_takes_in_with_the_settings(bare: World, exported: bytes) -> None:
    reply = await bare.exchange.import_models(give(bare, exported))

    assert reply == {"models": [REPO], "settings": SETTINGS}
    for path in Q8_FILES:
        assert await bare.store.assemble_chunks(FileKey(REPO, path)) == FILES[path]
    await bare.load()


async def test_a_folder_is_taken_in_as_the_model_that_is_named(bare: World) -> None:
    reply = await bare.exchange.import_models(give_folder(bare))

    assert reply == {"models": [REPO], "settings": None}
    entry = await bare.store.entry(REPO)
    assert entry is not None
    assert [quant.status for quant in entry.quants] == [QuantStatus.DOWNLOADED]


@pytest.mark.parametrize("folder", [True, False])
async def test_pages_hear_how_far_it_is_and_at_last_that_it_is_done(
    bare: World, exported: bytes, *, folder: bool
) -> None:
    await bare.exchange.import_models(give_folder(bare) if folder else give(bare, exported))
    events = bare.of(DownloadProgress)

    assert [event.status for event in events[:-1]] == [State.IMPORTING] * (len(events) - 1)
    assert events[-1].status is State.DONE
    assert events[-1].loaded == events[-1].total > 0
    assert (events[-1].model_id, events[-1].error) == (REPO, None)
    assert all(0 <= event.loaded <= event.total for event in events)
    assert ManifestUpdated() in bare.events


async def test_progress_is_published_only_every_so_often(bare: World) -> None:
    """The clock stands still: of many pieces one is told, and the end."""
    await bare.exchange.import_models(give_folder(bare))
    assert len(bare.of(DownloadProgress)) == 2
    assert PUBLISH_SECONDS > 0


async def test_an_import_that_fails_says_so_to_the_pages_and_to_who_asked(bare: World, exported: bytes) -> None:
    error = await failed(bare, give(bare, exported[: len(exported) // 2]))

    last = bare.of(DownloadProgress)[-1]
    assert (last.status, last.error, last.message) == (State.FAILED, error.to_wire(), error.message)


async def test_bytes_that_were_changed_are_not_taken_in(bare: World, exported: bytes) -> None:
    place = exported.index(FILES["onnx/model_quantized.onnx"])
    changed = exported[:place] + b"X" + exported[place + 1 :]
    await failed(bare, give(bare, changed))

    record = await bare.store.record(FileKey(REPO, "onnx/model_quantized.onnx"))
    assert record is None or not record.whole
    entry = await bare.store.entry(REPO)
    assert entry is None or all(quant.status is not QuantStatus.DOWNLOADED for quant in entry.quants)


async def test_a_file_that_is_no_export_is_refused(bare: World) -> None:
    error = await failed(bare, give(bare, b"a photo of a cat" * 100, "cat.tabagent"))

    assert isinstance(error, ImportFailed)
    assert "cat.tabagent" in error.message


async def test_a_mistake_of_ours_is_told_without_its_values(bare: World, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(*args: object, **names: object) -> None:
        raise KeyError("secret")

    monkeypatch.setattr(bare.store, "begin_file", broken)
    with pytest.raises(KeyError):
        await bare.exchange.import_models(give_folder(bare))

    last = bare.of(DownloadProgress)[-1]
    assert last.status is State.FAILED
    assert last.error is not None
    assert last.error["code"] == ErrorCodes.INTERNAL.value
    assert last.message == last.error["message"]
    assert "secret" not in str(last)


async def test_nothing_stored_cannot_be_given_away(bare: World) -> None:
    with pytest.raises(InvalidState):
        await bare.exchange.export_models(ExportModels(model_ids=(), settings={}))


async def test_two_imports_at_once_both_end(bare: World, exported: bytes) -> None:
    request = give(bare, exported)
    await asyncio.gather(bare.exchange.import_models(request), bare.exchange.import_models(request))

    assert await bare.store.assemble_chunks(FileKey(REPO, "config.json")) == FILES["config.json"]
