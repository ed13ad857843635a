"""The messages about logs."""

import json

import pytest

from tabagent.adapters.memory.browser_state import MemoryBrowserState
from tabagent.adapters.memory.file_offer import MemoryFileOffer
from tabagent.errors import JsonObject, JsonValue
from tabagent.events import DBEventNames, ErrorCodes, RuntimeMessageTypes
from tabagent.log_messages import LogEntriesAdded
from tabagent.logbook.service import MAX_ENTRIES_A_MINUTE, LogService, register_logs
from tabagent.logbook.sessions import LogSessions
from tabagent.logbook.tail import PUBLISH_SECONDS, LogTail
from tabagent.messages import Sender
from tabagent.router import EventRouter
from tests.unit.logbook.conftest import Rings, said

ID = "abcdefghijklmnopabcdefghijklmnop"
PANEL = Sender(extension_id=ID, url=f"chrome-extension://{ID}/sidepanel/index.html")
ENTRY: JsonObject = {"level": "error", "message": "a mistake of the page", "component": "panel"}


class Desk:
    """A page and the logs of the start `start-2`, after one `start-1`."""

    def __init__(self, rings: Rings) -> None:
        self.rings, self.events, self.in_full = rings, list[LogEntriesAdded](), False
        self.earlier, self.ring = rings.thread("start-1"), rings.thread("start-2")
        self.tail = LogTail(self.events.append, rings.clock.now, rings.clock.call_later)
        self.ring.added = self.tail.add
        self.sessions = LogSessions("start-2", MemoryBrowserState())
        self.offers = MemoryFileOffer({})
        service = LogService(
            self.ring,
            self.sessions,
            self.tail,
            self.offers,
            now=rings.clock.now,
            shows_content=lambda: self.in_full,
        )
        self.router = EventRouter(ID)
        register_logs(self.router, service, self.sessions)

    async def ask(self, name: str, **payload: JsonValue) -> JsonObject:
        text = json.dumps({"type": name, "requestId": "r-1", "payload": payload})
        return await self.router.dispatch(text, PANEL)

    async def data(self, name: DBEventNames, **payload: JsonValue) -> JsonValue:
        """Return `data` of a reply of the databases."""
        reply = await self.ask(name, **payload)
        assert reply["type"] == name.removesuffix("Request") + "Response"
        assert reply["success"] is True
        return reply["data"]

    async def messages(self, **filters: JsonValue) -> list[JsonValue]:
        reply = await self.ask(RuntimeMessageTypes.GET_LOG_ENTRIES, filters=filters)
        assert isinstance(reply["entries"], list)
        return [entry["message"] for entry in reply["entries"] if isinstance(entry, dict)]


@pytest.fixture
async def desk(rings: Rings) -> Desk:
    desk = Desk(rings)
    desk.earlier.add(said("long ago"))
    await desk.earlier.flush()
    rings.clock.seconds += 10
    desk.ring.add(said("first", component="generation"))
    desk.ring.add(said("second"))
    return desk


async def test_a_page_adds_an_entry(desk: Desk) -> None:
    added = await desk.data(DBEventNames.DB_ADD_LOG_REQUEST, logEntryData=ENTRY)
    entry = (await desk.ring.read())[-1]

    assert added == {"logId": entry.id}
    assert (entry.message, entry.component, entry.extension_session_id) == (ENTRY["message"], "panel", "start-2")


async def test_what_may_be_personal_of_a_page_is_kept_only_with_the_debug_switch(desk: Desk) -> None:
    entry: JsonObject = ENTRY | {"content": "typed words", "details": {"line": 3}}
    await desk.data(DBEventNames.DB_ADD_LOG_REQUEST, logEntryData=entry)
    assert (await desk.ring.read())[-1].details == {"line": 3}

    desk.in_full = True
    await desk.data(DBEventNames.DB_ADD_LOG_REQUEST, logEntryData=entry)
    assert (await desk.ring.read())[-1].details == {"line": 3, "text": "typed words"}


async def test_pages_cannot_flood_the_logs(desk: Desk) -> None:
    for _ in range(MAX_ENTRIES_A_MINUTE):
        await desk.data(DBEventNames.DB_ADD_LOG_REQUEST, logEntryData=ENTRY)
    refused = await desk.ask(DBEventNames.DB_ADD_LOG_REQUEST, logEntryData=ENTRY)

    assert refused["error"]["code"] == ErrorCodes.BUSY  # type: ignore[index, call-overload]
    desk.rings.clock.advance(61)
    await desk.data(DBEventNames.DB_ADD_LOG_REQUEST, logEntryData=ENTRY)


async def test_entries_are_asked_for_by_the_plans_and_by_the_originals_name(desk: Desk) -> None:
    assert await desk.messages() == ["long ago", "first", "second"]
    entries = await desk.data(DBEventNames.DB_GET_LOGS_REQUEST, filters={"components": ["generation"]})
    assert isinstance(entries, list)
    assert [entry["message"] for entry in entries if isinstance(entry, dict)] == ["first"]


async def test_the_newest_come_first_and_the_page_goes_back_from_there(desk: Desk) -> None:
    newest = await desk.ask(RuntimeMessageTypes.GET_LOG_ENTRIES, filters={"limit": 2})
    entries = newest["entries"]
    assert isinstance(entries, list)
    assert isinstance(entries[0], dict)
    assert ([entry["message"] for entry in entries if isinstance(entry, dict)], newest["more"]) == (
        ["first", "second"],
        True,
    )
    earlier = await desk.ask(RuntimeMessageTypes.GET_LOG_ENTRIES, filters={"before": entries[0]["id"]})
    assert earlier["more"] is False
    assert await desk.messages(before=entries[0]["id"]) == ["long ago"]


async def test_a_page_that_follows_is_told_of_new_entries(desk: Desk) -> None:
    desk.ring.add(said("unheard"))
    desk.rings.clock.advance(PUBLISH_SECONDS)
    assert desk.events == []

    await desk.ask(RuntimeMessageTypes.GET_LOG_ENTRIES, follow=True)
    desk.ring.add(said("heard"))
    desk.rings.clock.advance(PUBLISH_SECONDS)
    assert [entry["message"] for entry in desk.events[0].entries if isinstance(entry, dict)] == ["heard"]


async def test_values_of_a_field_are_unique_and_in_order(desk: Desk) -> None:
    assert await desk.data(DBEventNames.DB_GET_UNIQUE_LOG_VALUES_REQUEST, fieldName="component") == [
        "generation",
        "models",
    ]
    assert await desk.data(DBEventNames.DB_GET_UNIQUE_LOG_VALUES_REQUEST, fieldName="chatSessionId") == []


async def test_all_entries_or_those_of_a_start_are_deleted(desk: Desk) -> None:
    assert await desk.data(DBEventNames.DB_CLEAR_LOGS_REQUEST, filter="start-1") == {"deletedCount": 1}
    assert await desk.messages() == ["first", "second"]

    assert await desk.data(DBEventNames.DB_CLEAR_LOGS_REQUEST) == {"deletedCount": 2}
    assert await desk.messages() == []


async def test_starts_are_listed_newest_first(desk: Desk) -> None:
    await desk.sessions.begin()
    reply = await desk.ask(RuntimeMessageTypes.GET_LOG_SESSIONS)

    listed = reply["sessions"]
    assert isinstance(listed, list)
    assert [(each["id"], each["entries"]) for each in listed if isinstance(each, dict)] == [
        ("start-2", 2),
        ("start-1", 1),
    ]
    ids = {"currentLogSessionId": "start-2", "previousLogSessionId": None}
    assert ids.items() <= reply.items()
    assert await desk.data(DBEventNames.DB_GET_CURRENT_AND_LAST_LOG_SESSION_IDS_REQUEST) == ids


async def test_an_export_has_one_entry_a_line(desk: Desk) -> None:
    reply = await desk.ask(RuntimeMessageTypes.EXPORT_LOGS, filters={"sessionId": "start-2"})
    content = desk.offers.offered[str(reply["address"])]
    again = await desk.ask(RuntimeMessageTypes.EXPORT_LOGS)

    assert [json.loads(line)["message"] for line in content.decode().splitlines()] == ["first", "second"]
    assert (reply["name"], reply["size"]) == ("tabagent-logs-2023-11-14.jsonl", len(content))
    assert list(desk.offers.offered) == [again["address"]]
