"""The command that runs everything else."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path


def test_arguments_go_to_pytest_and_its_summary_comes_last(root: Path) -> None:
    command = [sys.executable, "-m", "tools.test", "tests/tools/build/test_checks.py", "-k", "policy", "--color=no"]

    finished = subprocess.run(command, cwd=root, capture_output=True, text=True)

    assert finished.returncode == 0, finished.stdout
    assert " passed, " in finished.stdout.splitlines()[-1]


def test_a_failing_selection_fails_the_command(root: Path) -> None:
    command = [sys.executable, "-m", "tools.test", "tests/tools/build/test_checks.py", "-k", "no_such_test"]

    assert subprocess.run(command, cwd=root, capture_output=True).returncode != 0
