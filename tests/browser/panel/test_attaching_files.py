"""Files and pages that are attached: those that the background refuses, and those that are taken off again."""

from __future__ import annotations

from playwright.sync_api import expect

from tabagent.attachments.kinds import no_image
from tabagent.events import RuntimeMessageTypes, WorkerEventNames
from tests.browser.panel.conftest import OpenPanel
from tests.browser.panel.test_attachment_preview import COSTS, WHEAT, attach
from tests.browser.panel.wire_models import model, settings
from tools.build.locales import texts_of
from tools.environment import ROOT

GERMAN = texts_of(ROOT / "extension" / "locales", "de")


def test_an_image_is_refused_in_the_persons_language_with_what_to_do_instead(open_panel: OpenPanel) -> None:
    error = no_image("photo.png")
    panel = open_panel([model()], {RuntimeMessageTypes.ADD_ATTACHMENT: {"error": error.to_wire()}})
    panel.press("tab-chat")
    panel.one("attach-input").set_input_files({"name": "photo.png", "mimeType": "image/png", "buffer": b"\x89PNG"})
    expect(panel.one("attachment-error")).to_have_text(error.message)

    panel.reply(RuntimeMessageTypes.GET_SETTINGS, settings(appearance={"language": "de"}))
    panel.publish(WorkerEventNames.INFERENCE_SETTINGS_UPDATE, {})
    panel.page.wait_for_selector("html[lang=de]")

    expect(panel.one("attachment-error")).to_contain_text(GERMAN["error_unsupported_attachment"])
    expect(panel.one("attachment-error")).to_contain_text(error.message)


def test_who_takes_attachments_off_with_keys_goes_on_at_the_next_and_then_at_the_question(
    open_panel: OpenPanel,
) -> None:
    panel = attach(open_panel([model()]), WHEAT, COSTS | {"id": "middle"}, COSTS)
    removes = panel.one("attachment-remove")
    removes.nth(1).press("Enter")
    expect(removes).to_have_count(2)
    expect(removes.nth(1)).to_be_focused()
    removes.nth(1).press("Enter")
    expect(removes).to_have_count(1)
    expect(removes.first).to_be_focused()
    removes.first.press("Enter")

    expect(panel.one("prompt")).to_be_focused()


def test_what_is_taken_off_while_it_is_read_is_forgotten_when_it_has_been(open_panel: OpenPanel) -> None:
    panel = open_panel([model()], {RuntimeMessageTypes.REMOVE_ATTACHMENT: {}})
    panel.press("tab-chat")
    panel.one("attach-input").set_input_files({"name": "notes.md", "mimeType": "text/markdown", "buffer": b"# Plan"})
    [sent] = panel.sent(RuntimeMessageTypes.ADD_ATTACHMENT)
    panel.press("attachment-remove")
    panel.answer(RuntimeMessageTypes.ADD_ATTACHMENT, {"attachment": WHEAT | {"id": sent["attachmentId"]}})
    panel.page.wait_for_function(
        "type => background.sent.filter((each) => each.type === type).length === 2",
        arg=str(RuntimeMessageTypes.REMOVE_ATTACHMENT),
    )

    assert panel.sent(RuntimeMessageTypes.REMOVE_ATTACHMENT) == [{"attachmentId": sent["attachmentId"]}] * 2
    expect(panel.one("attachment")).to_have_count(0)


def test_an_offer_to_read_an_address_that_is_dismissed_gives_the_focus_to_the_question(open_panel: OpenPanel) -> None:
    panel = open_panel([model()])
    panel.press("tab-chat")
    panel.one("prompt").evaluate(
        """prompt => {
          const clipboardData = new DataTransfer();
          clipboardData.setData("text/plain", "https://valley.example/wheat");
          prompt.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true }));
        }"""
    )
    panel.press("dismiss-address")

    expect(panel.one("read-address")).to_have_count(0)
    expect(panel.one("prompt")).to_be_focused()
