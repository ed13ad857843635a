"""Signing in at Google, renewing, signing out, and that tokens show up nowhere."""

from __future__ import annotations

import asyncio
import logging
from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest

from tabagent.drive.account import LOGIN, SCOPE, SIGN_IN, DriveAccount
from tabagent.drive.errors import (
    DriveDisabled,
    DriveLoginFailed,
    DriveOffline,
    DriveUnexpectedContent,
    NotSignedIn,
)
from tabagent.errors import BadRequest, InvalidState
from tabagent.sign_in import Kept, SignIn
from tests.unit.drive.drive_desk import FIRST, REDIRECT, DriveDesk, answer, fragment, refused

HOUR = 3599.0


@pytest.fixture
def desk() -> DriveDesk:
    return DriveDesk()


async def test_a_build_without_a_client_id_cannot_sign_in() -> None:
    desk = DriveDesk(client_id="")

    assert not desk.account.available
    with pytest.raises(InvalidState, match="no Google client id"):
        await desk.account.begin_sign_in(REDIRECT)


@pytest.mark.parametrize(
    "address",
    [
        *("", "https://evil.example/", "http://abcdefghabcdefghabcdefghabcdefgh.chromiumapp.org/"),
        *("https://short.chromiumapp.org/", f"{REDIRECT}?x=1", f"{REDIRECT}#x", "javascript:alert(1)"),
        "https://abcdefghabcdefghabcdefghabcdefgh.chromiumapp.org.evil.example/",
    ],
)
async def test_google_is_not_asked_to_send_a_token_elsewhere(desk: DriveDesk, address: str) -> None:
    with pytest.raises(BadRequest):
        await desk.account.begin_sign_in(address)


async def test_nothing_is_made_for_pkce_which_googles_flow_does_not_have(desk: DriveDesk) -> None:
    page = await desk.account.begin_sign_in(REDIRECT)
    kept = await Kept(desk.vault, SIGN_IN, SignIn).get()

    assert kept is not None
    assert (kept.state in page, kept.verifier, "code_challenge" in page) == (True, "", False)


async def test_googles_page_is_asked_for_reading_alone_and_with_a_fresh_state(desk: DriveDesk) -> None:
    first, second = [urlsplit(await desk.account.begin_sign_in(REDIRECT)) for _ in range(2)]
    query = dict(parse_qsl(second.query, strict_parsing=True))

    assert f"{first.scheme}://{first.netloc}{first.path}" == "https://accounts.google.com/o/oauth2/v2/auth"
    assert query["client_id"] == "client-1"
    assert query["redirect_uri"] == REDIRECT
    assert query["response_type"] == "token"
    assert query["scope"] == "https://www.googleapis.com/auth/drive.readonly"
    assert query["prompt"] == "select_account"
    assert query["state"] != parse_qs(first.query)["state"][0]
    assert len(query["state"]) >= 32


async def test_a_person_signs_in_and_is_known_by_name(desk: DriveDesk) -> None:
    ada = DriveAccount(name="Ada", email="ada@example.org")

    assert await desk.account.current() is None
    assert await desk.sign_in() == ada
    assert await desk.account.current() == ada
    assert await desk.account.token() == FIRST
    assert await desk.vault.get(SIGN_IN) is None


@pytest.mark.parametrize(
    ("ended", "words"),
    [
        ("{redirect}#{ok}&state=x", "another sign-in"),
        ("https://evil.example/#{ok}", "another sign-in"),
        ("{redirect}?{ok}#", "no token"),
        ("{redirect}#error=access_denied&state={state}", "declined"),
        ("{redirect}?error=access_denied&state={state}", "declined"),
        ("{redirect}#error=invalid_scope&state={state}", "refused"),
        ("{redirect}#state={state}", "no token"),
        ("{redirect}", "another sign-in"),
    ],
)
async def test_an_answer_that_is_none_is_refused_and_counts_once(desk: DriveDesk, ended: str, words: str) -> None:
    state = parse_qs(urlsplit(await desk.account.begin_sign_in(REDIRECT)).query)["state"][0]
    desk.google.tokens.add(FIRST)
    address = ended.format(redirect=REDIRECT, ok=fragment(state, FIRST), state=state)

    with pytest.raises(DriveLoginFailed, match=words) as caught:
        await desk.account.finish_sign_in(address)
    assert state not in str(caught.value.to_wire())
    with pytest.raises(DriveLoginFailed, match="no sign-in was begun"):
        await desk.account.finish_sign_in(f"{REDIRECT}#{fragment(state, FIRST)}")
    assert await desk.account.current() is None


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"scope": "https://www.googleapis.com/auth/userinfo.email"}, "right to see your Drive"),
        ({"scope": f"{SCOPE}.metadata"}, "right to see your Drive"),
        ({"expires_in": "soon"}, "no token"),
        ({"access_token": "a b"}, "no token"),
    ],
)
async def test_a_token_without_what_is_needed_is_not_kept(desk: DriveDesk, changes: dict[str, str], words: str) -> None:
    with pytest.raises(DriveLoginFailed, match=words):
        await desk.sign_in(**changes)
    assert await desk.vault.get(LOGIN) is None


async def test_a_sign_in_that_took_too_long_is_refused(desk: DriveDesk) -> None:
    url = await desk.account.begin_sign_in(REDIRECT)
    desk.seconds += 16 * 60

    with pytest.raises(DriveLoginFailed, match="too long"):
        await desk.account.finish_sign_in(f"{REDIRECT}#{fragment(parse_qs(urlsplit(url).query)['state'][0], FIRST)}")


async def test_an_earlier_sign_in_stays_when_the_next_one_fails(desk: DriveDesk) -> None:
    await desk.sign_in()
    desk.google.by_path["/drive/v3/about"] = refused(403, "accessNotConfigured")

    with pytest.raises(DriveDisabled):
        await desk.sign_in("token-2")
    assert await desk.account.token() == FIRST


async def test_whose_token_it_is_must_come_from_google(desk: DriveDesk) -> None:
    desk.google.by_path["/drive/v3/about"] = answer([])
    with pytest.raises(DriveUnexpectedContent):
        await desk.sign_in()
    desk.google.by_path["/drive/v3/about"] = answer({"user": None})

    assert await desk.sign_in() == DriveAccount(name="", email="")


async def test_a_token_that_ends_is_renewed_unseen_and_once_for_all(desk: DriveDesk) -> None:
    await desk.sign_in()
    desk.seconds += HOUR - 30
    desk.renews_to("token-2")

    assert await asyncio.gather(*(desk.account.token() for _ in range(3))) == ["token-2"] * 3
    [url] = desk.window.opened
    query = dict(parse_qsl(urlsplit(url).query))
    assert (query["prompt"], query["login_hint"]) == ("none", "ada@example.org")
    assert await desk.account.current() == DriveAccount(name="Ada", email="ada@example.org")
    desk.seconds += HOUR - 90
    assert await desk.account.token() == "token-2"


@pytest.mark.parametrize("end", [None, f"{REDIRECT}#error=interaction_required", f"{REDIRECT}#access_token=x&state=y"])
async def test_a_sign_in_that_cannot_be_renewed_has_ended(desk: DriveDesk, end: str | None) -> None:
    await desk.sign_in()
    desk.seconds += HOUR
    desk.window.ends_at = lambda url: end

    with pytest.raises(DriveLoginFailed, match="ended"):
        await desk.account.token()
    assert await desk.account.current() is None
    with pytest.raises(NotSignedIn):
        await desk.account.token()


async def test_without_the_network_a_sign_in_stays(desk: DriveDesk) -> None:
    await desk.sign_in()
    desk.seconds += HOUR
    desk.window.offline = True

    with pytest.raises(DriveOffline):
        await desk.account.token()
    assert await desk.account.current() is not None


async def test_signing_out_ends_the_token_at_google_and_here(desk: DriveDesk) -> None:
    await desk.sign_in()

    assert await desk.account.sign_out()
    assert desk.google.revoked == [FIRST]
    assert (await desk.vault.get(LOGIN), await desk.account.current()) == (None, None)
    assert await desk.account.sign_out()
    assert desk.google.revoked == [FIRST]


async def test_signing_out_without_the_network_forgets_all_the_same(desk: DriveDesk) -> None:
    await desk.sign_in()
    await desk.account.begin_sign_in(REDIRECT)
    desk.google.online = False

    assert not await desk.account.sign_out()
    assert (await desk.vault.get(LOGIN), await desk.vault.get(SIGN_IN)) == (None, None)


async def test_a_token_that_had_ended_counts_as_revoked(desk: DriveDesk) -> None:
    await desk.sign_in()
    desk.google.tokens.clear()

    assert await desk.account.sign_out()


async def test_what_another_version_kept_asks_to_sign_in_again(desk: DriveDesk) -> None:
    for text in ("{}", "no json", '{"token": 1, "more": 2}'):
        await desk.vault.put(LOGIN, text)
        assert await desk.account.current() is None


async def test_no_token_is_logged_or_shown(desk: DriveDesk, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    await desk.sign_in("very-secret")
    desk.google.online = False
    await desk.account.sign_out()

    assert caplog.messages
    assert "very-secret" not in caplog.text
