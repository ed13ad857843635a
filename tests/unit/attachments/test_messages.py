"""The payloads of requests about attachments."""

from tabagent.attachments.messages import AddAttachment, NamedAttachment


def test_equal_requests_are_equal() -> None:
    first = AddAttachment(attachment_id="a", name="n", mime_type="", size=1, address="blob:x")

    assert first == AddAttachment(attachment_id="a", name="n", mime_type="", size=1, address="blob:x")
    assert NamedAttachment(attachment_id="a") != NamedAttachment(attachment_id="b")
