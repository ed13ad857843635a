"""Google Drive in the built extension, from the sign-in to an attachment, against a stand-in for Google."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from tabagent.events import ErrorCodes, RuntimeMessageTypes
from tests.browser.conftest import browser_options, connected, forget
from tests.browser.store.altered_extension import altered
from tests.browser.wire import Wire
from tools.browser import ExtensionBrowser, open_browser
from tools.google import API_HOST, DriveItem, LocalGoogle
from tools.hub import Html, Status

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

CLIENT = "tabagent-tests.apps.googleusercontent.com"
FOLDER = "application/vnd.google-apps.folder"
DOCUMENT = "application/vnd.google-apps.document"
EVIL = "<img src=x onerror=alert(1)>.txt"
ITEMS = [
    DriveItem(id="folder", name="Plans", mime_type=FOLDER),
    DriveItem(id="doc", name="Minutes", mime_type=DOCUMENT, parent="folder", exports={"text/markdown": b"# Minutes"}),
    DriveItem(id="text", name=EVIL, content=b"twelve bytes", searchable="needle"),
    DriveItem(id="song", name="song.mp3", mime_type="audio/mpeg", content=b"x"),
    DriveItem(id="huge", name="huge.txt", content=b"x", announced=30_000_000),
    *(
        DriveItem(id=f"more-{number}", name=f"more {number}.txt", modified="2020-01-01T00:00:00Z")
        for number in range(4)
    ),
]


@pytest.fixture(scope="module")
def shared_google() -> Iterator[LocalGoogle]:
    with LocalGoogle(ITEMS, client_id=CLIENT, page_size=5) as google:
        yield google


@pytest.fixture(scope="module")
def drive_browser(
    extension: Path, shared_google: LocalGoogle, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ExtensionBrowser]:
    """A build with a client at Google; what a headless browser cannot ask the person for is given."""

    def give_client(settings: dict[str, Any]) -> None:
        assert settings["googleClientId"] == "", "the build of the tests has none"
        settings["googleClientId"] = CLIENT

    def give_permissions(manifest: dict[str, Any]) -> None:
        manifest["optional_permissions"].remove("identity")
        manifest["permissions"].append("identity")
        manifest["host_permissions"] += ["https://www.googleapis.com/*", "https://oauth2.googleapis.com/*"]

    folder = tmp_path_factory.mktemp("drive")
    with_client = altered(extension, folder / "client", "settings.json", give_client)
    copy = altered(with_client, folder / "extension", "manifest.json", give_permissions)
    with open_browser(browser_options(extension=copy, hub=shared_google)) as browser:
        yield browser


@pytest.fixture
def google(shared_google: LocalGoogle) -> LocalGoogle:
    shared_google.reset()
    return shared_google


class DrivePage:
    """A panel with the dialog open, and a page that talks to the background beside it."""

    def __init__(self, browser: ExtensionBrowser, google: LocalGoogle) -> None:
        forget(browser)
        self.google = google
        self.wire: Wire = connected(browser.context.pages[0])
        self.page: Page = browser.open_panel(new_tab=True)
        self.page.set_default_timeout(15_000)
        self.page.wait_for_selector("html[data-connected=true]")
        self.open()

    def open(self) -> None:
        self.page.evaluate("void document.querySelector('tabagent-app').commands.drive.open()")

    def one(self, name: str) -> Locator:
        return self.page.get_by_test_id(name)

    def file(self, item_id: str) -> Locator:
        return self.page.locator(f"[data-testid^=drive-f][data-id='{item_id}']")

    def sign_in(self) -> DrivePage:
        self.one("drive-sign-in").click()
        expect(self.one("drive-account")).to_have_text("Ada · ada@example.org")
        expect(self.one("drive-files")).to_be_visible()
        return self

    def attachments(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.page.evaluate(
            "document.querySelector('tabagent-app').commands.store.state.attachments"
        )
        return found


@pytest.fixture
def drive(drive_browser: ExtensionBrowser, google: LocalGoogle) -> DrivePage:
    return DrivePage(drive_browser, google)


def test_a_person_signs_in_goes_into_folders_and_inserts_files(
    drive: DrivePage, drive_browser: ExtensionBrowser
) -> None:
    drive.sign_in()
    expect(drive.one("drive-folder")).to_have_count(1)
    expect(drive.file("song")).to_be_disabled()
    # A name is a text, whatever it says.
    expect(drive.page.get_by_text(EVIL)).to_be_visible()
    assert drive.page.locator("dialog img").count() == 0

    drive.file("text").click()
    drive.file("folder").click()
    expect(drive.one("drive-path")).to_contain_text("Plans")
    expect(drive.file("doc")).to_be_focused()
    drive.page.keyboard.press("Space")
    expect(drive.one("drive-chosen")).to_have_text("Chosen: 2")
    drive.one("drive-insert").click()

    expect(drive.one("drive-dialog")).to_have_count(0)
    found = [(item["name"], item["characters"], item["status"]) for item in drive.attachments()]
    assert found == [(EVIL, 12, "ready"), ("Minutes.md", 9, "ready")]
    tokens = drive.google.sign_in.tokens
    assert {entry.host for entry in drive.google.requests if entry.authorization} == {API_HOST}
    console = "\n".join(line.text for line in drive_browser.console)
    assert not [token for token in tokens if token in console]


def test_lists_are_paged_and_searched(drive: DrivePage) -> None:
    drive.sign_in()
    rows = drive.page.locator(".dialog-row")
    expect(rows).to_have_count(5)
    drive.one("drive-more").click()
    expect(rows).to_have_count(8)
    expect(drive.one("drive-more")).to_have_count(0)

    drive.one("drive-search").fill("needle")
    drive.page.keyboard.press("Enter")
    expect(rows).to_have_count(1)
    expect(drive.one("drive-results")).to_have_text("Found for “needle”")
    drive.page.keyboard.press("Escape")
    expect(rows).to_have_count(5)
    drive.page.keyboard.press("Escape")
    expect(drive.one("drive-dialog")).to_have_count(0)


def test_a_token_that_ended_is_renewed_unseen_or_asks_to_sign_in(drive: DrivePage) -> None:
    drive.sign_in()
    first = drive.google.sign_in.tokens
    drive.google.sign_in.expire()
    assert drive.wire.ask(RuntimeMessageTypes.GET_DRIVE_FILE_LIST)["success"]
    assert drive.google.sign_in.tokens
    assert drive.google.sign_in.tokens != first

    drive.google.sign_in.expire()
    drive.google.sign_in.seen = False
    drive.file("folder").click()
    expect(drive.one("drive-failure")).to_contain_text("Google wants to see you again")
    expect(drive.one("drive-sign-in")).to_be_visible()


def test_refusals_are_told_by_their_reason(drive: DrivePage) -> None:
    drive.sign_in()
    cases: list[tuple[Status | Html, ErrorCodes]] = [
        (Status(403, "0", "rateLimitExceeded"), ErrorCodes.DRIVE_RATE_LIMITED),
        (Status(403, message="accessNotConfigured"), ErrorCodes.DRIVE_DISABLED),
        (Status(403, message="insufficientFilePermissions"), ErrorCodes.DRIVE_NO_ACCESS),
        (Status(404, message="notFound"), ErrorCodes.DRIVE_FILE_GONE),
        (Status(500, message="backendError"), ErrorCodes.DRIVE_UNAVAILABLE),
        (Html(), ErrorCodes.UNEXPECTED_CONTENT),
    ]
    for fault, code in cases:
        active = drive.google.faults.add("/drive/v3/files", fault)
        assert drive.wire.ask(RuntimeMessageTypes.GET_DRIVE_FILE_LIST)["error"]["code"] == code
        drive.google.faults.remove(active)

    drive.google.faults.add("/drive/v3/files", Status(500, message="backendError"), times=1)
    drive.file("folder").click()
    expect(drive.one("drive-failure")).to_have_attribute("data-code", ErrorCodes.DRIVE_UNAVAILABLE)
    drive.one("drive-retry").click()
    expect(drive.file("doc")).to_be_visible()
    expect(drive.one("drive-failure")).to_have_count(0)

    drive.one("drive-crumb").click()
    drive.file("huge").click()
    drive.one("drive-insert").click()
    expect(drive.one("drive-failure")).to_contain_text("huge.txt has 30.0 MB; at most 20 MB")
    assert drive.attachments() == []


def test_signing_out_ends_the_token_and_declining_signs_nobody_in(drive: DrivePage) -> None:
    drive.sign_in()
    [token] = drive.google.sign_in.tokens
    drive.one("drive-sign-out").click()
    expect(drive.one("drive-notice")).to_have_text("You are signed out.")
    assert drive.google.sign_in.revoked == [token]
    assert drive.wire.ask(RuntimeMessageTypes.GET_DRIVE_ACCOUNT)["account"] is None

    drive.google.sign_in.denied = True
    drive.one("drive-sign-in").click()
    expect(drive.one("drive-failure")).to_contain_text("it was declined")
