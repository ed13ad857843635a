"""Samples, rows, the table and the JSON."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tools.bench.results import Report, Row, Series, Target, write_json
from tools.environment import ToolError


def row(ours: tuple[float, ...], peer: tuple[float, ...], target: Target | None = None) -> Row:
    return Row("speed", "tok/s", Series(ours), Series(peer), "somebody", target)


def test_the_median_stands_for_the_samples() -> None:
    assert Series((30.0, 1.0, 2.0)).median == 2.0
    assert Series((4.0, 1.0, 2.0, 3.0)).median == 2.5


def test_a_series_without_a_sample_is_refused() -> None:
    with pytest.raises(ValueError, match="a series needs a sample"):
        Series(())


def test_the_ratio_is_our_median_over_the_peers() -> None:
    assert row((10.0, 30.0, 20.0), (40.0,)).ratio == 0.5


def test_a_peer_that_measured_nothing_is_one_clear_line() -> None:
    with pytest.raises(ToolError, match="speed: the peer somebody measured 0 tok/s"):
        _ = row((1.0,), (0.0,)).ratio


@pytest.mark.parametrize(
    ("target", "ours", "peer", "met"),
    [
        (Target("<=", 0.2), 2.0, 10.0, True),
        (Target("<=", 0.2), 2.1, 10.0, False),
        (Target(">=", 0.98), 98.0, 100.0, True),
        (Target(">=", 0.98), 97.0, 100.0, False),
        (Target("<=", 50.0, of="ours"), 50.0, 1.0, True),
        (Target("<=", 50.0, of="ours"), 51.0, 100.0, False),
    ],
)
def test_a_target_is_of_the_ratio_or_of_our_own_median(target: Target, ours: float, peer: float, met: bool) -> None:
    assert target.met(row((ours,), (peer,), target)) is met


def test_the_table_ends_in_ratios_and_says_which_targets_are_missed() -> None:
    rows = [row((20.0, 10.0, 30.0), (1000.0, 2000.0, 1500.0), Target(">=", 0.98)), row((1.5,), (1.0,))]

    header, first, second, note = Report("generate", rows, ["A note."]).table().splitlines()

    assert header.split() == ["metric", "unit", "ours", "peer", "ratio", "target"]
    assert first.split("  ")[0] == "speed"
    assert "20 (10–30)" in first
    assert "1,500 (1,000–2,000)" in first
    assert first.endswith("0.013  ≥ 0.98 MISSED")
    assert second.endswith("somebody  1.500")
    assert note == "A note."


def test_the_json_has_the_form_that_the_commands_share(tmp_path: Path) -> None:
    report = Report("generate", [row((20.0, 10.0, 30.0), (40.0,), Target(">=", 0.98))], ["A note."])

    write_json(report, tmp_path / "found.json")

    assert json.loads((tmp_path / "found.json").read_text()) == {
        "name": "generate",
        "rows": [
            {"metric": "speed", "unit": "tok/s", "ours": 20.0, "peer": 40.0, "peer_name": "somebody", "ratio": 0.5}
        ],
    }


def test_a_file_that_cannot_be_written_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(ToolError, match=r"cannot be written \(.*\): choose another file for --json"):
        write_json(Report("boot", [row((1.0,), (1.0,))]), tmp_path / "missing" / "found.json")
