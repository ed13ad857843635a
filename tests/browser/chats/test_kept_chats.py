"""Chats that are kept: over kills at random moments, over pages that close, in all pages, and from old profiles."""

from __future__ import annotations

import random

import pytest

from tabagent.events import DBEventNames, RuntimeMessageTypes, WorkerEventNames
from tests.browser.chats.talking import ENDLESS, LIVELY, PATIENCE_S, Talk
from tests.browser.conftest import connected, forget, quiet
from tests.browser.test_recovery import crash
from tests.browser.wire import Wire
from tools.browser import ExtensionBrowser

# More than twice the time within which text is stored, by the answer's own numbers.
STORED_AFTER_SECONDS = 1.2
# Five crashes in a minute make the supervisor give up; the browser's own kills it does not see.
KILLS = 8

OLD_PROFILE = """async () => {
  const open = indexedDB.open("TabAgentUserData", 2);
  open.onupgradeneeded = () => {
    const stores = { TabAgentChats: ["chat_timestamp"], TabAgentMessages: ["chat_id"], TabAgentAttachments: [] };
    for (const [name, indexes] of Object.entries(stores)) {
      const store = open.result.createObjectStore(name, { keyPath: "id" });
      for (const index of indexes) store.createIndex(index, index);
    }
  };
  const database = await new Promise((resolve, reject) => {
    open.onsuccess = () => resolve(open.result);
    open.onerror = open.onblocked = () => reject(new Error("the old database does not open"));
  });
  const transaction = database.transaction(database.objectStoreNames, "readwrite");
  const chat = { user_id: "u", tabId: 7, isStarred: true, status: "processing", kgn_type: "chat", topic: null };
  const message_ids = ["o-1", "o-2", "o-3", "o-4"];
  transaction.objectStore("TabAgentChats").put({
    ...chat, id: "old", title: "Of hills and seas", chat_timestamp: 1_700_000_000_000, message_ids,
  });
  const message = { chat_id: "old", message_type: "text", upvotes: 2, attachment_ids: [] };
  const texts = ["Where is the Séa?", "Over the hill.", "And the hill?", "Thinking..."];
  texts.forEach((content, index) => transaction.objectStore("TabAgentMessages").put({
    ...message, id: `o-${index + 1}`, timestamp: 1_600_000_000_000 + index, sender: index % 2 ? "ai" : "user", content,
  }));
  await new Promise((resolve, reject) => {
    transaction.oncomplete = resolve;
    transaction.onabort = () => reject(transaction.error);
  });
  database.close();
}"""


@pytest.fixture
def wire(talking_browser: ExtensionBrowser) -> Wire:
    """A page's connection to a background that has the model and no chat."""
    forget(talking_browser)
    wire = connected(talking_browser.context.pages[0])
    wire.load_ready(LIVELY, dtype="fp32", timeout_s=PATIENCE_S)
    return wire


def second_page(browser: ExtensionBrowser) -> Wire:
    """Open one more page."""
    return connected(quiet(browser, browser.context.new_page()))


def test_an_old_profile_is_read_searched_and_gone_on_with(talking_browser: ExtensionBrowser) -> None:
    forget(talking_browser)
    page = talking_browser.context.pages[0]
    page.evaluate(OLD_PROFILE)
    wire = connected(page)
    talk = Talk(wire, "old")
    chats = wire.ask(DBEventNames.DB_GET_ALL_SESSIONS_REQUEST)["data"]
    session = talk.session()

    assert [(chat["id"], chat["title"], chat["isStarred"]) for chat in chats] == [("old", "Of hills and seas", True)]
    assert (session["chat_timestamp"], session["status"], session["tabId"]) == (1_700_000_000_000, "complete", 7)
    shown = [(message["content"], message["state"], message["siblings"]) for message in session["messages"]]
    assert shown == [
        ("Where is the Séa?", "complete", ["o-1"]),
        ("Over the hill.", "complete", ["o-2"]),
        ("And the hill?", "complete", ["o-3"]),
        ("", "stopped", ["o-4"]),
    ]
    found = wire.ask(RuntimeMessageTypes.SEARCH_CHATS, {"query": "sea where", "limit": 10})["results"]
    assert [(result["chatId"], result["messageId"]) for result in found] == [("old", "o-1")]

    wire.load_ready(LIVELY, dtype="fp32", timeout_s=PATIENCE_S)
    answer = talk.answered("Go on")
    assert (answer["state"], len(answer["content"]) > 0) == ("complete", True)
    assert [message["parent_id"] for message in talk.session()["messages"]][:5] == [None, "o-1", "o-2", "o-3", "o-4"]


def test_whatever_ends_an_answer_what_was_streamed_is_stored(wire: Wire, talking_browser: ExtensionBrowser) -> None:
    whole = ""
    for seed in range(KILLS):
        chance = random.Random(seed)  # noqa: S311 - moments, not secrets
        talk, since = Talk(wire), wire.mark()
        answer = talk.asked("Tell me everything.", tokens=ENDLESS)
        wire.wait_for_tokens(chance.randint(1, 40), answer, since=since)
        old, at = wire.streamed(answer, since=since), talk.seconds(answer)
        talk.wait_until_written_for(at + STORED_AFTER_SECONDS + chance.random(), answer)
        streamed = wire.streamed(answer, since=since)
        if seed % 2:
            crash(talking_browser)
            wire.wait_for(WorkerEventNames.WORKER_READY, since=since, timeout_s=PATIENCE_S)
        else:
            wire.page.evaluate("() => chrome.offscreen.closeDocument()")
            wire.wait(lambda: wire.page.evaluate("() => wire.port === null"), "the document to close")
            wire.wake()
        stored = talk.settled(answer)

        assert (stored["state"], stored["error"]["code"]) == ("error", "runtime_restarted")
        assert talk.session()["status"] == "error"
        # The page and the store hear of each word at their own times.
        whole = max(whole, streamed, stored["content"], key=len)
        assert stored["content"].startswith(old)
        assert whole.startswith(stored["content"])
        assert whole.startswith(streamed)
        if seed % 2 == 0:
            wire.load_ready(LIVELY, f"load-{seed}", dtype="fp32", timeout_s=PATIENCE_S)


def test_two_pages_are_in_step(wire: Wire, talking_browser: ExtensionBrowser) -> None:
    other = second_page(talking_browser)
    talk = Talk(wire)
    first = talk.answered("Hello")
    created = other.wait_for(DBEventNames.DB_SESSION_UPDATED, sessionId=talk.id, updateType="create")
    shown = other.wait_for(DBEventNames.DB_MESSAGES_UPDATED, sessionId=talk.id)

    def final() -> bool:
        updates = other.events(DBEventNames.DB_MESSAGES_UPDATED, sessionId=talk.id)
        return any(first in update.payload["messages"] for update in updates)

    other.wait(final, "the answer's final record")
    assert created.payload["session"]["title"] == "Hello"
    assert shown.payload["messageIds"] == [shown.payload["messages"][0]["id"], first["id"]]
    assert other.streamed(first["id"]) == first["content"]

    busy = talk.asked("Tell me everything.", tokens=ENDLESS)
    refused = Talk(other, talk.id).ask("Me too")
    assert (refused["success"], refused["error"]["code"]) == (False, "invalid_state")
    assert other.ask(DBEventNames.DB_RENAME_SESSION_REQUEST, {"sessionId": talk.id, "newName": "New"})["success"]
    wire.wait_for(DBEventNames.DB_SESSION_UPDATED, sessionId=talk.id, updateType="rename")
    assert other.ask(DBEventNames.DB_DELETE_SESSION_REQUEST, {"sessionId": talk.id})["success"]
    wire.wait_for(DBEventNames.DB_SESSION_UPDATED, sessionId=talk.id, updateType="delete")
    wire.outcome(busy, timeout_s=PATIENCE_S)

    assert wire.ask(DBEventNames.DB_GET_ALL_SESSIONS_REQUEST)["data"] == []
    assert wire.ask(RuntimeMessageTypes.RESTORE_CHAT, {"chatId": talk.id})["success"]
    other.wait_for(DBEventNames.DB_SESSION_UPDATED, sessionId=talk.id, updateType="restore")
    assert talk.settled(busy)["state"] == "stopped"
    assert talk.session()["title"] == "New"


def test_an_answer_goes_on_when_its_page_closes(wire: Wire, talking_browser: ExtensionBrowser) -> None:
    asking = second_page(talking_browser)
    talk = Talk(asking)
    answer = talk.asked("Tell me everything.", tokens=600)
    asking.wait_for_tokens(3, answer)
    before = asking.streamed(answer)
    asking.page.close()
    stored = Talk(wire, talk.id).settled(answer)

    assert (stored["state"], stored["stats"]["numTokens"]) == ("complete", 600)
    assert stored["content"].startswith(before)
    assert len(stored["content"]) > len(before)


def test_a_reset_during_an_answer_keeps_all_of_it(wire: Wire) -> None:
    talk, since = Talk(wire), wire.mark()
    answer = talk.asked("Tell me everything.", tokens=ENDLESS)
    wire.wait_for_tokens(5, answer, since=since)
    wire.reset()
    stored = talk.settled(answer)

    assert (stored["state"], stored["error"]) == ("stopped", None)
    assert stored["content"] == wire.outcome(answer, since=since).payload["generatedText"]
