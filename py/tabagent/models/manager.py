"""The model manager: one model at a time, and what requests and answers want of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace

from tabagent.codec import encode_event
from tabagent.engine_errors import DeviceLost
from tabagent.errors import Busy, InvalidState, JsonObject, TabAgentError, wire_error
from tabagent.events import ModelWorkerStates as State
from tabagent.messages import LoadModel, ModelAlreadyLoaded
from tabagent.models.baton import Baton, Interrupted
from tabagent.models.handover import restarting
from tabagent.models.life import ModelLife, name_of
from tabagent.models.loading import BREAKING, reason_of
from tabagent.sentences import said_to_wire
from tabagent.specs import Device, Dtype, LoadedModel


class ModelManager(ModelLife):
    """Takes requests about the one model, and lends the engine."""

    async def load_model(self, request: LoadModel) -> JsonObject:
        """Accept LOAD_MODEL; the outcome comes as events.

        Raises:
            Busy: A load or an answer is running or waits, or the thread is about to end.
        """
        self._handover.refuse_when_ending()
        if self.state is State.LOADING_MODEL and self._load is not None:
            name = self._load.request.model_id
            raise Busy(f"{name} is being loaded. Wait for it, or reset.", modelId=name)
        if self.state is State.GENERATING:
            raise Busy("An answer is being written. Stop it first, then load another model.")
        if self._handover.answers:
            raise Busy("An answer waits for its turn. Stop it first, then load another model.")
        if self._loaded is not None and _is_loaded(request, self._loaded):
            spec = self._loaded.spec
            self._publish(ModelAlreadyLoaded(model_id=spec.repo, dtype=spec.dtype, load_id=request.load_id))
            return {"loadId": request.load_id, "alreadyLoaded": True}
        self._start_load(request, 0.0)
        return {"loadId": request.load_id, "alreadyLoaded": False}

    @property
    def weight_bytes(self) -> int:
        """Size of the loaded model's weights; 0 without one."""
        return self._loaded.weight_bytes if self._loaded is not None else 0

    def in_use(self) -> list[tuple[str, Dtype | None]]:
        """Return models and dtypes that are loaded or being loaded; None for a dtype that is not chosen yet."""
        used: list[tuple[str, Dtype | None]] = []
        if self._loaded is not None:
            used.append((self._loaded.spec.repo, self._loaded.spec.dtype))
        if self.state is State.LOADING_MODEL and self._load is not None:
            used.append((self._load.request.model_id, self._load.request.dtype))
        return used

    def begin_reset(self) -> None:
        """Take nothing more, end a load, and let no failure on the way bring the model back."""
        self._handover.give_up()
        self._idleness.end()
        if self._task is not None and self._load is not None:
            self._task.cancel()
            self._load.end(restarting())

    def reset(self) -> None:
        """Give the model back: cancel a load, dispose the engine, go on in a fresh thread. No answer may be running."""
        self.begin_reset()
        if self._task is not None:
            self._task.cancel()
        # A task of its own begins after the request has been answered.
        self._task = asyncio.ensure_future(self._finish_reset())

    async def describe(self) -> JsonObject:
        """Return the fields of GET_MODEL_WORKER_STATE that concern the model."""
        report, loaded, load = await self.devices(), self._loaded, self._load
        shows_load = load is not None and self.state in (State.LOADING_MODEL, State.ERROR)
        last = load.progress.last if load and shows_load else None
        threads = loaded.spec.threads if loaded else report.with_threads(self._settings.threads).threads
        return {
            "state": str(self.state),
            "modelId": loaded.spec.repo if loaded else None,
            "dtype": str(loaded.spec.dtype) if loaded else None,
            "executionProvider": str(loaded.spec.device) if loaded else None,
            "contextLength": loaded.context_length if loaded else None,
            "warning": str(self._warning),
            "warningSaid": said_to_wire(self._warning),
            "asleep": name_of(self._handover.asleep),
            "devices": {"webgpu": report.webgpu, "f16": report.f16, "threads": threads, "software": report.software},
            "loading": encode_event(last)["payload"] if last else None,
            "error": self._error if self.state is State.ERROR else None,
        }

    def ready_or_wakeable(self) -> LoadedModel | None:
        """Return the loaded model, or None when one will be there: `ensure_ready` waits for it.

        Raises:
            InvalidState: There is none, and none is coming.
            Busy: Another model is being loaded in its place, or the thread is about to end.
        """
        self._handover.refuse_when_ending()
        loading = self.state is State.LOADING_MODEL
        if self._loaded is not None:
            if loading:
                raise Busy("Another model is being loaded. Send the message when it is ready.")
            if self.state is not State.GENERATING:
                # Whoever asks is about to use it.
                self._idleness.begin()
            return self._loaded
        if not loading and self._handover.asleep is None:
            raise InvalidState("No model is loaded. Choose a model and press Load.")
        return None

    def ready_model(self) -> LoadedModel:
        """Return the model that can answer now.

        Raises:
            InvalidState: No model is ready.
            Busy: Another answer is being written, another model is being loaded, or the thread is about to end.
        """
        loaded = self.ready_or_wakeable()
        if loaded is None:
            raise InvalidState("The model is still being loaded. Send the message when it is ready.")
        if self.state is State.GENERATING:
            raise Busy("Another answer is being written. Wait for it, or stop it.")
        return loaded

    async def ensure_ready(self, waiting: Callable[[], None]) -> LoadedModel:
        """Return the model that can answer, after waiting for its load; one that was given back is loaded again.

        Args:
            waiting: Called, once, when it is not there yet.

        Raises:
            InvalidState, Busy: As `ready_model`; also when the load is given up by a reset or goes on in a new thread.
            HubError, StorageError, EngineError: What the load failed with.
        """
        if self.ready_or_wakeable() is None:
            waiting()
            load = self._load
            if self.state is not State.LOADING_MODEL or load is None:
                assert self._handover.asleep is not None, "or nothing could be waited for"  # noqa: S101 - a bug
                load = self._start_load(self._handover.asleep, 0.0, wakes=True)
            await asyncio.shield(load.outcome)
        await self._read_settings()
        # Others were at work in between.
        return self.ready_model()

    def begin_generation(self) -> None:
        """Take the engine for an answer, after `ensure_ready` or `ready_model`."""
        self._states.to(State.GENERATING)
        self._idleness.end()
        self.expect_token()

    def end_generation(self) -> None:
        """Give the engine back after an answer."""
        if self.state is State.GENERATING:
            self._answered = True
            self.at_ease()
            self._states.to(State.IDLE)
            self._handover.keep(self._restoring())
            self._idleness.begin()

    def rests(self, loaded: LoadedModel) -> bool:
        """Tell whether a model is still there that has answered, and nobody wants anything of the engine."""
        return self.state is State.IDLE and self._loaded is loaded and not self._handover.ending

    def expect_token(self) -> None:
        """Let the thread end when the engine is silent for longer than the settings allow; also after a piece."""
        if self._loaded is not None:
            spec, seconds = self._loaded.spec, self._settings.token_timeout_seconds
            self._deadlines.expect(spec.repo, spec.device, "generation", seconds)

    def at_ease(self) -> None:
        """Expect nothing of the engine any more."""
        self._deadlines.off()

    def keep_answers(self, answers: tuple[Interrupted, ...]) -> None:
        """Remember how far all answers are that run or wait, in case the thread ends; none when none does."""
        self._handover.keep_answers(answers)

    def breaks_engine(self, error: Exception) -> bool:
        """Tell whether the engine is of no use after an error, so that `engine_failed` must be told."""
        return isinstance(error, BREAKING) or not isinstance(error, TabAgentError)

    def engine_failed(self, error: Exception) -> None:
        """End the thread after a failure of the engine; the next one loads the model again, where it can run."""
        if self._handover.giving_up:
            return
        baton, loaded, chosen = self._restoring(), self._loaded, self._chosen
        if loaded is not None and chosen is not None and loaded.spec.device is Device.WEBGPU:
            # The first answer shows whether the device can do it at all.
            first = not self._answered and chosen.device is None
            if first or isinstance(error, DeviceLost):
                baton = Baton(load=replace(chosen, device=None), webgpu_failed=reason_of(error))
        self._handover.keep(baton)
        self._handover.restart(str(wire_error(error)["code"]))


def _is_loaded(request: LoadModel, loaded: LoadedModel) -> bool:
    spec = loaded.spec
    return (
        request.model_id == spec.repo and request.dtype in (None, spec.dtype) and request.device in (None, spec.device)
    )
