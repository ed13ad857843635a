"""The contract of the chats' store has whole records; these are the ones that old profiles spoiled."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tabagent.chat_specs import ChatStatus, MessageState
from tabagent.chats.records import (
    PREVIEW_CHARACTERS,
    attachment_from_record,
    chat_from_record,
    chat_to_record,
    linked,
    message_from_record,
    message_to_record,
    preview_of,
    title_of,
)
from tabagent.errors import JsonObject, JsonValue
from tabagent.sentences import Sentence, said_to_wire

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=5,
)
FIELDS = st.sampled_from(
    [
        *("chat_timestamp", "title", "isStarred", "status", "message_ids", "deleted_at", "user_id", "created_at"),
        *(
            "timestamp",
            "sender",
            "content",
            "text",
            "isLoading",
            "parent_id",
            "state",
            "base",
            "stats",
            "error",
            "cuts",
        ),
        *("attachment_ids", "starred", "metadata_json", "file_name", "size", "message_id", "kgn_label", "note"),
        "note_said",
    ]
)
RECORDS = st.dictionaries(FIELDS, VALUES, max_size=12).map(lambda record: {**record, "id": "x"})


def old(message_id: str, timestamp: JsonValue = 0, **fields: JsonValue) -> JsonObject:
    return {"id": message_id, "chat_id": "c", "timestamp": timestamp, "sender": "user", "content": "", **fields}


@given(RECORDS)
def test_any_record_is_read_and_what_was_read_comes_back(record: JsonObject) -> None:
    chat, message = chat_from_record(record), message_from_record(record)
    attachment_from_record(record)

    assert chat_from_record(json.loads(json.dumps(chat_to_record(chat)))) == chat
    again = message_from_record(json.loads(json.dumps(message_to_record(message))))
    assert message_to_record(again) == message_to_record(message)


def test_an_attachment_of_an_earlier_version_keeps_the_words_of_its_note() -> None:
    record: JsonObject = {"id": "a", "note": "The first 2 of 3 characters are kept."}
    said = Sentence.TEXT_CUT.said(kept=2, total=3)

    assert said_to_wire(attachment_from_record(record).note) is None
    assert attachment_from_record(record).note == said
    known = attachment_from_record(record | {"note_said": said_to_wire(said)})
    assert said_to_wire(known.note) == said_to_wire(said)


@pytest.mark.parametrize(
    ("content", "loading", "kept", "state"),
    [
        ("Thinking...", None, "", MessageState.STOPPED),
        ("Thinking... Well, the sea", None, "Well, the sea", MessageState.STOPPED),
        ("⏳ Scraping https://example.com/", None, "", MessageState.STOPPED),
        ("The sea", True, "The sea", MessageState.STOPPED),
        ("The sea", False, "The sea", MessageState.COMPLETE),
        ("I was Thinking...", None, "I was Thinking...", MessageState.COMPLETE),
    ],
)
def test_an_old_answer_loses_its_placeholder(
    content: str, loading: bool | None, kept: str, state: MessageState
) -> None:
    record = old("m", sender="ai", content=content) | ({} if loading is None else {"isLoading": loading})
    message = message_from_record(record)

    assert (message.content, message.state) == (kept, state)


def test_what_a_person_said_and_what_this_version_wrote_keeps_every_word() -> None:
    said = message_from_record(old("m", sender="user", content="Thinking... of you"))
    written = message_from_record(old("m", sender="ai", content="Thinking... aloud", state="complete"))

    assert (said.content, said.state) == ("Thinking... of you", MessageState.COMPLETE)
    assert (written.content, written.state) == ("Thinking... aloud", MessageState.COMPLETE)


def test_a_text_that_was_never_stored_as_content_is_taken() -> None:
    assert message_from_record(old("m", content=None, text="From elsewhere")).content == "From elsewhere"


@given(
    st.lists(st.sampled_from("abcdefgh")),
    st.dictionaries(st.sampled_from("abcdef"), st.none() | st.integers(0, 5) | st.floats(0, 5), max_size=6),
)
def test_linked_messages_are_one_branch_with_every_message_once(order: list[str], stored: dict[str, JsonValue]) -> None:
    chat, messages = linked(
        {"id": "c", "message_ids": [*order]}, [old(name, time, content=name) for name, time in stored.items()]
    )
    ids = [str(message["id"]) for message in messages]

    assert sorted(ids) == sorted(stored)
    assert chat["message_ids"] == ids
    assert [message["parent_id"] for message in messages] == [None, *ids][: len(ids)]
    times = [message["timestamp"] for message in messages]
    assert times == sorted({int(str(time)) for time in times})
    known = [name for name in dict.fromkeys(order) if name in stored]
    assert [name for name in ids if name in known] == known
    assert chat["preview"] == (ids[-1] if ids else "")


def test_linking_what_is_linked_changes_nothing() -> None:
    chat, messages = linked({"id": "c", "message_ids": ["a", "b"]}, [old("a"), old("b"), old("d", 9)])

    assert linked(chat, messages) == (chat, messages)


def test_a_chat_that_was_left_processing_is_complete() -> None:
    assert linked({"id": "c", "status": "processing"}, [])[0]["status"] == ChatStatus.COMPLETE
    assert linked({"id": "c", "status": "error"}, [])[0]["status"] == ChatStatus.ERROR


def test_a_preview_is_one_line() -> None:
    assert preview_of("  One\n\n two \t three ") == "One two three"
    assert len(preview_of("word " * 1000)) <= PREVIEW_CHARACTERS


@pytest.mark.parametrize(
    ("question", "title"),
    [
        ("Where is the sea?", "Where is the sea?"),
        ("x" * 50, "x" * 50),
        ("one two three four five six seven eight nine ten eleven", "one two three four five six seven..."),
        ("  One \n two ", "One two"),
        ("漢" * 51, "漢" * 51 + "..."),
        ("漢" * 1000, "漢" * 100 + "..."),
        ("", ""),
    ],
)
def test_a_title_is_the_question_or_its_first_seven_words(question: str, title: str) -> None:
    assert title_of(question) == title
