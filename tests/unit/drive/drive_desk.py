"""A Drive in memory: an account, what Google answers, and what was attached."""

from __future__ import annotations

import json
from collections.abc import Mapping
from urllib.parse import parse_qs, urlencode, urlsplit

from tabagent.adapters.memory.auth_window import MemoryAuthWindow
from tabagent.adapters.memory.fetcher import Answer, MemoryFetcher, MemoryResponse
from tabagent.adapters.memory.vault import MemoryVault
from tabagent.chat_specs import Attachment, AttachmentKind
from tabagent.drive.account import SCOPE, DriveAccount, GoogleAccount
from tabagent.drive.client import DriveClient
from tabagent.drive.listing import DriveListing
from tabagent.drive.reading import DriveReader
from tabagent.drive.service import DriveService
from tabagent.errors import Offline
from tabagent.ports.buffers import ByteBuffer
from tabagent.ports.fetcher import HttpResponse

FIRST = "token-1"
REDIRECT = f"https://{'abcdefgh' * 4}.chromiumapp.org/"
ADA = {"user": {"displayName": "Ada", "emailAddress": "ada@example.org"}}


def answer(value: object, status: int = 200, **headers: str) -> Answer:
    """Return an answer in JSON; `retry_after` and the like become headers."""
    named = {name.replace("_", "-"): content for name, content in headers.items()}
    return Answer(body=json.dumps(value).encode(), status=status, headers={"content-type": "application/json", **named})


def refused(status: int, reason: str, **headers: str) -> Answer:
    """Return an error as Google words it."""
    error = {"code": status, "message": "secret words of Google's", "errors": [{"domain": "global", "reason": reason}]}
    return answer({"error": error}, status, **headers)


def fragment(state: str, token: str, **changes: str) -> str:
    """Return what Google appends to the address that a sign-in ends at; an empty change leaves a field out."""
    fields = {"state": state, "access_token": token, "token_type": "Bearer", "expires_in": "3599", "scope": SCOPE}
    return urlencode({name: value for name, value in (fields | changes).items() if value})


class Google(MemoryFetcher):
    """Google's answers, by path and, where several requests share one, by what was asked.

    Attributes:
        tokens: Those that are valid.
        by_path: Answers by path; a list is used up, its last one stays.
        asked: Path and parameters of each request to the API.
        revoked: Tokens that were ended.
        online: Whether anything answers.
    """

    def __init__(self) -> None:
        super().__init__({})
        self.tokens: set[str] = set()
        self.by_path: dict[str, Answer | list[Answer]] = {"/drive/v3/about": answer(ADA)}
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.revoked: list[str] = []
        self.online = True

    async def get(self, url: str, headers: Mapping[str, str] | None = None) -> HttpResponse:
        if not self.online:
            raise Offline(url)
        parts = urlsplit(url)
        assert (parts.scheme, parts.netloc) == ("https", "www.googleapis.com"), url
        self.asked.append((parts.path, {name: found[0] for name, found in parse_qs(parts.query).items()}))
        token = (headers or {})["Authorization"].removeprefix("Bearer ")
        if token not in self.tokens:
            return MemoryResponse(url, refused(401, "authError"))
        found = self.by_path.get(parts.path, refused(404, "notFound"))
        if isinstance(found, list):
            found = found.pop(0) if len(found) > 1 else found[0]
        return MemoryResponse(url, found)

    async def post(self, url: str, body: str, headers: Mapping[str, str] | None = None) -> HttpResponse:
        if not self.online:
            raise Offline(url)
        assert url == "https://oauth2.googleapis.com/revoke"
        [token] = parse_qs(body)["token"]
        self.revoked.append(token)
        known = token in self.tokens
        self.tokens.discard(token)
        return MemoryResponse(url, answer({} if known else {"error": "invalid_token"}, 200 if known else 400))

    def paths(self) -> list[str]:
        """Return the paths that were asked for, without the account's."""
        return [path for path, _ in self.asked if not path.endswith("/about")]


class HeldAttachments:
    """Keeps what was inserted, with its text, by its id."""

    def __init__(self) -> None:
        self.held: dict[str, Attachment] = {}
        self.texts: dict[str, str] = {}

    async def add_text(
        self, *, name: str, mime_type: str, text: str, kind: str, url: str = "", attachment_id: str = "", note: str = ""
    ) -> Attachment:
        return self._keep(attachment_id, name, mime_type, kind, text, len(text.encode()), url)

    async def add_file(
        self, *, name: str, mime_type: str, data: ByteBuffer, url: str = "", attachment_id: str = ""
    ) -> Attachment:
        kind = AttachmentKind.PDF if mime_type == "application/pdf" else AttachmentKind.TEXT
        text = data.to_bytes().decode("utf-8-sig", "replace") if kind == AttachmentKind.TEXT else ""
        return self._keep(attachment_id, name, mime_type, kind, text, data.size, url)

    def _keep(
        self, attachment_id: str, name: str, mime_type: str, kind: str, text: str, size: int, url: str
    ) -> Attachment:
        attachment = Attachment(
            id=attachment_id or f"attachment-{len(self.held)}",
            name=name,
            mime_type=mime_type,
            kind=kind,
            size=size,
            characters=len(text),
            url=url,
        )
        self.held[attachment.id], self.texts[attachment.id] = attachment, text
        return attachment


class DriveDesk:
    """Everything around a Drive; time passes only by hand."""

    def __init__(self, client_id: str = "client-1") -> None:
        self.google, self.vault, self.seconds = Google(), MemoryVault(), 1_000_000.0
        self.window = MemoryAuthWindow()
        self.waits: list[float] = []
        self.account = GoogleAccount(self.google, self.vault, self.window, lambda: self.seconds, client_id)
        self.client = DriveClient(self.google, self.account, self.sleep)
        self.listing, self.reader = DriveListing(self.client), DriveReader(self.client)
        self.attachments = HeldAttachments()
        self.service = DriveService(self.account, self.listing, self.reader, self.attachments)

    async def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)

    async def sign_in(self, token: str = FIRST, **changes: str) -> DriveAccount:
        """Sign in as the person does."""
        state = parse_qs(urlsplit(await self.account.begin_sign_in(REDIRECT)).query)["state"][0]
        self.google.tokens.add(token)
        return await self.account.finish_sign_in(f"{REDIRECT}#{fragment(state, token, **changes)}")

    def renews_to(self, token: str) -> None:
        """Let Google's page renew the sign-in without a word."""

        def end(url: str) -> str:
            self.google.tokens.add(token)
            return f"{REDIRECT}#{fragment(parse_qs(urlsplit(url).query)['state'][0], token)}"

        self.window.ends_at = end
