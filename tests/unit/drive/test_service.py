"""The requests about Google Drive, as pages send them."""

from __future__ import annotations

import json
from urllib.parse import parse_qs, urlsplit

import pytest

from tabagent.adapters.memory.fetcher import Answer
from tabagent.drive.files import DOCUMENT, PDF
from tabagent.drive.service import register_drive
from tabagent.errors import JsonObject, JsonValue
from tabagent.events import ErrorCodes, RuntimeMessageTypes
from tabagent.messages import Sender
from tabagent.router import EventRouter
from tests.unit.drive.drive_desk import FIRST, REDIRECT, DriveDesk, answer, fragment

ID = "abcdefghijklmnopabcdefghijklmnop"
PANEL = Sender(extension_id=ID, url=f"chrome-extension://{ID}/sidepanel/index.html")


class Page:
    """A page and the background's Drive."""

    def __init__(self, client_id: str = "client-1") -> None:
        self.desk, self.router = DriveDesk(client_id), EventRouter(ID)
        register_drive(self.router, self.desk.service)

    async def ask(self, name: RuntimeMessageTypes, **payload: JsonValue) -> JsonObject:
        text = json.dumps({"type": name, "requestId": "r", "payload": payload})
        reply: JsonObject = json.loads(json.dumps(await self.router.dispatch(text, PANEL)))
        return reply

    async def sign_in(self) -> JsonObject:
        begun = await self.ask(RuntimeMessageTypes.BEGIN_DRIVE_LOGIN, redirectUri=REDIRECT)
        state = parse_qs(urlsplit(str(begun["url"])).query)["state"][0]
        self.desk.google.tokens.add(FIRST)
        ended = f"{REDIRECT}#{fragment(state, FIRST)}"
        return await self.ask(RuntimeMessageTypes.DRIVE_LOGIN, redirectedTo=ended)


def code(reply: JsonObject) -> JsonValue:
    error = reply["error"]
    assert isinstance(error, dict)
    return error["code"]


@pytest.fixture
def page() -> Page:
    return Page()


async def test_a_build_without_a_client_says_so() -> None:
    page = Page(client_id="")
    reply = await page.ask(RuntimeMessageTypes.GET_DRIVE_ACCOUNT)

    assert (reply["available"], reply["account"]) == (False, None)
    begun = await page.ask(RuntimeMessageTypes.BEGIN_DRIVE_LOGIN, redirectUri=REDIRECT)
    assert code(begun) == ErrorCodes.INVALID_STATE


async def test_a_person_signs_in_lists_and_signs_out(page: Page) -> None:
    assert code(await page.ask(RuntimeMessageTypes.GET_DRIVE_FILE_LIST)) == ErrorCodes.NOT_SIGNED_IN
    ada: JsonObject = {"name": "Ada", "email": "ada@example.org"}
    assert (await page.sign_in())["account"] == ada
    assert (await page.ask(RuntimeMessageTypes.GET_DRIVE_ACCOUNT))["account"] == ada

    page.desk.google.by_path["/drive/v3/files"] = answer({"files": []})
    listed = await page.ask(RuntimeMessageTypes.GET_DRIVE_FILE_LIST)
    assert (listed["files"], listed["folderId"]) == ([], "root")

    assert (await page.ask(RuntimeMessageTypes.DRIVE_LOGOUT))["revoked"] is True
    assert code(await page.ask(RuntimeMessageTypes.GET_DRIVE_FILE_LIST)) == ErrorCodes.NOT_SIGNED_IN


async def test_a_document_becomes_an_attachment_with_its_text_and_address(page: Page) -> None:
    await page.sign_in()
    address = "https://docs.google.com/document/d/1/edit"
    described = answer({"id": "1", "name": "Plan", "mimeType": DOCUMENT, "webViewLink": address})
    page.desk.google.by_path |= {
        "/drive/v3/files/1": described,
        "/drive/v3/files/1/export": Answer(body=b"\xef\xbb\xbf# Pl\xc3\xa4ne"),
    }
    reply = await page.ask(RuntimeMessageTypes.INSERT_DRIVE_FILE, fileId="1", attachmentId="a")

    attachment = reply["attachment"]
    assert isinstance(attachment, dict)
    assert (attachment["name"], attachment["mimeType"], attachment["kind"]) == ("Plan.md", "text/markdown", "text")
    assert (attachment["id"], attachment["url"], attachment["characters"]) == ("a", address, 7)
    assert page.desk.attachments.texts[str(attachment["id"])] == "# Pläne"


async def test_a_pdf_goes_to_the_attachments_as_a_file(page: Page) -> None:
    await page.sign_in()
    described = answer({"id": "1", "name": "a.pdf", "mimeType": PDF, "size": "4"})
    page.desk.google.by_path["/drive/v3/files/1"] = [described, Answer(body=b"%PDF")]
    reply = await page.ask(RuntimeMessageTypes.INSERT_DRIVE_FILE, fileId="1", attachmentId="a")

    attachment = reply["attachment"]
    assert isinstance(attachment, dict)
    assert (attachment["kind"], attachment["size"]) == ("pdf", 4)


async def test_an_empty_file_becomes_an_empty_attachment(page: Page) -> None:
    await page.sign_in()
    described = answer({"id": "1", "name": "a.txt", "mimeType": "text/plain", "size": "0"})
    page.desk.google.by_path["/drive/v3/files/1"] = [described, Answer()]
    reply = await page.ask(RuntimeMessageTypes.INSERT_DRIVE_FILE, fileId="1", attachmentId="a")

    attachment = reply["attachment"]
    assert isinstance(attachment, dict)
    assert attachment["characters"] == 0
