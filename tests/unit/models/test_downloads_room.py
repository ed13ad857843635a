"""Downloads for which there is no room: said before they start, or as soon as the disk refuses."""

from __future__ import annotations

import pytest

from tabagent.errors import TabAgentError
from tabagent.messages import DownloadProgress
from tabagent.specs import Dtype
from tabagent.store_errors import StorageFull
from tests.unit.conftest import FILES, OTHER_REPO, REPO, World, hub_answers
from tests.unit.models.lines import Line
from tests.unit.models.model_line import Q4_SIZE, begin, begun, failure, two_models

pytestmark = pytest.mark.usefixtures("small_chunks")


@pytest.fixture
def line() -> Line:
    return two_models()


@pytest.fixture
def world(line: Line) -> World:
    return World(line)


async def stored_model(world: World, repo: str, used: int) -> None:
    """Store 8 bits of a model that was used at a time."""
    await (await begin(world, Dtype.Q8, repo)).outcome
    await world.store.mark_used(repo, Dtype.Q8, used)


async def test_a_download_that_does_not_fit_says_so_before_it_starts_with_numbers(world: World, line: Line) -> None:
    world.space.quota, world.space.usage = 100, 100 - Q4_SIZE + 1

    with pytest.raises(StorageFull) as refusal:
        await begin(world)
    assert refusal.value.details == {"needed": Q4_SIZE, "free": Q4_SIZE - 1, "removable": []}
    assert not [url for url in line.requests if "/resolve/" in url]
    assert world.downloads.open_for(REPO) == []


async def test_a_download_that_just_fits_starts(world: World) -> None:
    world.space.quota, world.space.usage = 100, 100 - Q4_SIZE

    await (await begin(world)).outcome


async def test_only_what_is_missing_needs_room(world: World) -> None:
    await begun(world)
    await world.downloads.pause(REPO, Dtype.Q4)
    world.start()
    missing = Q4_SIZE - world.chunks.usage
    world.space.quota, world.space.usage = missing, 0

    await (await begin(world)).outcome


async def test_models_that_can_be_removed_are_named_the_longest_unused_first(line: Line) -> None:
    repos = {"acme/b": 20, "acme/a": 10, "acme/c": 0}
    for repo in repos:
        line.answers |= hub_answers(repo, commit=repo[-1])
    world = World(line)
    for repo, used in repos.items():
        await stored_model(world, repo, used)
    world.space.quota = 0

    with pytest.raises(StorageFull) as refusal:
        await begin(world)
    size = len(FILES["onnx/model_quantized.onnx"])
    assert refusal.value.details["removable"] == [
        {"modelId": repo, "dtype": "q8", "size": size, "lastUsed": repos[repo]}
        for repo in ("acme/c", "acme/a", "acme/b")
    ]


async def test_what_is_stored_of_the_model_itself_is_not_to_be_removed_for_it(world: World) -> None:
    await stored_model(world, REPO, 5)
    world.space.quota = 0

    with pytest.raises(StorageFull) as refusal:
        await begin(world)
    assert refusal.value.details["removable"] == []


@pytest.mark.parametrize(("taken_by_others", "estimate_knows"), [(15, True), (0, False)], ids=["known", "unknown"])
async def test_a_disk_that_becomes_full_ends_the_download_with_what_to_do(
    world: World, taken_by_others: int, estimate_knows: bool
) -> None:
    await stored_model(world, OTHER_REPO, 5)
    before = world.chunks.usage
    world.chunks.capacity = before + 20
    world.space.usage = lambda: world.chunks.usage + (taken_by_others if world.chunks.usage > before else 0)
    world.space.quota = before + Q4_SIZE
    download = await begin(world)
    error = await failure(download)

    assert isinstance(error, StorageFull)
    stored = world.chunks.usage - before
    assert error.details["needed"] == Q4_SIZE - stored
    # Where the browser's estimate knows nothing of the end of the room, the refusal counts.
    assert error.details["free"] == (Q4_SIZE - stored - taken_by_others if estimate_knows else 0)
    assert [model["modelId"] for model in removable(error)] == [OTHER_REPO]
    assert 0 < stored <= 20
    assert world.of(DownloadProgress)[-1].error == error.to_wire()


def removable(error: TabAgentError) -> list[dict[str, object]]:
    found = error.details["removable"]
    assert isinstance(found, list)
    return [dict(item) for item in found if isinstance(item, dict)]


async def test_the_browser_is_asked_once_to_keep_the_storage(world: World) -> None:
    world.space.grants = False
    assert world.space.asked == 0
    await (await begin(world)).outcome
    await (await begin(world, Dtype.Q8)).outcome

    assert world.space.asked == 1
