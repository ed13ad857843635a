"""What was used last, to be offered again after a start of the browser: a chat and a model.

It lies where the original has it. Reading it takes nothing away, so every panel and every visit finds it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import cast

from tabagent.codec import decode_empty
from tabagent.errors import JsonObject, TabAgentError
from tabagent.events import ModelWorkerStates, RuntimeMessageTypes
from tabagent.messages import Empty, Event, GenerationStatus, GenerationUpdate, LoadModel, WorkerReady
from tabagent.models.manager import ModelManager
from tabagent.models.store import ModelStore
from tabagent.parameters import ResourceSettings
from tabagent.ports.browser_state import BrowserState
from tabagent.router import EventRouter
from tabagent.specs import Dtype
from tabagent.store_errors import StorageError

logger = logging.getLogger(__name__)

KEY = "tabagent_background_state"
MODEL, CHAT = "lastLoadedModel", "lastChatSessionId"
# In the storage that ends with the browser: whether this start has offered the model already.
OFFERED = "tabagent_model_restored"


class LastState:
    """Remembers the last chat and the last model, and answers RESTORE_LAST_STATE.

    Args:
        kept: Outlives the browser.
        kept_until_the_end: Ends with the browser.
        manager: Loads models.
        store: Knows their files.
        resources: The settings of the machine.
        now: Seconds since 1970.
    """

    def __init__(
        self,
        *,
        kept: BrowserState,
        kept_until_the_end: BrowserState,
        manager: ModelManager,
        store: ModelStore,
        resources: Callable[[], Awaitable[ResourceSettings]],
        now: Callable[[], float],
    ) -> None:
        self._kept, self._session = kept, kept_until_the_end
        self._manager, self._store, self._resources, self._now = manager, store, resources, now
        self._chat_id = ""
        self._lock = asyncio.Lock()
        self._tasks: set[asyncio.Task[None]] = set()

    def note(self, event: Event) -> None:
        """Remember the chat that is answered and the model that is ready."""
        if isinstance(event, GenerationUpdate | GenerationStatus):
            self.note_chat(event.chat_id)
        elif isinstance(event, WorkerReady):
            self._spawn(self._remember_model(event))

    def note_chat(self, chat_id: str) -> None:
        """Remember the chat that the person is at; costs nothing while it is the same."""
        if chat_id and chat_id != self._chat_id:
            self._chat_id = chat_id
            self._spawn(self._remember({CHAT: chat_id}))

    async def restore(self, request: Empty) -> JsonObject:
        """Answer with what was used last, and begin to load the model where the person set that.

        Returns:
            `modelRestored` (a load has begun), `lastModel {repoId, quantPath, dtype, loadedAt}` or null,
            `lastChatSession` or null, `currentModel {id, dtype, ready}`.
        """
        async with self._lock:
            state = await self._state()
            model = cast("JsonObject | None", state.get(MODEL))
            restored = model is not None and await self._load_once(model)
        current = await self._manager.describe()
        ready = (ModelWorkerStates.MODEL_READY, ModelWorkerStates.GENERATING, ModelWorkerStates.IDLE)
        return {
            "modelRestored": restored,
            "lastModel": model,
            "lastChatSession": state.get(CHAT),
            "currentModel": {
                "id": current["modelId"],
                "dtype": current["dtype"],
                "ready": current["state"] in ready,
            },
        }

    async def _load_once(self, model: JsonObject) -> bool:
        """Begin to load the model if the person wants that, nothing else is, and this start has not done it."""
        if not (await self._resources()).restore_model or (await self._session.get(OFFERED)).get(OFFERED):
            return False
        await self._session.set({OFFERED: True})
        if self._manager.in_use():
            return False
        request = LoadModel(
            model_id=str(model["repoId"]),
            dtype=Dtype(str(model["dtype"])) if model.get("dtype") in list(Dtype) else None,
            device=None,
            task="text-generation",
            load_id=OFFERED,
        )
        try:
            await self._manager.load_model(request)
        except TabAgentError as error:
            logger.warning("the model of last time could not be loaded: %s", error)
            return False
        return True

    async def _remember_model(self, event: WorkerReady) -> None:
        entry = await self._store.entry(event.model_id)
        quant = entry.quant(Dtype(event.dtype)) if entry is not None else None
        model: JsonObject = {
            "repoId": event.model_id,
            "quantPath": quant.onnx_path if quant is not None else None,
            "loadedAt": int(self._now() * 1000),
            "dtype": event.dtype,
        }
        await self._remember({MODEL: model})

    async def _remember(self, values: JsonObject) -> None:
        try:
            async with self._lock:
                await self._kept.set({KEY: await self._state() | values})
        except StorageError as error:
            logger.warning("what is used now will not be offered again: %s", error)

    async def _state(self) -> JsonObject:
        state = (await self._kept.get(KEY)).get(KEY)
        return state if isinstance(state, dict) else {}

    def _spawn(self, work: Awaitable[None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def register_last_state(router: EventRouter, last: LastState) -> None:
    """Give RESTORE_LAST_STATE its handler."""
    router.on(RuntimeMessageTypes.RESTORE_LAST_STATE, decode_empty, last.restore)
