"""The steps of a load until its files are stored."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from tabagent.adapters.memory.fetcher import Answer
from tabagent.engine_errors import UnsupportedDtype
from tabagent.errors import ModelNotFound, NoOnnxFiles, Offline
from tabagent.events import LoadingStatusTypes as Status
from tabagent.models.sources import HUB
from tabagent.specs import Dtype, FileKey, QuantStatus
from tabagent.store_errors import ConnectionLost, DownloadCancelled, IncompleteFile
from tests.unit.conftest import COMMIT, FILES, REPO, World, hub_answers, listing_address
from tests.unit.models.load_steps import Load, status

WEIGHTS = "onnx/model_quantized.onnx"
ADDRESS = f"{HUB}/{REPO}/resolve/{COMMIT}/"


@pytest.fixture
def load(world: World) -> Load:
    return Load(world)


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
