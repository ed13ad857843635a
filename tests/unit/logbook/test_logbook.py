"""The logs of a whole background: correlation from click to token, and nothing personal in them."""

from __future__ import annotations

import asyncio
import json
from typing import cast

import pytest

from tabagent.errors import JsonObject, JsonValue
from tabagent.events import DBEventNames, RuntimeMessageTypes, WorkerEventNames
from tabagent.log_messages import AddLog, LogEntry, LogLevel
from tabagent.messages import GenerationComplete
from tests.unit.conftest import REPO
from tests.unit.test_main import PANEL, Background, background, main  # noqa: F401 - fixtures

SECRET = "Xylophon7391"
# Fields of all requests that take a text.
TEXTS = [
    "chatId",
    "messageId",
    "text",
    "message",
    "input",
    "content",
    "query",
    "title",
    "newName",
    "name",
    "path",
    "address",
    "source",
    "token",
    "redirectedTo",
    "redirectUri",
    "folderId",
    "pageToken",
    "url",
    "sessionId",
    "questionId",
    "answerId",
    "attachmentId",
    "fileName",
    "mimeType",
]


async def send(background: Background, name: str, request_id: str, payload: JsonObject) -> JsonObject:  # noqa: F811
    text = json.dumps({"type": str(name), "requestId": request_id, "payload": payload})
    return await background.router.dispatch(text, PANEL)


async def settle() -> None:
    for _ in range(50):
        await asyncio.sleep(0)


async def entries(background: Background, correlation_id: str) -> list[LogEntry]:  # noqa: F811
    return [entry for entry in await background.logbook.ring.read() if entry.correlation_id == correlation_id]


def question(chat_id: str, text: str = "one two three") -> JsonObject:
    return {
        "chatId": chat_id,
        "messageId": f"message-{chat_id}",
        "messages": [{"role": "user", "content": text}],
        "options": {"max_new_tokens": 2},
    }


async def test_each_answer_has_its_own_requests_id_from_the_request_to_the_end(background: Background) -> None:  # noqa: F811
    world = background.world
    await world.load()
    # The second waits behind the first, whose task then writes both.
    for number in (1, 2):
        await send(background, RuntimeMessageTypes.SEND_CHAT_MESSAGE, f"click-{number}", question(f"chat-{number}"))
    await world.heard(GenerationComplete, 2)

    for number in (1, 2):
        found = await entries(background, f"click-{number}")
        told = [entry.message for entry in found]
        assert told[0] == f"request {RuntimeMessageTypes.SEND_CHAT_MESSAGE}"
        assert any("tokens of the prompt" in text for text in told)
        assert any("first token" in text for text in told)
        assert any(text.startswith("the answer ended (length): 2 tokens") for text in told)
        assert {entry.chat_session_id for entry in found} == {"", f"chat-{number}"}


async def test_a_page_can_name_another_id_than_the_requests(background: Background) -> None:  # noqa: F811
    name = RuntimeMessageTypes.LIST_MODELS
    text = json.dumps({"type": name, "requestId": "r", "correlationId": "click-9", "payload": {}})
    await background.router.dispatch(text, PANEL)

    assert [entry.message for entry in await entries(background, "click-9")] == [f"request {name}"]


async def test_requests_about_the_logs_are_not_logged(background: Background) -> None:  # noqa: F811
    before = len(await background.logbook.ring.read())
    await send(background, RuntimeMessageTypes.GET_LOG_ENTRIES, "r", {})
    await send(background, DBEventNames.DB_GET_LOGS_REQUEST, "r", {})

    assert len(await background.logbook.ring.read()) == before


def _everywhere() -> JsonObject:
    """Return a payload whose every field holds the secret, in the types that the requests take and in others."""
    payload: JsonObject = dict.fromkeys(TEXTS, SECRET)
    messages: list[JsonValue] = [{"role": "user", "content": SECRET}]
    files: list[JsonValue] = [{"path": f"{SECRET}.zip", "address": f"blob:{SECRET}", "size": 3}]
    return payload | {
        "messages": messages,
        "files": files,
        "scope": "global",
        "values": {"system_prompt": SECRET},
        "modelId": REPO,
        "loadId": "l",
        "options": {"stop": [SECRET]},
        "tools": [{"name": SECRET}],
        "filters": {"text": SECRET},
        "logEntryData": {"level": "error", "message": "it broke", "component": "panel", "content": SECRET},
    }


async def test_no_entry_holds_what_a_request_brought(background: Background) -> None:  # noqa: F811
    world = background.world
    await world.load()
    whole: JsonObject = _everywhere()
    for name in sorted(background.router.names):
        for payload in (whole, {key: [SECRET] for key in whole}, {key: {SECRET: SECRET} for key in whole}):
            await send(background, name, "r-1", cast(JsonObject, payload))
    await send(background, RuntimeMessageTypes.SEND_CHAT_MESSAGE, SECRET + "!", question("chat-1", SECRET))
    await send(background, WorkerEventNames.HUGGINGFACE_LOGIN, "r-2", {"token": f"hf_{SECRET}"})
    await send(background, SECRET, "r-3", {})
    await background.router.dispatch(f'{{"type": "{SECRET}', PANEL)
    await settle()

    found = await background.logbook.ring.read()
    assert len(found) > 50
    assert [entry for entry in found if SECRET in json.dumps(entry.to_record())] == []


async def test_a_handler_that_breaks_tells_where_and_not_with_what(
    background: Background,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def broken(repo: str, etag: str) -> None:
        raise ValueError(f"cannot read {SECRET}")

    monkeypatch.setattr(background.world.hub, "listing", broken)
    await send(background, RuntimeMessageTypes.INSPECT_MODEL, "r-1", {"modelId": "acme/other"})
    found = await entries(background, "r-1")

    assert (found[-1].level, (found[-1].details or {})["error"]) == (LogLevel.ERROR, "ValueError")
    assert SECRET not in json.dumps([entry.to_record() for entry in found])


async def test_with_the_debug_switch_words_are_there_and_access_tokens_are_not(background: Background) -> None:  # noqa: F811
    world = background.world
    await world.load()
    on: JsonObject = {"scope": "resources", "values": {"debug_content": True}}
    assert (await send(background, RuntimeMessageTypes.SAVE_SETTINGS, "r-0", on))["success"] is True
    await settle()
    await send(background, RuntimeMessageTypes.SEND_CHAT_MESSAGE, "r-1", question("chat-1", f"{SECRET} two"))
    await world.heard(GenerationComplete)
    await send(background, WorkerEventNames.HUGGINGFACE_LOGIN, "r-2", {"token": f"hf_{SECRET}"})

    assert SECRET in json.dumps([entry.to_record() for entry in await entries(background, "r-1")])
    assert SECRET not in json.dumps([entry.to_record() for entry in await entries(background, "r-2")])


async def test_the_start_of_a_thread_is_told_with_its_reason(background: Background) -> None:  # noqa: F811
    assert (await background.logbook.ring.read())[0].message == "a thread of the background starts: a test"


async def test_what_the_thread_before_left_is_written_down(background: Background) -> None:  # noqa: F811
    logbook = background.logbook
    host = logbook.hand_over(background.world.host)
    background.world.host.baton = ""
    logbook.ring.add(AddLog(level=LogLevel.INFO, message="last words", component="models"))
    host.restart("a reset")
    left = json.loads(background.world.host.baton)["logs"]

    assert left[-1]["message"] == "last words"
