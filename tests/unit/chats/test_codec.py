"""What pages may send about chats."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tabagent.chats import codec
from tabagent.errors import BadRequest, EmptyPrompt, JsonObject

ASK: JsonObject = {"chatId": "c", "questionId": "q", "answerId": "a", "text": "Why?"}


def test_a_question_goes_to_the_end_unless_it_says_where() -> None:
    assert codec.decode_ask_question(ASK).at_end
    first = codec.decode_ask_question(ASK | {"parentId": None})
    assert (first.at_end, first.parent_id) == (False, None)
    assert codec.decode_ask_question(ASK | {"parentId": "m"}).parent_id == "m"


def test_an_attachment_alone_is_a_question() -> None:
    asked = codec.decode_ask_question(ASK | {"text": "", "attachmentIds": ["x", "x"], "visible": False})

    assert (asked.text, asked.attachment_ids, asked.visible) == ("", ("x",), False)


def test_an_empty_question_is_refused() -> None:
    with pytest.raises(EmptyPrompt):
        codec.decode_ask_question(ASK | {"text": "  "})


def test_text_and_content_of_an_update_mean_the_same() -> None:
    named: JsonObject = {"sessionId": "s", "messageId": "m"}
    for name in ("text", "content"):
        assert codec.decode_update_message(named | {"updates": {name: "new"}}).text == "new"
        assert codec.decode_update_message(named | {"updates": {name: ""}}).text == ""
    for name in ("appendText", "appendContent"):
        assert codec.decode_update_message(named | {"updates": {name: "more"}}).append == "more"
    assert codec.decode_update_message(named | {"updates": {}}).text is None


def test_a_continued_answer_is_its_own_successor() -> None:
    going = codec.decode_continue_answer({"chatId": "c", "messageId": "m"})

    assert going.message_id == going.answer_id == "m"


@pytest.mark.parametrize(
    ("decode", "payload", "field"),
    [
        (codec.decode_get_session, {}, "sessionId"),
        (codec.decode_get_session, {"sessionId": "s", "limit": 0}, "limit"),
        (codec.decode_rename, {"sessionId": "s", "newName": "  \n "}, "newName"),
        (codec.decode_rename, {"sessionId": "s", "newName": "x" * 501}, "newName"),
        (codec.decode_status, {"sessionId": "s", "status": "bored"}, "status"),
        (codec.decode_status, {"sessionId": "s"}, "status"),
        (codec.decode_add_message, {"sessionId": "s"}, "messageObject"),
        (codec.decode_add_message, {"sessionId": "s", "messageObject": {"sender": "god", "text": "x"}}, "sender"),
        (codec.decode_create_session, {"initialMessage": {"sender": "user", "text": 3}}, "text"),
        (codec.decode_update_message, {"sessionId": "s", "messageId": "m", "updates": []}, "updates"),
        (codec.decode_update_message, {"sessionId": "s", "messageId": "m", "updates": {"metadata": {}}}, "metadata"),
        (codec.decode_ask_question, ASK | {"attachmentIds": "x"}, "attachmentIds"),
        (codec.decode_ask_question, ASK | {"attachmentIds": [str(n) for n in range(51)]}, "attachmentIds"),
        (codec.decode_ask_question, ASK | {"options": []}, "options"),
        (codec.decode_ask_question, ASK | {"parentId": 3}, "parentId"),
        (codec.decode_ask_question, ASK | {"answerId": ""}, "answerId"),
        (codec.decode_answer_again, {"chatId": "c", "messageId": "m"}, "answerId"),
        (codec.decode_search_chats, {"query": "x" * 1001}, "query"),
        (codec.decode_search_chats, {"query": "x", "limit": 501}, "limit"),
        (codec.decode_export_chats, {"format": "pdf"}, "format"),
        (codec.decode_export_chats, {"chatIds": [3]}, "chatIds"),
        (codec.decode_import_chats, {"files": []}, "files"),
        (codec.decode_import_chats, {"files": [{"path": "p", "address": "https://x", "size": 1}]}, "files"),
    ],
)
def test_a_wrong_field_is_named(decode: Callable[[JsonObject], object], payload: JsonObject, field: str) -> None:
    with pytest.raises(BadRequest) as refused:
        decode(payload)

    assert refused.value.details["field"] == field
