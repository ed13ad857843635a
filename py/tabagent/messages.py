"""Payloads of the messages, as frozen dataclasses: requests that pages send, events that the background publishes.

Field names are Python's; the codec turns `model_id` into the wire's `modelId`. Sampling options keep the names of
transformers.js in both places. Requests about stored models are in `tabagent.model_messages`. docs/api.md has one row
for each class.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from tabagent.chat_messages import ChatEvent
from tabagent.errors import JsonObject, JsonValue
from tabagent.events import (
    DBEventNames,
    LoadingStatusTypes,
    ModelWorkerStates,
    RuntimeMessageTypes,
    TransferStates,
    UIEventNames,
    WorkerEventNames,
)
from tabagent.log_messages import LogEntriesAdded
from tabagent.model_messages import SettingsScope
from tabagent.page_messages import PageEvent, PageEventName
from tabagent.personal_messages import PersonalEvent
from tabagent.specs import ChatMessage, Device, Dtype

RequestName = RuntimeMessageTypes | WorkerEventNames | DBEventNames
EventName = UIEventNames | WorkerEventNames | DBEventNames | PageEventName


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """Who sent a message, as Chrome states it.

    Attributes:
        extension_id: `sender.id`.
        url: Address of the page or frame; empty for contexts without one.
        tab_url: Address of the tab, for content scripts and pages in tabs.
    """

    extension_id: str
    url: str
    tab_url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One checked envelope; the payload is still to be decoded by its handler's type.

    Attributes:
        correlation_id: What belongs together in the logs; the request's own id unless the sender names another.
    """

    name: str
    request_id: str
    payload: JsonObject
    sender: Sender
    correlation_id: str = ""


# Requests


@dataclass(frozen=True, slots=True, kw_only=True)
class Empty:
    """A request without fields."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadModel:
    """Download a model if needed and make it ready.

    Attributes:
        dtype: None chooses by device.
        device: None chooses the best device there is.
        free_dtype: `dtype` was chosen by device, and is chosen anew for another one; never on the wire.
    """

    model_id: str
    dtype: Dtype | None
    device: Device | None
    task: str
    load_id: str
    free_dtype: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SendChatMessage:
    """Answer a conversation; the last message is the user's, a tool's, or an answer that is to be continued.

    Attributes:
        options: Settings for this answer alone, checked; by the names of `tabagent.parameters.GenerationSettings`.
        tools: What the model may call, as its chat template expects it.
        visible: The person looks at this chat, so it is answered before others.
    """

    chat_id: str
    message_id: str
    messages: tuple[ChatMessage, ...]
    options: Mapping[str, JsonValue] = field(default_factory=dict)
    tools: tuple[JsonObject, ...] = ()
    visible: bool = True

    @property
    def continues(self) -> bool:
        """The answer goes on from the text of the last message."""
        return self.messages[-1].role == "assistant"


@dataclass(frozen=True, slots=True, kw_only=True)
class InterruptGeneration:
    """Stop the running answer; ids, where given, must be those of the running one."""

    chat_id: str
    message_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class InspectModel:
    """Ask the hub what a repository holds."""

    model_id: str


# Events


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerStateChanged:
    """The model manager went to another state.

    Attributes:
        asleep: `{modelId, dtype}` of a model that was given back because nobody used it; the next prompt loads it.
    """

    name: ClassVar[EventName] = UIEventNames.WORKER_STATE_CHANGED
    state: ModelWorkerStates
    model_id: str | None
    dtype: str | None
    execution_provider: str | None
    asleep: JsonObject | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadingProgress:
    """How far a load is: 0 to 100, never backwards within a `load_id`.

    Attributes:
        loaded: Bytes of all files so far.
        total: Bytes of all files; 0 while unknown.
    """

    name: ClassVar[EventName] = UIEventNames.MODEL_WORKER_LOADING_PROGRESS
    status: LoadingStatusTypes
    file: str
    progress: float
    loaded: int
    total: int
    load_id: str
    message: str
    model_id: str
    dtype: str
    error: JsonObject | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DownloadProgress:
    """How far the files of one dtype of a model are.

    Attributes:
        loaded, total: Bytes of all files.
        bytes_per_second: Over the last seconds; 0 while nothing moves.
        seconds_left: None while nobody can tell.
        files: Each file as `{file, loaded, total, status}`.
        message: What is going on, in words (see `tabagent.sentences`).
    """

    name: ClassVar[EventName] = UIEventNames.MODEL_DOWNLOAD_PROGRESS
    model_id: str
    dtype: str
    status: TransferStates
    loaded: int
    total: int
    bytes_per_second: float
    seconds_left: float | None
    files: list[JsonObject]
    message: str = ""
    error: JsonObject | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CacheCleared:
    """All stored models were deleted."""

    name: ClassVar[EventName] = WorkerEventNames.CACHE_CLEARED


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerReady:
    """A model is loaded and warm.

    Attributes:
        warning: Why it is on another device than hoped for (see `tabagent.sentences`); empty otherwise.
    """

    name: ClassVar[EventName] = WorkerEventNames.WORKER_READY
    model_id: str
    dtype: str
    task: str
    execution_provider: str
    context_length: int
    load_id: str
    warning: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelAlreadyLoaded:
    """The model that was asked for is the one that is loaded."""

    name: ClassVar[EventName] = UIEventNames.MODEL_ALREADY_LOADED
    model_id: str
    dtype: str
    load_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GenerationStatus:
    """What an answer waits for.

    Attributes:
        phase: `queued` (`done` answers of `total` are before it), `loading` (the model is being brought back), or
            `prefill` (`done` of `total` tokens of the prompt are read).
        cached_tokens: How many of them were still known from an earlier answer.
        left_out: Messages of the conversation that did not fit and were left out.
    """

    name: ClassVar[EventName] = WorkerEventNames.GENERATION_STATUS
    chat_id: str
    message_id: str
    phase: str
    done: int
    total: int
    cached_tokens: int = 0
    left_out: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class GenerationUpdate:
    """New text of an answer.

    Attributes:
        token: The text that is new since the last update; whole characters.
        tps: Tokens per second since the first token.
        time_to_first_token: Milliseconds from the request's start to the first token.
        prefill_tps: Tokens of the prompt per second that were read for this answer.
    """

    name: ClassVar[EventName] = WorkerEventNames.GENERATION_UPDATE
    chat_id: str
    message_id: str
    token: str
    tps: float
    num_tokens: int
    time_to_first_token: float
    prefill_tps: float


@dataclass(frozen=True, slots=True, kw_only=True)
class GenerationFinished:
    """An answer is whole (or was stopped); `generated_text` equals all its updates together.

    `output` repeats the text under the name that the plan's payload has.

    Attributes:
        prompt_tokens: All of the prompt, with the `cached_tokens` that were known from an earlier answer.
        left_out: Messages of the conversation that did not fit and were left out.
        finish_reason: `stop` (the model ended it), `stop_string`, `length`, `time` (`max_time`), or `stopped`.
    """

    chat_id: str
    message_id: str
    generated_text: str
    output: str
    tps: float
    num_tokens: int
    time_to_first_token: float
    prefill_tps: float
    prompt_tokens: int
    cached_tokens: int
    left_out: int
    finish_reason: str


class GenerationComplete(GenerationFinished):
    """The model ended the answer, or the token limit did."""

    __slots__ = ()
    name: ClassVar[EventName] = WorkerEventNames.GENERATION_COMPLETE


class GenerationStopped(GenerationFinished):
    """The person ended the answer."""

    __slots__ = ()
    name: ClassVar[EventName] = WorkerEventNames.GENERATION_STOPPED


@dataclass(frozen=True, slots=True, kw_only=True)
class GenerationFault:
    """An answer broke off; `generated_text` is what had come by then."""

    name: ClassVar[EventName] = WorkerEventNames.GENERATION_ERROR
    chat_id: str
    message_id: str
    error: JsonObject
    generated_text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """Something failed that was not an answer."""

    name: ClassVar[EventName] = WorkerEventNames.ERROR
    error: JsonObject
    load_id: str | None = None
    model_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ManifestUpdated:
    """What LIST_MODELS answers has changed."""

    name: ClassVar[EventName] = WorkerEventNames.MANIFEST_UPDATED


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingsChanged:
    """Settings were saved; GET_SETTINGS answers with the new ones."""

    name: ClassVar[EventName] = WorkerEventNames.INFERENCE_SETTINGS_UPDATE
    scope: SettingsScope
    model_id: str | None
    dtype: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ResetComplete:
    """The model was given back."""

    name: ClassVar[EventName] = WorkerEventNames.RESET_COMPLETE


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryStats:
    """Bytes in use; the first three names are the plan's.

    Attributes:
        engine_heap: WASM memory of ONNX Runtime, which holds weights and KV caches of models on the CPU.
        weights: Of the loaded model.
        kv_caches: Of all chats.
    """

    name: ClassVar[EventName] = WorkerEventNames.MEMORY_STATS
    used_js_heap_size: int | None
    total_js_heap_size: int | None
    js_heap_size_limit: int | None
    python_heap: int
    storage_usage: int
    storage_quota: int
    engine_heap: int = 0
    weights: int = 0
    kv_caches: int = 0


Event = (
    WorkerStateChanged
    | LoadingProgress
    | DownloadProgress
    | CacheCleared
    | WorkerReady
    | ModelAlreadyLoaded
    | GenerationStatus
    | GenerationUpdate
    | GenerationComplete
    | GenerationStopped
    | GenerationFault
    | Fault
    | ManifestUpdated
    | SettingsChanged
    | ResetComplete
    | MemoryStats
    | PersonalEvent
    | LogEntriesAdded
    | ChatEvent
    | PageEvent
)
