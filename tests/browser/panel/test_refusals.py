"""Refusals in place of a page's or a dialog's content: in the person's language, before the background's words."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tabagent.events import DBEventNames, ErrorCodes, RuntimeMessageTypes, WorkerEventNames
from tests.browser.panel.conftest import OpenPanel
from tests.browser.panel.scripted_panel import ScriptedPanel
from tests.browser.panel.test_drive_dialog import ADA
from tests.browser.panel.wire_models import Json, model, settings
from tools.build.locales import texts_of
from tools.environment import ROOT

GERMAN = texts_of(ROOT / "extension" / "locales", "de")
REFUSED: Json = {"error": {"code": ErrorCodes.STORAGE, "message": "The database is closed.", "details": {}}}
ANSWERS: dict[str, Json] = {
    RuntimeMessageTypes.GET_SETTINGS: settings(appearance={"language": "de"}),
    DBEventNames.DB_GET_SESSION_REQUEST: REFUSED,
    RuntimeMessageTypes.GET_LOG_ENTRIES: REFUSED,
    RuntimeMessageTypes.GET_DRIVE_ACCOUNT: {"available": True, "account": ADA},
    RuntimeMessageTypes.GET_DRIVE_FILE_LIST: REFUSED,
}


def _chat(panel: ScriptedPanel) -> None:
    panel.press("tab-history")
    panel.press("open-chat")


def _logs(panel: ScriptedPanel) -> None:
    panel.press("tab-settings")
    panel.press("open-logs")


def _drive(panel: ScriptedPanel) -> None:
    panel.press("tab-chat")
    panel.press("attach-button")
    panel.press("attach-drive")


@pytest.mark.parametrize("place", ["chat-failed", "logs-failed", "drive-failure"])
def test_what_is_refused_is_told_in_the_persons_language(open_panel: OpenPanel, place: str) -> None:
    panel = open_panel([model()], ANSWERS, chats=[{"id": "one", "title": "One", "messages": []}])
    panel.publish(WorkerEventNames.INFERENCE_SETTINGS_UPDATE, {})
    panel.page.wait_for_selector("html[lang=de]")
    {"chat-failed": _chat, "logs-failed": _logs, "drive-failure": _drive}[place](panel)

    expect(panel.one(place)).to_contain_text(f"{GERMAN['error_storage']}. The database is closed.")
