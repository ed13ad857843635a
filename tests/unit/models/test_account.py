"""The account at the Hub: what is kept, what is sent to whom, and that a token shows up nowhere else."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import logging
from collections.abc import Mapping
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tabagent.adapters.memory.vault import MemoryVault
from tabagent.errors import BadRequest, HubUnavailable, InvalidState, LoginFailed, Offline
from tabagent.models import account
from tabagent.models.account import LOGIN, SIGN_IN, TOKEN, WHOAMI, Account, HuggingFaceAccount, keep_old_token

SECRET = "hf_AbCdEfGhIjKlMnOpQrStUvWxYz0123456789"
HUB_FILE = "https://huggingface.co/acme/tiny/resolve/c0ffee/config.json"
REDIRECT = f"https://{'abcdefgh' * 4}.chromiumapp.org/hub"


class HubResponse:
    """A small answer."""

    def __init__(self, status: int, body: str) -> None:
        self.status, self._body = status, body
        self.headers: Mapping[str, str] = {}

    async def text(self) -> str:
        return self._body

    async def read(self, size: int, on_bytes: object = None) -> None:
        raise NotImplementedError

    async def close(self) -> None:
        return


class AccountHub:
    """The Hub's answers about accounts.

    Attributes:
        owners: Names by the tokens that are valid.
        asked: Tokens that were shown to it.
        forms: What was posted to it.
        grant: The next answer of the token endpoint.
        status: Of every answer, when something is wrong with the Hub; 0 for no answer at all.
    """

    def __init__(self) -> None:
        self.owners = {SECRET: "ada"}
        self.asked: list[str] = []
        self.forms: list[dict[str, str]] = []
        self.grant: tuple[int, object] = (400, {"error": "invalid_grant"})
        self.status = 200

    async def get(self, url: str, headers: Mapping[str, str] | None = None) -> HubResponse:
        if not self.status:
            raise Offline(url)
        assert url == WHOAMI
        token = (headers or {})["Authorization"].removeprefix("Bearer ")
        self.asked.append(token)
        if self.status != 200:
            return HubResponse(self.status, "oh no")
        if token not in self.owners:
            return HubResponse(401, json.dumps({"error": "Invalid credentials in Authorization header"}))
        return HubResponse(200, json.dumps({"type": "user", "name": self.owners[token]}))

    async def post(self, url: str, body: str, headers: Mapping[str, str] | None = None) -> HubResponse:
        if not self.status:
            raise Offline(url)
        assert url == TOKEN
        self.forms.append(dict(parse_qsl(body, strict_parsing=True)))
        if self.status != 200:
            return HubResponse(self.status, "oh no")
        status, answer = self.grant
        return HubResponse(status, json.dumps(answer))


class Desk:
    """An account with everything around it."""

    def __init__(self, client_id: str = "client-1") -> None:
        self.hub, self.vault, self.seconds = AccountHub(), MemoryVault(), 1_000.0
        self.client_id = client_id
        self.account = self.reopened()

    def reopened(self) -> HuggingFaceAccount:
        """The account as the next thread sees it."""
        return HuggingFaceAccount(self.hub, self.vault, lambda: self.seconds, self.client_id)

    async def sign_in(self, **grant: object) -> Account:
        """Sign in as the person does."""
        state = parse_qs(urlsplit(await self.account.begin_sign_in(REDIRECT)).query)["state"][0]
        self.hub.owners["oauth-token"] = "grace"
        self.hub.grant = (200, {"access_token": "oauth-token", "token_type": "bearer", **grant})
        return await self.account.finish_sign_in(f"{REDIRECT}?{urlencode({'code': 'c', 'state': state})}")


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


# OAuth


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
    desk.seconds += account.SIGN_IN_SECONDS + 1

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
    login = await desk.account._login()
    await desk.sign_in(expires_in=1, refresh_token="refresh-secret")
    desk.hub.grant = (400, {"error": "invalid_grant"})
    await desk.account.authorization(HUB_FILE)
    begun = await desk.account.begin_sign_in(REDIRECT)
    sign_in = await desk.account._begun()

    shown = caplog.text + repr(login) + repr(sign_in) + repr(desk.account) + repr(desk.vault) + str(login)
    assert "logged out" in caplog.text
    for secret in (SECRET, "oauth-token", "refresh-secret", parse_qs(urlsplit(begun).query)["state"][0]):
        assert secret not in shown
