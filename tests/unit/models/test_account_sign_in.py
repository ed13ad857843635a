"""Signing in at the Hub over OAuth, and that tokens show up nowhere."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import logging
from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest

from tabagent.errors import BadRequest, HubUnavailable, InvalidState
from tabagent.models.account import SIGN_IN, Account
from tabagent.sign_in import SIGN_IN_SECONDS
from tabagent.store_errors import LoginFailed
from tests.unit.models.account_desk import HUB_FILE, REDIRECT, SECRET, Desk


@pytest.fixture
def desk() -> Desk:
    return Desk()


async def test_a_build_without_a_client_id_has_no_oauth() -> None:
    desk = Desk(client_id="")

    assert not desk.account.has_oauth
    with pytest.raises(InvalidState):
        await desk.account.begin_sign_in(REDIRECT)


@pytest.mark.parametrize(
    "address",
    [
        *("", "https://evil.example/", "http://abcdefghabcdefghabcdefghabcdefgh.chromiumapp.org/"),
        *("https://short.chromiumapp.org/", f"{REDIRECT}?x=1", f"{REDIRECT}#x", "javascript:alert(1)"),
        "https://abcdefghabcdefghabcdefghabcdefgh.chromiumapp.org.evil.example/",
    ],
)
async def test_the_hub_is_not_asked_to_send_a_code_elsewhere(desk: Desk, address: str) -> None:
    with pytest.raises(BadRequest):
        await desk.account.begin_sign_in(address)


async def test_the_sign_in_page_is_asked_with_pkce_a_state_and_scopes_for_reading(desk: Desk) -> None:
    first, second = [urlsplit(await desk.account.begin_sign_in(REDIRECT)) for _ in range(2)]
    query = dict(parse_qsl(second.query, strict_parsing=True))

    assert f"{first.scheme}://{first.netloc}{first.path}" == "https://huggingface.co/oauth/authorize"
    assert query["client_id"] == "client-1"
    assert query["redirect_uri"] == REDIRECT
    assert query["response_type"] == "code"
    assert query["scope"] == "openid profile gated-repos read-repos"
    assert query["code_challenge_method"] == "S256"
    assert query["state"] != parse_qs(first.query)["state"][0]
    assert len(query["state"]) >= 32


async def test_a_sign_in_proves_that_it_began_it_and_outlives_the_thread(desk: Desk) -> None:
    query = dict(parse_qsl(urlsplit(await desk.account.begin_sign_in(REDIRECT)).query))
    desk.hub.owners["oauth-token"] = "grace"
    desk.hub.grant = (200, {"access_token": "oauth-token"})
    desk.account = desk.reopened()

    found = await desk.account.finish_sign_in(f"{REDIRECT}?code=the+code&state={query['state']}#_")

    form = desk.hub.forms[0]
    challenge = base64.urlsafe_b64encode(hashlib.sha256(form["code_verifier"].encode()).digest()).rstrip(b"=")
    assert found == Account(name="grace", method="oauth")
    assert challenge.decode() == query["code_challenge"]
    assert (form["grant_type"], form["code"], form["redirect_uri"]) == ("authorization_code", "the code", REDIRECT)
    assert form["client_id"] == "client-1"
    assert await desk.account.authorization(HUB_FILE) == {"Authorization": "Bearer oauth-token"}


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ("{uri}?code=c&state=guessed", "another sign-in"),
        ("{uri}?code=c&state=", "another sign-in"),
        ("{uri}?code=c", "another sign-in"),
        ("{uri}?code=c&state={state}&state={state}", "another sign-in"),
        ("{uri}?code=c&state={state}%00", "another sign-in"),
        ("{uri}?error=access_denied&state=guessed", "another sign-in"),
        ("https://evil.example/?code=c&state={state}", "another sign-in"),
        ("{uri}x?code=c&state={state}", "another sign-in"),
        ("{uri}", "another sign-in"),
        ("", "another sign-in"),
        ("{uri}?&&&=;", "another sign-in"),
        ("{uri}?error=access_denied&state={state}", "declined"),
        ("{uri}?error=server_error&state={state}&code=c", "refused"),
        ("{uri}?state={state}", "no code"),
        ("{uri}?state={state}&code=", "no code|another sign-in"),
        ("{uri}?state={state}&code=a&code=b", "no code"),
    ],
)
async def test_an_answer_that_is_not_to_what_was_begun_logs_nobody_in(desk: Desk, answer: str, reason: str) -> None:
    state = parse_qs(urlsplit(await desk.account.begin_sign_in(REDIRECT)).query)["state"][0]

    with pytest.raises(LoginFailed, match=reason):
        await desk.account.finish_sign_in(answer.format(uri=REDIRECT, state=state))

    assert desk.hub.forms == []
    assert await desk.account.current() is None
    with pytest.raises(LoginFailed, match="no sign-in was begun"):
        await desk.account.finish_sign_in(f"{REDIRECT}?code=c&state={state}")


async def test_a_sign_in_ends_when_the_person_takes_too_long(desk: Desk) -> None:
    state = parse_qs(urlsplit(await desk.account.begin_sign_in(REDIRECT)).query)["state"][0]
    desk.seconds += SIGN_IN_SECONDS + 1

    with pytest.raises(LoginFailed, match="too long"):
        await desk.account.finish_sign_in(f"{REDIRECT}?code=c&state={state}")
    assert await desk.vault.get(SIGN_IN) is None


@pytest.mark.parametrize(
    "grant",
    [
        (400, {"error": "invalid_grant"}),
        (200, {}),
        (200, []),
        (200, {"access_token": ""}),
        (200, {"access_token": 5}),
        (200, {"access_token": "with space"}),
        (200, {"access_token": "a\r\nHost: x"}),
    ],
)
async def test_an_exchange_that_gives_no_token_logs_nobody_in(desk: Desk, grant: tuple[int, object]) -> None:
    state = parse_qs(urlsplit(await desk.account.begin_sign_in(REDIRECT)).query)["state"][0]
    desk.hub.grant = grant

    with pytest.raises(LoginFailed, match="did not accept"):
        await desk.account.finish_sign_in(f"{REDIRECT}?code=c&state={state}")
    assert await desk.account.current() is None


async def test_an_exchange_at_a_hub_in_trouble_says_so(desk: Desk) -> None:
    state = parse_qs(urlsplit(await desk.account.begin_sign_in(REDIRECT)).query)["state"][0]
    desk.hub.status = 503

    with pytest.raises(HubUnavailable):
        await desk.account.finish_sign_in(f"{REDIRECT}?code=c&state={state}")


async def test_a_token_that_ends_is_renewed_once_for_requests_at_the_same_time(desk: Desk) -> None:
    await desk.sign_in(expires_in=3600, refresh_token="refresh-1")
    desk.seconds += 3600 - 60
    desk.hub.grant = (200, {"access_token": "second", "expires_in": 3600, "refresh_token": "refresh-2"})

    headers = await asyncio.gather(*(desk.account.authorization(HUB_FILE) for _ in range(5)))

    assert headers == [{"Authorization": "Bearer second"}] * 5
    assert [form["grant_type"] for form in desk.hub.forms] == ["authorization_code", "refresh_token"]
    assert desk.hub.forms[1]["refresh_token"] == "refresh-1"
    assert await desk.account.current() == Account(name="grace", method="oauth")


async def test_a_token_far_from_its_end_is_used_as_it_is(desk: Desk) -> None:
    await desk.sign_in(expires_in=3600, refresh_token="refresh-1")
    desk.seconds += 3000

    assert await desk.account.authorization(HUB_FILE) == {"Authorization": "Bearer oauth-token"}
    assert len(desk.hub.forms) == 1


@pytest.mark.parametrize("refresh", [{}, {"refresh_token": "revoked"}])
async def test_a_sign_in_that_cannot_be_renewed_ends(desk: Desk, refresh: dict[str, str]) -> None:
    await desk.sign_in(expires_in=3600, **refresh)
    desk.hub.grant = (400, {"error": "invalid_grant"})
    desk.seconds += 3600

    assert await desk.account.authorization(HUB_FILE) == {}
    assert await desk.account.current() is None


@pytest.mark.parametrize("status", [0, 500])
async def test_a_sign_in_outlives_a_hub_that_does_not_answer(desk: Desk, status: int) -> None:
    await desk.sign_in(expires_in=3600, refresh_token="refresh-1")
    desk.seconds += 3600
    desk.hub.status = status
    assert await desk.account.authorization(HUB_FILE) == {}
    desk.hub.status, desk.hub.grant = 200, (200, {"access_token": "second"})

    assert await desk.account.authorization(HUB_FILE) == {"Authorization": "Bearer second"}


async def test_a_sign_in_that_was_revoked_is_renewed_or_forgotten_on_a_recheck(desk: Desk) -> None:
    await desk.sign_in(expires_in=3600, refresh_token="refresh-1")
    desk.hub.grant = (200, {"access_token": "second", "expires_in": 3600})
    assert await desk.account.recheck()
    assert await desk.account.authorization(HUB_FILE) == {"Authorization": "Bearer second"}

    desk.hub.grant = (400, {"error": "invalid_grant"})
    assert await desk.account.recheck()
    assert await desk.account.current() is None


async def test_no_token_or_code_is_logged_or_shown(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    await desk.account.login(SECRET)
    login = await desk.account._login.get()
    await desk.sign_in(expires_in=1, refresh_token="refresh-secret")
    desk.hub.grant = (400, {"error": "invalid_grant"})
    await desk.account.authorization(HUB_FILE)
    begun = await desk.account.begin_sign_in(REDIRECT)
    sign_in = await desk.account._begun.end()

    shown = caplog.text + repr(login) + repr(sign_in) + repr(desk.account) + repr(desk.vault) + str(login)
    assert "logged out" in caplog.text
    for secret in (SECRET, "oauth-token", "refresh-secret", parse_qs(urlsplit(begun).query)["state"][0]):
        assert secret not in shown
