"""From WebGPU to the CPU: when, how, and what is remembered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from tabagent.adapters.memory.engine import MemoryEngine
from tabagent.adapters.memory.fetcher import MemoryFetcher
from tabagent.engine_errors import DeviceLost, GenerationFailed, LoadFailed, OutOfMemory, TemplateFailed
from tabagent.events import ErrorCodes
from tabagent.events import LoadingStatusTypes as Status
from tabagent.events import ModelWorkerStates as State
from tabagent.messages import Fault, LoadingProgress, LoadModel, ResetComplete, WorkerReady
from tabagent.models.baton import Baton
from tabagent.ports.engine import KvCache, Logits
from tabagent.sentences import Sentence, said_to_wire
from tabagent.specs import Device, DeviceReport, Dtype, LoadedModel, LoadSpec
from tests.unit.conftest import OTHER_REPO, REPO, World, hub_answers, load_request

GPU = DeviceReport(webgpu=True, f16=False, threads=2)
NAMED = load_request(device=Device.WEBGPU)


class Card(MemoryEngine):
    """Fails on WebGPU where it is told to, with an error of that class."""

    def __init__(self, fails_at: str = "", kind: type[Exception] = GenerationFailed) -> None:
        super().__init__(GPU)
        self.webgpu_fails_at, self.kind = fails_at, kind
        self.loads: list[tuple[Dtype, Device]] = []
        self._device = Device.WASM

    async def load(self, spec: LoadSpec) -> LoadedModel:
        self.loads.append((spec.dtype, spec.device))
        self._device = spec.device
        self._fail_on_webgpu("load")
        return await super().load(spec)

    async def forward(self, cache: KvCache, token_ids: Sequence[int], *, logits: bool = True) -> Logits | None:
        self._fail_on_webgpu("warm-up")
        return await super().forward(cache, token_ids, logits=logits)

    def _fail_on_webgpu(self, phase: str) -> None:
        if self._device is not Device.WEBGPU or self.webgpu_fails_at != phase:
            return
        about = REPO, "q4", "webgpu"
        if self.kind is LoadFailed:
            raise LoadFailed(*about, "no kernel")
        if self.kind in (GenerationFailed, OutOfMemory, DeviceLost):
            raise self.kind(*about, phase, "no kernel")
        raise self.kind("no kernel")


def card_world(fails_at: str = "", kind: type[Exception] = GenerationFailed) -> tuple[World, Card]:
    card = Card(fails_at, kind)
    fetcher = MemoryFetcher(hub_answers() | hub_answers(OTHER_REPO, commit="beef"))
    return World(fetcher, engine=card), card


async def next_thread(world: World) -> None:
    """Wait for the end of this thread and begin the next."""
    count = len(world.host.restarts)
    await world.until(lambda: len(world.host.restarts) > count)
    world.start()
    world.resume()


async def remembered(world: World) -> str:
    entry = await world.store.entry(REPO)
    assert entry is not None
    return entry.webgpu_failed


# A load


@pytest.mark.parametrize("fails_at", ["load", "warm-up"])
@pytest.mark.parametrize("kind", [LoadFailed, GenerationFailed, OutOfMemory, DeviceLost, ValueError])
async def test_a_load_that_fails_on_webgpu_goes_on_with_the_cpu_in_a_new_thread(
    fails_at: str, kind: type[Exception]
) -> None:
    world, card = card_world(fails_at, kind)
    await world.manager.load_model(load_request())
    await next_thread(world)
    ready = await world.heard(WorkerReady)

    # 8 bits are what the CPU is fast with.
    assert card.loads == [(Dtype.Q4, Device.WEBGPU), (Dtype.Q8, Device.WASM)]
    assert (ready.execution_provider, ready.dtype, ready.load_id) == (Device.WASM, Dtype.Q8, "load-1")
    assert "no kernel" in ready.warning
    assert "WebGPU" in ready.warning
    assert world.of(Fault) == []
    assert world.host.restarts == ["WebGPU failed"]
    assert "no kernel" in await remembered(world)


async def test_the_progress_of_such_a_load_never_falls_and_says_what_happened() -> None:
    world, _ = card_world("warm-up")
    await world.manager.load_model(load_request())
    await next_thread(world)
    await world.heard(WorkerReady)
    told = world.of(LoadingProgress)
    percents = [event.progress for event in told]

    assert percents == sorted(percents)
    assert percents[-1] == 100
    assert {event.load_id for event in told} == {"load-1"}
    assert Status.ERROR not in {event.status for event in told}
    assert any("WebGPU failed (no kernel)" in event.message for event in told)


async def test_the_next_load_goes_straight_to_the_cpu_with_the_same_reason() -> None:
    world, card = card_world("load")
    await world.manager.load_model(load_request())
    await next_thread(world)
    first = await world.heard(WorkerReady)
    world.manager.reset()
    await next_thread(world)
    await world.manager.load_model(load_request(load_id="again"))
    second = await world.heard(WorkerReady, 2)

    assert card.loads[2:] == [(Dtype.Q8, Device.WASM)]
    assert (second.warning, second.load_id) == (first.warning, "again")
    assert (await world.manager.describe())["warning"] == first.warning


async def test_an_adapter_that_goes_with_the_failure_leaves_its_reason() -> None:
    world, card = card_world("load", DeviceLost)
    await world.manager.load_model(load_request())
    await world.until(lambda: world.host.restarts)
    card.report = replace(GPU, webgpu=False)
    await next_thread_now(world)
    ready = await world.heard(WorkerReady)

    assert ready.execution_provider == Device.WASM
    assert "no kernel" in ready.warning


async def test_webgpu_by_name_is_tried_again_and_its_success_is_remembered() -> None:
    world, card = card_world("load")
    await world.manager.load_model(load_request())
    await next_thread(world)
    await world.heard(WorkerReady)
    card.webgpu_fails_at = ""
    await world.manager.load_model(replace(NAMED, load_id="again"))
    await next_thread(world)
    ready = await world.heard(WorkerReady, 2)

    assert (ready.execution_provider, ready.warning) == (Device.WEBGPU, "")
    assert await remembered(world) == ""
    assert (await world.manager.describe())["warning"] == ""


async def test_webgpu_by_name_that_fails_is_an_error() -> None:
    world, card = card_world("load", LoadFailed)
    await world.manager.load_model(NAMED)

    assert await world.load_failure() is ErrorCodes.LOAD_FAILED
    await world.until(lambda: world.host.restarts)
    assert world.manager.state is State.ERROR
    assert card.loads == [(Dtype.Q4, Device.WEBGPU)]
    assert await remembered(world) == ""


async def test_damaged_files_are_an_error_on_webgpu_too() -> None:
    world, card = card_world()
    card.fails_at = "load"
    await world.manager.load_model(load_request())

    assert await world.load_failure() is ErrorCodes.LOAD_FAILED
    assert await remembered(world) == ""


async def test_a_dtype_that_the_person_chose_goes_along_when_the_cpu_can_compute_it() -> None:
    world, card = card_world("load")
    await world.manager.load_model(load_request(dtype=Dtype.Q4))
    await next_thread(world)
    await world.heard(WorkerReady)

    assert card.loads == [(Dtype.Q4, Device.WEBGPU), (Dtype.Q4, Device.WASM)]


async def test_a_model_that_fails_on_the_cpu_as_well_is_an_error_and_loads_no_more() -> None:
    world, card = card_world("load")
    await world.manager.load_model(load_request())
    await world.until(lambda: world.host.restarts)
    card.fails_at = "load"
    world.start()
    world.resume()
    assert await world.load_failure() is ErrorCodes.LOAD_FAILED
    await world.until(lambda: len(world.host.restarts) == 2)
    world.start()
    world.resume()

    assert world.manager.state is State.ERROR
    assert [device for _, device in card.loads] == [Device.WEBGPU, Device.WASM]


async def test_a_switch_whose_model_fails_on_webgpu_goes_on_with_the_cpu_too() -> None:
    world, card = card_world()
    await world.load()
    card.webgpu_fails_at = "load"
    await world.manager.load_model(load_request(OTHER_REPO, load_id="load-2"))
    await next_thread(world)
    await next_thread(world)
    ready = await world.heard(WorkerReady)

    assert (ready.model_id, ready.execution_provider, ready.load_id) == (OTHER_REPO, Device.WASM, "load-2")
    assert ready.warning != ""
    assert world.of(Fault) == []


async def test_a_switch_that_fails_on_both_gives_way_to_the_model_from_before() -> None:
    world, card = card_world()
    await world.load()
    card.webgpu_fails_at = "load"
    await world.manager.load_model(load_request(OTHER_REPO, load_id="load-2"))
    await next_thread(world)
    await world.until(lambda: world.kept.webgpu_failed)
    card.fails_at = "load"
    await next_thread_now(world)
    await world.load_failure()
    await world.until(lambda: world.host.restarts[-1] == ErrorCodes.LOAD_FAILED)
    card.fails_at = card.webgpu_fails_at = ""
    await next_thread_now(world)

    assert (await world.heard(WorkerReady)).model_id == REPO


async def next_thread_now(world: World) -> None:
    world.start()
    world.resume()


# A thread that dies, or hangs, while WebGPU starts


async def died_while_webgpu_started(request: LoadModel) -> tuple[World, Card]:
    """Return a world whose thread is at an end in the warm-up, and its engine."""
    world, card = card_world("warm-up")
    batons: list[str] = []
    expected: list[tuple[float, str] | None] = []
    fail = card._fail_on_webgpu

    def note(phase: str) -> None:
        if phase == "warm-up":
            batons.append(world.host.baton)
            expected.append(world.host.expected)
        fail(phase)

    card._fail_on_webgpu = note  # type: ignore[method-assign]  # looks at the baton in the very moment
    await world.manager.load_model(request)
    await world.until(lambda: batons)
    world.host.baton, world.host.expected = batons[0], expected[0]
    return world, card


async def test_a_thread_that_dies_while_webgpu_starts_is_followed_by_one_that_leaves_it() -> None:
    world, card = await died_while_webgpu_started(load_request())
    await next_thread_now(world)
    ready = await world.heard(WorkerReady)

    assert (ready.execution_provider, ready.load_id) == (Device.WASM, "load-1")
    assert "being started" in await remembered(world)
    assert world.of(Fault) == []
    assert [device for _, device in card.loads] == [Device.WEBGPU, Device.WASM]


async def test_a_thread_that_dies_while_webgpu_starts_by_name_reports_the_load() -> None:
    world, _ = await died_while_webgpu_started(NAMED)
    world.events.clear()
    await next_thread_now(world)

    assert await world.load_failure() is ErrorCodes.RUNTIME_RESTARTED
    assert world.manager.state is State.ERROR


async def test_a_thread_that_hangs_while_webgpu_starts_says_how_long() -> None:
    world, _ = await died_while_webgpu_started(load_request())
    assert world.host.expected is not None
    world.overdue = world.host.expected[1]
    await next_thread_now(world)
    ready = await world.heard(WorkerReady)

    silent = Sentence.NO_SIGN_OF_LIFE.said(seconds=120)
    said = said_to_wire(Sentence.WEBGPU_FAILED.said(model=REPO, reason=silent))
    assert said_to_wire(ready.warning) == said
    assert (await world.manager.describe())["warningSaid"] == said
    # What is remembered of it says it as well.
    assert said_to_wire(await remembered(world)) == said_to_wire(silent)
    assert ready.execution_provider == Device.WASM


async def test_an_answer_that_hangs_on_webgpu_leaves_it_where_that_was_our_choice() -> None:
    for request, device in ((load_request(), Device.WASM), (NAMED, Device.WEBGPU)):
        world, _ = card_world()
        await world.load(request)
        world.manager.begin_generation()
        assert world.host.expected is not None
        world.overdue = world.host.expected[1]
        await next_thread_now(world)

        assert (await world.heard(WorkerReady)).execution_provider == device


async def test_an_answer_that_hangs_on_the_cpu_changes_no_device() -> None:
    world, _ = card_world()
    await world.load(load_request(dtype=Dtype.Q8))
    world.manager.begin_generation()
    assert world.host.expected is not None
    world.overdue = world.host.expected[1]
    await next_thread_now(world)
    await world.heard(WorkerReady)

    assert await remembered(world) == ""


# A device that fails in an answer


@pytest.mark.parametrize("request_", [load_request(), NAMED], ids=["ours", "named"])
async def test_a_lost_device_brings_the_model_back_on_the_cpu_and_is_remembered(request_: LoadModel) -> None:
    world, _ = card_world()
    await world.load(request_)
    world.manager.begin_generation()
    world.manager.end_generation()
    world.manager.begin_generation()
    world.manager.engine_failed(DeviceLost(REPO, "q4", "webgpu", "decode", "driver reset"))
    assert world.host.restarts == [ErrorCodes.DEVICE_LOST.value]
    await next_thread_now(world)
    ready = await world.heard(WorkerReady)

    assert ready.execution_provider == Device.WASM
    assert "driver reset" in ready.warning
    assert await remembered(world) == "driver reset"


@pytest.mark.parametrize(
    ("request_", "answered", "device"),
    [
        (load_request(), False, Device.WASM),
        (load_request(), True, Device.WEBGPU),
        (NAMED, False, Device.WEBGPU),
    ],
    ids=["first", "later", "named"],
)
async def test_a_first_answer_that_fails_shows_that_the_device_cannot_do_it(
    request_: LoadModel, answered: bool, device: Device
) -> None:
    world, _ = card_world()
    await world.load(request_)
    world.manager.begin_generation()
    if answered:
        world.manager.end_generation()
        world.manager.begin_generation()
    world.manager.engine_failed(GenerationFailed(REPO, "q4", "webgpu", "decode", "shader failed"))
    await next_thread_now(world)

    assert (await world.heard(WorkerReady)).execution_provider == device


async def test_a_failure_on_the_cpu_is_none_of_webgpu() -> None:
    world, _ = card_world()
    await world.load(load_request(device=Device.WASM))
    world.manager.begin_generation()
    world.manager.engine_failed(OutOfMemory(REPO, "q8", "wasm", "decode", "bad_alloc"))

    assert world.kept.webgpu_failed == ""
    assert world.kept.load is not None
    assert world.kept.load.device is Device.WASM


@pytest.mark.parametrize(
    ("error", "breaks"),
    [
        (DeviceLost(REPO, "q4", "webgpu", "decode", "gone"), True),
        (OutOfMemory(REPO, "q4", "webgpu", "decode", "gone"), True),
        (GenerationFailed(REPO, "q4", "webgpu", "decode", "gone"), True),
        (LoadFailed(REPO, "q4", "webgpu", "gone"), True),
        (KeyError("x"), True),
        (TemplateFailed("no tools"), False),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else "",
)
def test_an_error_of_the_device_breaks_the_engine(world: World, error: Exception, breaks: bool) -> None:
    assert world.manager.breaks_engine(error) is breaks


async def test_a_reset_during_the_load_of_the_cpu_leaves_nothing() -> None:
    world, _ = card_world("load")
    await world.manager.load_model(load_request())
    await next_thread(world)
    world.manager.reset()
    await world.heard(ResetComplete)

    assert world.kept == Baton()
