"""What the background says of models, as it crosses the wire: the shapes of docs/api.md with a few fixed values."""

from __future__ import annotations

from typing import Any

from tabagent.errors import TabAgentError
from tabagent.events import ModelWorkerStates, RuntimeMessageTypes, TransferStates, WorkerEventNames
from tabagent.parameters import AppearanceSettings, ResourceSettings, defaults, schema

Json = dict[str, Any]

TINY, OTHER = "acme/tiny", "acme/other"
STORAGE: Json = {"usage": 139_000_000, "quota": 10_000_000_000, "persisted": True}
TOKENIZER = {"file": "tokenizer.json", "size": 2_000_000, "stored": 0}


def dtype(
    name: str, *, size: int = 137_000_000, status: str = "available", stored: int | None = None, **changes: object
) -> Json:
    """Return a dtype of two files; the tokenizer is the model's, the weights are its own."""
    have = (size if status == "downloaded" else 0) if stored is None else stored
    common = min(have, 2_000_000)
    files = [
        TOKENIZER | {"stored": common},
        {"file": f"onnx/model_{name}.onnx", "size": size - 2_000_000, "stored": have - common},
    ]
    fields = {"dtype": name, "status": status, "size": size, "stored": have, "files": files}
    return fields | {"reason": None, "lastUsed": 0, "transfer": None} | changes


def model(model_id: str = TINY, dtypes: list[Json] | None = None, **changes: object) -> Json:
    """Return a model with q8, which is recommended, and q4."""
    fields = {
        "modelId": model_id,
        "title": model_id.rsplit("/", maxsplit=1)[-1].title(),
        "task": "text-generation",
        "commit": None,
        "suggested": True,
        "recommendedDtype": "q8",
        "recommendedReason": "8-bit weights are the fastest on this processor",
        "dtypes": [dtype("q8"), dtype("q4", size=118_000_000)] if dtypes is None else dtypes,
    }
    return fields | changes


def transfer(status: TransferStates, model_id: str = TINY, dtype_name: str = "q8", **changes: object) -> Json:
    """Return a MODEL_DOWNLOAD_PROGRESS payload, a third of the way."""
    files = [
        {"file": "tokenizer.json", "loaded": 2_000_000, "total": 2_000_000, "status": TransferStates.DONE},
        {"file": "onnx/model_q8.onnx", "loaded": 43_700_000, "total": 135_000_000, "status": status},
    ]
    fields = {"modelId": model_id, "dtype": dtype_name, "status": status, "loaded": 45_700_000, "total": 137_000_000}
    moving = status is TransferStates.DOWNLOADING
    speed = {"bytesPerSecond": 12_300_000 if moving else 0, "secondsLeft": 7.4 if moving else None}
    return fields | speed | {"files": files, "message": "", "error": None} | changes


def failed(error: TabAgentError, **changes: object) -> Json:
    """Return the payload of a transfer that ended with an error."""
    return transfer(TransferStates.FAILED) | {"error": error.to_wire()} | changes


def settings(**changes: object) -> Json:
    """Return a reply to GET_SETTINGS of which nothing was set, with every setting that there is."""
    nothing: Json = {"global": {}, "model": {}, "resources": {}, "appearance": {}, "defaults": defaults()}
    schemas = {"resourceSchema": schema(ResourceSettings), "appearanceSchema": schema(AppearanceSettings)}
    return {"schema": schema(), **schemas} | nothing | changes


def running(state: ModelWorkerStates = ModelWorkerStates.IDLE, model_id: str = TINY, **changes: object) -> Json:
    """Return the payload of WORKER_STATE_CHANGED for a model on the processor."""
    loaded: Json = {"modelId": model_id, "dtype": "q8", "executionProvider": "wasm", "asleep": None}
    return {"state": state} | loaded | changes


def status(message_id: str, phase: str, done: int, total: int, **changes: object) -> Json:
    """Return the payload of GENERATION_STATUS."""
    fields: Json = {"chatId": "", "messageId": message_id, "phase": phase, "done": done, "total": total}
    return fields | {"cachedTokens": 0, "leftOut": 0} | changes


def update(message_id: str, token: str) -> Json:
    """Return the payload of GENERATION_UPDATE."""
    fields: Json = {"chatId": "", "messageId": message_id, "token": token, "tps": 12.5, "numTokens": 3}
    return fields | {"timeToFirstToken": 410.0, "prefillTps": 320.0}


def finished(message_id: str, text: str, reason: str = "stop", **changes: object) -> Json:
    """Return the payload of GENERATION_COMPLETE, or of GENERATION_STOPPED."""
    fields: Json = update(message_id, "") | {"generatedText": text, "output": text, "finishReason": reason}
    return fields | {"promptTokens": 1234, "cachedTokens": 1100, "leftOut": 0} | changes


KEPT: Json = {
    "kinds": [
        {"kind": "chats", "count": 12, "bytes": 48_000},
        {"kind": "models", "count": 1, "bytes": 139_000_000},
        {"kind": "prompts", "count": 0, "bytes": 0},
        {"kind": "settings", "count": 3, "bytes": 210},
        {"kind": "logs", "count": 800, "bytes": 160_000},
    ],
} | STORAGE
MEMORY: Json = {
    "usedJSHeapSize": 12_000_000,
    "totalJSHeapSize": 20_000_000,
    "jsHeapSizeLimit": 4_000_000_000,
    "pythonHeap": 21_000_000,
    "storageUsage": 139_000_000,
    "storageQuota": 10_000_000_000,
    "engineHeap": 310_000_000,
    "weights": 137_000_000,
    "kvCaches": 24_500_000,
}


def replies(models: list[Json]) -> dict[str, Json]:
    """Return what a background with these models answers; everything that is asked of it succeeds."""
    loaded: Json = {"modelId": None, "dtype": None, "executionProvider": None, "contextLength": None}
    snapshot = {
        "state": ModelWorkerStates.UNINITIALIZED,
        "devices": {"webgpu": False, "f16": False, "threads": 2},
        "version": "0.1.0",
    }
    done: Json = {}
    return {
        RuntimeMessageTypes.CHECK_BACKGROUND_READY: {"ready": True},
        RuntimeMessageTypes.GET_MODEL_WORKER_STATE: snapshot | loaded | {"generating": None, "loading": None},
        RuntimeMessageTypes.LIST_MODELS: {"models": models, "storage": STORAGE},
        RuntimeMessageTypes.GET_SETTINGS: settings(),
        RuntimeMessageTypes.SAVE_SETTINGS: settings(),
        RuntimeMessageTypes.GET_PROMPTS: {"prompts": []},
        RuntimeMessageTypes.GET_STORED_DATA: KEPT,
        RuntimeMessageTypes.INTERRUPT_GENERATION: {"stopped": True},
        WorkerEventNames.REQUEST_MEMORY_STATS: {"stats": MEMORY},
        RuntimeMessageTypes.GET_ACCOUNT: {"account": None, "oauth": False, "sources": []},
        RuntimeMessageTypes.LOAD_MODEL: {"loadId": "load"},
        RuntimeMessageTypes.RESTORE_LAST_STATE: {"modelRestored": False, "lastModel": None, "lastChatSession": None},
        RuntimeMessageTypes.RESET_WORKER: done,
        RuntimeMessageTypes.DOWNLOAD_MODEL: {"modelId": TINY, "dtype": "q8"},
        RuntimeMessageTypes.PAUSE_DOWNLOAD: done,
        RuntimeMessageTypes.CANCEL_DOWNLOAD: done,
        RuntimeMessageTypes.CHECK_MODEL: done,
        RuntimeMessageTypes.DELETE_MODEL: {"freed": 137_000_000},
        WorkerEventNames.CLEAR_CACHE: done,
        WorkerEventNames.HUGGINGFACE_LOGOUT: done,
    }
