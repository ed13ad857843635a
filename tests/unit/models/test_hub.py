"""What TabAgent makes of the hub's answers, and what it tells the hub."""

from __future__ import annotations

import json
from collections.abc import Mapping

import pytest

from tabagent.adapters.memory.fetcher import Answer, MemoryFetcher, Sent
from tabagent.adapters.memory.vault import MemoryVault
from tabagent.errors import BadRequest, HubUnavailable, ModelGated, ModelNotFound, Offline, TabAgentError
from tabagent.models.account import WHOAMI, HuggingFaceAccount
from tabagent.models.hub import FoundModel, HubClient
from tabagent.models.sources import HUB, ModelSources
from tabagent.specs import ModelFile
from tabagent.store_errors import ConnectionLost
from tests.unit.conftest import COMMIT, FILES, REPO, World, git_blob_id, hub_answers, listing_address

MODEL = listing_address()
FILE = f"{HUB}/{REPO}/resolve/{COMMIT}/onnx/model.onnx"
SEARCH = (
    f"{HUB}/api/models?search=tiny&filter=transformers.js&pipeline_tag=text-generation"
    "&sort=downloads&direction=-1&limit=5"
)
ELSEWHERE = "https://hub.example"
TOKEN = "hf_abc"


def world_with(changes: Mapping[str, Answer | list[Answer]]) -> World:
    return World(MemoryFetcher({**hub_answers(), **changes}))


def hub(changes: Mapping[str, Answer | list[Answer]]) -> HubClient:
    return world_with(changes).hub


def description(**changes: object) -> Answer:
    """Return a listing with other fields."""
    return Answer(body=json.dumps({"sha": COMMIT, "siblings": []} | changes).encode())


async def logged_in(changes: Mapping[str, Answer | list[Answer]]) -> World:
    """Return a world whose person is logged in at the Hub."""
    world = world_with({WHOAMI: Answer(body=b'{"name": "ada"}')} | dict(changes))
    await world.account.login(TOKEN)
    world.fetcher.sent.clear()
    return world


def signed(sent: list[Sent]) -> list[tuple[str, str | None]]:
    return [(request.url, request.headers.get("Authorization")) for request in sent]


# Listings


async def test_a_listing_is_one_request_and_has_the_files_of_one_commit(world: World) -> None:
    listing = await world.hub.listing(REPO)

    assert listing is not None
    assert (listing.repo, listing.commit, listing.task) == (REPO, COMMIT, "text-generation")
    assert listing.etag == f'W/"{COMMIT}"'
    assert {file.path: file.size for file in listing.files} == {path: len(data) for path, data in FILES.items()}
    assert world.fetcher.requests == [MODEL]


async def test_a_file_of_lfs_has_its_sha256_and_any_other_its_name_in_git(world: World) -> None:
    listing = await world.hub.listing(REPO)
    assert listing is not None
    digests = {file.path: file.digest for file in listing.files}

    assert digests["config.json"] == f"git:{git_blob_id(FILES['config.json'])}"
    assert str(digests["onnx/model.onnx"]).startswith("sha256:")
    assert len(str(digests["onnx/model.onnx"])) == len("sha256:") + 64


@pytest.mark.parametrize(
    ("sibling", "expected"),
    [
        ({"rfilename": "a"}, ModelFile(path="a", size=0)),
        ({"rfilename": "a", "size": 3, "lfs": None}, ModelFile(path="a", size=3)),
        ({"rfilename": "a", "size": "3", "blobId": 3, "lfs": {}}, ModelFile(path="a", size=0)),
        (
            {"rfilename": "a", "size": 3, "blobId": "ab", "lfs": {"sha256": 3}},
            ModelFile(path="a", size=3, digest="git:ab"),
        ),
    ],
)
async def test_what_the_hub_does_not_say_of_a_file_is_not_made_up(
    sibling: dict[str, object], expected: ModelFile
) -> None:
    listing = await hub({MODEL: description(siblings=[sibling, "no file"])}).listing(REPO)

    assert listing is not None
    assert listing.files == (expected,)


@pytest.mark.parametrize("task", [None, 3, []])
async def test_a_model_without_a_task_is_taken_for_text_generation(task: object) -> None:
    listing = await hub({MODEL: description(pipeline_tag=task)}).listing(REPO)

    assert listing is not None
    assert listing.task == "text-generation"


async def test_another_task_is_told() -> None:
    listing = await hub(hub_answers(task="fill-mask")).listing(REPO)

    assert listing is not None
    assert listing.task == "fill-mask"


async def test_a_listing_that_is_known_is_asked_for_by_its_validator(world: World) -> None:
    world.fetcher.answers[MODEL] = Answer(status=304)

    assert await world.hub.listing(REPO, 'W/"abc"') is None
    assert world.fetcher.sent[-1].headers == {"If-None-Match": 'W/"abc"'}


async def test_a_listing_that_is_not_known_is_asked_for_without_one(world: World) -> None:
    await world.hub.listing(REPO)

    assert world.fetcher.sent[-1].headers == {}


async def test_a_newer_listing_is_returned_with_its_own_validator(world: World) -> None:
    listing = await world.hub.listing(REPO, 'W/"old"')

    assert listing is not None
    assert listing.etag == f'W/"{COMMIT}"'


# Files


async def test_names_are_escaped_in_addresses() -> None:
    world = world_with({f"{HUB}/{REPO}/resolve/{COMMIT}/a%20b%3Fc%23.json": Answer(body=b"x")})

    assert (await world.hub.open(REPO, COMMIT, "a b?c#.json")).status == 200


async def test_a_file_is_opened_at_its_commit(world: World) -> None:
    response = await world.hub.open(REPO, COMMIT, "onnx/model.onnx")

    assert [(sent.url, sent.headers) for sent in world.fetcher.sent] == [(FILE, {})]
    assert await response.text() == FILES["onnx/model.onnx"].decode()


@pytest.mark.parametrize(
    ("etag", "headers"),
    [
        ("", {"Range": "bytes=4-9"}),
        ('"abc"', {"Range": "bytes=4-9", "If-Range": '"abc"'}),
        # A weak validator says nothing about bytes.
        ('W/"abc"', {"Range": "bytes=4-9"}),
    ],
)
async def test_a_part_is_asked_for_by_its_bytes_and_the_validator_of_the_others(
    world: World, etag: str, headers: dict[str, str]
) -> None:
    response = await world.hub.open(REPO, COMMIT, "onnx/model.onnx", span=(4, 9), etag=etag)

    assert world.fetcher.sent[-1].headers == headers
    assert response.status == (200 if etag == '"abc"' else 206)


async def test_a_range_that_the_hub_cannot_satisfy_is_an_answer_to_look_at(world: World) -> None:
    world.fetcher.answers[FILE] = Answer(status=416, headers={"content-range": "bytes */3"})

    assert (await world.hub.open(REPO, COMMIT, "onnx/model.onnx", span=(4, 9))).status == 416


# Refusals

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
    (304, "", HubUnavailable),
    (400, "", HubUnavailable),
    (429, "", HubUnavailable),
    (500, "", HubUnavailable),
    (502, "", HubUnavailable),
    (503, "", HubUnavailable),
]


async def ask(client: HubClient, address: str) -> object:
    return await (client.open(REPO, COMMIT, "onnx/model.onnx") if address == FILE else client.listing(REPO))


@pytest.mark.parametrize(("status", "code", "error"), REFUSALS)
@pytest.mark.parametrize("address", [MODEL, FILE])
async def test_a_refusal_is_told_apart_by_status_and_code(
    address: str, status: int, code: str, error: type[TabAgentError]
) -> None:
    client = hub({address: Answer(status=status, headers={"x-error-code": code} if code else {}, body=b"<html>")})

    with pytest.raises(error):
        await ask(client, address)


async def test_an_unexpected_status_is_told_with_the_hubs_own_words_and_when_to_come_back() -> None:
    headers = {"x-error-message": "We had to rate limit you", "retry-after": "7"}

    with pytest.raises(HubUnavailable, match=r"429.*rate limit") as refusal:
        await hub({MODEL: Answer(status=429, headers=headers)}).listing(REPO)
    assert refusal.value.details == {"url": MODEL, "status": 429}
    assert refusal.value.retry_after == "7"


@pytest.mark.parametrize(
    "body",
    [b"", b"<!doctype html><title>Sign in</title>", b"null", b"3", b'"text"', b"[]", b'{"sha": 3}', b'{"files": []}'],
)
async def test_an_answer_that_is_not_the_apis_is_refused(body: bytes) -> None:
    with pytest.raises(HubUnavailable):
        await hub({MODEL: Answer(body=body)}).listing(REPO)


@pytest.mark.parametrize("address", [MODEL, FILE])
async def test_without_an_answer_the_hub_is_offline(address: str) -> None:
    world = World(MemoryFetcher({}))

    with pytest.raises(Offline):
        await ask(world.hub, address)


async def test_a_listing_that_breaks_off_is_a_lost_connection() -> None:
    with pytest.raises(ConnectionLost):
        await hub({MODEL: Answer(body=b"[{}]", cut_after=2)}).listing(REPO)


# Search


async def test_a_search_asks_for_text_generation_models_of_transformers_js() -> None:
    found = [
        {"id": "acme/tiny", "downloads": 7, "likes": 3, "gated": False},
        {"id": "acme/gated", "gated": "manual"},
        {"id": 3},
        "no model",
    ]
    world = world_with({SEARCH: Answer(body=json.dumps(found).encode())})

    assert await world.hub.search("tiny", 5) == (
        FoundModel(repo="acme/tiny", downloads=7, likes=3, gated=False),
        FoundModel(repo="acme/gated", downloads=0, likes=0, gated=True),
    )


async def test_words_of_a_search_are_escaped() -> None:
    address = SEARCH.replace("search=tiny", "search=a+b%26limit%3D1%23")
    world = world_with({address: Answer(body=b"[]")})

    assert await world.hub.search("a b&limit=1#", 5) == ()


@pytest.mark.parametrize("answer", [Answer(body=b"{}"), Answer(body=b"<html>"), Answer(status=500)])
async def test_a_search_without_a_list_is_refused(answer: Answer) -> None:
    with pytest.raises(HubUnavailable):
        await hub({SEARCH: answer}).search("tiny", 5)


# Other hubs


async def test_a_model_of_another_hub_is_asked_for_there_by_its_name_there() -> None:
    model = f"{ELSEWHERE}/api/models/{REPO}?blobs=true"
    file = f"{ELSEWHERE}/{REPO}/resolve/{COMMIT}/config.json"
    world = await logged_in({model: description(), file: Answer(body=b"{}")})
    await world.sources.add(ELSEWHERE)
    listing = await world.hub.listing(f"hub.example/{REPO}")
    await world.hub.open(f"hub.example/{REPO}", COMMIT, "config.json")

    assert listing is not None
    assert listing.repo == f"hub.example/{REPO}"
    # The token is the Hub's.
    assert signed(world.fetcher.sent) == [(model, None), (file, None)]


async def test_a_hub_that_was_not_added_is_not_asked(world: World) -> None:
    with pytest.raises(BadRequest, match=r"hub\.example"):
        await world.hub.listing(f"hub.example/{REPO}")
    assert world.fetcher.requests == []


# Logged in


async def test_every_request_to_the_hub_is_signed_with_the_token() -> None:
    world = await logged_in({SEARCH: Answer(body=b"[]")})
    await world.hub.listing(REPO)
    await world.hub.open(REPO, COMMIT, "onnx/model.onnx", span=(0, 3))
    await world.hub.search("tiny", 5)

    assert signed(world.fetcher.sent) == [(url, f"Bearer {TOKEN}") for url in (MODEL, FILE, SEARCH)]


async def test_without_a_login_nothing_is_signed(world: World) -> None:
    await world.hub.listing(REPO)

    assert signed(world.fetcher.sent) == [(MODEL, None)]


@pytest.mark.parametrize(
    "base", ["https://huggingface.co.evil.example", "https://huggingface.co:8443", "http://localhost:8000"]
)
async def test_no_other_host_ever_sees_the_token(base: str) -> None:
    host = base.partition("//")[2]
    world = await logged_in({f"{base}/api/models/{REPO}?blobs=true": description()})
    await world.sources.add(base)
    await world.hub.listing(f"{host}/{REPO}")

    assert [authorization for _, authorization in signed(world.fetcher.sent)] == [None]


async def test_a_token_that_the_hub_no_longer_knows_is_left_out_once_and_forgotten() -> None:
    refused = Answer(status=401)
    world = await logged_in({MODEL: [refused, description()]})
    world.fetcher.answers[WHOAMI] = refused
    listing = await world.hub.listing(REPO)

    assert listing is not None
    assert signed(world.fetcher.sent) == [(MODEL, f"Bearer {TOKEN}"), (WHOAMI, f"Bearer {TOKEN}"), (MODEL, None)]
    assert await world.account.current() is None


async def test_a_refusal_without_a_token_is_asked_once_only() -> None:
    world = await logged_in({MODEL: Answer(status=401)})
    world.fetcher.answers[WHOAMI] = Answer(status=401)
    with pytest.raises(ModelNotFound):
        await world.hub.listing(REPO)

    assert [url for url, _ in signed(world.fetcher.sent)] == [MODEL, WHOAMI, MODEL]


async def test_a_private_model_of_somebody_else_stays_not_found_and_the_login_stays() -> None:
    world = await logged_in({MODEL: Answer(status=401, headers={"x-error-code": "RepoNotFound"})})
    with pytest.raises(ModelNotFound):
        await world.hub.listing(REPO)

    assert [url for url, _ in signed(world.fetcher.sent)] == [MODEL, WHOAMI]
    assert await world.account.current() is not None


async def test_a_gated_model_says_where_to_accept_its_terms() -> None:
    fetcher = MemoryFetcher({MODEL: Answer(status=403, headers={"x-error-code": "GatedRepo"})})
    vault = MemoryVault()
    client = HubClient(fetcher, ModelSources(vault), HuggingFaceAccount(fetcher, vault, lambda: 0.0))

    with pytest.raises(ModelGated) as refusal:
        await client.listing(REPO)
    assert refusal.value.details["url"] == f"{HUB}/{REPO}"
