"""The errors of downloads and of what is stored; the tree of all errors is in `tabagent.errors`."""

from __future__ import annotations

from tabagent.errors import HubError, JsonValue, TabAgentError
from tabagent.events import ErrorCodes


class ConnectionLost(HubError):
    """An answer broke off in the middle, or no byte came for too long."""

    code = ErrorCodes.CONNECTION_LOST

    def __init__(self, url: str, reason: str = "the connection broke") -> None:
        super().__init__(
            f"The download of {url} stopped: {reason}. What has arrived is kept; press Resume or Load to go on.",
            url=url,
            reason=reason,
        )


class IncompleteFile(HubError):
    """A file has another length than the hub announced."""

    code = ErrorCodes.INCOMPLETE_FILE

    def __init__(self, path: str, received: int, expected: int) -> None:
        super().__init__(
            f"{path} did not arrive whole: {received:,} instead of {expected:,} bytes. Press Load to try again.",
            file=path,
            received=received,
            expected=expected,
        )


class UnexpectedContent(HubError):
    """Something else came in place of a file: mostly the sign-in page of a network."""

    code = ErrorCodes.UNEXPECTED_CONTENT

    def __init__(self, path: str, content_type: str) -> None:
        super().__init__(
            f"A web page came in place of {path}. If this network asks for a sign-in, open any website, sign in, "
            "and press Load again.",
            file=path,
            contentType=content_type,
        )


class IntegrityFailed(HubError):
    """A file arrived whole, and its content is not what the hub announced."""

    code = ErrorCodes.INTEGRITY

    def __init__(self, path: str, expected: str, actual: str) -> None:
        super().__init__(
            f"{path} arrived with other content than the hub announced, twice. Nothing of it was kept. "
            "Try again later, or over another network.",
            file=path,
            expected=expected,
            actual=actual,
        )


class LoginFailed(HubError):
    """The hub does not accept the token, or the sign-in did not end well."""

    code = ErrorCodes.LOGIN_FAILED

    def __init__(self, reason: str) -> None:
        super().__init__(
            f"The login failed: {reason}. Make a token with read access at https://huggingface.co/settings/tokens.",
            reason=reason,
        )


class DownloadCancelled(HubError):
    """The person cancelled the download that a load was waiting for."""

    code = ErrorCodes.DOWNLOAD_CANCELLED

    def __init__(self, model_id: str) -> None:
        super().__init__(f"The download of {model_id} was cancelled.", modelId=model_id)


class StorageError(TabAgentError):
    """The browser's storage refused a read or a write."""

    code = ErrorCodes.STORAGE


class StorageFull(StorageError):
    """There is no room for what is to be stored.

    Args:
        needed: Bytes that are still to be stored.
        free: Bytes that fit.
        removable: Stored models, the one that was not used for the longest time first: `modelId`, `dtype`, `size`.
    """

    code = ErrorCodes.STORAGE_FULL

    def __init__(self, needed: int, free: int, removable: list[JsonValue] | None = None) -> None:
        advice = "Remove models that you no longer use" if removable else "Free some disk space"
        super().__init__(
            f"The browser's storage has no room: {needed / 1e6:,.0f} MB are needed and {free / 1e6:,.0f} MB are free. "
            f"{advice}, then go on; what has arrived is kept.",
            needed=needed,
            free=free,
            removable=removable or [],
        )


class FileDamaged(StorageError):
    """Chunks of a stored file are missing or have changed, and could not be fetched again."""

    code = ErrorCodes.FILE_DAMAGED

    def __init__(self, model_id: str, path: str, chunks: list[int], cause: str = "") -> None:
        tail = f" ({cause})" if cause else ""
        super().__init__(
            f"{len(chunks)} of the stored parts of {path} ({model_id}) are missing or damaged and could not be fetched "
            f"again{tail}. Connect to the network and press Load: only these parts are downloaded.",
            modelId=model_id,
            file=path,
            chunks=list(chunks),
            cause=cause,
        )


class ImportFailed(TabAgentError):
    """Files that were given cannot be taken in; nothing of the file that was refused is kept."""

    code = ErrorCodes.IMPORT_FAILED

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f"{name} cannot be imported: {reason}.", file=name, reason=reason)
