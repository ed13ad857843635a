"""The library of system prompts: texts with a name, kept for every panel."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import cast

from tabagent import personal_codec
from tabagent.codec import decode_empty
from tabagent.errors import InvalidState, JsonObject, JsonValue
from tabagent.events import RuntimeMessageTypes
from tabagent.messages import Empty, Event
from tabagent.personal_messages import DeletePrompt, PromptsChanged, SavePrompt
from tabagent.ports.preferences import Preferences
from tabagent.router import EventRouter

PROMPTS = "SystemPrompts"
MAX_PROMPTS = 200


class PromptLibrary:
    """Handles GET_PROMPTS, SAVE_PROMPT and DELETE_PROMPT.

    Args:
        preferences: Keep the library in one record.
        publish: Sends events to the pages.
        now_ms: Milliseconds since 1970.
    """

    def __init__(self, preferences: Preferences, publish: Callable[[Event], None], now_ms: Callable[[], int]) -> None:
        self._preferences, self._publish, self._now_ms = preferences, publish, now_ms
        # From reading the library to writing it: two saves at a time would lose one.
        self._lock = asyncio.Lock()

    async def get(self, request: Empty) -> JsonObject:
        """Answer with `prompts`: `{id, name, text, changedAt}` in the order of their names."""
        return _shown(await self._kept())

    async def save(self, request: SavePrompt) -> JsonObject:
        """Keep a prompt, and answer as `get`.

        Raises:
            InvalidState: The library is full; nothing is changed.
            StorageError: The storage refused; nothing is changed.
        """
        async with self._lock:
            prompts = await self._kept()
            if request.prompt_id not in prompts and len(prompts) >= MAX_PROMPTS:
                raise InvalidState(f"The library has {MAX_PROMPTS} prompts, which is its limit. Delete one first.")
            prompts[request.prompt_id] = {
                "name": request.prompt_name,
                "text": request.text,
                "changedAt": self._now_ms(),
            }
            await self._keep(prompts)
        return _shown(prompts)

    async def delete(self, request: DeletePrompt) -> JsonObject:
        """Forget a prompt, and answer as `get`; one that is not there is no error."""
        async with self._lock:
            prompts = await self._kept()
            if prompts.pop(request.prompt_id, None) is not None:
                await self._keep(prompts)
        return _shown(prompts)

    async def measure(self) -> tuple[int, int]:
        """Return how many prompts there are, and their bytes."""
        prompts = await self._kept()
        return len(prompts), len(json.dumps(prompts, ensure_ascii=False).encode()) if prompts else 0

    async def erase(self) -> None:
        """Forget all."""
        async with self._lock:
            await self._preferences.write(PROMPTS, None)
            self._publish(PromptsChanged())

    async def _kept(self) -> dict[str, JsonObject]:
        record = await self._preferences.read(PROMPTS) or {}
        return cast("dict[str, JsonObject]", record.get("prompts", {}))

    async def _keep(self, prompts: dict[str, JsonObject]) -> None:
        await self._preferences.write(PROMPTS, {"prompts": cast(JsonValue, prompts)})
        self._publish(PromptsChanged())


def register_prompts(router: EventRouter, library: PromptLibrary) -> None:
    """Give every request about the library its handler."""
    router.on(RuntimeMessageTypes.GET_PROMPTS, decode_empty, library.get)
    router.on(RuntimeMessageTypes.SAVE_PROMPT, personal_codec.decode_save_prompt, library.save)
    router.on(RuntimeMessageTypes.DELETE_PROMPT, personal_codec.decode_delete_prompt, library.delete)


def _shown(prompts: dict[str, JsonObject]) -> JsonObject:
    ordered = sorted(prompts.items(), key=lambda item: (str(item[1]["name"]).casefold(), item[0]))
    return {"prompts": [{"id": prompt_id, **prompt} for prompt_id, prompt in ordered]}
