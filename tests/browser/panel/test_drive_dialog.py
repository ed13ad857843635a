"""Google Drive's dialog: what it shows, what it asks the background and the browser, keys, and accessibility."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, expect

from tabagent.drive.errors import DriveOffline, NotSignedIn
from tabagent.events import RuntimeMessageTypes
from tests.browser.panel.chatting import open_stored
from tests.browser.panel.conftest import OpenPanel
from tests.browser.panel.scripted_panel import ScriptedPanel
from tests.browser.panel.wire_models import Json, model
from tools.environment import ROOT

AXE = ROOT / "build" / "node_modules" / "axe-core" / "axe.min.js"
ADA: Json = {"name": "Ada", "email": "ada@example.org"}
ORIGINS = ["https://www.googleapis.com/*", "https://oauth2.googleapis.com/*"]


def _file(file_id: str, kind: str = "text", **changes: object) -> Json:
    known = {"id": file_id, "name": f"{file_id}.txt", "mimeType": "text/plain", "size": 1200, "webViewLink": ""}
    return known | {"modifiedTime": "2026-03-01T12:00:00Z", "kind": kind, "readable": kind != "other"} | changes


def _listing(*files: Json, **changes: object) -> Json:
    return {
        "files": [*files],
        "nextPageToken": None,
        "folderId": "root",
        "path": [{"id": "root", "name": ""}],
    } | changes


ATTACHED: Json = {
    "id": "taken",
    "name": "a.txt",
    "mimeType": "text/plain",
    "kind": "text",
    "size": 1200,
    "characters": 1180,
    "url": "",
    "note": "",
}
FILES = _listing(_file("f", "folder", name="Plans", size=None), _file("a"), _file("b"), _file("c", "other"))


CHATS: list[Json] = [{"id": "one", "title": "One", "messages": [{"id": "q", "sender": "user", "content": "Why?"}]}]


def _open(open_panel: OpenPanel, *, granted: bool = True, **replies: Json) -> ScriptedPanel:
    known: dict[str, Json] = {
        RuntimeMessageTypes.GET_DRIVE_ACCOUNT: replies.get("account", {"available": True, "account": ADA}),
        RuntimeMessageTypes.GET_DRIVE_FILE_LIST: replies.get("listing", FILES),
        RuntimeMessageTypes.BEGIN_DRIVE_LOGIN: {"url": "https://accounts.google.com/x"},
        RuntimeMessageTypes.DRIVE_LOGIN: {"account": ADA},
        RuntimeMessageTypes.DRIVE_LOGOUT: {"revoked": False},
    }
    panel = open_panel([model()], known, granted=granted, chats=CHATS)
    panel.page.evaluate("void document.querySelector('tabagent-app').commands.drive.open()")
    return panel


def _choose_in_the_menu(panel: ScriptedPanel) -> None:
    panel.press("attach-button")
    panel.press("attach-drive")
    expect(panel.one("drive-files")).to_be_visible()


def _hold(panel: ScriptedPanel, name: str) -> None:
    """Let a request wait for `answer`."""
    panel.page.evaluate("name => { delete background.replies[name]; }", str(name))


def _one(panel: ScriptedPanel, file_id: str) -> Locator:
    return panel.page.locator(f'[data-row][data-id="{file_id}"]')


def _open_by_hand(open_panel: OpenPanel) -> ScriptedPanel:
    """Open the dialog as a person does."""
    panel = _open(open_panel)
    panel.press("drive-close")
    panel.press("tab-chat")
    _choose_in_the_menu(panel)
    return panel


def _close_while_a_file_is_read(open_panel: OpenPanel) -> ScriptedPanel:
    """Insert a file, and close the dialog before there is an answer."""
    panel = _open_by_hand(open_panel)
    panel.one("drive-file").first.click()
    panel.press("drive-insert")
    panel.sent(RuntimeMessageTypes.INSERT_DRIVE_FILE)
    panel.press("drive-close")
    return panel


def test_a_build_without_a_client_offers_nothing_that_cannot_work(open_panel: OpenPanel) -> None:
    panel = _open(open_panel, account={"available": False, "account": None})

    expect(panel.one("drive-unavailable")).to_contain_text("cannot sign in at Google")
    expect(panel.one("drive-sign-in")).to_have_count(0)
    assert panel.count(RuntimeMessageTypes.GET_DRIVE_FILE_LIST) == 0


@pytest.mark.parametrize("granted", [True, False])
def test_signing_in_asks_the_browser_first_and_in_the_click(open_panel: OpenPanel, *, granted: bool) -> None:
    panel = _open(open_panel, granted=granted, account={"available": True, "account": None})
    panel.press("drive-sign-in")

    asked = {"permissions": ["identity"], "origins": ORIGINS, "inAClick": True}
    if granted:
        expect(panel.one("drive-account")).to_have_text("Ada · ada@example.org")
        assert panel.sent(RuntimeMessageTypes.DRIVE_LOGIN) == [{"redirectedTo": "https://accounts.google.com/x#ended"}]
        assert panel.noted("asked") == [asked, {"url": "https://accounts.google.com/x", "interactive": True}]
    else:
        expect(panel.one("drive-failure")).to_contain_text("Without your permission")
        assert panel.noted("asked") == [asked]
        assert panel.count(RuntimeMessageTypes.BEGIN_DRIVE_LOGIN) == 0


def test_the_list_is_used_with_keys_alone(open_panel: OpenPanel) -> None:
    panel = _open(open_panel)
    panel.reply(RuntimeMessageTypes.INSERT_DRIVE_FILE, {"error": DriveOffline().to_wire()})
    panel.one("drive-folder").focus()
    for key in ("ArrowDown", "ArrowDown", "ArrowDown", "Space", "Home", "ArrowDown", "Space"):
        panel.page.keyboard.press(key)
    expect(panel.one("drive-chosen")).to_have_text("Chosen: 2")
    panel.page.keyboard.press("Enter")

    # What could not be read stays chosen, in the order of the choice.
    assert [sent["fileId"] for sent in panel.sent(RuntimeMessageTypes.INSERT_DRIVE_FILE)] == ["b"]
    expect(panel.one("drive-failure")).to_have_text(DriveOffline().message)
    expect(panel.one("drive-chosen")).to_have_text("Chosen: 2")
    panel.page.keyboard.press("Escape")
    expect(panel.one("drive-dialog")).to_have_count(0)


@pytest.mark.parametrize("way", ["button", "Escape", "backdrop"])
def test_a_closed_dialog_gives_the_focus_back_to_the_menus_button(open_panel: OpenPanel, way: str) -> None:
    panel = _open_by_hand(open_panel)
    if way == "button":
        panel.press("drive-close")
    elif way == "Escape":
        panel.page.keyboard.press("Escape")
    else:
        panel.page.mouse.click(2, 2)

    expect(panel.one("drive-dialog")).to_have_count(0)
    expect(panel.one("attach-button")).to_be_focused()


def test_after_the_last_file_the_question_has_the_focus(open_panel: OpenPanel) -> None:
    panel = _open_by_hand(open_panel)
    panel.reply(RuntimeMessageTypes.INSERT_DRIVE_FILE, {"attachment": ATTACHED})
    panel.one("drive-file").first.click()
    panel.press("drive-insert")

    expect(panel.one("drive-dialog")).to_have_count(0)
    expect(panel.one("attachment")).to_contain_text("a.txt")
    expect(panel.one("prompt")).to_be_focused()


def test_files_that_are_read_when_the_dialog_has_been_opened_again_leave_it_open(open_panel: OpenPanel) -> None:
    panel = _close_while_a_file_is_read(open_panel)
    _choose_in_the_menu(panel)
    panel.answer(RuntimeMessageTypes.INSERT_DRIVE_FILE, {"attachment": ATTACHED})

    expect(panel.one("attachment")).to_contain_text("a.txt")
    expect(panel.one("drive-chosen")).to_have_text("Choose files to insert.")
    expect(panel.one("drive-dialog")).to_be_visible()


def test_a_file_that_is_read_when_another_chat_is_open_goes_into_no_question(open_panel: OpenPanel) -> None:
    panel = _close_while_a_file_is_read(open_panel)
    [sent] = panel.sent(RuntimeMessageTypes.INSERT_DRIVE_FILE)
    open_stored(panel, "one")
    panel.answer(RuntimeMessageTypes.INSERT_DRIVE_FILE, {"attachment": ATTACHED})

    removed = panel.sent(RuntimeMessageTypes.REMOVE_ATTACHMENT)
    assert removed == [{"attachmentId": sent["attachmentId"]}]
    expect(panel.one("attachment")).to_have_count(0)


def test_a_sign_out_does_not_open_the_dialog_that_was_closed_meanwhile(open_panel: OpenPanel) -> None:
    panel = _open_by_hand(open_panel)
    _hold(panel, RuntimeMessageTypes.DRIVE_LOGOUT)
    panel.press("drive-sign-out")
    panel.sent(RuntimeMessageTypes.DRIVE_LOGOUT)
    panel.press("drive-close")
    panel.answer(RuntimeMessageTypes.DRIVE_LOGOUT, {"revoked": True})
    panel.page.wait_for_function("() => document.querySelector('tabagent-app').state.asking.length === 0")

    expect(panel.one("drive-dialog")).to_have_count(0)


def test_buttons_that_go_when_they_are_pressed_hand_the_focus_on(open_panel: OpenPanel) -> None:
    panel = _open(open_panel, account={"available": True, "account": None}, listing=FILES | {"nextPageToken": "2"})
    panel.press("drive-sign-in")
    expect(panel.one("drive-folder")).to_be_focused()

    panel.reply(RuntimeMessageTypes.GET_DRIVE_FILE_LIST, {"error": DriveOffline().to_wire()})
    panel.press("drive-more")
    expect(panel.one("drive-retry")).to_be_focused()
    panel.reply(RuntimeMessageTypes.GET_DRIVE_FILE_LIST, _listing(_file("d"), _file("e"), nextPageToken="3"))
    panel.press("drive-retry")
    expect(_one(panel, "d")).to_be_focused()
    panel.reply(RuntimeMessageTypes.GET_DRIVE_FILE_LIST, _listing(_file("g")))
    panel.press("drive-more")
    expect(_one(panel, "g")).to_be_focused()

    panel.reply(RuntimeMessageTypes.INSERT_DRIVE_FILE, {"error": DriveOffline().to_wire()})
    _one(panel, "g").click()
    panel.press("drive-insert")
    panel.press("drive-dismiss")
    expect(panel.one("drive-search")).to_be_focused()
    panel.press("drive-sign-out")
    expect(panel.one("drive-sign-in")).to_be_focused()


def test_a_background_that_knows_of_no_sign_in_leads_back_to_it(open_panel: OpenPanel) -> None:
    panel = _open(open_panel, listing={"error": NotSignedIn().to_wire()})

    expect(panel.one("drive-sign-in")).to_be_visible()
    expect(panel.one("drive-failure")).to_have_text(NotSignedIn().message)


def test_what_could_not_be_revoked_is_said(open_panel: OpenPanel) -> None:
    panel = _open(open_panel)
    panel.reply(RuntimeMessageTypes.GET_DRIVE_ACCOUNT, {"available": True, "account": None})
    panel.press("drive-sign-out")

    expect(panel.one("drive-notice")).to_contain_text("Google could not be told")


def test_a_late_answer_of_another_folder_is_not_shown(open_panel: OpenPanel) -> None:
    panel = _open(open_panel)
    expect(panel.one("drive-files")).to_be_visible()
    panel.page.evaluate(
        """([type, late]) => {
          const { drive } = document.querySelector('tabagent-app').commands;
          const ask = drive.connection.request.bind(drive.connection);
          drive.connection.request = (name, payload, limit) =>
            name === type && payload.folderId === "slow"
              ? new Promise((resolve) => { globalThis.finish = () => resolve(late); })
              : ask(name, payload, limit);
          void drive.list("slow");
          void drive.list("root").then(() => globalThis.finish());
        }""",
        [RuntimeMessageTypes.GET_DRIVE_FILE_LIST, _listing(_file("late"))],
    )

    expect(panel.one("drive-file")).to_have_count(3)
    assert panel.page.get_by_text("late.txt").count() == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_in_the_dialog(open_panel: OpenPanel, scheme: str) -> None:
    panel = _open(open_panel, listing=FILES | {"nextPageToken": "2"})
    panel.page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    panel.page.set_viewport_size({"width": 320, "height": 600})
    panel.one("drive-file").first.click()
    panel.page.evaluate(AXE.read_text(encoding="utf-8"))

    assert panel.page.evaluate("axe.run().then(({violations}) => violations.map(({id}) => id))") == []
    assert panel.page.evaluate(
        "document.querySelector('.dialog-body').scrollWidth <= document.querySelector('.dialog-body').clientWidth"
    )
