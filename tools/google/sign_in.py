"""Google's sign-in page and the end of tokens, without anybody to ask."""

from __future__ import annotations

import secrets
import threading
from http import HTTPStatus
from urllib.parse import parse_qsl, urlencode

from tools.hub.answers import Answer, Request, json_answer, redirect

TOKEN_SECONDS = 3599


class SignIn:
    """Gives tokens out and ends them. Thread-safe.

    Attributes:
        client_id: of the one app that is known.
        denied: whether the person refuses.
        seen: whether a page with `prompt=none` may renew; false asks for the person.
        left_out: whether the person unticks reading.
        lifetime: seconds that a token says it lasts.
        revoked: tokens that were ended by the app.
    """

    def __init__(self, client_id: str) -> None:
        self.client_id = client_id
        self._lock = threading.Lock()
        self._tokens: set[str] = set()
        self.reset()

    def reset(self) -> None:
        """Make the person agree, and end all tokens."""
        self.denied, self.seen, self.left_out, self.lifetime = False, True, False, TOKEN_SECONDS
        self.revoked: list[str] = []
        self.expire()

    @property
    def tokens(self) -> frozenset[str]:
        """Those that are valid."""
        with self._lock:
            return frozenset(self._tokens)

    def expire(self) -> None:
        """End all tokens, as after their hour."""
        with self._lock:
            self._tokens.clear()

    def authorize(self, request: Request) -> Answer:
        """Answer accounts.google.com/o/oauth2/v2/auth."""
        asked = dict(parse_qsl(request.query))
        target, state = asked.get("redirect_uri", ""), asked.get("state", "")
        if asked.get("client_id") != self.client_id or ".chromiumapp.org/" not in target:
            return Answer(HTTPStatus.BAD_REQUEST, (("Content-Type", "text/html"),), b"Error 400: redirect_uri_mismatch")
        if self.denied:
            return _back(target, {"error": "access_denied", "state": state})
        if asked.get("prompt") == "none" and not self.seen:
            return _back(target, {"error": "interaction_required", "state": state})
        if asked.get("response_type") != "token":
            return redirect(HTTPStatus.FOUND, f"{target}?{urlencode({'code': '4/code', 'state': state})}")
        token = f"ya29.{secrets.token_urlsafe(24)}"
        with self._lock:
            self._tokens.add(token)
        scope = "openid" if self.left_out else asked.get("scope", "")
        answer = {"access_token": token, "token_type": "Bearer", "expires_in": str(self.lifetime), "scope": scope}
        return _back(target, {"state": state, **answer})

    def token(self) -> Answer:
        """Answer oauth2.googleapis.com/token as Google does to a client of a web application that has no secret."""
        error = {"error": "invalid_request", "error_description": "client_secret is missing."}
        return json_answer(error, status=HTTPStatus.BAD_REQUEST)

    def revoke(self, request: Request) -> Answer:
        """Answer oauth2.googleapis.com/revoke."""
        token = dict(parse_qsl(request.body.decode())).get("token", "")
        with self._lock:
            known = token in self._tokens
            self._tokens.discard(token)
        if not known:
            return json_answer({"error": "invalid_token"}, status=HTTPStatus.BAD_REQUEST)
        self.revoked.append(token)
        return json_answer({})


def _back(target: str, values: dict[str, str]) -> Answer:
    return redirect(HTTPStatus.FOUND, f"{target}#{urlencode(values)}")
