"""What the errors of downloads and storage tell; their form is tested with that of all errors."""

from __future__ import annotations

from tabagent import store_errors
from tabagent.errors import JsonValue


def test_a_full_storage_tells_the_numbers_and_advises_by_what_can_be_removed() -> None:
    removable: list[JsonValue] = [{"modelId": "acme/old", "dtype": "q8", "size": 3_000_000}]
    with_models = store_errors.StorageFull(2_000_000, 1_000_000, removable)
    without = store_errors.StorageFull(2_000_000, 1_000_000)

    assert with_models.details == {"needed": 2_000_000, "free": 1_000_000, "removable": removable}
    assert "2 MB are needed and 1 MB are free" in with_models.message
    assert "Remove models" in with_models.message
    assert "Free some disk space" in without.message
    assert without.details["removable"] == []


def test_a_damaged_file_is_named_with_its_parts() -> None:
    damaged = store_errors.FileDamaged("acme/tiny", "onnx/model.onnx", [3, 4], "offline")

    assert "onnx/model.onnx" in damaged.message
    assert "2 of the stored parts" in damaged.message
    assert "(offline)" in damaged.message
    assert damaged.details["chunks"] == [3, 4]
