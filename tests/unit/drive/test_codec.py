"""What pages may ask of Google Drive."""

from __future__ import annotations

import pytest

from tabagent.drive import codec
from tabagent.drive.messages import BeginDriveLogin, DriveLogin, GetDriveFileList, InsertDriveFile
from tabagent.errors import BadRequest, JsonObject


@pytest.mark.parametrize("payload", [{}, {"folderId": "", "pageToken": None, "query": ""}, {"query": "  "}])
def test_without_fields_the_top_of_the_drive_is_meant(payload: JsonObject) -> None:
    expected = GetDriveFileList(folder_id="root", page_token="", query="")

    assert codec.decode_get_drive_file_list(payload) == expected


def test_all_fields_are_read() -> None:
    listed = codec.decode_get_drive_file_list({"folderId": "1_a-B", "pageToken": "t", "query": " it's "})

    assert listed == GetDriveFileList(folder_id="1_a-B", page_token="t", query="it's")
    inserted = codec.decode_insert_drive_file({"fileId": "1", "attachmentId": "a"})
    assert inserted == InsertDriveFile(file_id="1", attachment_id="a")
    begun = codec.decode_begin_drive_login({"redirectUri": "https://x/"})
    assert begun == BeginDriveLogin(redirect_uri="https://x/")
    assert codec.decode_drive_login({"redirectedTo": "https://x/#y"}) == DriveLogin(redirected_to="https://x/#y")


@pytest.mark.parametrize("folder", ["a/b", "a' or 'b", "..", "a?b", "ü", "x" * 129, 3, ["root"]])
def test_an_id_can_only_be_an_id(folder: object) -> None:
    payload: JsonObject = {"folderId": folder, "fileId": folder, "attachmentId": "a"}  # type: ignore[dict-item]

    with pytest.raises(BadRequest):
        codec.decode_get_drive_file_list(payload)
    with pytest.raises(BadRequest):
        codec.decode_insert_drive_file(payload)


@pytest.mark.parametrize("payload", [{"query": "x" * 201}, {"pageToken": "x" * 4001}, {"query": 3}])
def test_what_is_too_long_or_of_another_type_is_refused(payload: JsonObject) -> None:
    with pytest.raises(BadRequest):
        codec.decode_get_drive_file_list(payload)


@pytest.mark.parametrize("address", [None, "", 3, "secret" * 2000])
def test_a_refused_sign_in_repeats_nothing(address: object) -> None:
    with pytest.raises(BadRequest) as caught:
        codec.decode_drive_login({"redirectedTo": address})  # type: ignore[dict-item]
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("payload", [{}, {"fileId": "1"}, {"attachmentId": "a"}])
def test_an_insertion_names_the_file_and_the_attachment(payload: JsonObject) -> None:
    with pytest.raises(BadRequest):
        codec.decode_insert_drive_file(payload)
