"""A `chrome` in Python behind `JsHost.callChrome`: the contract cases have no service worker of their own.

It answers in the shapes that Chrome answers in; tests/browser/logs uses the real one.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from functools import partial
from typing import Any

from tabagent.window_messages import PanelTab
from tests.contracts import browser_state, log_store, windows

ID = "abcdefghijklmnopabcdefghijklmnop"


class FakeChrome:
    """The functions that the adapters call."""

    def __init__(self) -> None:
        self.areas: dict[str, dict[str, Any]] = {"local": {}, "session": {}}
        self.windows: dict[int, dict[str, Any]] = {1: {"id": 1, "type": "normal", "focused": True}}
        self.tabs: dict[int, dict[str, Any]] = {}
        self.front = 0
        self.refuses = False

    async def callChrome(self, name: str, arguments: str) -> str:  # noqa: N802 - the JavaScript object's own name
        if self.refuses:
            return json.dumps({"refused": "it is being shut down"})
        method = getattr(self, f"_{name.replace('storage.', 'storage_').replace('.', '_')}")
        try:
            return json.dumps({"value": method(*json.loads(arguments))})
        except KeyError as error:
            return json.dumps({"refused": f"No tab or window with id: {error}."})

    def close(self, panel: PanelTab) -> None:
        window = self.tabs.pop(panel.tab_id)["windowId"]
        if window != 1:
            del self.windows[window]

    def tell_front(self) -> int:
        return self.front

    def size(self, window_id: int) -> tuple[int, int]:
        return self.windows[window_id]["width"], self.windows[window_id]["height"]

    def _storage_local_get(self, names: list[str]) -> Any:
        return {name: self.areas["local"][name] for name in names if name in self.areas["local"]}

    def _storage_local_set(self, values: dict[str, Any]) -> None:
        self.areas["local"] |= values

    def _storage_local_remove(self, names: list[str]) -> None:
        for name in names:
            self.areas["local"].pop(name, None)

    def _runtime_getContexts(self, wanted: dict[str, Any]) -> Any:  # noqa: N802
        assert wanted == {"contextTypes": ["TAB"]}
        return [
            {"contextType": "TAB", "tabId": 0, "windowId": 1, "documentUrl": f"chrome-extension://{ID}/manifest.json"},
            *(
                {"contextType": "TAB", "tabId": tab["id"], "windowId": tab["windowId"], "documentUrl": tab["url"]}
                for tab in self.tabs.values()
            ),
        ]

    def _tabs_create(self, properties: dict[str, Any]) -> Any:
        return self._add_tab(properties["url"], 1)

    def _tabs_update(self, tab_id: int, properties: dict[str, Any]) -> Any:
        assert properties == {"active": True}
        self.front = self.tabs[tab_id]["id"]
        return self.tabs[tab_id]

    def _windows_create(self, properties: dict[str, Any]) -> Any:
        number = len(self.tabs) + 100
        size = {"width": properties["width"], "height": properties["height"]}
        self.windows[number] = {"id": number, "type": properties["type"], "focused": True, **size}
        return self.windows[number] | {"tabs": [self._add_tab(properties["url"], number)]}

    def _windows_update(self, window_id: int, properties: dict[str, Any]) -> Any:
        assert properties == {"focused": True}
        return self.windows[window_id]

    def _windows_getAll(self, query: dict[str, Any]) -> Any:  # noqa: N802
        return [window for window in self.windows.values() if window["type"] in query["windowTypes"]]

    def _add_tab(self, url: str, window_id: int) -> dict[str, Any]:
        number = len(self.tabs) + 200
        self.tabs[number] = {"id": number, "windowId": window_id, "url": url}
        return self.tabs[number]


async def states() -> AsyncIterator[tuple[browser_state.Case, browser_state.World]]:
    """Yield each case of the browser's memory with a world of its own."""
    from tabagent.adapters.browser.browser_state import ChromeBrowserState
    from tabagent.adapters.browser.chrome import Chrome

    for case in browser_state.CASES:
        fake: Any = FakeChrome()

        def refuse(fake: Any = fake) -> None:
            fake.refuses = True

        yield case, browser_state.World(ChromeBrowserState(Chrome(fake)), refuse)


async def browsers() -> AsyncIterator[tuple[windows.Case, windows.World]]:
    """Yield each case of the windows' contract with a world of its own."""
    from tabagent.adapters.browser.chrome import Chrome
    from tabagent.adapters.browser.windows import ChromeWindows

    for case in windows.CASES:
        fake: Any = FakeChrome()
        world = windows.World(
            ChromeWindows(Chrome(fake), ID),
            fake.close,
            fake.tell_front,
            fake.size,
            fake.windows.clear,
        )
        yield case, world


async def logs() -> AsyncIterator[tuple[log_store.Case, log_store.World]]:
    """Yield each case of the logs' contract with a world of its own."""
    from tabagent.adapters.browser.ffi import js_json
    from tabagent.adapters.browser.indexed_db import change_stored
    from tabagent.adapters.browser.log_store import STORE, IndexedDbLogStore

    for number, case in enumerate(log_store.CASES):
        name = f"contract-logs-{number}"
        store = IndexedDbLogStore(name)
        await store.ids()

        async def put(record: Any, store: IndexedDbLogStore = store) -> None:
            js_database = await store._database()
            await change_stored(js_database, [STORE], lambda js_tx: js_tx.objectStore(STORE).put(js_json(record)))

        yield case, log_store.World(store, partial(IndexedDbLogStore, name), put)
