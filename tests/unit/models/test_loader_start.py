"""The last steps of a load: the engine starts and is warmed up."""

from __future__ import annotations

import time
from collections.abc import Sequence

import pytest

from tabagent.adapters.memory.engine import MemoryEngine
from tabagent.adapters.memory.fetcher import MemoryFetcher
from tabagent.engine_errors import GenerationFailed, LoadFailed
from tabagent.models.sources import HUB
from tabagent.ports.engine import KvCache, Logits
from tabagent.specs import Device, DeviceReport, Dtype, FileKey, LoadedModel, LoadSpec, QuantStatus
from tests.unit.conftest import COMMIT, FILES, REPO, World, hub_answers, load_request
from tests.unit.models.load_steps import Load, status

WEIGHTS = "onnx/model_quantized.onnx"
ADDRESS = f"{HUB}/{REPO}/resolve/{COMMIT}/"


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
