"""The payloads are plain, frozen values."""

from __future__ import annotations

from dataclasses import FrozenInstanceError

import pytest

from tabagent.drive.messages import GetDriveFileList


def test_a_request_cannot_be_changed() -> None:
    request = GetDriveFileList(folder_id="root", page_token="", query="")

    with pytest.raises(FrozenInstanceError):
        request.query = "other"  # type: ignore[misc]
