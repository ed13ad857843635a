"""What a thread hands to the one that comes after it, however it ends: what to load, what to report.

The supervisor keeps it as text and does not look into it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, cast

from tabagent.errors import JsonObject
from tabagent.messages import LoadModel, SendChatMessage
from tabagent.models.host_layer import HostLayer
from tabagent.ports.host import RuntimeHost
from tabagent.sentences import said_from_wire, said_to_wire
from tabagent.specs import ChatMessage, Device, Dtype


@dataclass(frozen=True, slots=True, kw_only=True)
class Interrupted:
    """An answer that was being written or waited for its turn; `text` is what had come by then.

    Attributes:
        request: What was asked, as long as nothing of the answer has been computed, so that it can still be begun.
    """

    chat_id: str
    message_id: str
    text: str = ""
    request: SendChatMessage | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Baton:
    """The state worth keeping.

    Attributes:
        load: The model to load first thing, or None.
        percent: How far that load was already; with `failed_load`, how far that one was.
        previous: The model to go back to when `load` fails, or None.
        webgpu_failed: Why `load` is not to be tried on WebGPU; empty otherwise.
        asleep: The model that was given back because nobody used it, to be loaded for the next prompt, or None.
        interrupted: The answers to report as broken off, or to begin where `load` goes on without WebGPU.
        failed_load: A load to report as failed if the thread ends by itself, or None.
        error: Why the last load failed, when the state is `error`.
    """

    load: LoadModel | None = None
    percent: float = 0.0
    previous: LoadModel | None = None
    webgpu_failed: str = ""
    asleep: LoadModel | None = None
    interrupted: tuple[Interrupted, ...] = ()
    failed_load: LoadModel | None = None
    error: JsonObject | None = None

    def to_text(self) -> str:
        """Return the text that the supervisor keeps."""
        return json.dumps(
            {
                "load": _load_to_json(self.load),
                "percent": self.percent,
                "previous": _load_to_json(self.previous),
                "webgpuFailed": self.webgpu_failed,
                "webgpuFailedSaid": said_to_wire(self.webgpu_failed),
                "asleep": _load_to_json(self.asleep),
                "interrupted": [_answer_to_json(answer) for answer in self.interrupted],
                "failedLoad": _load_to_json(self.failed_load),
                "error": self.error,
            }
        )

    @staticmethod
    def from_text(text: str) -> Baton:
        """Read what `to_text` wrote; an empty text is an empty baton."""
        if not text:
            return Baton()
        data = json.loads(text)
        return Baton(
            load=_load_from_json(data["load"]),
            percent=data["percent"],
            previous=_load_from_json(data["previous"]),
            webgpu_failed=said_from_wire(data["webgpuFailedSaid"], data["webgpuFailed"]),
            asleep=_load_from_json(data["asleep"]),
            interrupted=tuple(map(_answer_from_json, data["interrupted"])),
            failed_load=_load_from_json(data["failedLoad"]),
            error=cast("JsonObject | None", data["error"]),
        )


class SharedBaton(HostLayer):
    """A `RuntimeHost` for the model manager, whose baton travels together with the downloads that are running.

    Args:
        host: Keeps the text of both.
        downloads: That the thread before this one was at, kept until this one has its own.
    """

    def __init__(self, host: RuntimeHost, downloads: list[tuple[str, Dtype]]) -> None:
        super().__init__(host)
        self._manager = ""
        self._downloads = downloads

    def retain(self, baton: str) -> None:
        """Keep the manager's baton."""
        self._manager = baton
        self._keep()

    def keep_downloads(self, names: list[tuple[str, Dtype]]) -> None:
        """Keep which downloads, by model and dtype, the next thread is to go on with."""
        self._downloads = names
        self._keep()

    @staticmethod
    def read(text: str) -> tuple[Baton, list[tuple[str, Dtype]]]:
        """Return what `retain` and `keep_downloads` kept; an empty text holds neither."""
        if not text:
            return Baton(), []
        kept = json.loads(text)
        return Baton.from_text(kept["manager"]), [(repo, Dtype(dtype)) for repo, dtype in kept["downloads"]]

    def _keep(self) -> None:
        self._host.retain(json.dumps({"manager": self._manager, "downloads": self._downloads}))


def _load_to_json(load: LoadModel | None) -> JsonObject | None:
    if load is None:
        return None
    return {
        "modelId": load.model_id,
        "dtype": load.dtype and str(load.dtype),
        "device": load.device and str(load.device),
        "task": load.task,
        "loadId": load.load_id,
        "freeDtype": load.free_dtype,
    }


def _load_from_json(data: JsonObject | None) -> LoadModel | None:
    if data is None:
        return None
    dtype, device = data["dtype"], data["device"]
    return LoadModel(
        model_id=str(data["modelId"]),
        dtype=Dtype(str(dtype)) if dtype else None,
        device=Device(str(device)) if device else None,
        task=str(data["task"]),
        load_id=str(data["loadId"]),
        free_dtype=bool(data["freeDtype"]),
    )


def _answer_to_json(answer: Interrupted) -> JsonObject:
    request = answer.request
    return {
        "chatId": answer.chat_id,
        "messageId": answer.message_id,
        "text": answer.text,
        "request": None
        if request is None
        else {
            "messages": [
                [turn.role, turn.content, turn.name, list(turn.tool_calls), turn.tool_call_id]
                for turn in request.messages
            ],
            "options": dict(request.options),
            "tools": list(request.tools),
            "visible": request.visible,
        },
    }


def _answer_from_json(data: Any) -> Interrupted:
    """Read what `_answer_to_json` wrote; it was checked when it came from a page."""
    chat_id, message_id, asked = data["chatId"], data["messageId"], data["request"]
    request = asked and SendChatMessage(
        chat_id=chat_id,
        message_id=message_id,
        messages=tuple(
            ChatMessage(role, content, name, tuple(calls), call_id)
            for role, content, name, calls, call_id in asked["messages"]
        ),
        options=asked["options"],
        tools=tuple(asked["tools"]),
        visible=asked["visible"],
    )
    return Interrupted(chat_id=chat_id, message_id=message_id, text=data["text"], request=request)
