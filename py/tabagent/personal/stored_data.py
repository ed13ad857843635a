"""All that TabAgent keeps: how much of what, and how it goes."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from tabagent import personal_codec
from tabagent.codec import decode_empty
from tabagent.errors import JsonObject, JsonValue, TabAgentError
from tabagent.events import RuntimeMessageTypes
from tabagent.messages import Empty, Event
from tabagent.personal_messages import DataErased, EraseData, StoredKind
from tabagent.ports.storage_space import StorageSpace
from tabagent.router import EventRouter

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Keeper:
    """Who keeps one kind of data.

    Attributes:
        measure: Returns how many things there are, and their bytes, where these are known without reading everything.
        erase: Deletes all of them, or raises.
    """

    measure: Callable[[], Awaitable[tuple[int, int]]]
    erase: Callable[[], Awaitable[object]]


class StoredData:
    """Handles GET_STORED_DATA and ERASE_DATA.

    Args:
        keepers: Of every kind of data; what nobody keeps is not told.
        space: Tells what the browser says of the whole.
        publish: Sends events to the pages.
    """

    def __init__(
        self, keepers: Mapping[StoredKind, Keeper], space: StorageSpace, publish: Callable[[Event], None]
    ) -> None:
        self._keepers, self._space, self._publish = keepers, space, publish

    async def get(self, request: Empty) -> JsonObject:
        """Answer with `kinds`: `{kind, count, bytes}` for each, and `usage`, `quota`, `persisted` of the browser."""
        kinds: list[JsonValue] = []
        for kind in StoredKind:
            if kind in self._keepers:
                count, size = await self._keepers[kind].measure()
                kinds.append({"kind": str(kind), "count": count, "bytes": size})
        report = await self._space.report()
        return {"kinds": kinds, "usage": report.usage, "quota": report.quota, "persisted": report.persisted}

    async def erase(self, request: EraseData) -> JsonObject:
        """Delete what the request names, and answer as `get`.

        One that cannot go keeps no other from going.

        Raises:
            TabAgentError: The first that could not go, after all others went.
        """
        gone: list[StoredKind] = []
        refusal: TabAgentError | None = None
        for kind in request.kinds:
            if kind not in self._keepers:
                continue
            try:
                await self._keepers[kind].erase()
                gone.append(kind)
            except TabAgentError as error:
                logger.warning("%s could not be erased: %s", kind, error.code)
                refusal = refusal or error
        if gone:
            logger.info("erased: %s", ", ".join(gone))
            self._publish(DataErased(kinds=[str(kind) for kind in gone]))
        if refusal is not None:
            raise refusal
        return await self.get(Empty())


def register_stored_data(router: EventRouter, data: StoredData) -> None:
    """Give every request about what is kept its handler."""
    router.on(RuntimeMessageTypes.GET_STORED_DATA, decode_empty, data.get)
    router.on(RuntimeMessageTypes.ERASE_DATA, personal_codec.decode_erase_data, data.erase)
