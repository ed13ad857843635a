"""The Python wheels that travel in the package: pure ones from PyPI, compiled ones from build/wheels."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from tools.build.cache import made_once
from tools.build.project import Project
from tools.build.pyodide import INSIDE, Job, Release, run_in_pyodide
from tools.environment import ToolError, file_hash, run_command

# Resolves and freezes at build time; nothing in the extension imports it, so it does not ship.
RESOLVER = "micropip"
LOCAL_LOCK = "local-wheels.txt"


def collect_wheels(project: Project, release: Release) -> list[Path]:
    """Return all wheels of the build, the resolver among them, with their hashes checked.

    Raises `ToolError` when a wheel cannot be had, has another hash, or does not fit the packaged Pyodide.
    """
    lock = project.locks / "wheels.txt"
    python = ".".join(release.python.split(".")[:2])
    downloaded = made_once(project.cache, "wheels", [lock, python], lambda folder: _download(lock, python, folder))
    wheels = [*sorted(downloaded.glob("*.whl")), *_compiled(project)]
    for wheel in wheels:
        _require_fit(wheel, release)
    return wheels


def is_resolver(wheel: Path) -> bool:
    """Tell whether this wheel only works during the build."""
    return wheel.name.split("-")[0] == RESOLVER


def freeze(project: Project, wheels: list[Path]) -> Path:
    """Let micropip resolve the shipped wheels inside Pyodide; return the lock file that ships with them."""
    shipped = [wheel for wheel in wheels if not is_resolver(wheel)]
    resolver = [wheel for wheel in wheels if is_resolver(wheel)]
    script = INSIDE / "freeze.py"

    def make(folder: Path) -> None:
        job = Job(
            script=script,
            wheels=resolver,
            inputs={f"/in/wheels/{wheel.name}": wheel for wheel in shipped},
            outputs={"/out/pyodide-lock.json": folder / "pyodide-lock.json"},
        )
        run_in_pyodide(project.pyodide, job)

    inputs = [project.pyodide / "pyodide-lock.json", *wheels]
    return made_once(project.cache, "freeze", inputs, make) / "pyodide-lock.json"


def fits(wheel_name: str, release: Release) -> bool:
    """Tell whether a wheel with this file name runs on this Pyodide (PEP 425 tags, PEP 783 platform)."""
    parts = wheel_name.removesuffix(".whl").split("-")
    if len(parts) not in (5, 6):
        return False
    pythons, abis, platforms = (part.split(".") for part in parts[-3:])
    major, minor = (int(part) for part in release.python.split(".")[:2])
    if not any(platform in ("any", f"pyemscripten_{release.abi}_wasm32") for platform in platforms):
        return False
    return any(_runs(python, abi, (major, minor)) for python in pythons for abi in abis)


def _runs(python: str, abi: str, interpreter: tuple[int, int]) -> bool:
    """Tell whether one pair of tags is for this interpreter."""
    major, minor = interpreter
    exact = f"cp{major}{minor}"
    if abi == "none":
        return python in (f"py{major}", f"py{major}{minor}", exact)
    if abi == "abi3":
        number = python.removeprefix(f"cp{major}")
        return python.startswith(f"cp{major}") and number.isdecimal() and int(number) <= minor
    return python == exact and abi == exact


def _download(lock: Path, python: str, folder: Path) -> None:
    command: list[str | Path] = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"]
    command += ["--no-deps", "--only-binary=:all:", "--python-version", python, "--require-hashes"]
    command += ["--dest", folder, "--requirement", lock]
    run_command(command, cwd=folder, failure=f"pip could not download the wheels of {lock.name}")


def _compiled(project: Project) -> Iterator[Path]:
    """Yield the wheels in build/wheels; each must be listed with its hash, and each listed one must be there."""
    lock = project.locks / LOCAL_LOCK
    listed = dict(_listed_hashes(lock))
    present = {path.name: path for path in sorted(project.compiled_wheels.glob("*.whl"))}
    for name in sorted(listed.keys() - present.keys()):
        raise ToolError(
            f"{lock.name} lists {name}, which is not in {project.compiled_wheels}: build it and put it there"
        )
    for name, path in present.items():
        if name not in listed:
            raise ToolError(f"{path} is not listed: add the line '{file_hash(path)}  {name}' to {lock} to package it")
        if file_hash(path) != listed[name]:
            raise ToolError(f"{path} is not the wheel that {lock.name} lists: its SHA-256 is {file_hash(path)}")
        yield path


def _listed_hashes(lock: Path) -> Iterator[tuple[str, str]]:
    """Yield (file name, SHA-256) of each line of a file in the format of `sha256sum`."""
    if not lock.exists():
        return
    for number, line in enumerate(lock.read_text(encoding="utf-8").splitlines(), 1):
        words = line.split()
        if not words or words[0].startswith("#"):
            continue
        if len(words) != 2 or len(words[0]) != 64:
            raise ToolError(f"{lock}, line {number}: expected 'SHA256  FILE.whl', found {line!r}")
        yield words[1], words[0]


def _require_fit(wheel: Path, release: Release) -> None:
    if not fits(wheel.name, release):
        raise ToolError(
            f"{wheel.name} does not run on the packaged Pyodide {release.version} "
            f"(Python {release.python}, platform pyemscripten_{release.abi}_wasm32): rebuild it for that one"
        )
