"""The names of places."""

from __future__ import annotations

from tabagent.drive.codec import decode_get_drive_file_list
from tabagent.drive.places import PLACES


def test_a_place_can_be_listed_as_a_folder_can() -> None:
    assert {decode_get_drive_file_list({"folderId": place}).folder_id for place in PLACES} == PLACES
