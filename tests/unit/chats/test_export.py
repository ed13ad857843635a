"""Chats as files."""

from __future__ import annotations

import json

import pytest

from tabagent.chat_messages import ExportChats, NamedSession
from tabagent.errors import ChatNotFound, InvalidState
from tests.unit.chats.chat_desk import ChatDesk

ATTACK = "</pre><script>alert(1)</script><img src=x onerror=alert(1)>"


async def exported(desk: ChatDesk, kind: str, *chats: str) -> str:
    """Return the text of an export."""
    reply = await desk.service.export(ExportChats(chat_ids=chats, format=kind))
    content = desk.offers.offered[str(reply["address"])]
    assert reply["size"] == len(content)
    return content.decode()


async def test_markdown_has_titles_speakers_and_texts(desk: ChatDesk) -> None:
    await desk.attach("notes.txt", "text")
    await desk.asked_and_answered(1, attachment_ids=("notes.txt",))
    text = await exported(desk, "markdown")

    assert text.startswith("# question 1\n")
    assert text.endswith("## You\n\n> notes.txt\n\nquestion 1\n\n## Answer\n\nanswer 1\n")


async def test_html_is_text_only_and_may_load_nothing(desk: ChatDesk) -> None:
    await desk.ask(ATTACK, 1)
    await desk.complete("a-1", ATTACK)
    await desk.service.rename(NamedSession(session_id="chat", text=ATTACK))
    text = await exported(desk, "html")

    assert "<script" not in text
    assert "<img" not in text
    assert text.count("&lt;script&gt;") == 3
    assert "default-src &#x27;none&#x27;" in text


async def test_json_has_all_branches_and_the_texts_of_attachments(desk: ChatDesk) -> None:
    await desk.attach("notes.txt", "the text")
    await desk.asked_and_answered(1, attachment_ids=("notes.txt",))
    await desk.again("a-1", "a-9")
    await desk.complete("a-9", "other")
    chat = json.loads(await exported(desk, "json"))["chats"][0]

    assert [message["id"] for message in chat["messages"]] == ["q-1", "a-1", "a-9"]
    assert chat["message_ids"] == ["q-1", "a-9"]
    assert chat["attachments"][0]["text"] == "the text"


async def test_some_chats_can_be_chosen_and_all_are_without_a_choice(desk: ChatDesk) -> None:
    await desk.asked_and_answered(1, "one")
    await desk.asked_and_answered(2, "two")

    assert "question 2" not in await exported(desk, "markdown", "one")
    assert "question 2" in await exported(desk, "markdown")


async def test_the_offer_before_is_withdrawn(desk: ChatDesk) -> None:
    await desk.asked_and_answered(1)
    await exported(desk, "json")
    await exported(desk, "json")

    assert len(desk.offers.offered) == 1


async def test_nothing_and_chats_that_are_gone_cannot_be_exported(desk: ChatDesk) -> None:
    with pytest.raises(InvalidState, match="no chat"):
        await exported(desk, "json")
    await desk.asked_and_answered(1)
    with pytest.raises(ChatNotFound):
        await exported(desk, "json", "gone")
