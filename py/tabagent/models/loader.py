"""The steps of a load: find out what it means, bring the files in, start the engine, warm it up."""

from __future__ import annotations

import logging

from tabagent.errors import LoadFailed, TabAgentError
from tabagent.messages import LoadModel
from tabagent.models.downloader import ModelDownloader
from tabagent.models.hub import HubClient
from tabagent.models.plan import LoadPlan, plan_load
from tabagent.models.progress import LoadProgress
from tabagent.models.quants import entry_from_listing
from tabagent.models.store import ModelStore
from tabagent.ports.engine import InferenceEngine
from tabagent.specs import DeviceReport, FileKey, GenerationSettings, LoadedModel, ManifestEntry, ModelFile, QuantStatus

logger = logging.getLogger(__name__)

# Enough passes for V8 to compile the hot WASM functions with its optimizing tier: a prompt piece and some steps.
WARM_UP_PROMPT_TOKENS = 33
WARM_UP_NEW_TOKENS = 4


class ModelLoader:
    """Carries loads out; knows no state machine and no wire.

    Args:
        hub: Listings.
        store: Files and manifest.
        downloader: Brings missing files in.
        engine: Computes.
    """

    def __init__(self, hub: HubClient, store: ModelStore, downloader: ModelDownloader, engine: InferenceEngine) -> None:
        self._hub, self._store, self._downloader, self._engine = hub, store, downloader, engine

    async def refresh(self, repo: str) -> ManifestEntry:
        """Ask the hub for a repository's newest commit and remember it.

        Raises:
            HubError: As for `HubClient.listing`, and `NoOnnxFiles`.
        """
        return await self._store.update_entry(entry_from_listing(await self._hub.listing(repo)))

    async def resolve(self, request: LoadModel, report: DeviceReport) -> LoadPlan:
        """Decide what to load; without the network when everything is stored.

        Raises:
            HubError, UnsupportedDtype, UnsupportedDevice: See `plan_load` and `refresh`.
        """
        entry = await self._store.entry(request.model_id)
        if entry is not None:
            plan = _plan_or_none(request, entry, report)
            if plan is not None and not await self.missing(plan):
                return plan
        return plan_load(request, await self.refresh(request.model_id), report)

    async def missing(self, plan: LoadPlan) -> list[ModelFile]:
        """Return the files of a plan that the store does not hold whole."""
        spec = plan.spec
        return [file for file in plan.files if not await self._store.is_stored(spec.repo, spec.commit, file)]

    async def bring_in(self, plan: LoadPlan, progress: LoadProgress) -> None:
        """Download what is missing, small files first.

        Raises:
            HubError, StorageError: The download failed; files that are whole stay.
        """
        spec = plan.spec
        missing = await self.missing(plan)
        for file in plan.files:
            is_weights = file in plan.weights
            if file not in missing:
                progress.file_done(file.path, file.size, weights=is_weights, cached=True)
                continue

            def on_bytes(count: int, path: str = file.path, *, weights: bool = is_weights) -> None:
                progress.bytes_in(path, count, weights=weights, message=f"Downloading {path}")

            await self._downloader.download(spec.repo, spec.commit, file, on_bytes)
            progress.file_done(file.path, file.size, weights=is_weights, cached=False)
        await self._store.set_manifest_quant_status(spec.repo, spec.dtype, QuantStatus.DOWNLOADED)

    async def start(self, plan: LoadPlan, progress: LoadProgress) -> LoadedModel:
        """Load the stored files into the engine and warm it up.

        Raises:
            EngineError: The engine is poisoned from here on. Damaged weights are removed from the store.
        """
        spec = plan.spec
        progress.phase("Starting the model", 0.0)
        try:
            loaded = await self._engine.load(spec)
        except LoadFailed as error:
            await self._mark_failed(plan, error)
            raise
        progress.phase("Warming up", 0.6)
        await self._engine.prefill(range(WARM_UP_PROMPT_TOKENS - 1))
        settings = GenerationSettings(max_new_tokens=WARM_UP_NEW_TOKENS)
        await self._engine.decode(range(WARM_UP_PROMPT_TOKENS), settings, lambda text, count: None)
        await self._engine.clear_cache()
        return loaded

    async def _mark_failed(self, plan: LoadPlan, error: LoadFailed) -> None:
        spec = plan.spec
        if error.damaged:
            for file in plan.weights:
                await self._store.delete_file(FileKey(spec.repo, file.path))
        await self._store.set_manifest_quant_status(spec.repo, spec.dtype, QuantStatus.FAILED, error.message)


def _plan_or_none(request: LoadModel, entry: ManifestEntry, report: DeviceReport) -> LoadPlan | None:
    """Plan with what is known; a newer listing may have what this one lacks."""
    try:
        return plan_load(request, entry, report)
    except TabAgentError as error:
        logger.info("the stored listing of %s does not do: %s", entry.repo, error)
        return None
