"""The requests about stored models: what they change, what they answer, and what they refuse."""

from __future__ import annotations

import asyncio

import pytest

from tabagent.adapters.memory.chunk_store import MemoryBytes
from tabagent.errors import Busy, InvalidState, JsonObject, ModelNotFound
from tabagent.events import TransferStates as State
from tabagent.messages import CacheCleared, DownloadProgress, Empty, InspectModel, ManifestUpdated
from tabagent.model_messages import DownloadModel, StoredModel
from tabagent.models.baton import SharedBaton
from tabagent.models.catalog import SUGGESTED_MODELS
from tabagent.specs import Backend, Dtype, FileKey, FileRecord, QuantStatus
from tabagent.store_errors import FileDamaged, StorageFull
from tests.unit.conftest import COMMIT, FILES, OTHER_REPO, REPO, World, load_request
from tests.unit.models.lines import Line
from tests.unit.models.model_line import Q4_FILES, Q4_SIZE, WEIGHTS, begun, two_models

pytestmark = pytest.mark.usefixtures("small_chunks")

Q8_SIZE = sum(len(FILES[path]) for path in ("config.json", "tokenizer.json", "onnx/model_quantized.onnx"))


@pytest.fixture
def line() -> Line:
    return two_models()


@pytest.fixture
def world(line: Line) -> World:
    world = World(line)
    world.space.usage = lambda: world.chunks.usage
    return world


def stored(dtype: Dtype | None = Dtype.Q4, repo: str = REPO) -> StoredModel:
    return StoredModel(model_id=repo, dtype=dtype)


async def download(world: World, dtype: Dtype | None = Dtype.Q4, repo: str = REPO) -> JsonObject:
    return await world.library.download_model(DownloadModel(model_id=repo, dtype=dtype, device=None))


async def downloaded(world: World, dtype: Dtype = Dtype.Q4, repo: str = REPO) -> None:
    await download(world, dtype, repo)
    await world.until(lambda: not world.downloads.open_for(repo))
    world.events.clear()


async def models(world: World) -> dict[str, JsonObject]:
    listed = (await world.library.list_models(Empty()))["models"]
    assert isinstance(listed, list)
    return {str(model["modelId"]): model for model in listed if isinstance(model, dict)}


async def dtype_view(world: World, dtype: Dtype = Dtype.Q4) -> JsonObject:
    dtypes = (await models(world))[REPO]["dtypes"]
    assert isinstance(dtypes, list)
    [found] = [item for item in dtypes if isinstance(item, dict) and item["dtype"] == str(dtype)]
    return found


# Lists


async def test_with_nothing_stored_the_suggested_models_are_listed_without_the_network(world: World) -> None:
    reply = await world.library.list_models(Empty())

    assert list(await models(world)) == [model.repo for model in SUGGESTED_MODELS]
    assert reply["storage"] == {"usage": 0, "quota": 10**12, "persisted": False}
    assert world.fetcher.requests == []


async def test_an_inspected_model_is_asked_for_and_then_listed_without_the_network(world: World) -> None:
    reply = await world.library.inspect_model(InspectModel(model_id=REPO))
    model = reply["model"]
    assert isinstance(model, dict)
    assert (model["modelId"], model["commit"], model["recommendedDtype"]) == (REPO, COMMIT, "q8")
    assert world.events == [ManifestUpdated()]
    world.fetcher.sent.clear()

    assert (await models(world))[REPO] == model
    assert world.fetcher.requests == []


async def test_an_unknown_model_cannot_be_inspected(world: World, line: Line) -> None:
    unknown = line.answers[f"https://huggingface.co/api/models/{REPO}?blobs=true"]
    assert not isinstance(unknown, list)
    line.answers["https://huggingface.co/api/models/acme/none?blobs=true"] = type(unknown)(status=404)

    with pytest.raises(ModelNotFound):
        await world.library.inspect_model(InspectModel(model_id="acme/none"))
    assert world.events == []


async def test_a_list_tells_what_is_stored_of_a_download_that_was_paused(world: World) -> None:
    await begun(world)
    await world.library.pause_download(stored())
    view = await dtype_view(world)

    assert view["status"] == QuantStatus.AVAILABLE.value
    files = view["files"]
    assert isinstance(files, list)
    assert sum(int(str(file["stored"])) for file in files if isinstance(file, dict)) == world.chunks.usage > 0
    transfer = view["transfer"]
    assert isinstance(transfer, dict)
    assert (transfer["status"], transfer["loaded"]) == (State.PAUSED.value, world.chunks.usage)


async def test_a_list_tells_how_much_a_stored_model_can_attend_to(world: World) -> None:
    await world.library.inspect_model(InspectModel(model_id=REPO))
    assert (await models(world))[REPO]["contextLength"] is None

    await downloaded(world)
    assert (await models(world))[REPO]["contextLength"] == 64


async def test_a_damaged_configuration_does_not_keep_the_list_from_being_shown(world: World) -> None:
    await downloaded(world)
    world.chunks.damage(FileKey(REPO, "config.json"), 0)
    world.start()

    assert (await models(world))[REPO]["contextLength"] is None


# Downloads


async def test_a_download_is_answered_when_it_runs_with_the_dtype_that_was_chosen(world: World) -> None:
    assert await download(world, None) == {"modelId": REPO, "dtype": "q8"}
    assert world.downloads.open_for(REPO) == [Dtype.Q8]
    await world.until(lambda: not world.downloads.open_for(REPO))

    assert (await dtype_view(world, Dtype.Q8))["status"] == QuantStatus.DOWNLOADED.value
    assert world.chunks.usage == Q8_SIZE


async def test_a_download_of_what_is_stored_ends_at_once_and_fetches_nothing(world: World) -> None:
    await downloaded(world)
    world.fetcher.sent.clear()
    await download(world)
    await world.until(lambda: not world.downloads.open_for(REPO))

    assert world.fetcher.requests == []
    assert world.of(DownloadProgress)[-1].status is State.DONE


async def test_two_panels_that_ask_for_the_same_model_at_once_get_one_download(world: World, line: Line) -> None:
    replies = await asyncio.gather(download(world), download(world))
    await world.until(lambda: not world.downloads.open_for(REPO))

    assert replies[0] == replies[1]
    assert {count for (url, _), count in line.carried.items() if "/resolve/" in url} == {1}


async def test_a_download_without_room_is_refused(world: World) -> None:
    world.space.quota = Q4_SIZE - 1

    with pytest.raises(StorageFull):
        await download(world)


async def test_a_download_is_paused_and_gone_on_with(world: World) -> None:
    await begun(world)
    assert await world.library.pause_download(stored()) == {}
    assert world.of(DownloadProgress)[-1].status is State.PAUSED
    await downloaded(world)

    assert (await dtype_view(world))["status"] == QuantStatus.DOWNLOADED.value


async def test_a_download_is_cancelled_with_what_is_not_whole(world: World) -> None:
    await begun(world)
    assert await world.library.cancel_download(stored()) == {}

    assert all(record.whole for record in await world.store.records(REPO))
    assert world.downloads.open_for(REPO) == []


async def test_without_a_dtype_all_downloads_of_the_model_are_meant(world: World) -> None:
    for repo, dtype in ((REPO, Dtype.Q4), (REPO, Dtype.Q8), (OTHER_REPO, Dtype.Q4)):
        await download(world, dtype, repo)
    await world.library.pause_download(stored(None))
    paused = {(event.model_id, event.dtype) for event in world.of(DownloadProgress) if event.status is State.PAUSED}
    assert paused == {(REPO, "q4"), (REPO, "q8")}

    await world.library.cancel_download(stored(None))
    assert (world.downloads.open_for(REPO), world.downloads.open_for(OTHER_REPO)) == ([], [Dtype.Q4])


async def test_what_is_left_of_a_download_that_failed_can_be_given_up(world: World, line: Line) -> None:
    await begun(world)
    line.down = True
    await world.until(lambda: not world.downloads.open_for(REPO))
    line.down = False
    await world.library.cancel_download(stored())

    weights = {"onnx/model_q4.onnx", WEIGHTS}
    assert not [record for record in await world.store.records(REPO) if record.key.path in weights and not record.whole]


@pytest.mark.parametrize("dtype", [Dtype.Q4, Dtype.Q2])
async def test_what_is_not_known_can_be_neither_cancelled_nor_checked(world: World, dtype: Dtype) -> None:
    for ask in (world.library.cancel_download, world.library.check_model):
        with pytest.raises(InvalidState):
            await ask(stored(dtype, "acme/none"))


# Checks


async def test_a_check_is_answered_at_once_and_its_outcome_is_an_event(world: World) -> None:
    await downloaded(world)
    assert await world.library.check_model(stored()) == {}
    await world.until(lambda: world.of(DownloadProgress) and world.of(DownloadProgress)[-1].status is State.DONE)

    with pytest.raises(InvalidState, match="Name the dtype"):
        await world.library.check_model(stored(None))


# Deleting


async def test_a_deleted_dtype_says_what_it_freed(world: World) -> None:
    await downloaded(world)
    await downloaded(world, Dtype.Q8)
    before = world.chunks.usage
    reply = await world.library.delete_model(stored())

    weights = sum(len(FILES[path]) for path in Q4_FILES if path.startswith("onnx/"))
    assert reply == {"freed": weights}
    assert before - world.chunks.usage == weights
    assert (await dtype_view(world))["status"] == QuantStatus.AVAILABLE.value
    assert (await dtype_view(world, Dtype.Q8))["status"] == QuantStatus.DOWNLOADED.value
    assert world.events[-1] == ManifestUpdated()


async def test_a_deleted_model_leaves_nothing(world: World) -> None:
    await downloaded(world)
    assert await world.library.delete_model(stored(None)) == {"freed": Q4_SIZE}

    assert (world.chunks.usage, await world.store.records(), await world.store.entries()) == (0, (), ())
    assert REPO not in await models(world)


@pytest.mark.parametrize("turns", range(0, 120, 5))
@pytest.mark.parametrize("dtype", [Dtype.Q4, None])
async def test_a_model_that_is_deleted_while_it_comes_is_gone(
    world: World, line: Line, turns: int, dtype: Dtype | None
) -> None:
    await download(world)
    for _ in range(turns):
        await asyncio.sleep(0)
    await world.library.delete_model(stored(dtype))
    await asyncio.gather(*(task for task in asyncio.all_tasks() if task is not asyncio.current_task()))

    assert (world.chunks.usage, await world.store.records(), line.open) == (0, (), 0)
    assert world.downloads.open_for(REPO) == []
    assert SharedBaton.read(world.host.baton)[1] == []


async def test_a_model_with_several_downloads_is_deleted_whenever_one_of_them_ends(line: Line) -> None:
    for turns in range(60, 140, 2):
        line = two_models()
        world = World(line)
        for dtype in (Dtype.Q4, Dtype.Q8, Dtype.FP32):
            await download(world, dtype)
        for _ in range(turns):
            await asyncio.sleep(0)
        await world.library.delete_model(stored(None))

        assert (world.chunks.usage, await world.store.records()) == (0, ())


@pytest.mark.parametrize(
    ("model_id", "dtype", "refused"),
    [
        (REPO, None, True),
        (REPO, Dtype.Q8, True),
        (REPO, Dtype.Q4, False),
        (OTHER_REPO, None, False),
    ],
)
async def test_a_model_that_is_loaded_is_not_deleted(
    world: World, model_id: str, dtype: Dtype | None, *, refused: bool
) -> None:
    await downloaded(world)
    await world.load()

    if refused:
        with pytest.raises(Busy):
            await world.library.delete_model(stored(dtype, model_id))
    else:
        await world.library.delete_model(stored(dtype, model_id))
    assert world.manager.ready_model().spec.repo == REPO
    assert (await dtype_view(world, Dtype.Q8))["status"] == QuantStatus.DOWNLOADED.value


@pytest.mark.parametrize("dtype", [None, Dtype.Q4, Dtype.Q8])
async def test_a_model_that_is_being_loaded_is_not_deleted(world: World, dtype: Dtype | None) -> None:
    await world.manager.load_model(load_request())

    with pytest.raises(Busy):
        await world.library.delete_model(stored(dtype))


async def test_the_cache_is_cleared_of_every_model_and_download(world: World) -> None:
    await downloaded(world)
    await download(world, Dtype.Q8, OTHER_REPO)
    assert await world.library.clear_cache(Empty()) == {}

    assert (world.chunks.usage, await world.store.records(), await world.store.entries()) == (0, (), ())
    assert world.events[-2:] == [CacheCleared(), ManifestUpdated()]


async def test_the_cache_is_not_cleared_of_a_loaded_model(world: World) -> None:
    await world.load()

    with pytest.raises(Busy):
        await world.library.clear_cache(Empty())
    assert world.chunks.usage == Q8_SIZE


# The next thread


async def test_the_next_thread_goes_on_with_the_downloads_that_ran(world: World, line: Line) -> None:
    await begun(world)
    for task in asyncio.all_tasks() - {asyncio.current_task()}:
        assert task is not None
        task.cancel()
    await asyncio.sleep(0)
    world.events.clear()
    world.start()
    assert world.begun == [(REPO, Dtype.Q4)]
    await world.library.resume([("acme/gone", Dtype.Q4), (REPO, Dtype.Q2), *world.begun])
    await world.until(lambda: not world.downloads.open_for(REPO))

    assert (await dtype_view(world))["status"] == QuantStatus.DOWNLOADED.value


async def test_a_download_that_cannot_go_on_does_not_keep_the_others_from_it(world: World) -> None:
    for repo in (REPO, OTHER_REPO):
        await world.library.inspect_model(InspectModel(model_id=repo))
    world.space.quota = Q8_SIZE
    await world.library.resume([(REPO, Dtype.Q4), (OTHER_REPO, Dtype.Q8)])

    assert (world.downloads.open_for(REPO), world.downloads.open_for(OTHER_REPO)) == ([], [Dtype.Q8])


async def test_tidying_up_moves_whole_files_to_where_new_ones_go_and_sweeps_the_rest(world: World) -> None:
    await downloaded(world)
    await world.store.drop_chunks(FileKey(REPO, WEIGHTS), [0])
    stray = FileRecord(key=FileKey("acme/gone", "a"), revision="", size=4, chunk_size=4)
    await world.chunks.write_chunks(stray, 0, [MemoryBytes(b"lost")])
    world.store.default = Backend.OPFS
    await world.library.tidy()

    backends = {record.key.path: record.backend for record in await world.store.records()}
    assert backends == {path: Backend.INDEXED_DB if path == WEIGHTS else Backend.OPFS for path in Q4_FILES}
    assert world.chunks.usage == len(FILES[WEIGHTS])
    assert world.opfs.usage == Q4_SIZE - len(FILES[WEIGHTS])


async def test_a_file_that_cannot_be_moved_does_not_keep_the_others_from_it(world: World) -> None:
    await downloaded(world)
    world.chunks.damage(FileKey(REPO, "config.json"), 0)
    world.store.default = Backend.OPFS
    await world.library.tidy()

    backends = {record.key.path: record.backend for record in await world.store.records()}
    assert backends == {path: Backend.INDEXED_DB if path == "config.json" else Backend.OPFS for path in Q4_FILES}
    with pytest.raises(FileDamaged):
        await world.store.assemble_chunks(FileKey(REPO, "config.json"))
