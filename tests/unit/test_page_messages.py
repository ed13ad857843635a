"""The form of the events about pages."""

from tabagent import codec
from tabagent.page_messages import AttachmentAdded, ScrapeRequest, ScrapeStage, ScrapeStageResult, ScrapeWhat


def test_a_page_as_a_whole_is_meant_when_nothing_is_said() -> None:
    assert ScrapeRequest(attachment_id="a").what is ScrapeWhat.PAGE


def test_a_stage_has_the_plans_names_on_the_wire() -> None:
    result = ScrapeStageResult(
        stage=ScrapeStage.READ, success=True, chat_id="c", message_id="m", attachment_id="a", method="contentScript"
    )
    encoded = codec.encode_event(result)

    assert encoded["type"] == result.name
    payload = encoded["payload"]
    assert isinstance(payload, dict)
    assert (payload["chatId"], payload["messageId"], payload["attachmentId"]) == ("c", "m", "a")
    assert payload["stage"] == "read"


def test_what_came_by_the_menu_names_its_window() -> None:
    payload = codec.encode_event(AttachmentAdded(window_id=3, attachment_id="a"))["payload"]

    assert payload == {"windowId": 3, "attachmentId": "a"}
