"""Words in chats."""

from __future__ import annotations

import pytest

from tabagent.chat_messages import NamedSession, SearchChats
from tests.unit.chats.chat_desk import ChatDesk


async def found(desk: ChatDesk, query: str, limit: int = 50) -> list[tuple[object, object]]:
    """Return chats and messages that are found."""
    results = (await desk.service.search(SearchChats(query=query, limit=limit)))["results"]
    assert isinstance(results, list)
    return [(item["chatId"], item["messageId"]) for item in results if isinstance(item, dict)]


@pytest.mark.parametrize("query", ["cafe", "CAFÉ", "  café  müller ", "muller cafe"])
async def test_case_and_accents_do_not_matter_and_all_words_do(desk: ChatDesk, query: str) -> None:
    await desk.ask("Wo ist das Café Müller?", 1)
    await desk.complete("a-1", "In der Straße.")

    assert ("chat", "q-1") in await found(desk, query)
    assert await found(desk, f"{query} elsewhere") == []


async def test_titles_are_searched_too(desk: ChatDesk) -> None:
    await desk.asked_and_answered(1)
    await desk.service.rename(NamedSession(session_id="chat", text="Holidays"))

    assert await found(desk, "holiday") == [("chat", None)]


async def test_what_changes_after_the_first_search_is_found(desk: ChatDesk) -> None:
    await desk.asked_and_answered(1)
    assert await found(desk, "zebra") == []
    await desk.ask("Is a zebra a horse?", 2)
    await desk.complete("a-2", "A zebra is one.")

    assert await found(desk, "zebra") == [("chat", "a-2"), ("chat", "q-2")]
    await desk.service.delete(NamedSession(session_id="chat"))
    assert await found(desk, "zebra") == []


async def test_the_places_of_the_words_are_those_of_javascript(desk: ChatDesk) -> None:
    await desk.ask("😀😀 " + "x " * 100 + "groß und GROSS", 1)
    results = (await desk.service.search(SearchChats(query="gross", limit=9)))["results"]
    assert isinstance(results, list)
    first = next(item for item in results if isinstance(item, dict) and item["messageId"] == "q-1")
    units = str(first["snippet"]).encode("utf-16-le")
    matches = first["matches"]
    assert isinstance(matches, list)

    places: list[tuple[int, int]] = [(match[0], match[1]) for match in matches]  # type: ignore[index, misc]
    shown = [units[2 * begin : 2 * end].decode("utf-16-le") for begin, end in places]
    assert shown == ["groß", "GROSS"]


async def test_a_search_for_nothing_finds_nothing(desk: ChatDesk) -> None:
    await desk.asked_and_answered(1)

    assert await found(desk, "  ") == []


async def test_no_more_is_found_than_asked_for(desk: ChatDesk) -> None:
    for number in range(5):
        await desk.asked_and_answered(number, f"chat-{number}")

    assert len(await found(desk, "question", limit=3)) == 3
