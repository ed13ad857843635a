"""The command line, and what is refused before anything is started."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tools.bench.arguments import BENCHMARKS, ROUNDS, BenchOptions, parse_arguments
from tools.environment import ROOT, ToolError


def test_every_option_is_read(tmp_path: Path) -> None:
    file = tmp_path / "found.json"

    assert parse_arguments(["boot", "--json", str(file), "--rounds", "9"]) == BenchOptions("boot", file, 9)


@pytest.mark.parametrize("name", ["ablation", "boot", "generate", "store"])
def test_medians_are_of_five_rounds_at_least(name: str) -> None:
    assert parse_arguments([name]).rounds >= 5


def test_every_benchmark_has_its_number_of_rounds() -> None:
    assert set(ROUNDS) == set(BENCHMARKS)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (["speed"], f"there is no benchmark 'speed': choose one of {', '.join(BENCHMARKS)}"),
        (["boot", "--rounds", "0"], "'0' is not a whole number from 1 to 1000"),
        (["boot", "--rounds", "few"], "'few' is not a whole number"),
        (["boot", "--json", "no/such/folder/x.json"], "the folder no/such/folder does not exist"),
        (["boot", "--json", "."], "is a folder: give --json a file"),
        (["boot", "--fast"], "unrecognized arguments: --fast; python3 -m tools.bench --help lists the options"),
    ],
)
def test_a_wrong_command_line_is_one_clear_line(line: list[str], message: str) -> None:
    with pytest.raises(ToolError) as caught:
        parse_arguments(line)

    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def bench(*line: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-S", "-m", "tools.bench", *line]  # -S: without installed packages
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True)


def test_without_a_name_the_benchmarks_are_listed_and_nothing_is_installed() -> None:
    done = bench()

    assert (done.returncode, done.stderr) == (0, "")
    assert [line.split()[0] for line in done.stdout.splitlines()] == list(BENCHMARKS)


def test_an_unknown_benchmark_ends_with_one_line_and_a_status() -> None:
    done = bench("speed")

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("error: there is no benchmark 'speed'")
    assert done.stderr.count("\n") == 1
