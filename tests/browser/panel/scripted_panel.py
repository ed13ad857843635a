"""One page of the panel whose background a test plays."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tabagent.events import DBEventNames, ErrorCodes, RuntimeMessageTypes, UIEventNames, WorkerEventNames
from tests.browser.panel.wire_models import Json
from tools.browser import ExtensionBrowser

if TYPE_CHECKING:
    from playwright.sync_api import Locator

HERE = Path(__file__).parent
SCRIPT = "\n".join(
    (HERE / name).read_text(encoding="utf-8") for name in ("scripted_background.js", "scripted_chats.js")
)
NAMES: Json = {
    "getSession": DBEventNames.DB_GET_SESSION_REQUEST,
    "getAll": DBEventNames.DB_GET_ALL_SESSIONS_REQUEST,
    "ask": RuntimeMessageTypes.ASK_QUESTION,
    "answerAgain": RuntimeMessageTypes.ANSWER_AGAIN,
    "goOn": RuntimeMessageTypes.CONTINUE_ANSWER,
    "select": RuntimeMessageTypes.SELECT_BRANCH,
    "deleteMessage": DBEventNames.DB_DELETE_MESSAGE_REQUEST,
    "star": DBEventNames.DB_TOGGLE_STAR_REQUEST,
    "rename": DBEventNames.DB_RENAME_SESSION_REQUEST,
    "remove": DBEventNames.DB_DELETE_SESSION_REQUEST,
    "restore": RuntimeMessageTypes.RESTORE_CHAT,
    "messagesUpdated": DBEventNames.DB_MESSAGES_UPDATED,
    "sessionUpdated": DBEventNames.DB_SESSION_UPDATED,
    "chatNotFound": ErrorCodes.CHAT_NOT_FOUND,
    "endings": {
        WorkerEventNames.GENERATION_COMPLETE: "complete",
        WorkerEventNames.GENERATION_STOPPED: "stopped",
        WorkerEventNames.GENERATION_ERROR: "error",
    },
}


class ScriptedPanel:
    """The panel with a background that answers what it was told to answer.

    Args:
        browser: Where to open it.
        replies: Fields of the reply to each request, by type; `{"error": …}` refuses.
        granted: Whether the browser gives permissions that are asked for.
        chats: What is stored: `{id, title, isStarred, at, messages: [{id, sender, content}]}`; a reload keeps it.
    """

    def __init__(
        self,
        browser: ExtensionBrowser,
        replies: dict[str, Json],
        *,
        granted: bool = True,
        chats: Sequence[Json] = (),
    ) -> None:
        self.page = browser.context.new_page()
        self.page.set_default_timeout(10_000)
        scenario = {"replies": replies, "granted": granted, "names": NAMES, "chats": list(chats)}
        self.page.add_init_script(f"window.scenario = {json.dumps(scenario)};\n{SCRIPT}")
        self.page.goto(browser.panel_url)
        self.page.wait_for_selector("html[data-connected=true]")

    def one(self, name: str) -> Locator:
        """Return the elements with a test id."""
        return self.page.get_by_test_id(name)

    def row(self, dtype: str = "q8", model_id: str = "acme/tiny") -> Locator:
        """Return the row of a dtype."""
        return self.page.locator(f'[data-testid=dtype-row][data-model="{model_id}"][data-dtype="{dtype}"]')

    def press(self, name: str, *, within: Locator | None = None) -> None:
        """Press a button."""
        (within or self.page).get_by_test_id(name).click()

    def open_models(self) -> ScriptedPanel:
        """Go to the list of models."""
        self.press("tab-models")
        return self

    def sent(self, name: str) -> list[Json]:
        """Return the payloads of all requests of a type, as soon as there is one."""
        self.page.wait_for_function("name => background.sent.some(({type}) => type === name)", arg=str(name))
        payloads: list[Json] = self.page.evaluate(
            "name => background.sent.filter(({type}) => type === name).map(({payload}) => payload)", str(name)
        )
        return payloads

    def count(self, name: str) -> int:
        """Return how many requests of a type there were by now."""
        number: int = self.page.evaluate("name => background.sent.filter(({type}) => type === name).length", str(name))
        return number

    def noted(self, what: str) -> Any:
        """Return what the script noted: `asked`, `saved`, `revoked`."""
        return self.page.evaluate("what => background[what]", what)

    def reply(self, name: str, fields: Json) -> None:
        """Answer a type otherwise from now on."""
        self.page.evaluate("([name, fields]) => { background.replies[name] = fields; }", [str(name), fields])

    def publish(self, name: str, payload: Json) -> None:
        """Publish an event."""
        event = {"type": str(name), "payload": payload}
        self.page.evaluate("event => { background.publish(event); background.recorded(event); }", event)

    def report(self, transfer: Json) -> None:
        """Publish how far a transfer is."""
        self.publish(UIEventNames.MODEL_DOWNLOAD_PROGRESS, transfer)
