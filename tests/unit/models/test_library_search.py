"""What a search shows."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping

import pytest

from tabagent.adapters.memory.fetcher import Answer, MemoryFetcher
from tabagent.errors import HubUnavailable, JsonObject
from tabagent.messages import InspectModel
from tabagent.model_messages import SearchModels
from tabagent.models.library import SEARCH_REQUESTS
from tabagent.models.sources import HUB
from tabagent.ports.fetcher import HttpResponse
from tabagent.specs import Dtype
from tests.unit.conftest import OTHER_REPO, REPO, World, hub_answers, listing_address

SEARCH = (
    f"{HUB}/api/models?search=tiny&filter=transformers.js&pipeline_tag=text-generation"
    "&sort=downloads&direction=-1&limit=20"
)


class BusyFetcher(MemoryFetcher):
    """Counts the requests that wait for their answers."""

    waiting = most = 0

    async def get(self, url: str, headers: Mapping[str, str] | None = None) -> HttpResponse:
        self.waiting += 1
        self.most = max(self.most, self.waiting)
        await asyncio.sleep(0)
        self.waiting -= 1
        return await super().get(url, headers)


def world_with(*repos: str, **listings: Answer) -> World:
    """Return a world whose search finds some models; `listings` are answers by the models' names."""
    found = [
        {"id": repo, "downloads": 9 - index, "likes": index, "gated": "gated" in repo}
        for index, repo in enumerate(repos)
    ]
    answers: dict[str, Answer | list[Answer]] = {SEARCH: Answer(body=json.dumps(found).encode())}
    for repo in repos:
        answers |= hub_answers(repo)
    for name, answer in listings.items():
        answers[listing_address(f"acme/{name}")] = answer
    return World(BusyFetcher(answers))


async def search(world: World) -> list[JsonObject]:
    models = (await world.library.search_models(SearchModels(query="tiny", limit=20)))["models"]
    assert isinstance(models, list)
    return [model for model in models if isinstance(model, dict)]


def dtypes(model: JsonObject) -> list[str]:
    shown = model["dtypes"]
    assert isinstance(shown, list)
    return [str(item["dtype"]) for item in shown if isinstance(item, dict)]


async def test_results_come_in_the_hubs_order_with_sizes_and_dtypes() -> None:
    first, second = await search(world_with(REPO, OTHER_REPO))

    assert (first["modelId"], second["modelId"]) == (REPO, OTHER_REPO)
    assert (first["downloads"], first["likes"], first["gated"]) == (9, 0, False)
    assert dtypes(first) == ["fp32", "q8", "q4"]
    assert first["recommendedDtype"] == "q8"
    shown = first["dtypes"]
    assert isinstance(shown, list)
    assert all(isinstance(item, dict) and int(str(item["size"])) > 0 for item in shown)


async def test_a_search_remembers_nothing() -> None:
    world = world_with(REPO)
    await search(world)

    assert await world.store.entries() == ()
    assert world.events == []


async def test_a_model_that_is_known_is_shown_as_it_is_stored() -> None:
    world = world_with(REPO)
    entry = await world.loader.refresh(REPO)
    await (await world.downloads.start(entry, Dtype.Q8)).outcome
    [shown] = await search(world)

    assert await world.library.inspect_model(InspectModel(model_id=REPO)) == {
        "model": {name: value for name, value in shown.items() if name not in ("downloads", "likes", "gated")}
    }
    items = shown["dtypes"]
    assert isinstance(items, list)
    assert [item["status"] for item in items if isinstance(item, dict)] == ["available", "downloaded", "available"]


async def test_a_model_without_onnx_files_is_no_result() -> None:
    answers = hub_answers("acme/torch", {"config.json": b"{}", "pytorch_model.bin": b"x"})
    torch = answers[listing_address("acme/torch")]
    assert isinstance(torch, Answer)
    world = world_with("acme/torch", REPO, torch=torch)

    assert [model["modelId"] for model in await search(world)] == [REPO]


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (Answer(status=403, headers={"x-error-code": "GatedRepo"}), "accept its terms"),
        (Answer(status=503), "Try again later"),
        (Answer(body=b"<html>"), "not JSON"),
        (Answer(body=b"{}", cut_after=1), "stopped"),
    ],
)
async def test_a_model_that_may_not_be_listed_is_shown_with_the_reason(answer: Answer, words: str) -> None:
    gated, other = await search(world_with("acme/gated", REPO, gated=answer))

    assert (gated["modelId"], gated["gated"], gated["dtypes"], gated["recommendedDtype"]) == (
        "acme/gated",
        True,
        [],
        None,
    )
    assert words in str(gated["recommendedReason"])
    assert set(gated) == set(other)
    assert other["modelId"] == REPO


async def test_a_search_that_the_hub_refuses_is_refused() -> None:
    world = world_with()
    world.fetcher.answers[SEARCH] = Answer(status=500)

    with pytest.raises(HubUnavailable):
        await search(world)


async def test_nothing_found_is_an_empty_list() -> None:
    assert await search(world_with()) == []


async def test_only_some_listings_are_asked_for_at_a_time() -> None:
    world = world_with(*(f"acme/m{number}" for number in range(3 * SEARCH_REQUESTS)))
    assert len(await search(world)) == 3 * SEARCH_REQUESTS

    assert isinstance(world.fetcher, BusyFetcher)
    assert world.fetcher.most == SEARCH_REQUESTS
