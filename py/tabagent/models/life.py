"""The life of a model in this thread and over to the next: loads, failures, endings.

A failed load poisons the engine's realm and WASM memory never shrinks, so after an engine error, on a switch, on a
reset and when nobody uses the model the thread is ended and a new one goes on from the baton (docs/architecture.md,
"Let it crash").
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import cast

from tabagent.errors import InvalidState, JsonObject, RuntimeRestarted, TabAgentError, wire_error
from tabagent.events import ModelWorkerStates as State
from tabagent.messages import (
    Event,
    Fault,
    GenerationFault,
    LoadingProgress,
    LoadModel,
    ManifestUpdated,
    ResetComplete,
    SendChatMessage,
    WorkerReady,
    WorkerStateChanged,
)
from tabagent.models.baton import Baton, Interrupted
from tabagent.models.deadlines import Deadlines, overdue_error
from tabagent.models.handover import Handover
from tabagent.models.idleness import CallLater, Idleness
from tabagent.models.loader import ModelLoader
from tabagent.models.loading import Load, follow, is_damage, reason_of
from tabagent.models.plan import LoadPlan, why_on_cpu
from tabagent.models.state import StateMachine
from tabagent.parameters import ResourceSettings
from tabagent.ports.engine import InferenceEngine
from tabagent.ports.host import RuntimeHost
from tabagent.sentences import Sentence
from tabagent.specs import Device, DeviceReport, LoadedModel
from tabagent.store_errors import DownloadCancelled

logger = logging.getLogger(__name__)


class ModelLife:
    """Owns the state machine and the engine's life; `ModelManager` adds what requests ask for.

    Args:
        loader: Carries loads out.
        engine: Probed for devices, disposed on reset.
        host: Ends this thread and keeps the baton.
        publish: Sends events to the pages.
        baton: What the thread before this one left.
        resources: Returns what the person allows to be used.
        call_later: Runs a function after so many seconds (`asyncio.AbstractEventLoop.call_later`).
        overdue: What the supervisor says of a deadline that ended the thread before this one; empty otherwise.
    """

    def __init__(
        self,
        *,
        loader: ModelLoader,
        engine: InferenceEngine,
        host: RuntimeHost,
        publish: Callable[[Event], None],
        baton: Baton,
        resources: Callable[[], Awaitable[ResourceSettings]],
        call_later: CallLater,
        overdue: str = "",
    ) -> None:
        self._loader, self._engine, self._publish = loader, engine, publish
        self._inherited, self._overdue = baton, overdue_error(overdue)
        self._handover, self._deadlines = Handover(host), Deadlines(host)
        self._handover.asleep = baton.asleep
        self._states = StateMachine(self._announce, State.ERROR if baton.error else State.UNINITIALIZED)
        self._error = self._overdue.to_wire() if baton.failed_load and self._overdue else baton.error
        self._loaded: LoadedModel | None = None
        self._chosen: LoadModel | None = None  # the request that the loaded model came from, for the next thread
        self._previous: LoadModel | None = baton.previous  # the model to go back to when the load fails
        self._warning = ""
        self._answered = False
        self._load: Load | None = None
        self._task: asyncio.Task[None] | None = None
        self._report: DeviceReport | None = None
        self._resources, self._settings = resources, ResourceSettings()
        self._idleness = Idleness(
            resources=self._read_settings,
            open_pages=host.open_pages,
            call_later=call_later,
            give_back=self._fall_asleep,
        )

    @property
    def state(self) -> State:
        """The state machine's state."""
        return self._states.state

    @property
    def loaded(self) -> LoadedModel | None:
        """The model that is loaded, or None."""
        return self._loaded

    def resume(self) -> tuple[SendChatMessage, ...]:
        """Go on with what the thread before this one left; called once, when the pages can be reached.

        Returns:
            Requests to answer when the model is there that they waited for.
        """
        baton, self._inherited = self._inherited, Baton()
        without_webgpu = self._why_not_webgpu(baton.load, baton.webgpu_failed)
        # Only a model that goes on with another device is the one that they wait for.
        waiting = [each for each in baton.interrupted if baton.load and without_webgpu and each.request]
        self._report_broken_answers(baton, [each for each in baton.interrupted if each not in waiting])
        if baton.failed_load is not None and self._error is not None:
            failed = baton.failed_load
            self._follow(failed, baton.percent).progress.failed(self._error)
            self._publish(Fault(error=self._error, load_id=failed.load_id, model_id=failed.model_id))
        self._handover.keep(Baton(error=self._error))
        if baton.load is not None:
            percent = 0.0 if baton.failed_load else baton.percent
            self._start_load(baton.load, percent, webgpu_failed=without_webgpu)
        return tuple(each.request for each in waiting if each.request)

    async def devices(self) -> DeviceReport:
        """Return what this machine computes with; asked for once per thread."""
        if self._report is None:
            self._report = await self._engine.probe()
        return self._report

    def _start_load(self, request: LoadModel, percent: float, *, wakes: bool = False, webgpu_failed: str = "") -> Load:
        load = self._follow(request, percent)
        load.wakes, load.webgpu_failed = wakes, webgpu_failed
        if self._handover.asleep is not None and self._handover.asleep.model_id == request.model_id:
            self._handover.asleep = None
        self._error = None
        self._idleness.end()
        load.progress.initiate(
            Sentence.LEAVING_WEBGPU.said(reason=webgpu_failed)
            if webgpu_failed
            else Sentence.PREPARING.said(model=request.model_id)
        )
        self._states.to(State.LOADING_MODEL)
        self._task = asyncio.ensure_future(self._run(load))
        return load

    def _follow(self, request: LoadModel, percent: float) -> Load:
        back_to = self._chosen if self._loaded is not None else self._previous
        self._load = follow(request, percent, before=self.state, back_to=back_to, publish=self._on_progress)
        return self._load

    def _on_progress(self, load: Load, event: LoadingProgress) -> None:
        if self.state is State.LOADING_MODEL:
            self._handover.keep(load.baton(event.progress))
            if load.starting and load.plan is not None:
                spec, seconds = load.plan.spec, self._settings.load_timeout_seconds
                self._deadlines.expect(spec.repo, spec.device, "load", seconds)
        self._publish(event)

    async def _run(self, load: Load) -> None:
        request, progress = load.request, load.progress
        try:
            plan = load.plan = await self._resolve(load)
            progress.begin(
                plan.spec.dtype, sum(file.size for file in plan.small), sum(file.size for file in plan.weights)
            )
            load.downloading = True
            await self._loader.bring_in(plan, progress)
            load.downloading = False
            self._publish(ManifestUpdated())
            if self._loaded is not None:
                # Its memory comes back only with a new thread, which finds the files stored.
                self._handover.keep(Baton(load=load.chosen, percent=progress.percent, previous=self._chosen))
                self._handover.restart("another model is loaded")
                return
            load.starting = True
            try:
                self._loaded = await self._loader.start(plan, progress)
            finally:
                self._deadlines.off()
        except Exception as error:  # noqa: BLE001 - a task has no caller: what it does not report here is lost
            self._load_failed(load, error)
            return
        self._chosen, self._previous, self._handover.asleep = load.chosen, None, None
        # The adapter may have gone with the failure; then the plan does not know that there was one.
        left = load.webgpu_failed if plan.spec.device is Device.WASM else ""
        self._warning = plan.warning or (why_on_cpu(request.model_id, left) if left else "")
        self._states.to(State.MODEL_READY)
        self._handover.keep(self._restoring())
        progress.ready(Sentence.READY.said(model=request.model_id))
        self._announce_ready(self._loaded, request.load_id)
        # When it was last used has changed.
        self._publish(ManifestUpdated())
        self._idleness.begin()
        load.end()

    async def _resolve(self, load: Load) -> LoadPlan:
        settings = await self._read_settings()
        repo = load.request.model_id
        if load.wakes and not await self._loader.is_known(repo):
            raise InvalidState(f"{repo} was deleted. Choose a model and press Load.", modelId=repo)
        if load.webgpu_failed:
            await self._loader.note_webgpu(repo, load.webgpu_failed)
        report = (await self.devices()).with_threads(settings.threads)
        return await self._loader.resolve(load.request, report)

    def _load_failed(self, load: Load, error: Exception) -> None:
        request = load.request
        load.downloading = False
        logger.warning("loading %s failed", request.model_id, exc_info=not isinstance(error, TabAgentError))
        if load.can_leave_webgpu and not is_damage(error):
            reason = reason_of(error)
            load.progress.phase(Sentence.LEAVING_WEBGPU.said(reason=reason), 0.0)
            self._publish(ManifestUpdated())
            self._handover.keep(load.without_webgpu(reason, load.progress.percent))
            self._handover.restart("WebGPU failed")
            self._deadlines.off()
            # Answers that wait for it do so until the thread ends; the next one begins them.
            return
        wire = wire_error(error)
        load.progress.failed(wire)
        self._publish(Fault(error=wire, load_id=request.load_id, model_id=request.model_id))
        self._settle_after(load, error, wire)
        self._deadlines.off()
        load.end(error)

    def _settle_after(self, load: Load, error: Exception, wire: JsonObject) -> None:
        """Go back to what was before a load, or to the state `error`."""
        if self._loaded is not None:
            # The model from before is untouched: nothing but files was asked for.
            self._states.to(State.IDLE if load.before is State.IDLE else State.MODEL_READY)
            self._handover.keep(self._restoring())
            self._idleness.begin()
            return
        if isinstance(error, DownloadCancelled) or (self._handover.asleep is not None and not load.starting):
            # What the person wanted is no error; and a model that is asleep is untouched.
            self._states.to(State.UNINITIALIZED)
            self._handover.keep(Baton())
            return
        self._error = wire
        self._states.to(State.ERROR)
        back_to, self._previous = self._previous, None
        self._handover.keep(Baton(load=back_to, error=wire))
        if load.starting:
            self._publish(ManifestUpdated())
            self._handover.restart(str(wire["code"]))
        elif back_to is not None:
            self._start_load(back_to, 0.0)

    async def _finish_reset(self) -> None:
        self._loaded = self._chosen = None
        if self.state is not State.UNINITIALIZED:
            self._states.to(State.UNINITIALIZED)
        await self._engine.unload()
        self._publish(ResetComplete())
        self._handover.restart("reset")

    def _fall_asleep(self) -> None:
        """Give the model back because nobody uses it; the next prompt brings it again."""
        if self._handover.ending or self._handover.answers or self.state not in (State.MODEL_READY, State.IDLE):
            return
        self._handover.asleep, self._chosen, self._loaded = self._chosen, None, None
        self._states.to(State.UNINITIALIZED)
        self._handover.keep(Baton())
        self._handover.restart("the model was not used for a while")

    def _report_broken_answers(self, baton: Baton, broken: Sequence[Interrupted]) -> None:
        """Say of each answer of the thread before this one what ended it: a deadline, a load, or the thread's end."""
        wire = RuntimeRestarted("it ended while an answer was being written").to_wire()
        if self._overdue is not None:
            wire = self._overdue.to_wire()
        elif baton.error is not None:
            wire = baton.error
        for answer in broken:
            self._publish(
                GenerationFault(
                    chat_id=answer.chat_id, message_id=answer.message_id, error=wire, generated_text=answer.text
                )
            )

    def _why_not_webgpu(self, request: LoadModel | None, failed: str) -> str:
        """Return why a load is not to be tried on WebGPU, which a silence there is a reason for as well."""
        overdue = self._overdue
        if (
            request is None
            or overdue is None
            or overdue.details["device"] != Device.WEBGPU
            or request.device is not None
        ):
            return failed
        return Sentence.NO_SIGN_OF_LIFE.said(seconds=cast(float, overdue.details["seconds"]))

    def _restoring(self) -> Baton:
        return Baton(load=self._chosen) if self._loaded is not None else Baton(error=self._error)

    async def _read_settings(self) -> ResourceSettings:
        """Return the settings as they are now, and go by them from here on."""
        try:
            self._settings = await self._resources()
        except TabAgentError as error:
            # A storage that cannot be read must not keep the model from working.
            logger.warning("the settings of resources could not be read: %s", error)
        return self._settings

    def _announce(self, state: State) -> None:
        spec = self._loaded.spec if self._loaded else None
        self._publish(
            WorkerStateChanged(
                state=state,
                model_id=spec.repo if spec else None,
                dtype=spec.dtype if spec else None,
                execution_provider=spec.device if spec else None,
                asleep=name_of(self._handover.asleep),
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
                warning=self._warning,
            )
        )


def name_of(asleep: LoadModel | None) -> JsonObject | None:
    """Return a model that was given back as pages are told of it."""
    return {"modelId": asleep.model_id, "dtype": asleep.dtype and str(asleep.dtype)} if asleep is not None else None
