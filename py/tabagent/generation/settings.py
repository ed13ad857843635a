"""Keeps what the person set: for all models and for one, what TabAgent may take of the machine, and the panel's looks.

The settings of all models lie where the original has them (`inferenceSettings`, id `InferenceSettings`), its own values
beside ours. What this version cannot take of them does not count, and stays where it is.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable
from typing import cast

from tabagent import settings_codec
from tabagent.errors import DtypeNotFound, InvalidState, JsonObject, JsonValue
from tabagent.events import RuntimeMessageTypes
from tabagent.messages import Event, SettingsChanged
from tabagent.model_messages import GetSettings, SaveSettings, SettingsScope
from tabagent.models.store import ModelStore
from tabagent.parameters import (
    AppearanceSettings,
    GenerationSettings,
    Layer,
    ResourceSettings,
    Settings,
    accepted,
    combine,
    combine_resources,
    defaults,
    schema,
)
from tabagent.ports.preferences import Preferences
from tabagent.router import EventRouter
from tabagent.specs import Dtype
from tabagent.store_errors import FileDamaged

logger = logging.getLogger(__name__)

# The original's record, and ours beside it.
GLOBAL = "InferenceSettings"
RESOURCES = "ResourceSettings"
APPEARANCE = "AppearanceSettings"


class SettingsService:
    """Handles GET_SETTINGS and SAVE_SETTINGS, and tells the layers of an answer's settings.

    Args:
        preferences: Keep what is about all models, and about the machine.
        model_store: Keeps what is about one dtype of a model, in the manifest.
        publish: Sends events to the pages.
    """

    def __init__(self, preferences: Preferences, model_store: ModelStore, publish: Callable[[Event], None]) -> None:
        self._preferences, self._store, self._publish = preferences, model_store, publish
        # From reading what is kept to writing it: two saves at a time would lose one.
        self._lock = asyncio.Lock()

    async def layers(self, repo: str, dtype: Dtype) -> list[Layer]:
        """Return what was set for all models, and for this one, for `combine`; what was not set is not in them."""
        return [accepted(await self._kept(GLOBAL)), accepted(await self._kept_of_model(repo, dtype))]

    async def resources(self) -> ResourceSettings:
        """Return what TabAgent may take of the machine."""
        return combine_resources(accepted(await self._kept(RESOURCES), ResourceSettings))

    async def get(self, request: GetSettings) -> JsonObject:
        """Answer with everything that a form of the settings needs.

        Returns:
            `schema`, `resourceSchema` and `appearanceSchema`: every setting. `global`, `model`, `resources` and
            `appearance`: what was set, by name.
            `defaults`: what counts where nothing was set, those that the model brings included.
        """
        repo, dtype = request.model_id, request.dtype
        of_model = await self._kept_of_model(repo, dtype) if repo is not None and dtype is not None else {}
        brought = await self._brought_by_model(repo) if repo is not None else {}
        return {
            "schema": [*schema()],
            "resourceSchema": [*schema(ResourceSettings)],
            "appearanceSchema": [*schema(AppearanceSettings)],
            "global": accepted(await self._kept(GLOBAL)),
            "model": accepted(of_model),
            "resources": accepted(await self._kept(RESOURCES), ResourceSettings),
            "appearance": accepted(await self._kept(APPEARANCE), AppearanceSettings),
            "defaults": defaults() | brought,
        }

    async def save(self, request: SaveSettings) -> JsonObject:
        """Change settings, tell the pages, and answer as `get`.

        Raises:
            BadSetting, UnsupportedSetting: The values do not go together with those that are kept; nothing is changed.
            InvalidState, DtypeNotFound: There is no such model to keep them for.
            StorageError: The storage refused; nothing is changed.
        """
        async with self._lock:
            if request.scope is SettingsScope.MODEL:
                await self._save_of_model(cast(str, request.model_id), cast(Dtype, request.dtype), request)
            elif request.scope is SettingsScope.RESOURCES:
                kept = _changed(await self._kept(RESOURCES), request, ResourceSettings)
                await self._preferences.write(RESOURCES, kept)
            elif request.scope is SettingsScope.APPEARANCE:
                kept = _changed(await self._kept(APPEARANCE), request, AppearanceSettings)
                await self._preferences.write(APPEARANCE, kept)
            else:
                kept = _changed(await self._kept(GLOBAL), request, GenerationSettings)
                combine(_effective(kept, request))
                await self._preferences.write(GLOBAL, kept)
        self._publish(SettingsChanged(scope=request.scope, model_id=request.model_id, dtype=request.dtype))
        return await self.get(GetSettings(model_id=request.model_id, dtype=request.dtype))

    async def measure(self) -> tuple[int, int]:
        """Return how many settings are kept, and their bytes."""
        kept = [await self._kept(name) for name in (GLOBAL, RESOURCES, APPEARANCE)]
        kept += [dict(quant.settings) for entry in await self._store.entries() for quant in entry.quants]
        return sum(map(len, kept)), sum(len(json.dumps(values).encode()) for values in kept if values)

    async def erase(self) -> None:
        """Forget every setting, what earlier versions left included."""
        async with self._lock:
            for name in (GLOBAL, RESOURCES, APPEARANCE):
                await self._preferences.write(name, None)
            for entry in await self._store.entries():
                for quant in entry.quants:
                    if quant.settings:
                        await self._store.keep_settings(entry.repo, quant.dtype, {})
        self._publish(SettingsChanged(scope=SettingsScope.GLOBAL, model_id=None, dtype=None))

    async def _save_of_model(self, repo: str, dtype: Dtype, request: SaveSettings) -> None:
        entry = await self._store.entry(repo)
        if entry is None:
            raise InvalidState(
                f"TabAgent knows nothing of {repo}. Choose it in the list of models first.", modelId=repo
            )
        quant = entry.quant(dtype)
        if quant is None:
            raise DtypeNotFound(repo, dtype, [str(other.dtype) for other in entry.quants])
        kept = _changed(quant.settings, request, GenerationSettings)
        combine(accepted(await self._kept(GLOBAL)), _effective(kept, request))
        await self._store.keep_settings(repo, dtype, kept)

    async def _kept(self, name: str) -> JsonObject:
        return await self._preferences.read(name) or {}

    async def _kept_of_model(self, repo: str, dtype: Dtype) -> Layer:
        entry = await self._store.entry(repo)
        quant = entry.quant(dtype) if entry is not None else None
        return quant.settings if quant is not None else {}

    async def _brought_by_model(self, repo: str) -> JsonObject:
        try:
            return accepted(await self._store.get_generation_config(repo) or {})
        except FileDamaged as error:
            logger.warning("%s", error)
            return {}


def register_settings(router: EventRouter, service: SettingsService) -> None:
    """Give every request about settings its handler."""
    router.on(RuntimeMessageTypes.GET_SETTINGS, settings_codec.decode_get_settings, service.get)
    router.on(RuntimeMessageTypes.SAVE_SETTINGS, settings_codec.decode_save_settings, service.save)


def _changed(kept: Layer, request: SaveSettings, kind: Settings) -> JsonObject:
    """Return what is to be kept: only what the request names is touched, or what counts where it resets."""
    going = {name for name, value in request.values.items() if value is None}
    if request.reset:
        going |= accepted(kept, kind).keys()
    fresh = {name: value for name, value in request.values.items() if value is not None}
    return {name: value for name, value in kept.items() if name not in going} | fresh


def _effective(kept: Layer, request: SaveSettings) -> dict[str, JsonValue]:
    """Return what counts of settings that are to be kept, with the request's own even where they do not go together."""
    named = {name: value for name, value in kept.items() if name in request.values}
    return accepted({name: value for name, value in kept.items() if name not in named}) | named
