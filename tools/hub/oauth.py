"""The Hub as an OAuth provider for public apps: authorization codes with PKCE, and refresh tokens.

Nobody is asked: `OAuth.user` has agreed already, unless `OAuth.denied` is set.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from urllib.parse import parse_qsl, urlencode

from tools.hub.access import Access
from tools.hub.answers import Answer, Request, json_answer, redirect

TOKEN_SECONDS = 8 * 3600


@dataclass(frozen=True, slots=True)
class _Grant:
    """What somebody agreed to.

    Attributes:
        user: who it was.
        client_id: of the app that asked.
        scope: what it may do, as it asked.
        redirect_uri: where the code was sent.
        challenge: SHA-256 of the verifier that the app has to show, in base64url.
    """

    user: str
    client_id: str
    scope: str
    redirect_uri: str
    challenge: str


@dataclass(slots=True)
class OAuth:
    """The OAuth part of a hub. Thread-safe.

    Attributes:
        access: gets the tokens that are given out.
        user: who signs in.
        denied: whether that person refuses.
        client_ids: of the apps that are known; None knows all.
    """

    access: Access
    user: str = "ada"
    denied: bool = False
    client_ids: frozenset[str] | None = None
    _codes: dict[str, _Grant] = field(default_factory=dict)
    _refreshes: dict[str, _Grant] = field(default_factory=dict)
    _given: set[str] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def expire_tokens(self) -> None:
        """Make the access tokens that were given out invalid, as after `TOKEN_SECONDS`; refresh tokens stay."""
        with self._lock:
            for token in self._given:
                self.access.tokens.pop(token, None)
            self._given.clear()

    def revoke(self) -> None:
        """Make all tokens that were given out invalid, as when the person removes the app."""
        self.expire_tokens()
        with self._lock:
            self._refreshes.clear()

    def answer(self, request: Request) -> Answer | None:
        """Answer a request whose path begins with /oauth/; None when it is for none of the endpoints."""
        match request.method, request.segments:
            case "GET", ["oauth", "authorize"]:
                return self._authorize(request)
            case "POST", ["oauth", "token"]:
                return self._token(dict(parse_qsl(request.body.decode("utf-8", "replace"))))
            case "GET", ["oauth", "userinfo"]:
                return self._user_info(request)
        return None

    def _authorize(self, request: Request) -> Answer:
        asked = dict(parse_qsl(request.query))
        target = asked.get("redirect_uri", "")
        # Without a known app and a place to return to there is nobody to redirect to: the person sees a page.
        if not self._knows(asked.get("client_id")):
            return _error("invalid_client", "client is invalid")
        if not target:
            return _error("invalid_redirect_uri", "missing required parameter redirect_uri")
        problem = self._problem(asked)
        if problem is not None:
            return redirect(HTTPStatus.FOUND, _extended(target, {**problem, "state": asked.get("state")}))
        code = secrets.token_urlsafe(24)
        with self._lock:
            self._codes[code] = _Grant(
                self.user, asked["client_id"], asked.get("scope", ""), target, asked["code_challenge"]
            )
        return redirect(HTTPStatus.FOUND, _extended(target, {"code": code, "state": asked.get("state")}))

    def _problem(self, asked: Mapping[str, str]) -> dict[str, str] | None:
        if asked.get("response_type") != "code":
            return {"error": "unsupported_response_type", "error_description": "response_type must be code"}
        if asked.get("code_challenge_method") != "S256" or "code_challenge" not in asked:
            return {"error": "invalid_request", "error_description": "public apps must use PKCE with S256"}
        if self.denied:
            return {"error": "access_denied", "error_description": "The resource owner denied the request"}
        return None

    def _token(self, form: Mapping[str, str]) -> Answer:
        if not self._knows(form.get("client_id")):
            return _error("invalid_client", "client is invalid", HTTPStatus.UNAUTHORIZED)
        with self._lock:
            match form.get("grant_type"):
                case "authorization_code":
                    # A code is for one use, also for one that fails.
                    grant = self._codes.pop(form.get("code", ""), None)
                    if grant is not None and not _proves(grant, form):
                        grant = None
                case "refresh_token":
                    grant = self._refreshes.pop(form.get("refresh_token", ""), None)
                case _:
                    return _error("unsupported_grant_type", "unsupported grant_type requested")
            if grant is None or grant.client_id != form.get("client_id"):
                return _error("invalid_grant", "grant request is invalid")
            return self._give(grant)

    def _give(self, grant: _Grant) -> Answer:
        token, refresh = f"hf_oauth_{secrets.token_urlsafe(24)}", f"hf_oauth_refresh_{secrets.token_urlsafe(24)}"
        self.access.tokens[token] = grant.user
        self._given.add(token)
        self._refreshes[refresh] = grant
        return json_answer(
            {
                "access_token": token,
                "token_type": "bearer",
                "expires_in": TOKEN_SECONDS,
                "refresh_token": refresh,
                "scope": grant.scope,
            },
            ("Cache-Control", "no-store"),
        )

    def _user_info(self, request: Request) -> Answer:
        visitor = self.access.visitor(request)
        if visitor.name is None:
            return _error("invalid_token", "invalid token provided", HTTPStatus.UNAUTHORIZED)
        return json_answer({"sub": visitor.name, "name": visitor.name, "preferred_username": visitor.name})

    def _knows(self, client_id: str | None) -> bool:
        return bool(client_id) and (self.client_ids is None or client_id in self.client_ids)


def _proves(grant: _Grant, form: Mapping[str, str]) -> bool:
    """Whether a request for a token comes from the app that asked for the code."""
    digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
    challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    return challenge == grant.challenge and form.get("redirect_uri") == grant.redirect_uri


def _extended(address: str, parameters: Mapping[str, str | None]) -> str:
    """Return an address with more parameters; those that are None are left out."""
    query = urlencode({name: value for name, value in parameters.items() if value is not None})
    return f"{address}{'&' if '?' in address else '?'}{query}"


def _error(error: str, description: str, status: int = HTTPStatus.BAD_REQUEST) -> Answer:
    return json_answer({"error": error, "error_description": description}, status=status)
