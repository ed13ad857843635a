"""The packaged Pyodide, run in Node: the build's own interpreter for all that must fit the one that ships."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tools.environment import ToolError, require_node, run_command

HERE = Path(__file__).parent
INSIDE = HERE / "inside"
RUNNER = HERE / "in_pyodide.mjs"


@dataclass(frozen=True)
class Job:
    """A Python file to run inside, with the files that it reads and writes."""

    script: Path
    wheels: Sequence[Path] = ()
    inputs: Mapping[str, Path] = field(default_factory=dict)
    outputs: Mapping[str, Path] = field(default_factory=dict)
    snapshot: Path | None = None


@dataclass(frozen=True)
class Release:
    """What identifies a Pyodide: a snapshot or a compiled wheel made for another one does not work."""

    version: str
    python: str
    abi: str
    """Name of the binary interface, as in the wheel tag `pyemscripten_ABI_wasm32`."""


def run_in_pyodide(pyodide: Path, job: Job) -> None:
    """Run a job in the npm package at `pyodide`, or raise `ToolError` with the last line of its traceback."""
    description = {
        "pyodide": f"{pyodide.resolve()}/",
        "script": str(job.script),
        "wheels": [str(wheel) for wheel in job.wheels],
        "inputs": {inside: str(host) for inside, host in job.inputs.items()},
        "outputs": {inside: str(host) for inside, host in job.outputs.items()},
        "snapshot": None if job.snapshot is None else str(job.snapshot),
    }
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "job.json")
        path.write_text(json.dumps(description), encoding="utf-8")
        run_command([require_node(), RUNNER, path], cwd=HERE, failure=f"{job.script.name} failed in Pyodide")


def release_of(pyodide: Path) -> Release:
    """Read which Pyodide the npm package is."""
    try:
        version = json.loads((pyodide / "package.json").read_text(encoding="utf-8"))["version"]
        info = json.loads((pyodide / "pyodide-lock.json").read_text(encoding="utf-8"))["info"]
        return Release(version=version, python=info["python"], abi=info["abi_version"])
    except (OSError, KeyError, ValueError) as error:
        raise ToolError(f"{pyodide} is not a complete Pyodide: remove build/node_modules and run again") from error
