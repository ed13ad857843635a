"""What Google's refusals mean."""

from __future__ import annotations

import pytest

from tabagent.adapters.memory.fetcher import Answer, MemoryResponse
from tabagent.drive import errors
from tabagent.drive.answers import is_rate_limit, read_json, refusal
from tests.unit.drive.drive_desk import answer, refused


def response(given: Answer) -> MemoryResponse:
    return MemoryResponse("https://www.googleapis.com/", given)


@pytest.mark.parametrize(
    ("status", "reason", "kind"),
    [
        (403, "rateLimitExceeded", errors.DriveRateLimited),
        (403, "userRateLimitExceeded", errors.DriveRateLimited),
        (429, "", errors.DriveRateLimited),
        (403, "accessNotConfigured", errors.DriveDisabled),
        (403, "domainPolicy", errors.DriveDisabled),
        (403, "insufficientFilePermissions", errors.DriveNoAccess),
        (403, "insufficientPermissions", errors.DriveNoAccess),
        (403, "cannotDownloadFile", errors.DriveNoAccess),
        (403, "exportSizeLimitExceeded", errors.DriveFileTooLarge),
        (404, "notFound", errors.DriveFileGone),
        (410, "", errors.DriveFileGone),
        (400, "badRequest", errors.DriveUnavailable),
        (500, "backendError", errors.DriveUnavailable),
    ],
)
async def test_each_refusal_has_its_own_error(status: int, reason: str, kind: type[errors.DriveError]) -> None:
    error = await refusal(response(refused(status, reason)), "a.gdoc")

    assert type(error) is kind
    assert "secret" not in str(error.to_wire())


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"[]", b'{"error": "x"}', b'{"error": {"errors": [3]}}', b'{"error": {"errors": [{}]}}']
)
async def test_a_refusal_without_a_reason_goes_by_its_status(body: bytes) -> None:
    assert type(await refusal(response(Answer(body=body, status=403)))) is errors.DriveNoAccess
    assert type(await refusal(response(Answer(body=body, status=502)))) is errors.DriveUnavailable


async def test_googles_newer_errors_have_their_reason_in_the_details() -> None:
    details = [{"@type": "x"}, {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "SERVICE_DISABLED"}]

    assert type(await refusal(response(answer({"error": {"details": details}}, 403)))) is errors.DriveDisabled


@pytest.mark.parametrize("body", [b"<html>", b"{", b"[]", b"null", b'"text"', b"[" * 100_000])
async def test_only_an_object_is_an_answer(body: bytes) -> None:
    given = Answer(body=body, headers={"content-type": "text/html"})

    with pytest.raises(errors.DriveUnexpectedContent) as caught:
        await read_json(response(given))
    assert caught.value.details == {"contentType": "text/html"}


def test_only_a_403_or_429_asks_to_wait() -> None:
    assert is_rate_limit(429, "")
    assert not is_rate_limit(403, "")
    assert not is_rate_limit(500, "rateLimitExceeded")
