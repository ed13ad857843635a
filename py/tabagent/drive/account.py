"""The person's Google account: signing in with the scope for reading Drive, renewing, signing out.

Google's token endpoint wants a secret for every kind of client that may send people back to an extension's address, and
an extension keeps no secrets. So the token comes with the address that the sign-in ends at (RFC 6749, 4.2), lasts an
hour, and is renewed by opening the same page where nobody sees it. docs/architecture.md has the whole reason.

The token lies in the vault and goes to www.googleapis.com, and for its end to oauth2.googleapis.com, alone.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from urllib.parse import urlencode

from tabagent.drive.answers import read_json, refusal
from tabagent.drive.errors import DriveLoginFailed, DriveOffline, NotSignedIn
from tabagent.errors import HubError, InvalidState, JsonObject, Offline
from tabagent.ports.auth_window import AuthWindow
from tabagent.ports.fetcher import Fetcher
from tabagent.ports.vault import Vault
from tabagent.sign_in import Kept, PendingSignIn, SignIn, SignInFailed

logger = logging.getLogger(__name__)

AUTHORIZE = "https://accounts.google.com/o/oauth2/v2/auth"
REVOKE = "https://oauth2.googleapis.com/revoke"
API = "https://www.googleapis.com/drive/v3"
ABOUT = f"{API}/about?{urlencode({'fields': 'user(displayName,emailAddress)'})}"
SCOPE = "https://www.googleapis.com/auth/drive.readonly"

# Names in the vault.
LOGIN, SIGN_IN = "google", "google-sign-in"

# A token is renewed so long before it ends, so that it does not end in the middle of a download.
RENEW_SECONDS = 60

_HEADER_VALUE = re.compile(r"[\x21-\x7e]{1,4000}")


@dataclass(frozen=True, slots=True, kw_only=True)
class DriveAccount:
    """Who is signed in; both may be empty where Google does not tell."""

    name: str
    email: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Login:
    """What the vault keeps.

    Attributes:
        expires: Seconds since 1970 at which the token ends.
        redirect_uri: Where the sign-in ended, and where renewing it ends.
    """

    token: str = field(repr=False)
    expires: float
    redirect_uri: str
    name: str = ""
    email: str = ""


class GoogleAccount:
    """Signs in and out, and has the token for requests.

    Args:
        fetcher: HTTP.
        vault: Where the token is kept.
        window: Opens Google's page to renew a token.
        now: Seconds since 1970.
        client_id: Of this build's client at Google; empty for none.
    """

    def __init__(
        self, fetcher: Fetcher, vault: Vault, window: AuthWindow, now: Callable[[], float], client_id: str = ""
    ) -> None:
        self._fetcher, self._window = fetcher, window
        self._now, self._client_id = now, client_id
        self._login, self._begun = Kept(vault, LOGIN, _Login), PendingSignIn(vault, SIGN_IN, now, pkce=False)
        # Two requests that find the token ended renew it once; who signs out while it is renewed stays signed out.
        self._lock = asyncio.Lock()

    @property
    def available(self) -> bool:
        """Whether this build can sign in at Google."""
        return bool(self._client_id)

    async def current(self) -> DriveAccount | None:
        """Return who is signed in, without asking the network."""
        login = await self._login.get()
        return DriveAccount(name=login.name, email=login.email) if login else None

    async def begin_sign_in(self, redirect_uri: str) -> str:
        """Return the address of Google's sign-in page; an earlier sign-in that was begun ends.

        Raises:
            InvalidState: This build has no client at Google.
            BadRequest: The address to come back to is not this browser's extension's.
        """
        if not self._client_id:
            raise InvalidState("This build of TabAgent has no Google client id, so it cannot sign in at Google.")
        # Which of several accounts is meant, only the person knows.
        return self._page(await self._begun.begin(redirect_uri), prompt="select_account")

    async def finish_sign_in(self, redirected_to: str) -> DriveAccount:
        """Sign in with the address at which Google's page ended; an earlier sign-in stays when this one fails.

        Raises:
            DriveLoginFailed: Nothing was begun, it is too long ago, the person declined or left reading out, or the
                address is not the answer to what was begun.
            DriveError, DriveOffline, ConnectionLost: Google could not be asked whose account it is.
        """
        try:
            login = self._granted(redirected_to, await self._begun.end())
        except SignInFailed as failed:
            raise DriveLoginFailed(failed.reason) from failed
        async with self._lock:
            user = await self._user(login.token)
            login = replace(login, name=_text(user, "displayName"), email=_text(user, "emailAddress"))
            await self._login.put(login)
        return DriveAccount(name=login.name, email=login.email)

    async def token(self) -> str:
        """Return the token for a request, renewed when it has ended.

        Raises:
            NotSignedIn: Nobody is signed in.
            DriveLoginFailed, DriveOffline: It could not be renewed.
        """
        login = await self._login.get()
        if login is None:
            raise NotSignedIn
        if self._now() < login.expires - RENEW_SECONDS:
            return login.token
        return await self.renewed(login.token)

    async def renewed(self, refused: str) -> str:
        """Return another token than the one that ended; the person is signed out when there is none.

        Raises:
            NotSignedIn: The person has signed out meanwhile.
            DriveLoginFailed: Google wants the person to sign in.
            DriveOffline: Google cannot be reached; the sign-in stays.
        """
        async with self._lock:
            login = await self._login.get()
            if login is None:
                raise NotSignedIn
            if login.token != refused:
                return login.token  # another request has renewed it
            sign_in = SignIn.begun(login.redirect_uri, self._now(), pkce=False)
            try:
                address = await self._window.open_quietly(
                    self._page(sign_in, prompt="none", **({"login_hint": login.email} if login.email else {}))
                )
            except Offline as error:
                raise DriveOffline from error
            try:
                fresh = self._granted(address or "", sign_in) if address else None
            except (SignInFailed, DriveLoginFailed):
                fresh = None
            if fresh is None:
                await self._login.delete()
                raise DriveLoginFailed("it has ended, and Google wants to see you again")
            renewed = replace(fresh, name=login.name, email=login.email)
            await self._login.put(renewed)
            return renewed.token

    async def end(self, refused: str) -> None:
        """Forget a token that Google refused although it is new."""
        async with self._lock:
            login = await self._login.get()
            if login is not None and login.token == refused:
                await self._login.delete()

    async def sign_out(self) -> bool:
        """Forget the token and have Google end it.

        Returns:
            False when Google could not be told: the token then lives on there until its hour is over.
        """
        async with self._lock:
            login = await self._login.get()
            # Forgotten first: nothing that goes wrong with the network may keep it here.
            await self._login.delete()
            await self._begun.forget()
        if login is None:
            return True
        try:
            response = await self._fetcher.post(REVOKE, urlencode({"token": login.token}))
            await response.close()
        except HubError as error:
            logger.warning("google could not be told of the sign-out (%s)", error.code)
            return False
        # 400 is its answer to a token that has ended already.
        return response.status in (200, 400)

    def _page(self, sign_in: SignIn, **more: str) -> str:
        query = {
            "client_id": self._client_id,
            "redirect_uri": sign_in.redirect_uri,
            "response_type": "token",
            "scope": SCOPE,
            "state": sign_in.state,
            "include_granted_scopes": "false",
            **more,
        }
        return f"{AUTHORIZE}?{urlencode(query)}"

    def _granted(self, redirected_to: str, sign_in: SignIn) -> _Login:
        """Return the login in an address.

        Raises:
            SignInFailed: It is not the answer to this sign-in, or a refusal.
            DriveLoginFailed: It has no token, or no right to read.
        """
        values = sign_in.answer(redirected_to, in_fragment=True)
        token, lifetime = values.get("access_token", ""), values.get("expires_in", "")
        if not _HEADER_VALUE.fullmatch(token) or not re.fullmatch(r"[0-9]{1,9}", lifetime):
            raise DriveLoginFailed("Google's answer has no token")
        if SCOPE not in values.get("scope", "").split():
            raise DriveLoginFailed("the right to see your Drive files was not given; leave it ticked on Google's page")
        return _Login(token=token, expires=self._now() + int(lifetime), redirect_uri=sign_in.redirect_uri)

    async def _user(self, token: str) -> JsonObject:
        """Ask Google whose token it is."""
        try:
            response = await self._fetcher.get(ABOUT, {"Authorization": f"Bearer {token}"})
        except Offline as error:
            raise DriveOffline from error
        if response.status == 401:
            await response.close()
            raise DriveLoginFailed("Google does not know the token that it gave")
        if response.status != 200:
            raise await refusal(response)
        user = (await read_json(response)).get("user")
        return user if isinstance(user, dict) else {}


def _text(values: JsonObject, name: str) -> str:
    value = values.get(name)
    return value[:200] if isinstance(value, str) else ""
