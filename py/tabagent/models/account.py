"""The person's account at the Hugging Face Hub: an access token, or a sign-in over OAuth.

The token lies in the vault and goes to the Hub's own host alone: not to the servers that it redirects downloads to, and
not to other hubs. Formats: https://huggingface.co/docs/hub/oauth, RFC 6749 (OAuth 2.0), RFC 7636 (PKCE).
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import logging
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlencode

from tabagent.errors import HubError, HubUnavailable, InvalidState
from tabagent.models.sources import HUB
from tabagent.ports.fetcher import Fetcher
from tabagent.ports.vault import Vault
from tabagent.sign_in import Kept, PendingSignIn, SignInFailed
from tabagent.store_errors import LoginFailed

logger = logging.getLogger(__name__)

WHOAMI = f"{HUB}/api/whoami-v2"
AUTHORIZE = f"{HUB}/oauth/authorize"
TOKEN = f"{HUB}/oauth/token"
# `openid profile` is the Hub's smallest sign-in. `gated-repos` reads the gated models whose terms the person accepted,
# `read-repos` the person's private ones; the Hub has no narrower scopes for reading.
SCOPES = "openid profile gated-repos read-repos"

# Names in the vault.
LOGIN, SIGN_IN = "huggingface", "huggingface-sign-in"

# What people copy from https://huggingface.co/settings/tokens.
_ACCESS_TOKEN = re.compile(r"hf_[A-Za-z0-9_.\-]{1,1000}")
# A sign-in's token may look otherwise; it must only fit into a header.
_HEADER_VALUE = re.compile(r"[\x21-\x7e]{1,8000}")

# A token is renewed so long before it ends, so that it does not end in the middle of a download's start.
RENEW_SECONDS = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Who is logged in.

    Attributes:
        name: At the Hub; empty while nobody has asked it.
        method: `token` or `oauth`.
    """

    name: str
    method: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Login:
    """What the vault keeps.

    Attributes:
        refresh: Gets the next token; empty without one.
        expires: Seconds since 1970 at which the token ends; 0 for never.
    """

    token: str = field(repr=False)
    name: str = ""
    method: str = "token"
    refresh: str = field(default="", repr=False)
    expires: float = 0.0


class HuggingFaceAccount:
    """Logs in and out, and signs requests to the Hub.

    Args:
        fetcher: HTTP.
        vault: Where the token is kept.
        now: Seconds since 1970.
        client_id: Of this build's OAuth application; empty for none.
    """

    def __init__(self, fetcher: Fetcher, vault: Vault, now: Callable[[], float], client_id: str = "") -> None:
        self._fetcher, self._now, self._client_id = fetcher, now, client_id
        self._login, self._begun = Kept(vault, LOGIN, _Login), PendingSignIn(vault, SIGN_IN, now, pkce=True)
        # A refresh token can be used once, so that two requests that find the token ended must not both use it; and who
        # logs out while a token is renewed stays logged out.
        self._lock = asyncio.Lock()

    @property
    def has_oauth(self) -> bool:
        """Whether this build can sign in over OAuth."""
        return bool(self._client_id)

    async def current(self) -> Account | None:
        """Return who is logged in, without asking the network."""
        login = await self._login.get()
        return Account(name=login.name, method=login.method) if login else None

    async def login(self, token: str) -> Account:
        """Log in with an access token; an earlier login stays when this one fails.

        Raises:
            LoginFailed: It is no token, or the Hub does not know it.
            HubUnavailable, Offline, ConnectionLost: The Hub could not be asked.
        """
        token = token.strip()
        if not _ACCESS_TOKEN.fullmatch(token):
            raise LoginFailed("this is not an access token of the Hugging Face Hub; they begin with hf_")
        async with self._lock:
            return await self._keep(_Login(token=token))

    async def logout(self) -> None:
        """Forget the token and a sign-in that was begun."""
        async with self._lock:
            await self._login.delete()
            await self._begun.forget()

    async def begin_sign_in(self, redirect_uri: str) -> str:
        """Return the address of the Hub's sign-in page; an earlier sign-in that was begun ends.

        Raises:
            InvalidState: This build has no OAuth application.
            BadRequest: The address to come back to is not this browser's extension's.
        """
        if not self._client_id:
            raise InvalidState("This build of TabAgent cannot sign in over the browser. Log in with an access token.")
        sign_in = await self._begun.begin(redirect_uri)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(sign_in.verifier.encode()).digest()).rstrip(b"=").decode()
        query = {
            "client_id": self._client_id,
            "redirect_uri": redirect_uri,
            "response_type": "code",
            "scope": SCOPES,
            "state": sign_in.state,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        return f"{AUTHORIZE}?{urlencode(query)}"

    async def finish_sign_in(self, redirected_to: str) -> Account:
        """Log in with the address at which the Hub's sign-in page ended.

        Raises:
            LoginFailed: Nothing was begun, it is too long ago, the person declined, or the address is not the answer
                to what was begun.
            HubUnavailable, Offline, ConnectionLost: The Hub could not be asked.
        """
        try:
            sign_in = await self._begun.end()
            answer = sign_in.answer(redirected_to, in_fragment=False)
        except SignInFailed as failed:
            raise LoginFailed(failed.reason) from failed
        if not answer.get("code"):
            raise LoginFailed("the hub's answer has no code")
        form = {
            "grant_type": "authorization_code",
            "client_id": self._client_id,
            "code": answer["code"],
            "redirect_uri": sign_in.redirect_uri,
            "code_verifier": sign_in.verifier,
        }
        async with self._lock:
            return await self._keep(await self._exchange(form))

    async def authorization(self, url: str) -> dict[str, str]:
        """Return the header that signs a request, or nothing: for other hosts, and while nobody is logged in.

        A token that ends is renewed first. One of an earlier version is first shown to the Hub, which would refuse even
        what is public to a token that it no longer knows.
        """
        # The comparison is of texts on purpose: what two parsers make of odd addresses may differ.
        if not url.startswith(f"{HUB}/"):
            return {}
        login = await self._login.get()
        if login is not None and (not login.name or self._ends(login)):
            async with self._lock:
                login = await self._made_usable()
        return {"Authorization": f"Bearer {login.token}"} if login else {}

    async def recheck(self) -> bool:
        """Find out why the Hub refused a signed request: renew what can be renewed, forget what it no longer knows.

        Returns:
            True when the same request would now be signed otherwise, so that it is worth sending again.
        """
        async with self._lock:
            before = await self._login.get()
            if before is None:
                return False
            after = await self._made_usable(doubted=True)
            return after is None or after.token != before.token

    async def _made_usable(self, *, doubted: bool = False) -> _Login | None:
        """Renew or check the token; None when it must not be sent."""
        login = await self._login.get()
        if login is None:
            return None
        try:
            if self._ends(login) or (doubted and login.refresh):
                login = await self._renewed(login)
            elif doubted or not login.name:
                login = replace(login, name=(await self._keep(login)).name)
        except LoginFailed as error:
            logger.warning("logged out of the hub: %s", error.details["reason"])
            await self._login.delete()
            return None
        except HubError as error:
            # The request goes on without it: the network is told of by what needs it.
            logger.warning("the login at the hub could not be checked (%s)", error.code)
            return None
        return login

    async def _renewed(self, login: _Login) -> _Login:
        if not login.refresh:
            raise LoginFailed("the sign-in has ended")
        form = {"grant_type": "refresh_token", "client_id": self._client_id, "refresh_token": login.refresh}
        fresh = await self._exchange(form)
        renewed = replace(fresh, name=login.name, refresh=fresh.refresh or login.refresh)
        await self._login.put(renewed)
        return renewed

    def _ends(self, login: _Login) -> bool:
        return bool(login.expires) and self._now() > login.expires - RENEW_SECONDS

    async def _keep(self, login: _Login) -> Account:
        """Ask the Hub whose token it is, then keep it."""
        named = replace(login, name=await self._name_of(login.token))
        await self._login.put(named)
        return Account(name=named.name, method=named.method)

    async def _name_of(self, token: str) -> str:
        response = await self._fetcher.get(WHOAMI, {"Authorization": f"Bearer {token}"})
        if response.status != 200:
            await response.close()
            if response.status in (401, 403):
                raise LoginFailed("the hub does not know this token; it may have been deleted, or have expired")
            raise HubUnavailable(WHOAMI, response.status, "it does not say whose token it is")
        name = _json_object(await response.text()).get("name")
        if not isinstance(name, str) or not name:
            raise HubUnavailable(WHOAMI, 200, "the answer names no account")
        return name[:200]

    async def _exchange(self, form: Mapping[str, str]) -> _Login:
        """Trade a code or a refresh token for an access token."""
        response = await self._fetcher.post(TOKEN, urlencode(form), {"Accept": "application/json"})
        if response.status >= 500 or response.status == 429:
            await response.close()
            raise HubUnavailable(TOKEN, response.status, "it does not sign in now")
        answer = _json_object(await response.text())
        token = answer.get("access_token")
        if response.status != 200 or not isinstance(token, str) or not _HEADER_VALUE.fullmatch(token):
            raise LoginFailed("the hub did not accept the sign-in")
        refresh, lifetime = answer.get("refresh_token"), answer.get("expires_in")
        return _Login(
            token=token,
            method="oauth",
            refresh=refresh if isinstance(refresh, str) else "",
            expires=self._now() + lifetime if isinstance(lifetime, int | float) and lifetime > 0 else 0.0,
        )


async def keep_old_token(vault: Vault, token: str) -> bool:
    """Keep a token that an earlier version left; the Hub is asked about it before it is used.

    Returns:
        False when somebody has logged in since, or it is no token.
    """
    if not _ACCESS_TOKEN.fullmatch(token) or await vault.get(LOGIN):
        return False
    await Kept(vault, LOGIN, _Login).put(_Login(token=token))
    return True


def _json_object(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}
