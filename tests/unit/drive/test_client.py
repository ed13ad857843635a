"""Requests to the Drive API: signed, renewed once, waited once."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tabagent.adapters.memory.fetcher import Answer
from tabagent.drive import errors
from tabagent.drive.client import LONGEST_PAUSE_SECONDS, PAUSE_SECONDS
from tests.unit.drive.drive_desk import FIRST, DriveDesk, answer, refused

FILES = "/drive/v3/files"


@pytest.fixture
async def desk() -> DriveDesk:
    desk = DriveDesk()
    await desk.sign_in()
    desk.google.asked.clear()
    return desk


async def test_a_request_is_signed_and_its_path_cannot_be_left(desk: DriveDesk) -> None:
    desk.google.by_path["/drive/v3/files/a%2F..%3F"] = answer({"ok": True})

    assert await desk.client.get_json("files", "a/..?", q="name = 'ü&b'") == {"ok": True}
    assert desk.google.asked == [("/drive/v3/files/a%2F..%3F", {"q": "name = 'ü&b'"})]


async def test_nobody_who_is_not_signed_in_asks_google() -> None:
    desk = DriveDesk()

    with pytest.raises(errors.NotSignedIn):
        await desk.client.get_json("files")
    assert desk.google.asked == []


async def test_a_token_that_google_forgot_is_renewed_once(desk: DriveDesk) -> None:
    desk.google.by_path[FILES] = answer({"ok": True})
    desk.google.tokens.clear()
    desk.renews_to("token-2")

    assert await desk.client.get_json("files") == {"ok": True}
    assert (len(desk.window.opened), desk.google.paths()) == (1, [FILES, FILES])


async def test_a_token_that_cannot_be_renewed_ends_the_sign_in(desk: DriveDesk) -> None:
    desk.google.tokens.clear()

    with pytest.raises(errors.DriveLoginFailed):
        await desk.client.get_json("files")
    assert await desk.account.current() is None


async def test_a_fresh_token_that_google_refuses_is_not_renewed_again(desk: DriveDesk) -> None:
    desk.renews_to("token-2")
    desk.google.by_path[FILES] = refused(401, "authError")

    with pytest.raises(errors.DriveLoginFailed, match="just given"):
        await desk.client.get_json("files")
    assert (len(desk.window.opened), await desk.account.current()) == (1, None)


@pytest.mark.parametrize(
    ("header", "wait"),
    [("3", 3.0), ("", PAUSE_SECONDS), ("9999", LONGEST_PAUSE_SECONDS), ("nan", PAUSE_SECONDS), ("-1", 0.0)],
)
async def test_a_rate_limit_is_waited_for_once(desk: DriveDesk, header: str, wait: float) -> None:
    limited = refused(403, "rateLimitExceeded", retry_after=header)
    desk.google.by_path[FILES] = [limited, answer({"ok": True})]

    assert await desk.client.get_json("files") == {"ok": True}
    assert desk.waits == [wait]
    desk.google.by_path[FILES] = limited
    with pytest.raises(errors.DriveRateLimited) as caught:
        await desk.client.get_json("files")
    assert (desk.waits, caught.value.details) == ([wait, wait], {"waited": wait})


async def test_another_refusal_is_told_at_once(desk: DriveDesk) -> None:
    for status, kind in ((500, errors.DriveUnavailable), (403, errors.DriveNoAccess), (404, errors.DriveFileGone)):
        desk.google.by_path[FILES] = refused(status, "x")
        with pytest.raises(kind):
            await desk.client.get_json("files")
    assert desk.waits == []


async def test_a_missing_network_is_told_as_such(desk: DriveDesk) -> None:
    desk.google.by_path[FILES] = replace(answer({}), cut_after=1)
    with pytest.raises(errors.DriveConnectionLost):
        await desk.client.get_json("files")
    desk.google.by_path[FILES] = replace(refused(500, "x"), cut_after=1)
    with pytest.raises(errors.DriveConnectionLost):
        await desk.client.get_json("files")
    desk.google.online = False
    with pytest.raises(errors.DriveOffline):
        await desk.client.get_json("files")


async def test_content_is_bytes_up_to_a_limit(desk: DriveDesk) -> None:
    desk.google.by_path[f"{FILES}/1"] = Answer(body=b"12345")

    data = await desk.client.get_content("a", "text/plain", 5, "files", "1", alt="media")
    assert data is not None
    assert data.to_bytes() == b"12345"
    with pytest.raises(errors.DriveFileTooLarge):
        await desk.client.get_content("a", "text/plain", 4, "files", "1", alt="media")
    desk.google.by_path[f"{FILES}/1"] = Answer()
    assert await desk.client.get_content("a", "text/plain", 5, "files", "1") is None


async def test_a_page_in_place_of_a_file_is_refused_unless_the_file_is_one(desk: DriveDesk) -> None:
    desk.google.by_path[f"{FILES}/1"] = Answer(body=b"<p>", headers={"content-type": "text/html; charset=utf-8"})

    with pytest.raises(errors.DriveUnexpectedContent):
        await desk.client.get_content("a", "application/pdf", 5, "files", "1")
    page = await desk.client.get_content("a", "text/html", 5, "files", "1")
    assert page is not None
    assert page.to_bytes() == b"<p>"


async def test_content_that_breaks_off_is_told_as_such(desk: DriveDesk) -> None:
    desk.google.by_path[f"{FILES}/1"] = Answer(body=b"12345", cut_after=2)

    with pytest.raises(errors.DriveConnectionLost):
        await desk.client.get_content("a", "text/plain", 9, "files", "1")


async def test_no_token_is_in_an_address(desk: DriveDesk) -> None:
    desk.google.by_path[FILES] = answer({})
    await desk.client.get_json("files", q="x")

    assert FIRST not in str(desk.google.asked)
