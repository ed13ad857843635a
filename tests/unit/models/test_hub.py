"""What TabAgent makes of the hub's answers."""

from __future__ import annotations

import json
from collections.abc import Mapping

import pytest

from tabagent.adapters.memory.fetcher import Answer, MemoryFetcher
from tabagent.errors import HubUnavailable, ModelGated, ModelNotFound, Offline, TabAgentError
from tabagent.models.hub import HUB, HubClient
from tabagent.specs import ModelFile
from tests.unit.conftest import COMMIT, FILES, REPO, World, hub_answers

MODEL = f"{HUB}/api/models/{REPO}"
TREE = f"{MODEL}/tree/{COMMIT}?recursive=true"
FILE = f"{HUB}/{REPO}/resolve/{COMMIT}/onnx/model.onnx"


def hub(changes: Mapping[str, Answer]) -> HubClient:
    return HubClient(MemoryFetcher({**hub_answers(), **changes}))


async def test_a_listing_has_the_files_of_one_commit(world: World) -> None:
    listing = await world.hub.listing(REPO)

    assert (listing.repo, listing.commit, listing.task) == (REPO, COMMIT, "text-generation")
    assert {file.path: file.size for file in listing.files} == {path: len(data) for path, data in FILES.items()}
    assert world.fetcher.requests == [MODEL, TREE]


async def test_a_large_file_has_its_digest() -> None:
    tree = [{"type": "file", "path": "onnx/model.onnx", "size": 5, "lfs": {"oid": "ab" * 32, "size": 5}}]
    listing = await hub({TREE: Answer(body=json.dumps(tree).encode())}).listing(REPO)

    assert listing.files == (ModelFile(path="onnx/model.onnx", size=5, sha256="ab" * 32),)


async def test_a_listing_of_several_pages_is_read_to_its_end() -> None:
    second = f"{TREE}&cursor=abc"
    pages = {
        TREE: Answer(
            body=json.dumps([{"type": "file", "path": "a", "size": 1}]).encode(),
            headers={"link": f'<{second}>; rel="next"'},
        ),
        second: Answer(body=json.dumps([{"type": "file", "path": "b", "size": 2}]).encode()),
    }

    assert [file.path for file in (await hub(pages).listing(REPO)).files] == ["a", "b"]


async def test_a_next_page_on_another_host_is_not_asked_for() -> None:
    page = Answer(body=b"[]", headers={"link": '<https://evil.example/tree>; rel="next"'})

    assert (await hub({TREE: page}).listing(REPO)).files == ()


async def test_a_model_without_a_task_is_taken_for_text_generation() -> None:
    assert (await hub(hub_answers(task=None)).listing(REPO)).task == "text-generation"


async def test_another_task_is_told() -> None:
    assert (await hub(hub_answers(task="fill-mask")).listing(REPO)).task == "fill-mask"


async def test_names_are_escaped_in_addresses() -> None:
    fetcher = MemoryFetcher({f"{HUB}/{REPO}/resolve/{COMMIT}/a%20b%3Fc%23.json": Answer(body=b"x")})
    response = await HubClient(fetcher).open(REPO, COMMIT, "a b?c#.json")

    assert response.status == 200


async def test_a_file_is_opened_at_its_commit(world: World) -> None:
    response = await world.hub.open(REPO, COMMIT, "onnx/model.onnx")

    assert world.fetcher.requests == [FILE]
    assert await response.text() == FILES["onnx/model.onnx"].decode()


REFUSALS: list[tuple[int, str, type[TabAgentError]]] = [
    (401, "", ModelNotFound),
    (401, "RepoNotFound", ModelNotFound),
    (401, "GatedRepo", ModelGated),
    (403, "GatedRepo", ModelGated),
    (403, "", ModelGated),
    (404, "", ModelNotFound),
    (404, "RepoNotFound", ModelNotFound),
    (404, "EntryNotFound", HubUnavailable),
    (204, "", HubUnavailable),
    (400, "", HubUnavailable),
    (416, "", HubUnavailable),
    (429, "", HubUnavailable),
    (500, "", HubUnavailable),
    (502, "", HubUnavailable),
    (503, "", HubUnavailable),
]


@pytest.mark.parametrize(("status", "code", "error"), REFUSALS)
@pytest.mark.parametrize("address", [MODEL, TREE, FILE])
async def test_a_refusal_is_told_apart_by_status_and_code(
    address: str, status: int, code: str, error: type[TabAgentError]
) -> None:
    client = hub({address: Answer(status=status, headers={"x-error-code": code} if code else {}, body=b"<html>")})

    with pytest.raises(error):
        await (client.open(REPO, COMMIT, "onnx/model.onnx") if address == FILE else client.listing(REPO))


async def test_an_unexpected_status_is_told_with_the_hubs_own_words() -> None:
    client = hub({MODEL: Answer(status=429, headers={"x-error-message": "We had to rate limit you"})})

    with pytest.raises(HubUnavailable, match=r"429.*rate limit") as refusal:
        await client.listing(REPO)
    assert refusal.value.details == {"url": MODEL, "status": 429}


@pytest.mark.parametrize("address", [MODEL, TREE])
@pytest.mark.parametrize(
    "body", [b"", b"<!doctype html><title>Sign in</title>", b"null", b"3", b'"text"', b'{"sha": 3}', b'{"files": []}']
)
async def test_an_answer_that_is_not_the_apis_is_refused(address: str, body: bytes) -> None:
    with pytest.raises(HubUnavailable):
        await hub({address: Answer(body=body)}).listing(REPO)


@pytest.mark.parametrize("address", [MODEL, TREE])
async def test_a_listing_without_an_answer_is_offline(address: str) -> None:
    answers = hub_answers()
    del answers[address]

    with pytest.raises(Offline):
        await HubClient(MemoryFetcher(answers)).listing(REPO)


async def test_a_listing_that_breaks_off_is_offline() -> None:
    with pytest.raises(Offline):
        await hub({TREE: Answer(body=b"[{}]", cut_after=2)}).listing(REPO)
