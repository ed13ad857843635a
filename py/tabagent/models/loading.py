"""A load on its way: where it is, and what the next thread has to know of it should this one end."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from tabagent.engine_errors import DeviceLost, EngineError, GenerationFailed, LoadFailed, OutOfMemory
from tabagent.errors import RuntimeRestarted, TabAgentError
from tabagent.events import ModelWorkerStates
from tabagent.messages import LoadingProgress, LoadModel
from tabagent.models.baton import Baton
from tabagent.models.plan import LoadPlan
from tabagent.models.progress import LoadProgress
from tabagent.sentences import Sentence, error_said

# Characters of what made a device fail: shown to the person, and kept with the model.
MOST_REASON = 200
# After these the engine computes nothing more in this thread.
BREAKING = (LoadFailed, GenerationFailed, OutOfMemory, DeviceLost)


@dataclass(slots=True, eq=False)
class Load:
    """A load that is under way, or was the last one.

    Attributes:
        before: The manager's state when it began.
        back_to: The model from before.
        wakes: It brings back the model that was given back because nobody used it.
        webgpu_failed: Why it is not to be tried on WebGPU; empty otherwise.
        plan: None until it is known.
        downloading: Files are on their way.
        starting: The engine works; a failure leaves it unusable.
        outcome: Done when the model can be used, or with what ended the load.
    """

    request: LoadModel
    progress: LoadProgress
    before: ModelWorkerStates
    back_to: LoadModel | None = None
    wakes: bool = False
    webgpu_failed: str = ""
    plan: LoadPlan | None = None
    downloading: bool = False
    starting: bool = False
    outcome: asyncio.Future[None] = field(default_factory=lambda: asyncio.get_running_loop().create_future())

    @property
    def chosen(self) -> LoadModel:
        """The request with the dtype that was decided on; the device stays ours to choose where it was."""
        if self.plan is None:
            return self.request
        free = self.request.free_dtype or self.request.dtype is None
        return replace(self.request, dtype=self.plan.spec.dtype, free_dtype=free)

    @property
    def can_leave_webgpu(self) -> bool:
        """Whether the engine's failure now leads to the CPU."""
        return self.starting and self.plan is not None and self.plan.can_leave_webgpu

    def baton(self, percent: float) -> Baton:
        """Return what the next thread does when this one ends now."""
        if self.downloading:
            # It goes on with what is stored.
            return Baton(load=self.request, percent=percent, previous=self.back_to)
        if self.can_leave_webgpu:
            return self.without_webgpu(Sentence.ENDED_AT_START.said(), percent)
        # It reports this load and goes back to the model from before.
        ended = RuntimeRestarted("it ended while a model was being loaded").to_wire()
        return Baton(load=self.back_to, failed_load=self.request, percent=percent, error=ended)

    def without_webgpu(self, reason: str, percent: float) -> Baton:
        """Return what the next thread does after WebGPU has failed."""
        return Baton(load=self.request, percent=percent, previous=self.back_to, webgpu_failed=reason)

    def end(self, error: Exception | None = None) -> None:
        """Tell whoever waits for it."""
        if self.outcome.done():
            return
        if error is None:
            self.outcome.set_result(None)
        else:
            self.outcome.set_exception(error)
            # Nobody need wait: a failure is published as well.
            self.outcome.exception()


def follow(
    request: LoadModel,
    percent: float,
    *,
    before: ModelWorkerStates,
    back_to: LoadModel | None,
    publish: Callable[[Load, LoadingProgress], None],
) -> Load:
    """Return a load whose progress goes to `publish`."""
    progress = LoadProgress(
        lambda event: publish(load, event),
        load_id=request.load_id,
        model_id=request.model_id,
        dtype=str(request.dtype) if request.dtype else "auto",
        percent=percent,
    )
    load = Load(request, progress, before, back_to)
    return load


def is_damage(error: Exception) -> bool:
    """Tell whether the files are to blame, and no device."""
    return isinstance(error, LoadFailed) and error.damaged


def reason_of(error: Exception) -> str:
    """Return in a few words why a device failed."""
    cause = error.details.get("cause") if isinstance(error, EngineError) else None
    text = str(cause) if cause else str(error) or type(error).__name__
    short = text.strip().rstrip(".")[:MOST_REASON]
    # A cause is the engine's or the browser's own text, which has no other languages.
    return error_said(error, short) if isinstance(error, TabAgentError) and not cause else short
