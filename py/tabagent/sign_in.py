"""Signing in on a page of another service: what is kept of it, and how the answer that comes back is taken.

Formats: RFC 6749 (OAuth 2.0). Whatever fails here says so in words that go behind "The sign-in failed:".
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Generic, TypeVar
from urllib.parse import parse_qs

from tabagent.errors import BadRequest
from tabagent.ports.vault import Vault

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

SIGN_IN_SECONDS = 15 * 60

# What `chrome.identity.getRedirectURL` gives: no other address may hear of a token or a code.
_REDIRECT = re.compile(r"https://[a-p]{32}\.chromiumapp\.org/[A-Za-z0-9/_.\-]*")
_MOST_FIELDS = 20

RecordT = TypeVar("RecordT", bound="DataclassInstance")


class SignInFailed(Exception):
    """The answer cannot be taken.

    Attributes:
        reason: Why, in words.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Kept(Generic[RecordT]):
    """One record in the vault.

    Args:
        vault: Where it lies.
        name: Its name there.
        kind: Its dataclass, whose values are JSON's.
    """

    def __init__(self, vault: Vault, name: str, kind: Callable[..., RecordT]) -> None:
        self._vault, self._name, self._kind = vault, name, kind

    async def get(self) -> RecordT | None:
        """Return the record; None without one, and for another version's: the person is asked again."""
        text = await self._vault.get(self._name)
        try:
            return self._kind(**json.loads(text)) if text else None
        except (TypeError, ValueError):
            return None

    async def put(self, record: RecordT) -> None:
        """Keep a record in the place of an older one."""
        await self._vault.put(self._name, json.dumps(asdict(record)))

    async def delete(self) -> None:
        """Forget it."""
        await self._vault.delete(self._name)


@dataclass(frozen=True, slots=True, kw_only=True)
class SignIn:
    """A sign-in that was begun.

    Attributes:
        state: Comes back with its answer and with no other.
        redirect_uri: Where it ends.
        began: Seconds since 1970.
        verifier: Of PKCE (RFC 7636); empty for a service without that.
    """

    state: str = field(repr=False)
    redirect_uri: str
    began: float
    verifier: str = field(default="", repr=False)

    @classmethod
    def begun(cls, redirect_uri: str, began: float, *, pkce: bool) -> SignIn:
        """Return a new one, with a verifier where the service has PKCE.

        Raises:
            BadRequest: The address to come back to is not this browser's extension's.
        """
        # Imported when it is needed: a start does without.
        import secrets

        if not _REDIRECT.fullmatch(redirect_uri):
            raise BadRequest("redirectUri must be what chrome.identity.getRedirectURL returns.", field="redirectUri")
        return cls(
            state=secrets.token_urlsafe(32),
            verifier=secrets.token_urlsafe(64) if pkce else "",
            redirect_uri=redirect_uri,
            began=began,
        )

    def answer(self, redirected_to: str, *, in_fragment: bool) -> dict[str, str]:
        """Return the fields of the answer in an address.

        Args:
            redirected_to: Where the browser ended.
            in_fragment: The service gives tokens, which belong behind the #; its refusals may stand before it.

        Raises:
            SignInFailed: It is the answer to another sign-in, or a refusal.
        """
        import secrets

        whole, _, fragment = redirected_to.partition("#")
        address, _, query = whole.partition("?")
        fields = _fields(fragment if in_fragment and fragment else query)
        if in_fragment and not fragment:
            fields.pop("access_token", None)  # queries are kept in histories and logs; nobody puts a token there
        state = fields.get("state", "")
        if address != self.redirect_uri or not secrets.compare_digest(state.encode(), self.state.encode()):
            raise SignInFailed("the browser came back with the answer to another sign-in")
        if refused := fields.get("error"):
            raise SignInFailed("it was declined" if refused == "access_denied" else "the service refused it")
        return fields


class PendingSignIn:
    """The sign-in of a service that is under way; in the vault, because the thread may end meanwhile.

    Args:
        vault: Where it is kept.
        name: Its name there.
        now: Seconds since 1970.
        pkce: Whether the service has PKCE.
    """

    def __init__(self, vault: Vault, name: str, now: Callable[[], float], *, pkce: bool) -> None:
        self._kept, self._now, self._pkce = Kept(vault, name, SignIn), now, pkce

    async def begin(self, redirect_uri: str) -> SignIn:
        """Return a new one; an earlier one ends.

        Raises:
            BadRequest: The address to come back to is not this browser's extension's.
        """
        sign_in = SignIn.begun(redirect_uri, self._now(), pkce=self._pkce)
        await self._kept.put(sign_in)
        return sign_in

    async def end(self) -> SignIn:
        """Return the one that was begun, once: an answer counts once, right or wrong.

        Raises:
            SignInFailed: None was begun, or too long ago.
        """
        sign_in = await self._kept.get()
        await self._kept.delete()
        if sign_in is None:
            raise SignInFailed("no sign-in was begun")
        if self._now() > sign_in.began + SIGN_IN_SECONDS:
            raise SignInFailed("the sign-in took too long")
        return sign_in

    async def forget(self) -> None:
        """Give it up."""
        await self._kept.delete()


def _fields(text: str) -> dict[str, str]:
    """Return the fields that occur once."""
    try:
        found = parse_qs(text, strict_parsing=bool(text), max_num_fields=_MOST_FIELDS)
    except ValueError:
        return {}
    return {name: values[0] for name, values in found.items() if len(values) == 1}
