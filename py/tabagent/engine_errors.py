"""Errors of the model and the device that computes it; the tree of all errors is in `tabagent.errors`."""

from __future__ import annotations

from typing import ClassVar

from tabagent.errors import TabAgentError
from tabagent.events import ErrorCodes


class EngineError(TabAgentError):
    """The model does not load or does not run."""


class UnsupportedDtype(EngineError):
    """The device cannot compute with these weights."""

    code = ErrorCodes.UNSUPPORTED_DTYPE

    def __init__(self, dtype: str, device: str, reason: str, advice: str) -> None:
        super().__init__(f"{dtype} weights cannot run on {device}: {reason}. {advice}", dtype=dtype, device=device)


class UnsupportedDevice(EngineError):
    """The device is not there."""

    code = ErrorCodes.UNSUPPORTED_DEVICE

    def __init__(self, device: str, reason: str) -> None:
        super().__init__(f"{device} cannot be used: {reason}. Choose the device 'auto' or 'wasm'.", device=device)


class LoadFailed(EngineError):
    """The engine refused the files."""

    code = ErrorCodes.LOAD_FAILED

    def __init__(self, model_id: str, dtype: str, device: str, cause: str, *, damaged: bool = False) -> None:
        advice = (
            "Press Load: only the damaged parts are downloaded again." if damaged else "Try another dtype or device."
        )
        super().__init__(
            f"{model_id} ({dtype}) did not load on {device}: {cause}. {advice}",
            damaged=damaged,
            modelId=model_id,
            dtype=dtype,
            device=device,
            phase="load",
            cause=cause,
        )
        self.damaged = damaged


class TemplateFailed(EngineError):
    """The model's chat template could not be applied to the messages."""

    code = ErrorCodes.TEMPLATE

    def __init__(self, cause: str) -> None:
        super().__init__(f"The model's chat template refused the messages: {cause}.", cause=cause)


class ContextOverflow(EngineError):
    """The prompt and the wanted answer do not fit the model's context."""

    code = ErrorCodes.CONTEXT_OVERFLOW

    def __init__(self, tokens: int, context_length: int) -> None:
        super().__init__(
            f"The message has {tokens:,} tokens with what belongs to it; the model can read {context_length:,}, "
            "its answer included. Shorten it, or choose a model with a longer context.",
            tokens=tokens,
            contextLength=context_length,
        )


class ComputationFailed(EngineError):
    """Base of what goes wrong while a device computes.

    Attributes:
        what: What happened, between the model's name and the device's.
        advice: What to do next.
    """

    what: ClassVar[str]
    advice: ClassVar[str]

    def __init__(self, model_id: str, dtype: str, device: str, phase: str, cause: str) -> None:
        super().__init__(
            f"{model_id} ({dtype}) {self.what} on {device} during {phase}: {cause}. {self.advice}",
            modelId=model_id,
            dtype=dtype,
            device=device,
            phase=phase,
            cause=cause,
        )


class GenerationFailed(ComputationFailed):
    """The engine failed while it computed an answer."""

    code = ErrorCodes.GENERATION_FAILED
    what = "failed"
    advice = "It is being loaded again; then send once more."


class OutOfMemory(ComputationFailed):
    """The device has no room for the model, its cache or one step."""

    code = ErrorCodes.OUT_OF_MEMORY
    what = "ran out of memory"
    advice = "Choose a smaller model or dtype, close other programs, or start a new chat."


class DeviceLost(ComputationFailed):
    """The graphics device went away while the model was on it."""

    code = ErrorCodes.DEVICE_LOST
    what = "lost its graphics device"
    advice = "The model is being loaded again; then press Continue."


class TimedOut(EngineError):
    """A load made no progress, or a token did not come, for longer than the settings allow."""

    code = ErrorCodes.TIMED_OUT

    def __init__(self, model_id: str, device: str, phase: str, seconds: float) -> None:
        super().__init__(
            f"{model_id} gave no sign of life on {device} during {phase} for {seconds:g} s and was ended. "
            "Try again, choose a smaller model, or allow more time in the settings.",
            modelId=model_id,
            device=device,
            phase=phase,
            seconds=seconds,
        )


class NothingAllowed(EngineError):
    """Bans, or what the answer must look like, leave no token that could come next."""

    code = ErrorCodes.NOTHING_ALLOWED

    def __init__(self, cause: str) -> None:
        super().__init__(
            f"The settings leave nothing that the answer could go on with: {cause}. "
            "Loosen bad_words_ids, suppress_tokens, no_repeat_ngram_size or the JSON schema.",
            cause=cause,
        )


class IncompleteJson(EngineError):
    """The token limit ended an answer that had to be JSON before its last bracket was closed."""

    code = ErrorCodes.INCOMPLETE_JSON

    def __init__(self, tokens: int) -> None:
        super().__init__(
            f"The answer reached its limit of {tokens:,} tokens before its JSON was complete. "
            "Raise max_new_tokens or ask for less.",
            tokens=tokens,
        )
