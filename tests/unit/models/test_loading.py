"""What the next thread is to do at each point of a load."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tabagent.engine_errors import DeviceLost, GenerationFailed, LoadFailed
from tabagent.events import ErrorCodes
from tabagent.events import ModelWorkerStates as State
from tabagent.messages import LoadingProgress, LoadModel
from tabagent.models.baton import Baton
from tabagent.models.loading import MOST_REASON, Load, follow, is_damage, reason_of
from tabagent.models.plan import plan_load
from tabagent.specs import Device, DeviceReport, Dtype
from tests.unit.conftest import OTHER_REPO, load_request
from tests.unit.models.test_plan import entry

GPU = DeviceReport(webgpu=True, f16=True, threads=2)
BEFORE = load_request(OTHER_REPO, dtype=Dtype.Q8)


def load(request: LoadModel, told: list[LoadingProgress] | None = None) -> Load:
    def publish(load: Load, event: LoadingProgress) -> None:
        if told is not None:
            told.append(event)

    return follow(request, 10, before=State.UNINITIALIZED, back_to=BEFORE, publish=publish)


async def test_progress_goes_on_where_the_thread_before_was() -> None:
    told: list[LoadingProgress] = []
    load(load_request(dtype=Dtype.Q4), told).progress.initiate("Preparing")

    assert [(event.progress, event.dtype, event.load_id) for event in told] == [(10, "q4", "load-1")]


async def test_before_the_files_the_load_is_reported_and_the_model_from_before_comes_back() -> None:
    baton = load(load_request()).baton(3)

    assert (baton.load, baton.failed_load, baton.percent) == (BEFORE, load_request(), 3)
    assert baton.error is not None
    assert baton.error["code"] == ErrorCodes.RUNTIME_RESTARTED


async def test_with_files_on_their_way_the_load_goes_on() -> None:
    going = load(load_request())
    going.downloading = True

    assert going.baton(40) == Baton(load=load_request(), percent=40, previous=BEFORE)


async def test_while_webgpu_starts_the_load_goes_on_without_it() -> None:
    going = load(load_request())
    going.plan, going.starting = plan_load(going.request, entry(*Dtype), GPU), True
    baton = going.baton(96)

    assert (baton.load, baton.percent, baton.previous, baton.failed_load) == (load_request(), 96, BEFORE, None)
    assert "being started" in baton.webgpu_failed


@pytest.mark.parametrize("device", [Device.WEBGPU, Device.WASM])
async def test_a_device_that_the_person_chose_is_not_left(device: Device) -> None:
    going = load(load_request(device=device))
    going.plan, going.starting = plan_load(going.request, entry(*Dtype), GPU), True

    assert going.baton(96).failed_load == going.request


async def test_what_was_chosen_keeps_the_dtype_and_leaves_the_device_to_us() -> None:
    going = load(load_request())
    assert going.chosen == going.request
    going.plan = plan_load(going.request, entry(*Dtype), GPU)

    assert going.chosen == replace(load_request(dtype=Dtype.Q4F16), free_dtype=True)


async def test_a_dtype_that_the_person_chose_is_not_free() -> None:
    going = load(load_request(dtype=Dtype.Q4))
    going.plan = plan_load(going.request, entry(*Dtype), GPU)

    assert going.chosen == load_request(dtype=Dtype.Q4)


async def test_a_load_ends_once() -> None:
    good, bad = load(load_request()), load(load_request())
    good.end()
    good.end(ValueError())
    bad.end(ValueError("first"))
    bad.end()

    assert good.outcome.result() is None
    with pytest.raises(ValueError, match="first"):
        await bad.outcome


def test_damaged_files_are_no_fault_of_a_device() -> None:
    assert is_damage(LoadFailed("acme/tiny", "q8", "webgpu", "a chunk is missing", damaged=True))
    assert not is_damage(LoadFailed("acme/tiny", "q8", "webgpu", "no kernel"))
    assert not is_damage(DeviceLost("acme/tiny", "q8", "webgpu", "load", "driver reset"))


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (LoadFailed("acme/tiny", "q4", "webgpu", "no kernel. "), "no kernel"),
        (GenerationFailed("acme/tiny", "q4", "webgpu", "decode", "shader failed"), "shader failed"),
        (KeyError("adapter"), "'adapter'"),
        (RuntimeError(), "RuntimeError"),
        (LoadFailed("acme/tiny", "q4", "webgpu", "x" * 1000), "x" * MOST_REASON),
    ],
)
def test_the_reason_is_short(error: Exception, reason: str) -> None:
    assert reason_of(error) == reason
