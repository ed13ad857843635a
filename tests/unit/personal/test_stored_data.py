"""The account of all that is kept, and its end."""

from __future__ import annotations

import pytest

from tabagent.adapters.memory.holdings import MemoryHoldings
from tabagent.adapters.memory.storage_space import MemoryStorageSpace
from tabagent.errors import Busy
from tabagent.events import RuntimeMessageTypes
from tabagent.messages import Empty, Event, Sender
from tabagent.personal.stored_data import Keeper, StoredData, register_stored_data
from tabagent.personal_messages import DataErased, EraseData, StoredKind
from tabagent.router import EventRouter


class Desk:
    """Chats and logs, and models that cannot go."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        chats, logs = MemoryHoldings({"1": {"a": 1}, "2": {}}), MemoryHoldings({"3": {}})
        self.data = StoredData(
            {
                StoredKind.LOGS: Keeper(logs.measure, logs.clear),
                StoredKind.CHATS: Keeper(chats.measure, chats.clear),
                StoredKind.MODELS: Keeper(self._models, self._erase_models),
            },
            MemoryStorageSpace(),
            self.events.append,
        )

    async def _models(self) -> tuple[int, int]:
        return 1, 1000

    async def _erase_models(self) -> None:
        raise Busy("acme/tiny is loaded.")

    async def counts(self) -> dict[str, int]:
        reply = await self.data.get(Empty())
        return {row["kind"]: row["count"] for row in reply["kinds"]}  # type: ignore[union-attr,index,call-overload,misc]


@pytest.fixture
def desk() -> Desk:
    return Desk()


async def test_every_kind_that_is_kept_is_told_in_the_order_of_the_page(desk: Desk) -> None:
    reply = await desk.data.get(Empty())

    assert reply["kinds"] == [
        {"kind": "chats", "count": 2, "bytes": 10},
        {"kind": "models", "count": 1, "bytes": 1000},
        {"kind": "logs", "count": 1, "bytes": 2},
    ]
    assert {"usage", "quota", "persisted"} <= reply.keys()


async def test_what_is_erased_is_gone_and_the_rest_stays(desk: Desk) -> None:
    reply = await desk.data.erase(EraseData(kinds=(StoredKind.CHATS,)))

    assert await desk.counts() == {"chats": 0, "models": 1, "logs": 1}
    assert reply == await desk.data.get(Empty())
    assert desk.events == [DataErased(kinds=["chats"])]


async def test_what_cannot_go_keeps_nothing_else_and_is_told(desk: Desk) -> None:
    with pytest.raises(Busy):
        await desk.data.erase(EraseData(kinds=tuple(StoredKind)))

    assert await desk.counts() == {"chats": 0, "models": 1, "logs": 0}
    assert desk.events == [DataErased(kinds=["chats", "logs"])]


async def test_nothing_is_told_when_nothing_went(desk: Desk) -> None:
    with pytest.raises(Busy):
        await desk.data.erase(EraseData(kinds=(StoredKind.MODELS,)))

    assert desk.events == []


async def test_pages_reach_the_account(desk: Desk) -> None:
    extension = "a" * 32
    router, page = EventRouter(extension), Sender(extension_id=extension, url=f"chrome-extension://{extension}/a.html")
    register_stored_data(router, desk.data)
    for name, payload in (
        (RuntimeMessageTypes.GET_STORED_DATA, "{}"),
        (RuntimeMessageTypes.ERASE_DATA, '{"kinds": ["logs"]}'),
    ):
        reply = await router.dispatch(f'{{"type": "{name}", "requestId": "r", "payload": {payload}}}', page)

        assert reply["success"] is True
