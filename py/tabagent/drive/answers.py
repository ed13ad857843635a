"""Reads Google's answers: JSON, or an error with its reason.

Formats: https://developers.google.com/workspace/drive/api/guides/handle-errors. A 403 alone says nothing; the reason in
its JSON tells whether to wait, to ask for access, or to switch the API on.
"""

from __future__ import annotations

import json
from typing import cast

from tabagent.drive.errors import (
    DriveDisabled,
    DriveError,
    DriveFileGone,
    DriveFileTooLarge,
    DriveNoAccess,
    DriveRateLimited,
    DriveUnavailable,
    DriveUnexpectedContent,
)
from tabagent.errors import JsonObject
from tabagent.ports.fetcher import HttpResponse

# Google exports at most this much.
EXPORT_LIMIT_BYTES = 10_000_000

_RATE = frozenset(
    {"rateLimitExceeded", "userRateLimitExceeded", "dailyLimitExceeded", "sharingRateLimitExceeded", "quotaExceeded"}
)
_DISABLED = frozenset({"accessNotConfigured", "domainPolicy", "serviceDisabled", "SERVICE_DISABLED"})
_TOO_LARGE = "exportSizeLimitExceeded"
_FORBIDDEN, _NOT_FOUND, _GONE, _TOO_MANY = 403, 404, 410, 429


async def read_json(response: HttpResponse) -> JsonObject:
    """Return the object in an answer of status 200.

    Raises:
        DriveUnexpectedContent: It is something else, as from a network that asks for a sign-in.
        ConnectionLost: The connection broke.
    """
    content_type = response.headers.get("content-type", "")
    try:
        value = json.loads(await response.text())
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise DriveUnexpectedContent(content_type)
    return cast(JsonObject, value)


async def refusal(response: HttpResponse, name: str = "", waited: float = 0.0) -> DriveError:
    """Return the error that an answer of another status stands for.

    Args:
        response: The answer; its body is read.
        name: Of the file that was asked for.
        waited: Seconds that were waited already because Google wanted it.
    """
    reason = _reason(await response.text())
    status = response.status
    if is_rate_limit(status, reason):
        return DriveRateLimited(waited)
    if status == _FORBIDDEN and reason in _DISABLED:
        return DriveDisabled(reason)
    if status == _FORBIDDEN and reason == _TOO_LARGE:
        return DriveFileTooLarge(name, None, EXPORT_LIMIT_BYTES)
    if status == _FORBIDDEN:
        return DriveNoAccess(reason)
    if status in (_NOT_FOUND, _GONE):
        return DriveFileGone()
    return DriveUnavailable(status, reason)


def is_rate_limit(status: int, reason: str) -> bool:
    """Tell whether an answer asks to come back later."""
    return status == _TOO_MANY or (status == _FORBIDDEN and reason in _RATE)


def _reason(body: str) -> str:
    """Return Google's own word for what is wrong; empty without one."""
    try:
        error = json.loads(body)["error"]
        errors = error.get("errors") or error.get("details") or []
        found = next(item["reason"] for item in errors if "reason" in item)
    except (ValueError, LookupError, TypeError, AttributeError, StopIteration, RecursionError):
        return ""
    return found[:100] if isinstance(found, str) else ""
