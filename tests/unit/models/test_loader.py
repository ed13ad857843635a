"""The steps of a load."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import replace

import pytest

from tabagent.adapters.memory.engine import MemoryEngine
from tabagent.adapters.memory.fetcher import Answer, MemoryFetcher
from tabagent.engine_errors import GenerationFailed, LoadFailed, UnsupportedDtype
from tabagent.errors import ModelNotFound, NoOnnxFiles, Offline
from tabagent.events import LoadingStatusTypes as Status
from tabagent.messages import LoadingProgress
from tabagent.models.plan import LoadPlan
from tabagent.models.progress import LoadProgress
from tabagent.models.sources import HUB
from tabagent.ports.engine import KvCache, Logits
from tabagent.specs import Device, DeviceReport, Dtype, FileKey, LoadedModel, LoadSpec, QuantStatus
from tabagent.store_errors import ConnectionLost, DownloadCancelled, IncompleteFile
from tests.unit.conftest import COMMIT, FILES, REPO, World, hub_answers, listing_address, load_request

WEIGHTS = "onnx/model_quantized.onnx"
ADDRESS = f"{HUB}/{REPO}/resolve/{COMMIT}/"


class Load:
    """One load of a world's model, step by step."""

    def __init__(self, world: World, dtype: Dtype | None = None) -> None:
        self.world, self.request = world, load_request(dtype=dtype)
        self.told: list[LoadingProgress] = []
        self.progress = LoadProgress(self.told.append, load_id="l", model_id=REPO, dtype="auto")

    async def plan(self) -> LoadPlan:
        return await self.world.loader.resolve(self.request, self.world.engine.report)

    async def bring_in(self) -> LoadPlan:
        plan = await self.plan()
        self.progress.begin(
            plan.spec.dtype, sum(file.size for file in plan.small), sum(file.size for file in plan.weights)
        )
        await self.world.loader.bring_in(plan, self.progress)
        return plan

    async def run(self) -> LoadedModel:
        return await self.world.loader.start(await self.bring_in(), self.progress)


class RememberingEngine(MemoryEngine):
    """Notes the order in which it is used."""

    def __init__(self) -> None:
        super().__init__()
        self.steps: list[str] = []

    async def load(self, spec: LoadSpec) -> LoadedModel:
        self.steps.append("load")
        return await super().load(spec)

    async def forward(self, cache: KvCache, token_ids: Sequence[int], *, logits: bool = True) -> Logits | None:
        self.steps.append(f"forward {len(token_ids)}")
        return await super().forward(cache, token_ids, logits=logits)


class RefusingEngine(MemoryEngine):
    """Cannot load whole weights on this device."""

    async def load(self, spec: LoadSpec) -> LoadedModel:
        raise LoadFailed(spec.repo, spec.dtype, spec.device, "no kernel for MatMulNBits")


@pytest.fixture
def load(world: World) -> Load:
    return Load(world)


async def status(world: World, dtype: Dtype = Dtype.Q8) -> tuple[QuantStatus, str]:
    entry = await world.store.entry(REPO)
    quant = entry and entry.quant(dtype)
    assert quant
    return quant.status, quant.reason


def files_fetched(world: World, commit: str = COMMIT) -> list[str]:
    prefix = f"{HUB}/{REPO}/resolve/{commit}/"
    return [url.removeprefix(prefix) for url in world.fetcher.requests if url.startswith(prefix)]


# Finding out what a load means


async def test_an_unknown_model_is_looked_up_and_remembered(load: Load, world: World) -> None:
    plan = await load.plan()

    assert (plan.spec.repo, plan.spec.commit, plan.spec.dtype) == (REPO, COMMIT, Dtype.Q8)
    assert [entry.repo for entry in await world.store.entries()] == [REPO]


async def test_a_stored_model_loads_without_the_network(load: Load, world: World) -> None:
    await load.run()
    world.fetcher.sent.clear()
    world.fetcher.answers.clear()

    assert (await Load(world).run()).spec.dtype is Dtype.Q8
    assert world.fetcher.requests == []


async def test_a_stored_model_stays_at_its_commit_when_the_hub_has_a_newer_one(load: Load, world: World) -> None:
    await load.run()
    world.fetcher.answers = hub_answers(commit="beef")

    assert (await Load(world).plan()).spec.commit == COMMIT


async def test_a_model_that_is_not_wholly_stored_is_taken_from_the_newest_commit(load: Load, world: World) -> None:
    await load.bring_in()
    await world.store.delete_file(FileKey(REPO, WEIGHTS))
    world.fetcher.answers = hub_answers(commit="beef", files=FILES | {"config.json": b'{"newer": 1}'})
    world.fetcher.sent.clear()
    plan = await Load(world).bring_in()

    assert plan.spec.commit == "beef"
    # What the new commit did not change is not downloaded again.
    assert files_fetched(world, "beef") == ["config.json", WEIGHTS]


async def test_a_dtype_comes_from_the_stored_commit_while_a_newer_one_would_break_what_is_stored(
    load: Load, world: World
) -> None:
    await load.bring_in()
    world.fetcher.answers |= hub_answers(commit="beef", files={path: data + b"!" for path, data in FILES.items()})
    plan = await Load(world, Dtype.Q4).bring_in()

    assert plan.spec.commit == COMMIT
    assert plan.entry.newer == "beef"
    assert await status(world) == (QuantStatus.DOWNLOADED, "")


async def test_a_listing_that_is_still_the_newest_is_not_read_again(load: Load, world: World) -> None:
    known = (await load.plan()).entry
    world.fetcher.answers[listing_address()] = Answer(status=304)

    assert (await Load(world).plan()).entry == known
    assert world.fetcher.sent[-1].headers == {"If-None-Match": known.etag}


async def test_a_dtype_that_came_later_is_found_in_a_new_listing(world: World) -> None:
    old = {path: data for path, data in FILES.items() if "q4" not in path}
    world.fetcher.answers = hub_answers(files=old)
    await Load(world).plan()
    world.fetcher.answers = hub_answers(commit="beef")

    assert (await Load(world, Dtype.Q4).plan()).spec.commit == "beef"


async def test_without_the_network_a_model_that_is_not_wholly_stored_is_offline(load: Load, world: World) -> None:
    await load.plan()
    world.fetcher.answers.clear()

    with pytest.raises(Offline):
        await Load(world).plan()


async def test_weights_that_the_machine_cannot_compute_are_refused_before_any_download(world: World) -> None:
    world.fetcher.answers = hub_answers(files=FILES | {"onnx/model_q4f16.onnx": b"x"})

    with pytest.raises(UnsupportedDtype):
        await Load(world, Dtype.Q4F16).plan()
    assert not any("/resolve/" in address for address in world.fetcher.requests)


async def test_a_model_that_the_hub_lost_is_refused_and_what_is_known_stays(load: Load, world: World) -> None:
    await load.plan()
    world.fetcher.answers = {listing_address(): Answer(status=404)}

    with pytest.raises(ModelNotFound):
        await Load(world).plan()
    assert await world.store.entry(REPO) is not None


async def test_a_repository_without_a_graph_is_not_remembered(world: World) -> None:
    world.fetcher.answers = hub_answers(files={"config.json": b"{}", "pytorch_model.bin": b"x"})

    with pytest.raises(NoOnnxFiles):
        await Load(world).plan()
    assert await world.store.entries() == ()


# Bringing files in


async def test_what_is_missing_is_downloaded_and_nothing_else(load: Load, world: World) -> None:
    await load.bring_in()

    assert sorted(files_fetched(world)) == ["config.json", WEIGHTS, "tokenizer.json"]
    assert await status(world) == (QuantStatus.DOWNLOADED, "")
    assert await status(world, Dtype.Q4) == (QuantStatus.AVAILABLE, "")


async def test_external_data_comes_along(world: World) -> None:
    plan = await Load(world, Dtype.Q4).bring_in()

    assert plan.spec.external_data_files == 1
    assert await world.store.record(FileKey(REPO, "onnx/model_q4.onnx_data")) is not None


async def test_files_that_are_stored_are_not_downloaded_again(load: Load, world: World) -> None:
    await load.bring_in()
    world.fetcher.sent.clear()
    second = Load(world, Dtype.Q4)
    await second.bring_in()

    assert sorted(files_fetched(world)) == ["onnx/model_q4.onnx", "onnx/model_q4.onnx_data"]
    assert [(event.file, event.status) for event in second.told if event.status is Status.CACHED] == [
        ("config.json", Status.CACHED),
        ("tokenizer.json", Status.CACHED),
    ]


async def test_each_file_is_told_once_when_it_is_whole(load: Load) -> None:
    await load.bring_in()

    done = [event.file for event in load.told if event.status is Status.DONE]
    assert sorted(done) == ["config.json", WEIGHTS, "tokenizer.json"]
    assert {event.status for event in load.told} == {Status.PROGRESS, Status.DONE}
    assert load.told[-1].progress == 90
    assert load.told[-1].loaded == load.told[-1].total


async def test_a_connection_that_breaks_is_made_again_and_told_as_such(load: Load, world: World) -> None:
    whole = world.fetcher.answers[ADDRESS + WEIGHTS]
    assert isinstance(whole, Answer)
    world.fetcher.answers[ADDRESS + WEIGHTS] = [replace(whole, cut_after=3), whole]
    await load.bring_in()

    assert len(world.pauses) == 1
    assert any("Trying again" in event.message for event in load.told)
    assert (await status(world))[0] is QuantStatus.DOWNLOADED


async def test_after_a_download_that_was_given_up_only_the_rest_is_fetched(load: Load, world: World) -> None:
    whole = world.fetcher.answers[ADDRESS + WEIGHTS]
    assert isinstance(whole, Answer)
    world.fetcher.answers[ADDRESS + WEIGHTS] = replace(whole, cut_after=3)
    with pytest.raises(ConnectionLost):
        await load.bring_in()
    assert (await status(world))[0] is QuantStatus.AVAILABLE

    world.fetcher.answers[ADDRESS + WEIGHTS] = whole
    world.fetcher.sent.clear()
    await Load(world).bring_in()
    assert files_fetched(world) == [WEIGHTS]
    assert (await status(world))[0] is QuantStatus.DOWNLOADED


async def test_two_loads_of_one_model_download_it_once(load: Load, world: World) -> None:
    await asyncio.gather(load.bring_in(), Load(world).bring_in())

    assert sorted(files_fetched(world)) == ["config.json", WEIGHTS, "tokenizer.json"]


async def test_a_load_whose_download_is_cancelled_ends(load: Load, world: World) -> None:
    plan = await load.plan()
    bringing = asyncio.ensure_future(load.bring_in())
    await world.until(lambda: world.downloads.open_for(REPO))
    await world.downloads.cancel(REPO, plan.spec.dtype)

    with pytest.raises(DownloadCancelled):
        await bringing


async def test_a_load_goes_on_when_its_download_was_paused_and_resumed(load: Load, world: World) -> None:
    plan = await load.plan()
    bringing = asyncio.ensure_future(load.bring_in())
    await world.until(lambda: world.downloads.open_for(REPO))
    await world.downloads.pause(REPO, plan.spec.dtype)
    assert not bringing.done()
    assert load.told[-1].message == "Paused"

    await world.downloads.start(plan.entry, plan.spec.dtype)
    await bringing
    assert await status(world) == (QuantStatus.DOWNLOADED, "")


async def test_a_load_that_is_given_up_leaves_the_download_to_itself(load: Load, world: World) -> None:
    bringing = asyncio.ensure_future(load.bring_in())
    await world.until(lambda: world.downloads.open_for(REPO))
    bringing.cancel()
    await world.until(lambda: not world.downloads.open_for(REPO))

    assert await status(world) == (QuantStatus.DOWNLOADED, "")


async def test_a_file_of_another_length_leaves_the_dtype_not_downloaded(load: Load, world: World) -> None:
    world.fetcher.answers[ADDRESS + WEIGHTS] = Answer(body=b"short")

    with pytest.raises(IncompleteFile):
        await load.bring_in()
    assert (await status(world))[0] is QuantStatus.AVAILABLE


# Starting the engine


async def test_a_started_model_is_warm_and_its_cache_is_given_back() -> None:
    engine = RememberingEngine()
    world = World(MemoryFetcher(hub_answers()), engine=engine)
    loaded = await Load(world).run()

    assert loaded.spec.repo == REPO
    # A piece as of a prompt, then as many tokens as the best one leads to.
    assert engine.steps == ["load", "forward 33", *["forward 1"] * 4]
    assert engine.passes[1:] == [[0], [1], [2], [3]]
    assert [cache.released for cache in engine.caches] == [True]


async def test_the_warm_up_is_told_as_the_last_tenth(load: Load) -> None:
    await load.run()

    steps = [(event.message, event.progress) for event in load.told[-6:]]
    assert steps[:2] == [("Starting the model", 90), ("Warming up", 96)]
    # Each step is a sign of life.
    assert [percent for _, percent in steps] == sorted({percent for _, percent in steps})
    assert steps[-1][1] < 100


async def test_a_model_that_does_not_fit_the_device_keeps_its_files_and_says_why() -> None:
    world = World(MemoryFetcher(hub_answers()), engine=RefusingEngine())

    with pytest.raises(LoadFailed) as failure:
        await Load(world).run()
    assert await world.store.record(FileKey(REPO, WEIGHTS)) is not None
    assert await status(world) == (QuantStatus.FAILED, failure.value.message)


async def test_stored_parts_that_have_changed_are_no_failure_of_the_model(load: Load, world: World) -> None:
    world.engine.fails_at = "load"
    plan = await load.bring_in()
    # As the engine's cache does with a part that it can neither read nor fetch.
    await world.store.drop_chunks(FileKey(REPO, WEIGHTS), [0])

    with pytest.raises(LoadFailed):
        await world.loader.start(plan, load.progress)
    assert await status(world) == (QuantStatus.AVAILABLE, "")


async def test_a_model_that_failed_is_downloaded_again_once_it_loads(world: World) -> None:
    await Load(world).bring_in()
    await world.store.set_manifest_quant_status(REPO, Dtype.Q8, QuantStatus.FAILED, "no kernel")

    await Load(world).run()
    assert await status(world) == (QuantStatus.DOWNLOADED, "")


async def test_a_started_model_is_noted_as_used_now(load: Load, world: World) -> None:
    before = time.time_ns() // 1_000_000
    await load.run()
    entry = await world.store.entry(REPO)

    assert entry is not None
    used = {quant.dtype: quant.last_used for quant in entry.quants}
    assert before <= used[Dtype.Q8] <= time.time_ns() // 1_000_000
    assert used[Dtype.Q4] == 0


async def test_a_model_that_loads_on_webgpu_has_not_failed_there_any_more(world: World) -> None:
    world.engine.report = DeviceReport(webgpu=True, f16=False, threads=2)
    load = Load(world)
    load.request = load_request(device=Device.WEBGPU)
    await load.bring_in()
    await world.loader.note_webgpu(REPO, "device lost")
    await load.run()

    entry = await world.store.entry(REPO)
    assert entry is not None
    assert entry.webgpu_failed == ""


async def test_a_model_that_loads_on_the_cpu_has_failed_on_webgpu_all_the_same(world: World) -> None:
    load = Load(world)
    await load.bring_in()
    await world.loader.note_webgpu(REPO, "device lost")
    await load.run()

    entry = await world.store.entry(REPO)
    assert entry is not None
    assert entry.webgpu_failed == "device lost"


async def test_a_model_is_known_until_it_is_deleted(world: World) -> None:
    assert not await world.loader.is_known(REPO)
    await Load(world).bring_in()
    assert await world.loader.is_known(REPO)

    await world.store.delete_model(REPO)
    assert not await world.loader.is_known(REPO)


@pytest.mark.parametrize(
    ("config", "refused"),
    [
        (b'{"vocab_size": 1000, "hidden_size": 1000}', True),
        (b'{"text_config": {"vocab_size": 1000, "hidden_size": 1000}}', True),
        (b'{"vocab_size": 100, "hidden_size": 100}', False),
        (b'{"vocab_size": "1000", "hidden_size": null}', False),
        (b'{"text_config": 3}', False),
        (b"[1]", False),
        (b"{", False),
    ],
)
async def test_a_graphics_adapter_whose_buffers_are_too_small_for_a_stored_model_is_not_chosen(
    config: bytes, refused: bool
) -> None:
    world = World(MemoryFetcher(hub_answers(files={**FILES, "config.json": config})))
    await Load(world).bring_in()
    report = DeviceReport(webgpu=True, f16=False, threads=2, max_buffer=400_000)
    plan = await world.loader.resolve(load_request(), report)

    assert plan.spec.device is (Device.WASM if refused else Device.WEBGPU)
    assert bool(plan.warning) is refused


@pytest.mark.parametrize("phase", ["prefill", "decode"])
async def test_an_engine_that_fails_while_it_warms_up_has_not_started(load: Load, world: World, phase: str) -> None:
    world.engine.fails_at = phase

    with pytest.raises(GenerationFailed) as failure:
        await load.run()
    assert await world.store.record(FileKey(REPO, WEIGHTS)) is not None
    assert await status(world) == (QuantStatus.FAILED, failure.value.message)
