"""The router with the chats behind it."""

from __future__ import annotations

import json

from tabagent.chats.requests import register_chats
from tabagent.errors import JsonObject, JsonValue
from tabagent.events import DBEventNames
from tabagent.messages import Sender
from tabagent.router import EventRouter
from tests.unit.chats.chat_desk import ChatDesk

ID = "abcdefghijklmnopabcdefghijklmnop"
PANEL = Sender(extension_id=ID, url=f"chrome-extension://{ID}/sidepanel/index.html")
# These are of the logs.
OF_LOGS = {name for name in DBEventNames if "LOG" in name.name}


async def asked(router: EventRouter, name: str, **payload: JsonValue) -> JsonObject:
    return await router.dispatch(json.dumps({"type": name, "requestId": "r", "payload": payload}), PANEL)


async def test_every_request_of_the_database_has_a_handler_and_its_own_reply(desk: ChatDesk) -> None:
    router = EventRouter(ID)
    register_chats(router, desk.service)
    await desk.service.start(desk.recorder.settle(frozenset()))

    assert {name for name in DBEventNames if name.endswith("Request")} - OF_LOGS <= router.names
    reply = await asked(router, DBEventNames.DB_GET_ALL_SESSIONS_REQUEST)
    assert (reply["type"], reply["success"], reply["data"]) == (DBEventNames.DB_GET_ALL_SESSIONS_RESPONSE, True, [])
    refused = await asked(router, DBEventNames.DB_GET_SESSION_REQUEST, sessionId="gone")
    assert (refused["type"], refused["success"]) == (DBEventNames.DB_GET_SESSION_RESPONSE, False)
