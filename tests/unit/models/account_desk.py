"""An account in memory, with a hub that knows some tokens."""

from __future__ import annotations

import json
from collections.abc import Mapping
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

from tabagent.adapters.memory.vault import MemoryVault
from tabagent.errors import Offline
from tabagent.models.account import TOKEN, WHOAMI, Account, HuggingFaceAccount

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
