"""Files that are attached: what the panel says of those that the background refuses."""

from __future__ import annotations

from playwright.sync_api import expect

from tabagent.attachments.kinds import no_image
from tabagent.events import RuntimeMessageTypes, WorkerEventNames
from tests.browser.panel.conftest import OpenPanel
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
