"""Folders, searches, pages and the way to a folder."""

from __future__ import annotations

import pytest

from tabagent.drive.files import FOLDER, PDF
from tabagent.drive.listing import content_of, quoted, search_of
from tabagent.drive.messages import GetDriveFileList
from tabagent.errors import JsonObject, JsonValue
from tests.unit.drive.drive_desk import DriveDesk, answer, refused

FILES = "/drive/v3/files"
DOC: JsonObject = {"id": "d", "name": "Plan", "mimeType": PDF}
SUB: JsonObject = {"id": "s", "name": "Sub", "mimeType": FOLDER}


@pytest.fixture
async def desk() -> DriveDesk:
    desk = DriveDesk()
    await desk.sign_in()
    desk.google.asked.clear()
    desk.google.by_path |= {FILES: answer({"files": [DOC, SUB]}), f"{FILES}/root": answer({"id": "realroot"})}
    return desk


async def page(desk: DriveDesk, folder_id: str = "root", page_token: str = "", query: str = "") -> JsonObject:
    return await desk.listing.page(GetDriveFileList(folder_id=folder_id, page_token=page_token, query=query))


def ids(listed: JsonObject) -> list[JsonValue]:
    files = listed["files"]
    assert isinstance(files, list)
    return [file["id"] for file in files if isinstance(file, dict)]


async def test_a_folder_is_listed_with_folders_first(desk: DriveDesk) -> None:
    listed = await page(desk)

    assert ids(listed) == ["s", "d"]
    assert (listed["nextPageToken"], listed["folderId"]) == (None, "root")
    assert listed["path"] == [{"id": "root", "name": ""}]
    [(path, asked)] = desk.google.asked
    assert path == FILES
    assert asked["q"] == "'root' in parents and trashed = false"
    assert (asked["orderBy"], asked["pageSize"]) == ("folder,modifiedTime desc", "100")
    assert asked["includeItemsFromAllDrives"] == asked["supportsAllDrives"] == "true"
    assert "owners" not in asked["fields"]


async def test_a_search_goes_through_names_and_texts_without_an_order(desk: DriveDesk) -> None:
    listed = await page(desk, "s", query="it's")
    [(_, asked)] = desk.google.asked

    assert (ids(listed), listed["path"]) == (["s", "d"], [])

    assert asked["q"] == r"(name contains 'it\'s' or fullText contains 'it\'s') and trashed = false"
    assert "orderBy" not in asked


@pytest.mark.parametrize(
    ("text", "expected"), [("a", "a"), ("it's", r"it\'s"), ("a\\", "a\\\\"), ("\\' or 1=1", "\\\\\\' or 1=1"), ("", "")]
)
def test_no_text_gets_out_of_its_quotes(text: str, expected: str) -> None:
    assert quoted(text) == expected
    assert search_of(text).count(expected) >= 2


def test_what_others_share_is_a_place_of_its_own() -> None:
    assert content_of("sharedWithMe") == "sharedWithMe = true and trashed = false"


async def test_shared_drives_are_listed_as_folders(desk: DriveDesk) -> None:
    drives = {"drives": [{"id": "t", "name": "Team"}, 3], "nextPageToken": "n"}
    desk.google.by_path["/drive/v3/drives"] = answer(drives)
    listed = await page(desk, "sharedDrives")

    assert (ids(listed), listed["nextPageToken"]) == (["t"], "n")
    assert (await page(desk, "t"))["path"] == [{"id": "sharedDrives", "name": ""}, {"id": "t", "name": "Team"}]


async def test_pages_follow_each_other(desk: DriveDesk) -> None:
    desk.google.by_path[FILES] = [answer({"files": [SUB], "nextPageToken": "2"}), answer({"files": [DOC]})]

    first = await page(desk)
    assert (ids(first), first["nextPageToken"]) == (["s"], "2")
    second = await page(desk, page_token="2")
    assert (ids(second), second["nextPageToken"]) == (["d"], None)
    assert [asked.get("pageToken") for _, asked in desk.google.asked] == [None, "2"]


async def test_pages_that_go_round_in_circles_end(desk: DriveDesk) -> None:
    circle = [answer({"files": [], "nextPageToken": token}) for token in ("2", "3", "2")]
    desk.google.by_path[FILES] = circle

    assert [(await page(desk, page_token=token))["nextPageToken"] for token in ("", "2", "3")] == ["2", "3", None]
    desk.google.by_path[FILES] = answer({"files": [], "nextPageToken": "2"})
    # Another listing may have the same tokens.
    assert (await page(desk, query="x"))["nextPageToken"] == "2"


async def test_the_way_to_a_folder_that_was_listed_costs_nothing(desk: DriveDesk) -> None:
    await page(desk)
    desk.google.asked.clear()

    assert (await page(desk, "s"))["path"] == [{"id": "root", "name": ""}, {"id": "s", "name": "Sub"}]
    assert len(desk.google.asked) == 1


@pytest.mark.parametrize(
    ("described", "place"),
    [
        ({"name": "Found", "parents": ["realroot"]}, "root"),
        ({"name": "Found", "driveId": "t"}, "sharedDrives"),
        ({"name": "Found", "ownedByMe": False}, "sharedWithMe"),
        ({"name": "Found", "ownedByMe": True}, "root"),
    ],
)
async def test_the_way_to_a_folder_that_was_found_is_asked_for(
    desk: DriveDesk, described: JsonObject, place: str
) -> None:
    desk.google.by_path[f"{FILES}/f"] = answer(described)

    assert (await page(desk, "f"))["path"] == [{"id": place, "name": ""}, {"id": "f", "name": "Found"}]


async def test_a_way_that_goes_in_circles_ends(desk: DriveDesk) -> None:
    desk.google.by_path[f"{FILES}/a"] = answer({"name": "A", "parents": ["b"]})
    desk.google.by_path[f"{FILES}/b"] = answer({"name": "B", "parents": ["a"]})

    assert (await page(desk, "a"))["path"] == [{"id": "b", "name": "B"}, {"id": "a", "name": "A"}]


async def test_an_answer_without_files_is_an_empty_folder(desk: DriveDesk) -> None:
    values: list[JsonObject] = [{}, {"files": None, "nextPageToken": 3}, {"files": [None, 3, {}]}]
    for value in values:
        desk.google.by_path[FILES] = answer(value)
        assert (await page(desk))["files"] == []


async def test_the_next_person_does_not_see_the_names_of_the_one_before(desk: DriveDesk) -> None:
    await page(desk)
    desk.listing.forget()
    desk.google.by_path[f"{FILES}/s"] = refused(404, "notFound")

    with pytest.raises(Exception, match="not in your Drive"):
        await page(desk, "s")
