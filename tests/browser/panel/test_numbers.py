"""Numbers and their nouns, as the panel's language has them."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tabagent.events import RuntimeMessageTypes, WorkerEventNames
from tests.browser.panel.chatting import answered, last, with_model
from tests.browser.panel.conftest import OpenPanel
from tests.browser.panel.scripted_panel import ScriptedPanel
from tests.browser.panel.wire_models import dtype, model, settings


def _speak(panel: ScriptedPanel, language: str) -> None:
    panel.reply(RuntimeMessageTypes.GET_SETTINGS, settings(appearance={"language": language}))
    panel.publish(WorkerEventNames.INFERENCE_SETTINGS_UPDATE, {})
    panel.page.wait_for_selector(f"html[lang={language}]")


@pytest.mark.parametrize(
    ("language", "tokens", "left_out"),
    [("en", "1,234 tokens", "1 message"), ("de", "1.234 Token", "1 Nachricht"), ("ar", "الرموز: 1,234", "الرسائل: 1")],
)
def test_the_figures_of_an_answer_are_written_as_the_language_writes_them(
    open_panel: OpenPanel, language: str, tokens: str, left_out: str
) -> None:
    panel = with_model(open_panel([model(dtypes=[dtype("q8", status="downloaded")])]))
    _speak(panel, language)
    answered(panel, "How many?", "Many.", leftOut=1)

    stats = last(panel).get_by_test_id("stats")
    expect(stats).to_contain_text(tokens)
    expect(stats).to_contain_text(left_out)


def test_no_chat_is_none_in_french_too(open_panel: OpenPanel) -> None:
    panel = open_panel([model()])
    _speak(panel, "fr")
    panel.reply(RuntimeMessageTypes.SEARCH_CHATS, {"results": []})
    panel.press("tab-history")
    told = panel.one("history-told")

    expect(told).to_have_text("0 discussion")
    panel.one("history-search").fill("blé")
    expect(told).to_have_text("0 trouvée")
