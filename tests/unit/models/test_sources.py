"""Which hub a model is on."""

from __future__ import annotations

import pytest

from tabagent.adapters.memory.vault import MemoryVault
from tabagent.errors import BadRequest
from tabagent.models.sources import HUB, ModelSources

ELSEWHERE = "https://hub.example"


@pytest.fixture
def vault() -> MemoryVault:
    return MemoryVault()


@pytest.fixture
def sources(vault: MemoryVault) -> ModelSources:
    return ModelSources(vault)


@pytest.mark.parametrize("model_id", ["acme/tiny", "gpt2"])
async def test_a_plain_id_is_on_the_hub(sources: ModelSources, model_id: str) -> None:
    assert await sources.locate(model_id) == (HUB, model_id)
    await sources.add(ELSEWHERE)
    assert await sources.locate(model_id) == (HUB, model_id)


@pytest.mark.parametrize(
    ("address", "base", "host"),
    [
        (ELSEWHERE, ELSEWHERE, "hub.example"),
        (" https://Hub.Example/ ", ELSEWHERE, "hub.example"),
        ("https://hub.example:8443", "https://hub.example:8443", "hub.example:8443"),
        ("http://localhost:8000", "http://localhost:8000", "localhost:8000"),
        ("http://127.0.0.1", "http://127.0.0.1", "127.0.0.1"),
        ("https://xn--hb-xka.example", "https://xn--hb-xka.example", "xn--hb-xka.example"),
    ],
)
async def test_a_model_of_an_added_hub_is_named_with_its_host(
    sources: ModelSources, address: str, base: str, host: str
) -> None:
    assert await sources.add(address) == [base]
    assert await sources.locate(f"{host}/acme/tiny") == (base, "acme/tiny")


@pytest.mark.parametrize(
    "address",
    [
        "",
        "hub.example",
        "http://hub.example",
        "http://localhost.evil.example",
        "http://127.0.0.1.evil.example",
        "https://hub.example/path",
        "https://user:secret@hub.example",
        "https://hub.example?x",
        "https://hub.example#x",
        "https://hub.example:port",
        "https://hub.example:123456",
        "https://[::1]",
        "ftp://hub.example",
        "javascript:alert(1)",
        "https://hub.example\nhttps://evil.example",
        "https://",
    ],
)
async def test_an_address_that_is_no_hubs_is_refused(sources: ModelSources, address: str) -> None:
    with pytest.raises(BadRequest) as refusal:
        await sources.add(address)

    assert refusal.value.details["field"] == "source"
    assert await sources.added() == []


async def test_a_hub_that_was_not_added_is_refused_with_what_to_do(sources: ModelSources) -> None:
    with pytest.raises(BadRequest, match=r"Add https://hub\.example"):
        await sources.locate("hub.example/acme/tiny")


async def test_added_hubs_are_kept_in_their_order_and_once(sources: ModelSources, vault: MemoryVault) -> None:
    for address in ("https://b.example", "https://a.example", "https://B.example/"):
        await sources.add(address)

    assert await sources.added() == ["https://b.example", "https://a.example"]
    assert await ModelSources(vault).added() == ["https://b.example", "https://a.example"]


async def test_a_removed_hub_is_no_longer_asked_and_the_others_are(sources: ModelSources, vault: MemoryVault) -> None:
    await sources.add(ELSEWHERE)
    await sources.add("https://a.example")
    assert await sources.remove(f"{ELSEWHERE}/") == ["https://a.example"]

    for now in (sources, ModelSources(vault)):
        with pytest.raises(BadRequest):
            await now.locate("hub.example/acme/tiny")
        assert await now.locate("a.example/acme/tiny") == ("https://a.example", "acme/tiny")


async def test_removing_what_was_not_added_changes_nothing(sources: ModelSources) -> None:
    await sources.add(ELSEWHERE)

    assert await sources.remove("https://other.example") == [ELSEWHERE]


async def test_the_hub_itself_need_not_be_added(sources: ModelSources) -> None:
    assert await sources.add(HUB) == []
    assert await sources.locate("acme/tiny") == (HUB, "acme/tiny")
