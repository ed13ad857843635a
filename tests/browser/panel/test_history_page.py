"""The page of all chats: found, opened, renamed, starred, deleted and taken back, exported and imported."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tabagent.errors import InvalidState
from tabagent.events import DBEventNames, RuntimeMessageTypes
from tests.browser.panel.chatting import open_stored, requests, stored, with_model
from tests.browser.panel.conftest import OpenPanel
from tests.browser.panel.scripted_panel import ScriptedPanel
from tests.browser.panel.test_account_and_files import AXE
from tests.browser.panel.wire_models import Json, dtype, model

STORED = model(dtypes=[dtype("q8", status="downloaded")])
SEARCH = RuntimeMessageTypes.SEARCH_CHATS
EXPORT, IMPORT = RuntimeMessageTypes.EXPORT_CHATS, RuntimeMessageTypes.IMPORT_CHATS
DAY_MS = 86_400_000


def _now() -> int:
    return int(time.time() * 1000)


def _found(**changes: object) -> Json:
    """Return a result of a search in the chat about tides."""
    fields: Json = {"chatId": "tides", "title": "Why tides", "isStarred": False, "timestamp": _now()}
    return fields | {"messageId": "tides-1", "snippet": "…words to fill…", "matches": [[1, 6]]} | changes


@pytest.fixture
def history(open_panel: OpenPanel) -> ScriptedPanel:
    """The page with four chats of different ages."""
    chats = [
        stored("tides", "Why tides", turns=60, at=_now()),
        stored("poem", "A poem", at=_now() - DAY_MS),
        stored("rust", "Lifetimes", at=_now() - 4 * DAY_MS, isStarred=True),
        stored("tax", "Tax", at=_now() - 400 * DAY_MS),
    ]
    panel = with_model(open_panel([STORED], chats=chats))
    panel.press("tab-history")
    expect(panel.one("history-item")).to_have_count(4)
    return panel


def _titles(panel: ScriptedPanel) -> list[str]:
    return [" ".join(each.split()) for each in panel.page.locator(".chat-name").all_inner_texts()]


def _menu(panel: ScriptedPanel, chat_id: str, name: str) -> None:
    """Press an entry of a chat's menu."""
    item = panel.page.locator(f'[data-testid=history-item][data-chat="{chat_id}"]')
    item.get_by_test_id("chat-menu").locator("summary").click()
    item.get_by_test_id(name).click()


def test_chats_stand_in_parts_by_their_age(history: ScriptedPanel) -> None:
    parts = history.page.locator("[data-testid=history-part] h3").all_inner_texts()

    assert parts == ["Today", "Yesterday", "Last 7 days", "Older"]
    assert _titles(history) == ["Why tides", "A poem", "Lifetimes", "Tax"]


def test_a_chat_opens_with_its_title_in_the_head(history: ScriptedPanel) -> None:
    open_stored(history, "poem")

    expect(history.one("chat-title")).to_have_text("A poem")
    expect(history.one("message")).to_have_count(2)
    expect(history.one("prompt")).to_be_focused()


def test_the_open_chat_is_renamed_in_the_head(history: ScriptedPanel) -> None:
    open_stored(history, "poem")
    history.press("chat-title")
    expect(history.one("chat-title-field")).to_be_focused()
    history.one("chat-title-field").fill("Something else")
    history.page.keyboard.press("Escape")
    expect(history.one("chat-title")).to_be_focused()
    assert history.count(DBEventNames.DB_RENAME_SESSION_REQUEST) == 0

    history.press("chat-title")
    history.one("chat-title-field").fill(" Roses ")
    history.page.keyboard.press("Enter")

    expect(history.one("chat-title")).to_have_text("Roses")
    expect(history.one("chat-title")).to_be_focused()
    [request] = history.sent(DBEventNames.DB_RENAME_SESSION_REQUEST)
    assert request == {"sessionId": "poem", "newName": "Roses"}


def test_words_are_looked_for_as_they_are_typed_and_the_message_is_gone_to(history: ScriptedPanel) -> None:
    history.reply(
        SEARCH, {"results": [_found(), _found(chatId="tax", title="Fill in", messageId=None, snippet="Fill in")]}
    )
    history.one("history-search").press_sequentially("words fill", delay=5)

    marks = history.page.locator("mark")
    expect(marks.first).to_have_text("words")
    assert history.sent(SEARCH)[-1]["query"] == "words fill"
    expect(history.one("history-told")).to_have_text("2 found")
    history.one("open-chat").first.click()

    # It is far above the page that is loaded first.
    expect(history.page.locator("[data-id=tides-1]")).to_be_in_viewport()
    expect(history.page.locator("[data-id=tides-1]")).to_be_focused()
    expect(history.one("jump-button")).to_be_visible()


def test_nothing_found_says_what_to_try_and_escape_ends_the_search(history: ScriptedPanel) -> None:
    history.reply(SEARCH, {"results": []})
    history.one("history-search").fill("zebra")
    expect(history.one("history-none-found")).to_contain_text("Nothing found for “zebra”")

    history.page.keyboard.press("Escape")

    expect(history.one("history-item")).to_have_count(4)
    history.page.keyboard.press("Escape")
    expect(history.one("tab-chat")).to_be_focused()


def test_starred_chats_are_a_list_of_their_own(history: ScriptedPanel) -> None:
    history.page.locator('[data-chat="tax"]').get_by_test_id("star-button").click()
    history.press("filter-starred")

    expect(history.one("history-item")).to_have_count(2)
    assert _titles(history) == ["Lifetimes", "Tax"]
    for _ in range(2):
        history.one("star-button").first.click()
    expect(history.one("history-none-starred")).to_contain_text("Press the star of a chat")


def test_a_chat_is_renamed_in_the_list(history: ScriptedPanel) -> None:
    _menu(history, "tax", "rename-button")
    expect(history.one("rename-field")).to_be_focused()
    history.one("rename-field").fill("Taxes")
    history.page.keyboard.press("Enter")

    expect(history.page.locator('[data-chat="tax"] .chat-name')).to_have_text("Taxes")
    expect(history.page.locator('[data-chat="tax"]').get_by_test_id("open-chat")).to_be_focused()


def test_a_deleted_chat_comes_back_with_undo(history: ScriptedPanel) -> None:
    open_stored(history, "poem")
    history.press("tab-history")
    _menu(history, "poem", "delete-chat-button")

    expect(history.one("toast")).to_contain_text("“A poem” deleted")
    expect(history.one("history-item")).to_have_count(3)
    expect(history.page.locator('[data-chat="rust"]').get_by_test_id("open-chat")).to_be_focused()
    history.press("undo-button")

    assert history.sent(RuntimeMessageTypes.RESTORE_CHAT) == [{"chatId": "poem"}]
    expect(history.one("history-item")).to_have_count(4)
    expect(history.one("toast")).to_have_count(0)
    history.press("tab-chat")
    expect(history.one("message")).to_have_count(2)


def test_a_deleted_message_comes_back_with_undo_and_is_deleted_for_good_without(history: ScriptedPanel) -> None:
    open_stored(history, "poem")
    history.one("message").first.get_by_test_id("delete-button").click()
    expect(history.one("message")).to_have_count(1)
    history.press("undo-button")
    expect(history.one("message")).to_have_count(2)
    assert history.count(DBEventNames.DB_DELETE_MESSAGE_REQUEST) == 0

    history.one("message").first.get_by_test_id("delete-button").click()
    history.press("dismiss-toast")

    assert history.sent(DBEventNames.DB_DELETE_MESSAGE_REQUEST) == [{"sessionId": "poem", "messageId": "poem-0"}]
    expect(history.one("message")).to_have_count(1)


def test_a_deleted_message_stays_deleted_when_the_panel_goes_meanwhile(history: ScriptedPanel) -> None:
    open_stored(history, "poem")
    history.one("message").first.get_by_test_id("delete-button").click()
    expect(history.one("message")).to_have_count(1)

    history.page.reload()
    history.page.wait_for_selector("html[data-connected=true]")

    expect(history.one("message")).to_have_count(1)


def test_chats_are_exported_one_or_all(history: ScriptedPanel) -> None:
    history.reply(EXPORT, {"address": "blob:chrome-extension://x/1", "name": "tabagent-chats.md", "size": 12_000})
    _menu(history, "poem", "export-markdown")
    expect(history.one("toast")).to_contain_text("tabagent-chats.md (12.0 kB) goes to your downloads")
    history.one("history-menu").locator("summary").click()
    history.press("export-all-json")

    assert requests(history, 2, EXPORT) == [{"chatIds": ["poem"], "format": "markdown"}, {"format": "json"}]
    assert history.noted("saved")[0] == {"address": "blob:chrome-extension://x/1", "name": "tabagent-chats.md"}


def test_chats_are_imported_from_a_file_and_its_address_is_given_back(history: ScriptedPanel, tmp_path: Path) -> None:
    file = tmp_path / "chats.json"
    file.write_text("{}", encoding="utf-8")
    history.reply(IMPORT, {"chats": 2, "messages": 9, "skipped": 1})
    history.one("history-menu").locator("summary").click()
    history.one("history-import").set_input_files(file)

    expect(history.one("toast")).to_contain_text("Imported: 2 chats, 9 messages; 1 were here already")
    [given] = history.sent(IMPORT)[0]["files"]
    assert (given["path"], given["size"]) == ("chats.json", 2)
    assert history.noted("revoked") == [given["address"]]
    assert history.count(DBEventNames.DB_GET_ALL_SESSIONS_REQUEST) == 2


def test_dropped_files_are_imported(history: ScriptedPanel) -> None:
    history.reply(IMPORT, {"chats": 1, "messages": 2, "skipped": 0})
    history.page.evaluate(
        """() => {
          const dataTransfer = new DataTransfer();
          dataTransfer.items.add(new File(["{}"], "dropped.json"));
          const page = document.querySelector(".history");
          page.dispatchEvent(new DragEvent("dragover", {dataTransfer, bubbles: true, cancelable: true}));
          page.dispatchEvent(new DragEvent("drop", {dataTransfer, bubbles: true, cancelable: true}));
        }"""
    )

    expect(history.one("toast")).to_contain_text("Imported: 1 chats, 2 messages")
    assert history.sent(IMPORT)[0]["files"][0]["path"] == "dropped.json"


def test_a_refusal_is_told_on_the_page(history: ScriptedPanel) -> None:
    error = InvalidState("The chats cannot be read.")
    history.reply(EXPORT, {"error": error.to_wire()})
    _menu(history, "poem", "export-html")

    expect(history.one("failure")).to_have_text(error.message)
    history.press("dismiss-failure")
    expect(history.one("failure")).to_have_count(0)


def test_no_chats_teach_what_the_page_is_for(open_panel: OpenPanel) -> None:
    panel = with_model(open_panel([STORED]))
    panel.press("tab-history")
    expect(panel.one("history-empty")).to_contain_text("Every chat is kept here")

    panel.press("history-begin")

    expect(panel.one("prompt")).to_be_focused()


def test_a_long_list_is_drawn_as_the_reader_gets_there(open_panel: OpenPanel) -> None:
    chats = [stored(f"chat-{number}", at=_now() - number) for number in range(200)]
    panel = with_model(open_panel([STORED], chats=chats))
    panel.press("tab-history")
    expect(panel.one("open-chat").first).to_be_visible()
    assert panel.one("history-item").count() < 100

    for _ in range(4):
        panel.one("history-item").last.scroll_into_view_if_needed()
        panel.page.mouse.wheel(0, 5000)
        panel.page.wait_for_timeout(50)

    expect(panel.one("history-item")).to_have_count(200)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_on_the_page(history: ScriptedPanel, scheme: str) -> None:
    history.page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    _menu(history, "poem", "rename-button")
    history.page.locator('[data-chat="tax"]').get_by_test_id("chat-menu").locator("summary").click()
    history.page.evaluate(AXE.read_text(encoding="utf-8"))
    check = "axe.run().then(({violations}) => violations.map(({id, nodes}) => [id, nodes[0].html]))"
    assert history.page.evaluate(check) == []

    history.reply(SEARCH, {"results": [_found()]})
    history.one("history-search").fill("words")
    expect(history.one("history-found")).to_be_visible()

    assert history.page.evaluate(check) == []


def test_everything_fits_a_narrow_panel(history: ScriptedPanel) -> None:
    for width in (320, 800):
        history.page.set_viewport_size({"width": width, "height": 600})
        for view in ("history", "chat"):
            history.press(f"tab-{view}")
            assert history.page.evaluate("document.documentElement.scrollWidth") <= width
            assert history.page.evaluate("document.querySelector('.tabs').scrollWidth") <= width
