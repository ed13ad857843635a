"""The Python side of the package."""

from __future__ import annotations

import subprocess
from pathlib import Path

from tools.build.extension import build_extension
from tools.build.project import Project
from tools.build.pyodide import RUNNER
from tools.environment import require_node

RESTORE = Path(__file__).parent / "restore.mjs"


def test_a_snapshot_names_no_folder_of_this_machine(sample: Project) -> None:
    snapshot = (build_extension(project=sample) / "python" / "python.snapshot").read_bytes()

    for folder in (RUNNER.parent, sample.root, sample.node_modules):
        assert str(folder).encode() not in snapshot


def test_a_restored_snapshot_has_the_modules_and_finds_lazy_ones_in_the_archive(sample: Project) -> None:
    (sample.package / "later.py").write_text("WORD = 'later'\n")
    extension = build_extension(project=sample)

    finished = subprocess.run([require_node(), RESTORE, extension], capture_output=True, text=True)

    assert finished.stdout.splitlines()[-1:] == ["imported: True, again: later"], finished.stderr[-2000:]


def test_tracebacks_of_packaged_modules_show_their_source_lines(sample: Project) -> None:
    extension = build_extension(project=sample)

    finished = subprocess.run([require_node(), RESTORE, extension, "fail"], capture_output=True, text=True)

    assert 'File "/app/runtime.zip/tabagent/main.py", line 5, in fail' in finished.stdout
    assert "raise ValueError(json.dumps({}))" in finished.stdout
