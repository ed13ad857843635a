"""The account at the Hub: what is kept, what is sent to whom, and what is not."""

from __future__ import annotations

import asyncio
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tabagent.errors import HubUnavailable
from tabagent.models.account import LOGIN, Account, keep_old_token
from tabagent.store_errors import LoginFailed
from tests.unit.models.account_desk import HUB_FILE, SECRET, Desk


@pytest.fixture
def desk() -> Desk:
    return Desk()


async def test_a_token_is_shown_to_the_hub_and_kept(desk: Desk) -> None:
    assert await desk.account.login(f"  {SECRET}\n") == Account(name="ada", method="token")
    assert await desk.reopened().current() == Account(name="ada", method="token")
    assert desk.hub.asked == [SECRET]


@pytest.mark.parametrize(
    "text",
    [
        *("", "hf_", "HF_abc", "xhf_abc", "sk-abcdefgh", "Bearer hf_abc", "hf_ab cd", "hf_ab\ncd", "hf_a\r\nHost: x"),
        *("hf_é", "hf_\x00", "hf_abc\x7f", "https://huggingface.co/hf_abc", "hf_" + "a" * 1001),
    ],
)
async def test_what_is_no_token_is_refused_without_a_request_or_an_echo(desk: Desk, text: str) -> None:
    with pytest.raises(LoginFailed) as caught:
        await desk.account.login(text)

    assert desk.hub.asked == []
    assert len(text) < 4 or text not in json.dumps(caught.value.to_wire())
    assert await desk.account.current() is None


async def test_a_token_that_the_hub_does_not_know_leaves_the_login_before_it(desk: Desk) -> None:
    await desk.account.login(SECRET)

    with pytest.raises(LoginFailed, match="does not know this token") as caught:
        await desk.account.login("hf_deleted")

    assert "hf_deleted" not in json.dumps(caught.value.to_wire())
    assert await desk.account.authorization(HUB_FILE) == {"Authorization": f"Bearer {SECRET}"}


@pytest.mark.parametrize("status", [500, 503, 429, 302])
async def test_a_hub_in_trouble_is_not_called_a_wrong_token(desk: Desk, status: int) -> None:
    desk.hub.status = status

    with pytest.raises(HubUnavailable):
        await desk.account.login(SECRET)

    assert await desk.account.current() is None


async def test_an_answer_that_names_nobody_is_no_login(desk: Desk) -> None:
    desk.hub.owners[SECRET] = ""

    with pytest.raises(HubUnavailable, match="names no account"):
        await desk.account.login(SECRET)


@pytest.mark.parametrize(
    "url",
    [
        *("http://huggingface.co/acme/tiny", "https://cdn-lfs.hf.co/x", "https://cas-bridge.xethub.hf.co/x"),
        *(
            "https://huggingface.co.evil.example/",
            "https://evilhuggingface.co/",
            "https://evil.example/huggingface.co/",
        ),
        *("https://www.huggingface.co/", "https://huggingface.co:8443/", "https://huggingface.co@evil.example/"),
        *("https://evil.example\\@huggingface.co/", "https://user@huggingface.co/", "https://HUGGINGFACE.co/"),
        *("https://huggingface.co", "//huggingface.co/", " https://huggingface.co/", "https:/huggingface.co/", ""),
        *("https://localhost/", "blob:https://huggingface.co/1", "https://huggingface.co\\@evil.example/"),
    ],
)
async def test_the_token_goes_to_no_other_host(desk: Desk, url: str) -> None:
    await desk.account.login(SECRET)

    assert await desk.account.authorization(url) == {}


@given(st.text(max_size=60))
def test_only_addresses_that_begin_with_the_hubs_own_are_signed(tail: str) -> None:
    desk = Desk()

    async def signed() -> bool:
        await desk.account.login(SECRET)
        return bool(await desk.account.authorization(f"https://huggingface.co{tail}"))

    assert asyncio.run(signed()) == tail.startswith("/")


async def test_nothing_is_sent_while_nobody_is_logged_in(desk: Desk) -> None:
    assert await desk.account.authorization(HUB_FILE) == {}
    await desk.account.login(SECRET)
    await desk.account.logout()

    assert await desk.account.authorization(HUB_FILE) == {}
    assert await desk.account.current() is None
    assert repr(desk.vault) == "MemoryVault([])"


async def test_another_versions_vault_asks_to_log_in_again(desk: Desk) -> None:
    for text in ("no json", '{"token": "hf_x", "from": "the future"}', "[]", "null"):
        await desk.vault.put(LOGIN, text)

        assert await desk.account.current() is None
        assert await desk.account.authorization(HUB_FILE) == {}


# Tokens that earlier versions left


async def test_an_old_token_is_checked_once_before_it_is_used(desk: Desk) -> None:
    assert await keep_old_token(desk.vault, SECRET)
    assert await desk.account.current() == Account(name="", method="token")

    for _ in range(3):
        assert await desk.account.authorization(HUB_FILE) == {"Authorization": f"Bearer {SECRET}"}

    assert desk.hub.asked == [SECRET]
    assert await desk.account.current() == Account(name="ada", method="token")


async def test_an_old_token_that_has_ended_does_not_spoil_public_models(desk: Desk) -> None:
    await keep_old_token(desk.vault, "hf_ended")

    assert await desk.account.authorization(HUB_FILE) == {}
    assert await desk.account.current() is None


async def test_an_old_token_waits_for_the_network(desk: Desk) -> None:
    await keep_old_token(desk.vault, SECRET)
    desk.hub.status = 0
    assert await desk.account.authorization(HUB_FILE) == {}
    desk.hub.status = 200

    assert await desk.account.authorization(HUB_FILE) == {"Authorization": f"Bearer {SECRET}"}


async def test_an_old_token_does_not_replace_a_login(desk: Desk) -> None:
    await desk.account.login(SECRET)

    assert not await keep_old_token(desk.vault, "hf_older")
    assert await desk.account.authorization(HUB_FILE) == {"Authorization": f"Bearer {SECRET}"}


async def test_an_old_text_that_is_no_token_is_not_kept(desk: Desk) -> None:
    assert not await keep_old_token(desk.vault, "password123")
    assert await desk.account.current() is None


# A request that was refused although it was signed


async def test_a_token_that_was_deleted_at_the_hub_is_forgotten_on_a_recheck(desk: Desk) -> None:
    await desk.account.login(SECRET)
    desk.hub.owners.clear()

    assert await desk.account.recheck()
    assert await desk.account.current() is None
    assert not await desk.account.recheck()


async def test_a_token_that_is_still_known_stays_on_a_recheck(desk: Desk) -> None:
    await desk.account.login(SECRET)

    assert not await desk.account.recheck()
    assert await desk.account.current() == Account(name="ada", method="token")
