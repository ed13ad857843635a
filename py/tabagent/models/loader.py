"""The steps of a load: find out what it means, bring the files in, start the engine, warm it up."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace

from tabagent.engine_errors import GenerationFailed, LoadFailed
from tabagent.errors import JsonObject, TabAgentError
from tabagent.events import TransferStates
from tabagent.messages import LoadModel
from tabagent.models.downloads import Downloads
from tabagent.models.hub import HubClient
from tabagent.models.plan import LoadPlan, plan_load
from tabagent.models.progress import LoadProgress
from tabagent.models.quants import entry_from_listing
from tabagent.models.store import ModelStore
from tabagent.ports.engine import InferenceEngine
from tabagent.sentences import Sentence, error_said
from tabagent.specs import Device, DeviceReport, LoadedModel, ManifestEntry, ModelFile, QuantStatus
from tabagent.store_errors import FileDamaged

logger = logging.getLogger(__name__)

# Enough passes for V8 to compile the hot WASM functions with its optimizing tier: a prompt piece and some steps.
WARM_UP_PROMPT_TOKENS = 33
WARM_UP_NEW_TOKENS = 4
# Of what comes after the files; the session takes the rest.
WARM_UP_BEGIN = 0.6


class ModelLoader:
    """Carries loads out; knows no state machine and no wire.

    Args:
        hub: Listings.
        store: Files and manifest.
        downloads: Brings missing files in.
        engine: Computes.
        settled: Waits until nothing else is bringing files of a repository in.
        rehearse: Answers for nobody, calling a function after every pass; tells whether anything was computed. Without
            it a model is warmed up with passes that mean nothing.
    """

    def __init__(
        self,
        hub: HubClient,
        store: ModelStore,
        downloads: Downloads,
        engine: InferenceEngine,
        settled: Callable[[str], Awaitable[None]],
        rehearse: Callable[[LoadedModel, Callable[[], None]], Awaitable[bool]] | None = None,
    ) -> None:
        self._hub, self._store, self._downloads, self._engine = hub, store, downloads, engine
        self._settled, self._rehearse = settled, rehearse

    async def refresh(self, repo: str) -> ManifestEntry:
        """Ask the hub, with one request, whether there is a newer commit, and remember it.

        Raises:
            HubError: As for `HubClient.listing`, and `NoOnnxFiles`.
        """
        known = await self._store.entry(repo)
        listing = await self._hub.listing(repo, known.etag if known is not None else "")
        if listing is None and known is not None:
            return known
        assert listing is not None, "the hub says `not modified` only of a validator that it was sent"  # noqa: S101
        return await self._store.put_entry(entry_from_listing(listing))

    async def is_known(self, repo: str) -> bool:
        """Tell whether something is stored, or was, and has not been deleted."""
        return await self._store.entry(repo) is not None

    async def note_webgpu(self, repo: str, failed: str) -> None:
        """Remember why a model does not run on WebGPU here; an empty text says that it does."""
        await self._store.note_webgpu(repo, failed)

    async def resolve(self, request: LoadModel, report: DeviceReport) -> LoadPlan:
        """Decide what to load; without the network when everything is stored.

        Raises:
            HubError, UnsupportedDtype, UnsupportedDevice: See `plan_load` and `refresh`.
        """
        await self._settled(request.model_id)
        largest = await self._largest_weight(request.model_id)
        entry = await self._store.entry(request.model_id)
        if entry is not None:
            plan = _plan_or_none(request, entry, report, largest)
            if plan is not None and not await self.missing(plan):
                return plan
        return plan_load(request, await self.refresh(request.model_id), report, largest_weight=largest)

    async def missing(self, plan: LoadPlan) -> list[ModelFile]:
        """Return the files of a plan that the store does not hold whole."""
        spec = plan.spec
        return [file for file in plan.files if not await self._store.is_stored(spec.repo, spec.commit, file)]

    async def bring_in(self, plan: LoadPlan, progress: LoadProgress) -> None:
        """Download what is missing.

        Raises:
            HubError, StorageError: The download failed; what has come stays.
        """
        missing = {file.path for file in await self.missing(plan)}
        for file in plan.files:
            if file.path not in missing:
                progress.file_done(file.path, cached=True)
        sizes = (sum(file.size for file in plan.small), sum(file.size for file in plan.weights))
        if missing:
            await self._follow(plan, missing, progress)
        progress.files_in(*sizes, Sentence.ALL_STORED.said())

    async def _follow(self, plan: LoadPlan, missing: set[str], progress: LoadProgress) -> None:
        """Wait for a download and draw its progress into that of the load."""
        done: set[str] = set()

        def on_change() -> None:
            transfer, last = download.progress, download.progress.last
            if last is None:
                return
            message = last.message or Sentence.DOWNLOADING.said()
            progress.files_in(
                transfer.loaded(file.path for file in plan.small),
                transfer.loaded(file.path for file in plan.weights),
                message,
            )
            for file in last.files:
                path = str(file["file"])
                if file["status"] == TransferStates.DONE and path in missing and path not in done:
                    done.add(path)
                    progress.file_done(path, cached=False)

        download = await self._downloads.start(plan.entry, plan.spec.dtype)
        download.on_change.append(on_change)
        try:
            await asyncio.shield(download.outcome)
        finally:
            download.on_change.remove(on_change)

    async def start(self, plan: LoadPlan, progress: LoadProgress) -> LoadedModel:
        """Load the stored files into the engine and warm it up.

        Raises:
            EngineError: The engine is poisoned from here on.
        """
        spec = plan.spec
        progress.phase(Sentence.STARTING.said(), 0.0)
        try:
            loaded = replace(await self._engine.load(spec), weight_bytes=plan.quant.size)
            await self._warm_up(loaded, progress)
        except (LoadFailed, GenerationFailed) as error:
            # Damaged chunks count as missing already; that is what the status says then.
            if not (isinstance(error, LoadFailed) and error.damaged):
                status = QuantStatus.FAILED
                await self._store.set_manifest_quant_status(spec.repo, spec.dtype, status, error_said(error))
            raise
        await self._store.mark_used(spec.repo, spec.dtype, time.time_ns() // 1_000_000)
        if spec.device is Device.WEBGPU and plan.entry.webgpu_failed:
            await self._store.note_webgpu(spec.repo, "")
        return loaded

    async def _warm_up(self, loaded: LoadedModel, progress: LoadProgress) -> None:
        progress.phase(Sentence.WARMING_UP.said(), WARM_UP_BEGIN)
        passes = 0

        def told() -> None:
            nonlocal passes
            passes += 1
            progress.phase(Sentence.WARMING_UP.said(), 1 - (1 - WARM_UP_BEGIN) / (1 + passes / WARM_UP_NEW_TOKENS))

        if self._rehearse is not None and await self._rehearse(loaded, told):
            return
        # Where nothing can be asked, a device that cannot compute must be noticed all the same.
        cache = self._engine.new_cache()
        logits = await self._engine.forward(cache, range(WARM_UP_PROMPT_TOKENS))
        for _ in range(WARM_UP_NEW_TOKENS):
            told()
            assert logits is not None, "scores were asked for"  # noqa: S101 - a bug, not an input
            logits = await self._engine.forward(cache, [logits.argmax()])
        await cache.release()

    async def _largest_weight(self, repo: str) -> int:
        """Return the elements of a stored model's table of words, or 0 while its configuration is not stored."""
        try:
            config = await self._store.get_model_config(repo)
        except FileDamaged:
            # It is fetched again with the load.
            return 0
        return _table_of_words(config or {})


def _table_of_words(config: JsonObject) -> int:
    """Return `vocab_size` times `hidden_size`, which one weight of a language model has at least; 0 for unknown."""
    inner = config.get("text_config")
    place = inner if isinstance(inner, dict) else config
    rows, columns = place.get("vocab_size"), place.get("hidden_size")
    return rows * columns if isinstance(rows, int) and isinstance(columns, int) else 0


def _plan_or_none(request: LoadModel, entry: ManifestEntry, report: DeviceReport, largest: int) -> LoadPlan | None:
    """Plan with what is known; a newer listing may have what this one lacks."""
    try:
        return plan_load(request, entry, report, largest_weight=largest)
    except TabAgentError as error:
        logger.info("the stored listing of %s does not do: %s", entry.repo, error)
        return None
