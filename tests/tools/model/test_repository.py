"""Model folders: whole or not at all, and made again only when something changed."""

from pathlib import Path

import pytest

from tests.tools.model.test_tiny import SHAPE
from tools.environment import ToolError
from tools.model.graph import Precision
from tools.model.precision import PRECISIONS
from tools.model.repository import is_current, write_repository, write_stamp
from tools.model.tiny import make_tiny_model
from tools.model.weights import RandomWeights


def test_a_failure_half_way_leaves_the_old_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = make_tiny_model(tmp_path / "tiny", dtypes=["q8"])
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}

    def full_disk() -> Precision:
        raise OSError(28, "No space left on device")

    monkeypatch.setitem(PRECISIONS, "q4", full_disk)
    with pytest.raises(ToolError, match="No space left on device"):
        write_repository(folder, RandomWeights(SHAPE, 1), {}, ["fp32", "q4"], [1, 2])

    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before
    assert list(tmp_path.iterdir()) == [folder]


def test_a_folder_that_cannot_be_made_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")

    with pytest.raises(ToolError, match="cannot write to"):
        make_tiny_model(tmp_path / "file" / "tiny", dtypes=["q8"])


def test_a_model_is_current_until_its_version_or_a_file_changes(tmp_path: Path) -> None:
    folder = make_tiny_model(tmp_path / "tiny", dtypes=["q8"])
    stamp = tmp_path / "stamp.json"
    assert not is_current(stamp, folder, {"code": "1"})

    write_stamp(stamp, folder, {"code": "1"})
    assert is_current(stamp, folder, {"code": "1"})
    assert not is_current(stamp, folder, {"code": "2"})

    (folder / "onnx" / "model_quantized.onnx").write_bytes(b"cut off")
    assert not is_current(stamp, folder, {"code": "1"})
