"""Chats out of files."""

from __future__ import annotations

import json

import pytest

from tabagent.adapters.memory.fetcher import Answer
from tabagent.chat_messages import ExportChats, ImportChats
from tabagent.chats.intake import LARGEST_FILE
from tabagent.errors import JsonObject
from tabagent.messages import Empty
from tabagent.model_messages import GivenFile
from tabagent.store_errors import ImportFailed
from tests.unit.chats.chat_desk import ChatDesk

ADDRESS = "blob:chrome-extension://x/1"


async def take_in(desk: ChatDesk, content: bytes, size: int | None = None) -> JsonObject:
    """Import a file with this content."""
    desk.fetcher.answers[ADDRESS] = Answer(body=content)
    file = GivenFile(path="chats.json", address=ADDRESS, size=len(content) if size is None else size)
    return await desk.service.take_in(ImportChats(files=(file,)))


async def export_of_one_chat() -> bytes:
    """Return the export of a chat with two branches and an attachment."""
    desk = ChatDesk()
    await desk.attach("notes.txt", "the text")
    await desk.asked_and_answered(1, attachment_ids=("notes.txt",))
    await desk.again("a-1", "a-9")
    await desk.complete("a-9", "other")
    reply = await desk.service.export(ExportChats(chat_ids=(), format="json"))
    return desk.offers.offered[str(reply["address"])]


async def test_an_export_comes_back_whole_under_new_ids(desk: ChatDesk) -> None:
    assert await take_in(desk, await export_of_one_chat()) == {"chats": 1, "messages": 3, "skipped": 0}

    listed = (await desk.service.sessions(Empty()))["data"]
    assert isinstance(listed, list)
    chat = listed[0]
    assert isinstance(chat, dict)
    chat_id = str(chat["id"])
    assert chat_id.startswith("new-")
    assert await desk.texts(chat_id) == ["question 1", "other"]
    messages = await desk.messages(chat_id)
    assert len(messages[1]["siblings"]) == 2  # type: ignore[arg-type]
    attached = messages[0]["attachments"]
    assert isinstance(attached, list)
    assert isinstance(attached[0], dict)
    assert (await desk.attachments.texts([str(attached[0]["id"])]))[0].text == "the text"
    assert (await desk.attachments.orphans(2**53)) == ()


async def test_the_same_export_twice_is_skipped(desk: ChatDesk) -> None:
    content = await export_of_one_chat()
    await take_in(desk, content)

    assert await take_in(desk, content) == {"chats": 0, "messages": 0, "skipped": 1}


def damaged(change: JsonObject) -> bytes:
    whole = {"format": "tabagent-chats", "version": 1, "chats": [{"id": "c", "messages": []}]} | change
    return json.dumps(whole).encode()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"\x00\x01", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b"[]", "not an export"),
        (b'{"format": "other"}', "not an export"),
        (damaged({"version": 2}), "version"),
        (damaged({"chats": {}}), "damaged"),
        (damaged({"chats": [{"id": "c"}]}), "damaged"),
        (damaged({"chats": [{"id": "c", "messages": [{"id": 3}]}]}), "damaged"),
        (damaged({"chats": [{"id": "c", "messages": [{"id": "m", "parent_id": "gone"}]}]}), "missing"),
    ],
)
async def test_what_is_no_export_is_refused_and_changes_nothing(desk: ChatDesk, content: bytes, words: str) -> None:
    with pytest.raises(ImportFailed, match=words):
        await take_in(desk, content)

    assert desk.profile.writes == 0


async def test_a_file_that_is_too_large_is_refused_unread(desk: ChatDesk) -> None:
    with pytest.raises(ImportFailed, match="bytes"):
        await take_in(desk, b"{}", LARGEST_FILE + 1)

    assert desk.fetcher.sent == []
