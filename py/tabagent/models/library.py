"""Handles the requests about models that are stored or could be: lists, search, downloads, checks, deletion."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from tabagent.errors import Busy, HubError, InvalidState, JsonObject, JsonValue, NoOnnxFiles
from tabagent.messages import CacheCleared, Empty, Event, InspectModel, LoadModel, ManifestUpdated
from tabagent.model_messages import DownloadModel, SearchModels, StoredModel
from tabagent.models.adoption import Adoption
from tabagent.models.architecture import context_length
from tabagent.models.checking import ModelChecks
from tabagent.models.downloads import Downloads
from tabagent.models.hub import FoundModel, HubClient
from tabagent.models.listing import model_view, models_view, unknown_view
from tabagent.models.loader import ModelLoader
from tabagent.models.manager import ModelManager
from tabagent.models.quants import entry_from_listing
from tabagent.models.store import ModelStore
from tabagent.ports.storage_space import StorageSpace
from tabagent.specs import Dtype, ManifestEntry, Quant
from tabagent.store_errors import FileDamaged, StorageError

logger = logging.getLogger(__name__)

# Listings that a search asks for at a time.
SEARCH_REQUESTS = 4


class ModelLibrary:
    """Knows what is stored, and changes it.

    Args:
        manager: Says which model is in use, and what this machine computes with.
        loader: Plans.
        store: Files and manifest.
        downloads: Brings files in.
        adoption: Takes over what earlier versions left.
        hub: Searches.
        space: Says how much room there is.
        publish: Sends events to the pages.
        now: Monotonic seconds.
    """

    def __init__(
        self,
        *,
        manager: ModelManager,
        loader: ModelLoader,
        store: ModelStore,
        downloads: Downloads,
        adoption: Adoption,
        hub: HubClient,
        space: StorageSpace,
        publish: Callable[[Event], None],
        now: Callable[[], float],
    ) -> None:
        self._manager, self._loader, self._store, self._downloads = manager, loader, store, downloads
        self._adoption, self._hub, self._space, self._publish = adoption, hub, space, publish
        self._checks = ModelChecks(store, publish, now)
        # By repository and commit; a configuration does not change within one.
        self._context_lengths: dict[tuple[str, str], int | None] = {}

    async def list_models(self, request: Empty) -> JsonObject:
        """Answer LIST_MODELS from the store, without the network."""
        entries, records = await self._store.entries(), await self._store.records()
        report, room = await self._manager.devices(), await self._space.report()
        contexts = {entry.repo: await self._context_length(entry) for entry in entries}
        return {
            "models": [*models_view(entries, records, report, self._downloads.of, contexts)],
            "storage": {"usage": room.usage, "quota": room.quota, "persisted": room.persisted},
        }

    async def inspect_model(self, request: InspectModel) -> JsonObject:
        """Answer INSPECT_MODEL from the hub and remember the listing."""
        entry = await self._loader.refresh(request.model_id)
        self._publish(ManifestUpdated())
        return {"model": await self._view(entry)}

    async def search_models(self, request: SearchModels) -> JsonObject:
        """Answer SEARCH_MODELS; what a result is listed with is not remembered."""
        found = await self._hub.search(request.query, request.limit)
        slots = asyncio.Semaphore(SEARCH_REQUESTS)

        async def view(model: FoundModel) -> JsonObject | None:
            async with slots:
                return await self._result(model)

        views = await asyncio.gather(*(view(model) for model in found))
        shown: list[JsonValue] = [item for item in views if item is not None]
        return {"models": shown}

    async def download_model(self, request: DownloadModel) -> JsonObject:
        """Answer DOWNLOAD_MODEL when the download runs; its outcome comes as events."""
        wanted = LoadModel(
            model_id=request.model_id, dtype=request.dtype, device=request.device, task="text-generation", load_id=""
        )
        plan = await self._loader.resolve(wanted, await self._manager.devices())
        await self._downloads.start(plan.entry, plan.spec.dtype)
        self._publish(ManifestUpdated())
        return {"modelId": plan.spec.repo, "dtype": str(plan.spec.dtype)}

    async def pause_download(self, request: StoredModel) -> JsonObject:
        """Answer PAUSE_DOWNLOAD."""
        for dtype in self._dtypes(request):
            await self._downloads.pause(request.model_id, dtype)
        return {}

    async def cancel_download(self, request: StoredModel) -> JsonObject:
        """Answer CANCEL_DOWNLOAD; what is not whole is deleted, also of a download that ended before."""
        open_ones = self._downloads.open_for(request.model_id)
        if request.dtype in open_ones or request.dtype is None:
            await self._downloads.cancel_all(request.model_id, request.dtype)
            return {}
        entry, quant = await self._known(request.model_id, request.dtype)
        for file in quant.weights:
            await self._store.delete_unfinished(entry.repo, file.path)
        self._publish(ManifestUpdated())
        return {}

    async def check_model(self, request: StoredModel) -> JsonObject:
        """Answer CHECK_MODEL when the check runs; its outcome comes as an event."""
        if request.dtype is None:
            raise InvalidState("Name the dtype that is to be checked.", modelId=request.model_id)
        self._checks.start(*await self._known(request.model_id, request.dtype))
        return {}

    async def delete_model(self, request: StoredModel) -> JsonObject:
        """Answer DELETE_MODEL with the bytes that were freed; a download of it ends."""
        self._refuse_in_use(request.model_id, request.dtype)
        await self._downloads.cancel_all(request.model_id, request.dtype)
        await self._adoption.settled(request.model_id)
        if request.dtype is None:
            await self._adoption.discard(request.model_id)
        freed = await self._store.delete_model(request.model_id, request.dtype)
        self._publish(ManifestUpdated())
        return {"freed": freed}

    async def clear_cache(self, request: Empty) -> JsonObject:
        """Answer CLEAR_CACHE: delete every stored model."""
        self._refuse_in_use(None, None)
        await self._downloads.cancel_all()
        await self._adoption.discard()
        repos = {entry.repo for entry in await self._store.entries()}
        for repo in sorted(repos | {record.key.repo for record in await self._store.records()}):
            await self._store.delete_model(repo)
        self._publish(CacheCleared())
        self._publish(ManifestUpdated())
        return {}

    async def resume(self, names: list[tuple[str, Dtype]]) -> None:
        """Go on with the downloads that ran when the thread before this one ended."""
        for repo, dtype in names:
            entry = await self._store.entry(repo)
            if entry is None or entry.quant(dtype) is None:
                continue
            try:
                await self._downloads.start(entry, dtype)
            except Exception:  # one that cannot go on must not keep the others from it; it stays as a partial download
                logger.exception("the download of %s could not go on", repo)

    async def tidy(self) -> None:
        """Delete what no record names, then move whole files that lie in another backend than new ones do."""
        move_to = self._store.default
        swept = await self._store.sweep()
        if swept:
            logger.info("deleted the bytes of %d files that nothing names", swept)
        for record in await self._store.records():
            if not record.whole or record.backend is move_to:
                continue
            try:
                moved = await self._store.move_file(record, move_to)
            except StorageError as error:
                # Damaged, or too large for what is free: it can be used, or repaired, where it is.
                logger.warning("%s of %s stays in %s: %s", record.key.path, record.key.repo, record.backend, error)
                continue
            if moved:
                logger.info("moved %s of %s to %s", record.key.path, record.key.repo, move_to)

    async def _result(self, model: FoundModel) -> JsonObject | None:
        """Return a search result with its dtypes, or None when nothing of it can be loaded."""
        facts: JsonObject = {"downloads": model.downloads, "likes": model.likes, "gated": model.gated}
        try:
            listing = await self._hub.listing(model.repo)
            assert listing is not None, "no validator was sent"  # noqa: S101 - a bug, not an input
            entry = await self._store.entry(model.repo) or entry_from_listing(listing)
        except NoOnnxFiles:
            return None
        except HubError as error:
            # One that may not be listed is still a result: the reason says what to do.
            return {**unknown_view(model.repo, error), **facts}
        return {**await self._view(entry), **facts}

    async def _view(self, entry: ManifestEntry) -> JsonObject:
        records, report = await self._store.records(entry.repo), await self._manager.devices()
        return model_view(entry, records, report, self._downloads.of, await self._context_length(entry))

    async def _context_length(self, entry: ManifestEntry) -> int | None:
        """Return how many tokens a stored model can attend to, or None while its configuration is not stored."""
        name = entry.repo, entry.commit
        if self._context_lengths.get(name) is None:
            try:
                config = await self._store.get_model_config(entry.repo)
            except FileDamaged:
                # A list shows what it can; the next load tells of the damage, or repairs it.
                config = None
            self._context_lengths[name] = context_length(config) if config is not None else None
        return self._context_lengths[name]

    async def _known(self, model_id: str, dtype: Dtype) -> tuple[ManifestEntry, Quant]:
        entry = await self._store.entry(model_id)
        quant = entry.quant(dtype) if entry is not None else None
        if entry is None or quant is None:
            raise InvalidState(f"{model_id} ({dtype}) is not stored.", modelId=model_id, dtype=str(dtype))
        return entry, quant

    def _dtypes(self, request: StoredModel) -> list[Dtype]:
        return [request.dtype] if request.dtype is not None else self._downloads.open_for(request.model_id)

    def _refuse_in_use(self, model_id: str | None, dtype: Dtype | None) -> None:
        for used, used_dtype in self._manager.in_use():
            if model_id in (None, used) and (dtype is None or used_dtype in (None, dtype)):
                raise Busy(f"{used} is loaded. Unload it, or load another model, then delete it.", modelId=used)
