"""Turns wire JSON into checked dataclasses and back; the only place where messages are dicts.

Everything a page sends is checked here: shape, types, lengths, ranges. A wrong value raises `BadRequest` with its name.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from dataclasses import fields
from enum import Enum
from functools import cache
from operator import attrgetter
from typing import Any, TypeVar, cast

from tabagent.errors import BadRequest, JsonObject, JsonValue, PayloadTooLarge
from tabagent.events import DBEventNames
from tabagent.messages import (
    Empty,
    Event,
    InspectModel,
    InterruptGeneration,
    LoadModel,
    Request,
    Sender,
)
from tabagent.sentences import Said, said_to_wire
from tabagent.specs import Device, Dtype

# A prompt that fills a context of 128k tokens has about half a million characters; four million leave room for any
# text of such a model and still refuse a page that posts megabytes by mistake. Chrome itself stops at 64 MiB.
MAX_MESSAGE_CHARACTERS = 4_000_000
MAX_ID_CHARACTERS = 200
AUTO = "auto"

# Hub repository names: one or two parts of letters, digits and ._- (`REPO_ID_REGEX` of huggingface_hub), no "--"
# or ".." in them.
_REPO_ID = re.compile(r"\A(?!.*(?:--|\.\.))(?:[A-Za-z0-9][\w.-]{0,95}/)?[A-Za-z0-9][\w.-]{0,95}\Z", re.ASCII)
# Of another hub: its host first.
_ID_ELSEWHERE = re.compile(r"\A([a-z0-9.-]+(?::\d{1,5})?)/([^/]+/[^/]+)\Z")
_ADDRESS = re.compile(r"\Ahttps?://([^/?#]+)/(.+)\Z", re.IGNORECASE)
_HUB_NAMES = frozenset({"huggingface.co", "www.huggingface.co", "hf.co"})
# First parts of hub addresses that are not a model's owner, and second parts that are not a model's name.
_OTHER_PAGES = frozenset({"api", "blog", "collections", "datasets", "docs", "papers", "settings", "spaces", "tasks"})
_PARTS_OF_A_MODEL = frozenset({"blob", "commits", "discussions", "resolve", "tree"})
_DB_NAMES = frozenset(DBEventNames)
# Values that need no look before they go on the wire.
_JSON_TYPES = frozenset({str, int, float, bool, type(None), dict, list})
# Of an id that goes into the logs: nothing that a person wrote looks like this.
_CORRELATION_ID = re.compile(r"\A[\w.:-]{1,100}\Z", re.ASCII)

EnumT = TypeVar("EnumT", bound=Enum)
Payload = TypeVar("Payload")
Decoder = Callable[[JsonObject], Payload]


def decode_envelope(text: str, sender: Sender) -> Request:
    """Check an envelope `{type, requestId, payload}`.

    Raises:
        PayloadTooLarge: The text is longer than `MAX_MESSAGE_CHARACTERS`.
        BadRequest: It is not such an object. `details["requestId"]` holds the id where there is one.
    """
    if len(text) > MAX_MESSAGE_CHARACTERS:
        raise PayloadTooLarge(len(text), MAX_MESSAGE_CHARACTERS)
    try:
        message = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BadRequest(f"The message is not JSON that can be read: {error}.") from error
    if not isinstance(message, dict):
        raise BadRequest(f"A message must be an object with type, requestId and payload, not {shown(message)}.")
    envelope = Fields(cast(JsonObject, message))
    request_id = envelope.text("requestId")
    name = envelope.text("type")
    payload = message.get("payload")
    if payload is not None and not isinstance(payload, dict):
        raise BadRequest(f"payload must be an object, not {shown(payload)}.", field="payload")
    return Request(
        name=name,
        request_id=request_id,
        payload=cast(JsonObject, payload or {}),
        sender=sender,
        correlation_id=_correlation_id(message.get("correlationId"), request_id),
    )


def _correlation_id(*candidates: JsonValue) -> str:
    found = (value for value in candidates if isinstance(value, str) and _CORRELATION_ID.match(value))
    return next(found, "")


def peek_request_id(text: str) -> str | None:
    """Return the request id of a message that was refused, where one can be found cheaply."""
    if len(text) > MAX_MESSAGE_CHARACTERS:
        found = re.search(r'"requestId"\s*:\s*"([^"\\]{1,200})"', text[:2000] + text[-2000:])
        return found.group(1) if found else None
    try:
        message = json.loads(text)
    except (ValueError, RecursionError):
        return None
    request_id = message.get("requestId") if isinstance(message, dict) else None
    return request_id if isinstance(request_id, str) else None


def decode_empty(payload: JsonObject) -> Empty:
    """Accept any payload and read nothing from it."""
    return Empty()


def decode_load_model(payload: JsonObject) -> LoadModel:
    """Decode LOAD_MODEL; `dtype` and `device` may be absent or "auto"."""
    read = Fields(payload)
    task = read.text("task", default="text-generation")
    if task != "text-generation":
        raise BadRequest(f"task {task!r} is not supported. TabAgent runs text-generation models.", field="task")
    return LoadModel(
        model_id=model_id(read),
        dtype=read.choice("dtype", Dtype),
        device=read.choice("device", Device),
        task=task,
        load_id=read.text("loadId"),
    )


def decode_inspect_model(payload: JsonObject) -> InspectModel:
    """Decode INSPECT_MODEL; a hub address stands for its repository."""
    return InspectModel(model_id=model_id(Fields(payload)))


def decode_interrupt(payload: JsonObject) -> InterruptGeneration:
    """Decode INTERRUPT_GENERATION; without ids it means whatever runs."""
    read = Fields(payload)
    return InterruptGeneration(chat_id=read.text("chatId", default=""), message_id=read.text("messageId", default=""))


def encode_event(event: Event) -> JsonObject:
    """Return the envelope `{type, payload}` of an event; what other languages need of a text is beside it."""
    # mypy asks the class for the hash of its instances.
    wire_names, values_of = _fields_of(type(event))  # type: ignore[arg-type]
    payload: JsonObject = {}
    for name, value in zip(wire_names, values_of(event), strict=True):
        payload[name] = value if type(value) in _JSON_TYPES else _plain(value)
        if type(value) is Said:
            payload[f"{name}Said"] = said_to_wire(value)
    return {"type": str(event.name), "payload": payload}


def reply_type(name: str) -> str:
    """Return the type of a request's reply: the databases' requests have replies of their own names."""
    return name.removesuffix("Request") + "Response" if name in _DB_NAMES else f"{name}_RESPONSE"


def encode_reply(name: str, request_id: str | None, result: JsonObject) -> JsonObject:
    """Return the reply to a request that was taken."""
    return {**_reply(name, request_id), "success": True, **result}


def encode_refusal(name: str, request_id: str | None, error: JsonObject) -> JsonObject:
    """Return the reply to a request that failed."""
    return {**_reply(name, request_id), "success": False, "error": error}


def _reply(name: str, request_id: str | None) -> JsonObject:
    reply: JsonObject = {"type": reply_type(name), "requestId": request_id}
    return reply | {"timestamp": int(time.time() * 1000)} if name in _DB_NAMES else reply


class Fields:
    """Reads typed fields out of an object, naming the field in every refusal (`BadRequest`)."""

    def __init__(self, values: JsonObject) -> None:
        self._values = values

    def text(self, name: str, *, default: str | None = None, limit: int = MAX_ID_CHARACTERS) -> str:
        """Return a non-empty text of at most `limit` characters."""
        value = self._values.get(name)
        if value is None and default is not None:
            return default
        if not isinstance(value, str) or not value:
            raise BadRequest(f"{name} must be a non-empty text, not {shown(value)}.", field=name)
        if len(value) > limit:
            raise BadRequest(f"{name} has {len(value):,} characters; the limit is {limit:,}.", field=name)
        return value

    def choice(self, name: str, kind: type[EnumT]) -> EnumT | None:
        """Return a member of an enumeration, or None for "auto"."""
        value = self.text(name, default=AUTO)
        if value == AUTO:
            return None
        try:
            return kind(value)
        except ValueError:
            known = ", ".join([AUTO, *(str(item.value) for item in kind)])
            raise BadRequest(f"{name} {value!r} is not known. Use one of: {known}.", field=name) from None

    def integer(self, name: str, default: int, low: int, high: int) -> int:
        """Return a whole number from `low` to `high`."""
        value = self._values.get(name, default)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise BadRequest(f"{name} must be a number, not {shown(value)}.", field=name)
        if not low <= value <= high:
            raise BadRequest(f"{name} must be {low:,} to {high:,}, not {shown(value)}.", field=name)
        if value != int(value):
            raise BadRequest(f"{name} must be a whole number, not {shown(value)}.", field=name)
        return int(value)

    def switch(self, name: str, *, default: bool) -> bool:
        """Return true or false."""
        value = self._values.get(name, default)
        if not isinstance(value, bool):
            raise BadRequest(f"{name} must be true or false, not {shown(value)}.", field=name)
        return value


def model_id(read: Fields, name: str = "modelId") -> str:
    """Return a model's id from an id or an address of its hub; see `tabagent.models.sources`.

    Raises:
        BadRequest: It is neither.
    """
    text = read.text(name, limit=2000).strip()
    found = _model_of_address(text) if "://" in text else text
    elsewhere = _ID_ELSEWHERE.match(found)
    if not _REPO_ID.match(elsewhere.group(2) if elsewhere is not None else found):
        raise BadRequest(
            f"{shown(text)} is not a model of the hub. Write owner/name or paste its huggingface.co address.",
            field=name,
        )
    return found


def _model_of_address(address: str) -> str:
    """Return the model that a hub's address is about, or an empty text when it is another page."""
    found = _ADDRESS.match(address)
    if found is None:
        return ""
    host, path = found.group(1).lower(), found.group(2)
    first, *rest = re.split(r"[?#]", path)[0].strip("/").split("/")
    if first == "models" and rest:
        first, *rest = rest
    if first in _OTHER_PAGES:
        return ""
    repo = first if not rest or rest[0] in _PARTS_OF_A_MODEL else f"{first}/{rest[0]}"
    if host in _HUB_NAMES:
        return repo
    # A host and one name would be taken for an owner and a name of the Hub.
    return f"{host}/{repo}" if "/" in repo else ""


def _plain(value: object) -> JsonValue:
    if isinstance(value, Enum):
        return str(value.value)
    return str(value) if isinstance(value, str) else cast(JsonValue, value)


@cache
def _fields_of(kind: type[Any]) -> tuple[tuple[str, ...], Callable[[Event], tuple[Any, ...]]]:
    """Return the names that an event's fields have on the wire, and what reads them: every batch of an answer asks."""
    names = tuple(item.name for item in fields(kind))
    if len(names) > 1:
        return tuple(map(_camel, names)), attrgetter(*names)
    # One name, or none, would not give a tuple.
    return tuple(map(_camel, names)), lambda event: tuple(getattr(event, name) for name in names)


def _camel(name: str) -> str:
    head, *rest = name.split("_")
    # "JS" as in the plan's usedJSHeapSize, which is also the browser's spelling.
    return head + "".join("JS" if part == "js" else part.capitalize() for part in rest)


def shown(value: object) -> str:
    """Return a wrong value for a refusal, in 80 characters at most."""
    try:
        text = json.dumps(value, ensure_ascii=False, default=str)
    except RecursionError:
        return "a nest too deep to show"
    return text if len(text) <= 80 else text[:77] + "..."
