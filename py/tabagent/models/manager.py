"""The model manager: one model at a time, from a request to a warm engine, and back.

A failed load poisons the engine's realm and WASM memory never shrinks, so after an engine error, on a switch and on a
reset the thread is ended and a new one goes on from the baton (docs/architecture.md, "Let it crash").
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import replace

from tabagent.codec import encode_event
from tabagent.errors import Busy, InvalidState, JsonObject, RuntimeRestarted, TabAgentError, wire_error
from tabagent.events import ModelWorkerStates as State
from tabagent.messages import (
    Event,
    Fault,
    LoadingProgress,
    LoadModel,
    ManifestUpdated,
    ModelAlreadyLoaded,
    ResetComplete,
    WorkerReady,
    WorkerStateChanged,
)
from tabagent.models.baton import Baton, Interrupted
from tabagent.models.loader import ModelLoader
from tabagent.models.progress import LoadProgress
from tabagent.models.state import StateMachine
from tabagent.ports.engine import InferenceEngine
from tabagent.ports.host import RuntimeHost
from tabagent.specs import DeviceReport, Dtype, LoadedModel
from tabagent.store_errors import DownloadCancelled

logger = logging.getLogger(__name__)


class ModelManager:
    """Owns the state machine and the engine's life.

    Args:
        loader: Carries loads out.
        engine: Probed for devices, disposed on reset.
        host: Ends this thread and keeps the baton.
        publish: Sends events to the pages.
        baton: What the thread before this one left.
    """

    def __init__(
        self,
        *,
        loader: ModelLoader,
        engine: InferenceEngine,
        host: RuntimeHost,
        publish: Callable[[Event], None],
        baton: Baton,
    ) -> None:
        self._loader, self._engine = loader, engine
        self._host, self._publish, self._inherited = host, publish, baton
        self._states = StateMachine(self._announce, State.ERROR if baton.error else State.UNINITIALIZED)
        self._error = baton.error
        self._loaded: LoadedModel | None = None
        self._request: LoadModel | None = None
        self._chosen: LoadModel | None = None  # the request that the loaded model came from, for the next thread
        self._previous: LoadModel | None = baton.previous  # the model to go back to when the load fails
        self._ending = self._giving_up = self._downloading = False
        self._progress: LoadProgress | None = None
        self._task: asyncio.Task[None] | None = None
        self._report: DeviceReport | None = None

    @property
    def state(self) -> State:
        """The state machine's state."""
        return self._states.state

    def resume(self) -> None:
        """Go on with what the thread before this one left; called once, when the pages can be reached."""
        baton, self._inherited = self._inherited, Baton()
        if baton.failed_load is not None and baton.error is not None:
            failed = baton.failed_load
            self._follow(failed, baton.percent).failed(baton.error)
            self._publish(Fault(error=baton.error, load_id=failed.load_id, model_id=failed.model_id))
        self._host.retain(Baton(error=self._error).to_text())
        if baton.load is not None:
            self._start_load(baton.load, 0.0 if baton.failed_load else baton.percent)

    async def load_model(self, request: LoadModel) -> JsonObject:
        """Accept LOAD_MODEL; the outcome comes as events.

        Raises:
            Busy: A load or an answer is running, or the thread is about to end.
        """
        self._refuse_when_ending()
        if self.state is State.LOADING_MODEL and self._request is not None:
            name = self._request.model_id
            raise Busy(f"{name} is being loaded. Wait for it, or reset.", modelId=name)
        if self.state is State.GENERATING:
            raise Busy("An answer is being written. Stop it first, then load another model.")
        if self._loaded is not None and _is_loaded(request, self._loaded):
            spec = self._loaded.spec
            self._publish(ModelAlreadyLoaded(model_id=spec.repo, dtype=spec.dtype, load_id=request.load_id))
            return {"loadId": request.load_id, "alreadyLoaded": True}
        self._start_load(request, 0.0)
        return {"loadId": request.load_id, "alreadyLoaded": False}

    def in_use(self) -> list[tuple[str, Dtype | None]]:
        """Return models and dtypes that are loaded or being loaded; None for a dtype that is not chosen yet."""
        used: list[tuple[str, Dtype | None]] = []
        if self._loaded is not None:
            used.append((self._loaded.spec.repo, self._loaded.spec.dtype))
        if self.state is State.LOADING_MODEL and self._request is not None:
            used.append((self._request.model_id, self._request.dtype))
        return used

    def begin_reset(self) -> None:
        """Take nothing more, and let no failure on the way bring the model back."""
        self._ending = self._giving_up = True

    def reset(self) -> None:
        """Give the model back: cancel a load, dispose the engine, go on in a fresh thread. No answer may be running."""
        self.begin_reset()
        if self._task is not None:
            self._task.cancel()
        self._host.retain(Baton().to_text())
        # A task of its own begins after the request has been answered.
        self._task = asyncio.ensure_future(self._finish_reset())

    async def devices(self) -> DeviceReport:
        """Return what this machine computes with; asked for once per thread."""
        if self._report is None:
            self._report = await self._engine.probe()
        return self._report

    async def describe(self) -> JsonObject:
        """Return the fields of GET_MODEL_WORKER_STATE that concern the model."""
        report, loaded = await self.devices(), self._loaded
        shows_load = self._progress is not None and self.state in (State.LOADING_MODEL, State.ERROR)
        last = self._progress.last if self._progress and shows_load else None
        return {
            "state": str(self.state),
            "modelId": loaded.spec.repo if loaded else None,
            "dtype": str(loaded.spec.dtype) if loaded else None,
            "executionProvider": str(loaded.spec.device) if loaded else None,
            "contextLength": loaded.context_length if loaded else None,
            "devices": {"webgpu": report.webgpu, "f16": report.f16, "threads": report.threads},
            "loading": encode_event(last)["payload"] if last else None,
            "error": self._error if self.state is State.ERROR else None,
        }

    def ready_model(self) -> LoadedModel:
        """Return the model that can answer now.

        Raises:
            InvalidState: No model is ready.
            Busy: Another answer is being written, or the thread is about to end.
        """
        self._refuse_when_ending()
        if self.state is State.GENERATING:
            raise Busy("Another answer is being written. Wait for it, or stop it.")
        if self.state is State.LOADING_MODEL:
            raise InvalidState("The model is still being loaded. Send the message when it is ready.")
        if self._loaded is None:
            raise InvalidState("No model is loaded. Choose a model and press Load.")
        return self._loaded

    def begin_generation(self) -> None:
        """Take the engine for an answer, after `ready_model`."""
        self._states.to(State.GENERATING)

    def end_generation(self) -> None:
        """Give the engine back after an answer."""
        if self.state is State.GENERATING:
            self._states.to(State.IDLE)
            self._host.retain(self._restoring().to_text())

    def keep_answer(self, interrupted: Interrupted) -> None:
        """Remember how far the running answer is, in case the thread ends."""
        self._host.retain(replace(self._restoring(), interrupted=interrupted).to_text())

    def engine_failed(self, reason: str) -> None:
        """End the thread after a failure of the engine; the next one loads the model again."""
        if self._giving_up:
            return
        self._host.retain(self._restoring().to_text())
        self._restart(reason)

    def _start_load(self, request: LoadModel, percent: float) -> None:
        before = self.state
        self._error = None
        progress = self._follow(request, percent)
        progress.initiate(f"Preparing {request.model_id}")
        self._states.to(State.LOADING_MODEL)
        self._task = asyncio.ensure_future(self._load(request, progress, before))

    def _follow(self, request: LoadModel, percent: float) -> LoadProgress:
        self._request = request
        dtype = str(request.dtype) if request.dtype else "auto"
        back_to = self._chosen if self._loaded is not None else self._previous
        ended = RuntimeRestarted("it ended while a model was being loaded").to_wire()

        def publish(event: LoadingProgress) -> None:
            if self.state is State.LOADING_MODEL:
                if self._downloading:
                    # Should the thread end here, the next one goes on with what is stored.
                    baton = Baton(load=request, percent=event.progress, previous=back_to)
                else:
                    # Here it reports this load and goes back to the model from before.
                    baton = Baton(load=back_to, failed_load=request, percent=event.progress, error=ended)
                self._host.retain(baton.to_text())
            self._publish(event)

        self._progress = LoadProgress(
            publish, load_id=request.load_id, model_id=request.model_id, dtype=dtype, percent=percent
        )
        return self._progress

    async def _load(self, request: LoadModel, progress: LoadProgress, before: State) -> None:
        poisoned = False
        try:
            plan = await self._loader.resolve(request, await self.devices())
            small = sum(file.size for file in plan.small)
            progress.begin(plan.spec.dtype, small, sum(file.size for file in plan.weights))
            self._downloading = True
            try:
                await self._loader.bring_in(plan, progress)
            finally:
                self._downloading = False
            self._publish(ManifestUpdated())
            chosen = replace(request, dtype=plan.spec.dtype, device=plan.spec.device)
            if self._loaded is not None:
                # Its memory comes back only with a new thread, which finds the files stored.
                baton = Baton(load=chosen, percent=progress.percent, previous=self._chosen)
                self._host.retain(baton.to_text())
                self._restart("another model is loaded")
                return
            poisoned = True
            self._loaded = await self._loader.start(plan, progress)
        except Exception as error:  # noqa: BLE001 - a task has no caller: what it does not report here is lost
            self._load_failed(request, error, before, poisoned=poisoned)
            return
        self._chosen, self._previous = chosen, None
        self._states.to(State.MODEL_READY)
        self._host.retain(self._restoring().to_text())
        progress.ready(f"{request.model_id} is ready")
        self._announce_ready(self._loaded, request.load_id)

    def _load_failed(self, request: LoadModel, error: Exception, before: State, *, poisoned: bool) -> None:
        logger.warning("loading %s failed", request.model_id, exc_info=not isinstance(error, TabAgentError))
        wire = wire_error(error)
        if self._progress is not None:
            self._progress.failed(wire)
        self._publish(Fault(error=wire, load_id=request.load_id, model_id=request.model_id))
        if self._loaded is not None:
            # The model from before is untouched: nothing but files was asked for.
            self._states.to(State.IDLE if before is State.IDLE else State.MODEL_READY)
            return
        if isinstance(error, DownloadCancelled):
            # What the person wanted is no error.
            self._states.to(State.UNINITIALIZED)
            self._host.retain(Baton().to_text())
            return
        self._error = wire
        self._states.to(State.ERROR)
        back_to, self._previous = self._previous, None
        self._host.retain(Baton(load=back_to, error=wire).to_text())
        if poisoned:
            self._publish(ManifestUpdated())
            self._restart(str(wire["code"]))
        elif back_to is not None:
            self._start_load(back_to, 0.0)

    async def _finish_reset(self) -> None:
        self._loaded = self._chosen = None
        if self.state is not State.UNINITIALIZED:
            self._states.to(State.UNINITIALIZED)
        await self._engine.unload()
        self._publish(ResetComplete())
        self._restart("reset")

    def _restart(self, reason: str) -> None:
        self._ending = True
        self._host.restart(reason)

    def _refuse_when_ending(self) -> None:
        # What is accepted now would end with the thread, without an outcome.
        if self._ending:
            raise Busy("TabAgent's runtime is being started again. Try again in a moment.")

    def _restoring(self) -> Baton:
        if self._giving_up:
            return Baton()
        return Baton(load=self._chosen) if self._loaded is not None else Baton(error=self._error)

    def _announce(self, state: State) -> None:
        spec = self._loaded.spec if self._loaded else None
        self._publish(
            WorkerStateChanged(
                state=state,
                model_id=spec.repo if spec else None,
                dtype=spec.dtype if spec else None,
                execution_provider=spec.device if spec else None,
            )
        )

    def _announce_ready(self, loaded: LoadedModel, load_id: str) -> None:
        self._publish(
            WorkerReady(
                model_id=loaded.spec.repo,
                dtype=loaded.spec.dtype,
                task=loaded.spec.task,
                execution_provider=loaded.spec.device,
                context_length=loaded.context_length,
                load_id=load_id,
            )
        )


def _is_loaded(request: LoadModel, loaded: LoadedModel) -> bool:
    spec = loaded.spec
    return (
        request.model_id == spec.repo and request.dtype in (None, spec.dtype) and request.device in (None, spec.device)
    )
