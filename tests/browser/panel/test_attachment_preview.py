"""What was read of an attachment, shown before and after its question was sent."""

from __future__ import annotations

from playwright.sync_api import expect

from tabagent.attachment_errors import AttachmentNotFound
from tabagent.events import RuntimeMessageTypes
from tests.browser.panel.chatting import open_stored
from tests.browser.panel.conftest import OpenPanel
from tests.browser.panel.scripted_panel import ScriptedPanel
from tests.browser.panel.wire_models import Json, model

URL = "https://valley.example/wheat?year=1900"
WHEAT: Json = {
    "id": "wheat",
    "name": "Winter wheat",
    "mimeType": "text/markdown",
    "kind": "page",
    "size": 45_210,
    "characters": 44_980,
    "url": URL,
    "note": "The first 44,980 of 90,000 characters of the page are kept.",
}
COSTS = WHEAT | {"id": "costs", "name": "costs.csv", "kind": "text", "url": "", "note": ""}
MARKUP = "<img src=x onerror=\"document.title = 'called'\"><b>bold</b>\n\n  two spaces,\tand a tab\n"
QUESTION: Json = {"id": "q", "sender": "user", "content": "What does it say?", "attachments": [WHEAT, COSTS]}
CHATS: list[Json] = [{"id": "one", "title": "One", "messages": [QUESTION]}]


def replies(text: str = MARKUP) -> dict[str, Json]:
    return {RuntimeMessageTypes.GET_ATTACHMENT: {"attachment": WHEAT, "text": text}}


def open_chat(panel: ScriptedPanel) -> ScriptedPanel:
    """Show the chat whose question has attachments."""
    panel.press("tab-chat")
    open_stored(panel, "one")
    return panel


def attach(panel: ScriptedPanel, *attachments: Json) -> ScriptedPanel:
    """Show the question that is being written with attachments."""
    panel.press("tab-chat")
    panel.page.evaluate(
        """(attachments) => {
          const { store } = document.querySelector("tabagent-app").commands;
          store.update((state) => ({ ...state, attachments }));
        }""",
        [{"status": "ready", "error": None} | each for each in attachments],
    )
    expect(panel.one("attachment")).to_have_count(len(attachments))
    return panel


def test_an_attachment_of_a_question_that_was_sent_shows_what_was_read(open_panel: OpenPanel) -> None:
    panel = open_chat(open_panel([model()], replies(), chats=CHATS))
    panel.one("attachment-show").first.click()

    expect(panel.one("preview-name")).to_have_text("Winter wheat")
    facts = panel.one("preview-facts").locator("dd")
    expect(facts).to_have_text([URL, "45.2 kB", "44,980", WHEAT["note"]])
    assert panel.one("preview-text").text_content() == MARKUP
    assert panel.page.title() != "called"
    assert panel.sent(RuntimeMessageTypes.GET_ATTACHMENT) == [{"attachmentId": "wheat"}]


def test_the_address_is_opened_by_the_person_alone_and_learns_nothing(open_panel: OpenPanel) -> None:
    panel = open_chat(open_panel([model()], replies(), chats=CHATS))
    panel.one("attachment-show").first.click()

    link = panel.one("preview-address")
    expect(link).to_have_attribute("href", URL)
    expect(link).to_have_attribute("target", "_blank")
    expect(link).to_have_attribute("rel", "noopener noreferrer nofollow")
    expect(link).to_have_attribute("referrerpolicy", "no-referrer")
    expect(link.locator("b")).to_have_text("valley.example")

    panel.press("preview-close")
    odd = WHEAT | {"url": "javascript:alert(1)"}
    panel.reply(RuntimeMessageTypes.GET_ATTACHMENT, {"attachment": odd, "text": ""})
    panel.one("attachment-show").first.click()
    expect(panel.one("preview-facts").locator("dd").first).to_have_text("javascript:alert(1)")
    expect(panel.one("preview-address")).to_have_count(0)


def test_a_long_text_is_whole_and_in_blocks_whatever_its_lines_are(open_panel: OpenPanel) -> None:
    panel = open_chat(open_panel([model()], chats=CHATS))
    # Every second place of the last one is in the middle of a character.
    for text in (
        "a line\n" * 20_000,
        "a word and " * 20_000,
        "x" * 100_000,
        "y" + "\N{WHEELCHAIR SYMBOL}\N{COW}" * 30_000,
    ):
        panel.reply(RuntimeMessageTypes.GET_ATTACHMENT, {"attachment": WHEAT, "text": text})
        panel.one("attachment-show").first.click()
        expect(panel.one("preview-text")).to_be_visible()
        blocks = panel.one("preview-text").locator("div").all_text_contents()
        assert "".join(blocks) == text
        assert max(map(len, blocks)) < 20_000
        panel.press("preview-close")
        expect(panel.one("preview-dialog")).to_have_count(0)


def test_an_attachment_of_the_composer_is_shown_with_keys_alone(open_panel: OpenPanel) -> None:
    panel = attach(open_panel([model()], replies("line\n" * 5_000)), WHEAT)
    panel.one("attachment-show").focus()
    panel.page.keyboard.press("Enter")
    expect(panel.one("preview-close")).to_be_focused()

    # The address, then the text, which the keys scroll.
    expect(panel.one("preview-text")).to_be_visible()
    for key in ("Tab", "Tab", "End"):
        panel.page.keyboard.press(key)
    expect(panel.one("preview-text")).to_be_focused()
    panel.page.wait_for_function("() => document.querySelector('[data-testid=preview-text]').scrollTop > 1000")
    panel.page.keyboard.press("Escape")

    expect(panel.one("preview-dialog")).to_have_count(0)
    expect(panel.one("attachment-show")).to_be_focused()


def test_the_button_closes_it_too_and_the_focus_goes_back(open_panel: OpenPanel) -> None:
    panel = attach(open_panel([model()], replies()), WHEAT)
    panel.press("attachment-show")
    panel.press("preview-close")

    expect(panel.one("preview-dialog")).to_have_count(0)
    expect(panel.one("attachment-show")).to_be_focused()


def test_a_text_that_is_gone_is_told_in_words(open_panel: OpenPanel) -> None:
    error = AttachmentNotFound("wheat")
    gone: dict[str, Json] = {RuntimeMessageTypes.GET_ATTACHMENT: {"error": error.to_wire()}}
    panel = open_chat(open_panel([model()], gone, chats=CHATS))
    panel.one("attachment-show").first.click()

    expect(panel.one("preview-error")).to_have_text(error.message)
    expect(panel.one("preview-name")).to_have_text("Winter wheat")
    expect(panel.one("preview-text")).to_have_count(0)


def test_a_text_that_comes_late_is_not_shown_under_another_name(open_panel: OpenPanel) -> None:
    panel = open_chat(open_panel([model()], chats=CHATS))
    panel.one("attachment-show").first.click()
    expect(panel.one("preview-dialog")).to_be_visible()
    late = panel.page.evaluate("background.sent.at(-1)")
    panel.press("preview-close")
    panel.one("attachment-show").nth(1).click()
    expect(panel.one("preview-name")).to_have_text("costs.csv")
    panel.answer(RuntimeMessageTypes.GET_ATTACHMENT, {"attachment": COSTS, "text": "in time"})
    expect(panel.one("preview-text")).to_have_text("in time")
    panel.page.evaluate(
        """async ([{ type, requestId }, attachment]) => {
          background.publish({ type: `${type}_RESPONSE`, requestId, success: true, attachment, text: "late" });
          for (const _ of "ab") await new Promise(requestAnimationFrame);
        }""",
        [late, WHEAT],
    )

    expect(panel.one("preview-text")).to_have_text("in time")
    expect(panel.one("preview-name")).to_have_text("costs.csv")


def test_what_is_not_read_has_nothing_to_show(open_panel: OpenPanel) -> None:
    failed = COSTS | {"status": "failed", "error": AttachmentNotFound("costs").to_wire()}
    panel = attach(open_panel([model()]), WHEAT | {"status": "reading"}, failed)

    expect(panel.one("attachment-show")).to_have_count(0)
    expect(panel.one("attachment-error")).to_have_text(AttachmentNotFound("costs").message)
