"""The errors of TabAgent and their codes on the wire.

    TabAgentError
    ├── RequestError             the request itself is wrong; nothing was started
    │   ├── BadRequest           shape or type of a message
    │   │   └── BadSetting       name, type or range of a setting
    │   ├── UnsupportedSetting   a setting that the engine cannot do
    │   ├── UnknownMessage
    │   ├── ForbiddenSender
    │   ├── PayloadTooLarge
    │   ├── InvalidState         not possible now, and waiting does not help
    │   ├── Busy                 not possible now, possible later
    │   ├── QueueFull            too many wait already
    │   ├── EmptyPrompt
    │   └── ChatNotFound
    ├── HubError                 the hub has not what was asked for, or does not answer
    │   ├── ModelNotFound
    │   ├── ModelGated
    │   ├── NoOnnxFiles
    │   ├── DtypeNotFound
    │   ├── HubUnavailable       an answer that is not the expected one
    │   ├── Offline              no answer
    │   ├── ConnectionLost       an answer that broke off, or stopped
    │   ├── IncompleteFile       another length than announced
    │   ├── UnexpectedContent    something else in place of a file
    │   ├── IntegrityFailed      other bytes than announced
    │   ├── LoginFailed          the hub does not know the token, or the sign-in was given up
    │   └── DownloadCancelled    the person gave it up
    ├── StorageError             the browser's storage refused
    │   ├── StorageFull          there is no room
    │   └── FileDamaged          stored bytes are missing or have changed
    ├── ImportFailed             files that were given are not a model, or not an export
    ├── EngineError              the model does not load or run
    │   ├── UnsupportedDtype
    │   ├── UnsupportedDevice
    │   ├── LoadFailed
    │   ├── OutOfMemory
    │   ├── DeviceLost           the graphics device went away
    │   ├── TimedOut             a load or a token did not come
    │   ├── TemplateFailed
    │   ├── ContextOverflow
    │   ├── NothingAllowed          the settings forbid everything
    │   ├── IncompleteJson       the answer ended before its JSON did
    │   └── GenerationFailed
    ├── DriveError               Google Drive does not give what was asked for
    │   ├── NotSignedIn
    │   ├── DriveRateLimited     too many requests, also after a wait
    │   ├── DriveNoAccess
    │   ├── DriveDisabled        the API is not switched on
    │   ├── DriveFileGone
    │   ├── DriveFileUnreadable  no text that TabAgent can get
    │   ├── DriveFileTooLarge
    │   └── DriveUnavailable     an error that says nothing of the request
    └── RuntimeRestarted         the Python thread ended in the middle of something

Those of downloads, storage and imports are in `tabagent.store_errors`, those of the engine in
`tabagent.engine_errors`, those of Google Drive in `tabagent.drive.errors`. Each class has one code,
carries its fields in `details`, and its message tells the person what happened, with which value, and what to do next.
"""

from __future__ import annotations

from typing import ClassVar

from tabagent.events import ErrorCodes

JsonValue = None | bool | int | float | str | list["JsonValue"] | dict[str, "JsonValue"]
JsonObject = dict[str, JsonValue]


class TabAgentError(Exception):
    """Base of every error that TabAgent raises on purpose.

    Attributes:
        message: One or two sentences for the person.
        details: The values behind the message, as plain JSON.
    """

    code: ClassVar[ErrorCodes] = ErrorCodes.INTERNAL

    def __init__(self, message: str, **details: JsonValue) -> None:
        super().__init__(message)
        self.message = message
        self.details: JsonObject = dict(details)

    def to_wire(self) -> JsonObject:
        """Return the `error` object of a reply or an event."""
        return {"code": str(self.code), "message": self.message, "details": self.details}


class RequestError(TabAgentError):
    """The request cannot be taken; nothing was changed by it."""


class BadRequest(RequestError):
    """A message has the wrong shape, or a value of the wrong type or range."""

    code = ErrorCodes.BAD_REQUEST


class UnknownMessage(RequestError):
    """No handler is registered for the message's type."""

    code = ErrorCodes.UNKNOWN_MESSAGE

    def __init__(self, name: str) -> None:
        super().__init__(f"TabAgent does not know the message {name!r}. See docs/api.md for the names.", type=name)


class ForbiddenSender(RequestError):
    """The sender is not one of this extension's own pages."""

    code = ErrorCodes.FORBIDDEN_SENDER

    def __init__(self, sender: str) -> None:
        super().__init__(f"Messages from {sender or 'an unknown sender'} are not accepted.", sender=sender)


class PayloadTooLarge(RequestError):
    """A message has more characters than the limit."""

    code = ErrorCodes.PAYLOAD_TOO_LARGE

    def __init__(self, size: int, limit: int) -> None:
        super().__init__(
            f"The message has {size:,} characters; the limit is {limit:,}. Send less text at a time.",
            size=size,
            limit=limit,
        )


class InvalidState(RequestError):
    """The model manager is in a state in which the request makes no sense."""

    code = ErrorCodes.INVALID_STATE


class Busy(RequestError):
    """Something else is running; the same request can be taken later."""

    code = ErrorCodes.BUSY


class QueueFull(RequestError):
    """Too many answers are waiting for the engine."""

    code = ErrorCodes.QUEUE_FULL

    def __init__(self, limit: int) -> None:
        super().__init__(
            f"{limit} answers are waiting already. Wait for one of them, or stop some, then send again.", limit=limit
        )


class EmptyPrompt(RequestError):
    """The last user message has no text."""

    code = ErrorCodes.EMPTY_PROMPT

    def __init__(self) -> None:
        super().__init__("The message is empty. Type something and send again.")


class ChatNotFound(RequestError):
    """A stored chat was deleted, or never was."""

    code = ErrorCodes.CHAT_NOT_FOUND

    def __init__(self, chat_id: str) -> None:
        super().__init__("This chat is not there any more. Open another one, or begin a new one.", chatId=chat_id)


class HubError(TabAgentError):
    """The hub has not what was asked for, or does not answer as it should."""


class ModelNotFound(HubError):
    """The repository does not exist, or is private and the person has no access."""

    code = ErrorCodes.MODEL_NOT_FOUND

    def __init__(self, model_id: str) -> None:
        super().__init__(
            f"The hub has no model {model_id!r} that you can see. Check the spelling (owner/name); "
            "a private model needs a login.",
            modelId=model_id,
        )


class ModelGated(HubError):
    """The repository asks to accept its terms, or for a login."""

    code = ErrorCodes.MODEL_GATED

    def __init__(self, model_id: str) -> None:
        super().__init__(
            f"{model_id} is gated: open https://huggingface.co/{model_id}, accept its terms, and log in.",
            modelId=model_id,
            url=f"https://huggingface.co/{model_id}",
        )


class NoOnnxFiles(HubError):
    """The repository exists but has nothing that ONNX Runtime can load."""

    code = ErrorCodes.NO_ONNX_FILES

    def __init__(self, model_id: str) -> None:
        super().__init__(
            f"{model_id} has no ONNX files that transformers.js can load. "
            "Look for a version of it by onnx-community, or with the tag transformers.js.",
            modelId=model_id,
        )


class DtypeNotFound(HubError):
    """The repository has no weights of the wanted dtype."""

    code = ErrorCodes.DTYPE_NOT_FOUND

    def __init__(self, model_id: str, dtype: str, available: list[str]) -> None:
        super().__init__(
            f"{model_id} has no {dtype} weights. It has: {', '.join(available)}.",
            modelId=model_id,
            dtype=dtype,
            available=list(available),
        )


class HubUnavailable(HubError):
    """The hub answered with something else than the file or the listing.

    Attributes:
        status: HTTP status.
        retry_after: Its `Retry-After` header: seconds, or a date; may be empty.
    """

    code = ErrorCodes.HUB_UNAVAILABLE

    def __init__(self, url: str, status: int, reason: str, retry_after: str = "") -> None:
        super().__init__(f"The hub answered {status} for {url}: {reason}. Try again later.", url=url, status=status)
        self.status, self.retry_after = status, retry_after


class Offline(HubError):
    """The hub did not answer at all."""

    code = ErrorCodes.OFFLINE

    def __init__(self, url: str) -> None:
        super().__init__(
            f"{url} cannot be reached. Check the network connection; models that are already stored load without it.",
            url=url,
        )


class RuntimeRestarted(TabAgentError):
    """The Python thread ended while it was answering."""

    code = ErrorCodes.RUNTIME_RESTARTED

    def __init__(self, reason: str) -> None:
        super().__init__(
            f"TabAgent's runtime stopped ({reason}) and was started again. Send the message again.", reason=reason
        )


def wire_error(error: Exception) -> JsonObject:
    """Return the `error` object of any exception; one that nobody expected tells its type only."""
    if isinstance(error, TabAgentError):
        return error.to_wire()
    name = type(error).__name__
    return {
        "code": str(ErrorCodes.INTERNAL),
        "message": f"TabAgent made a mistake ({name}). Try again; if it stays, reload the extension.",
        "details": {"type": name},
    }
