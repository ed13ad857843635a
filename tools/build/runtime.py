"""The Python side of the package: the archive of modules and the memory snapshot that has them imported."""

from __future__ import annotations

import zipfile
from pathlib import Path

from tools.build.archive import write_archive
from tools.build.cache import files_under, made_once, write_json
from tools.build.project import Project
from tools.build.pyodide import INSIDE, Job, Release, run_in_pyodide
from tools.build.snapshot import packed
from tools.environment import ToolError, file_hash

# Adapters for tests on the host; the extension has no use for them.
NOT_PACKAGED = ("tabagent/adapters/memory/",)


def make_archive(project: Project) -> Path:
    """Return runtime.zip: the modules of tabagent as sources and as byte code of the interpreter that ships.

    Sources stay beside the byte code for readable tracebacks; Python imports the byte code first.
    """
    package = project.package
    sources = {f"{package.name}/{path.relative_to(package).as_posix()}": path for path in files_under(package)}
    sources = {name: path for name, path in sources.items() if _is_packaged(name)}
    if not any(name.endswith(".py") for name in sources):
        raise ToolError(f"{package} holds no Python module: there is nothing to package")
    return archive_of(project, sources, "runtime.zip")


def archive_of(project: Project, sources: dict[str, Path], archive_name: str) -> Path:
    """Return an archive of `sources` ({name in it: file}) with byte code beside each Python file."""
    script = INSIDE / "compile_sources.py"

    def make(folder: Path) -> None:
        plain, bytecode, unpacked = folder / "sources.zip", folder / "bytecode.zip", folder / "bytecode"
        write_archive(plain, sources, compress=False)
        run_in_pyodide(
            project.pyodide,
            Job(script=script, inputs={f"/in/{archive_name}": plain}, outputs={"/out/bytecode.zip": bytecode}),
        )
        with zipfile.ZipFile(bytecode) as archive:
            archive.extractall(unpacked)
        compiled = {path.relative_to(unpacked).as_posix(): path for path in unpacked.rglob("*.pyc")}
        write_archive(folder / archive_name, {**sources, **compiled})

    inputs: list[Path | str] = [project.pyodide / "package.json"]
    for name, path in sorted(sources.items()):
        inputs += [name, path]
    return made_once(project.cache, f"archive-{Path(archive_name).stem}", inputs, make) / archive_name


def make_snapshot(project: Project, runtime: Path, wheels: list[Path], release: Release) -> Path:
    """Return a folder with python.snapshot and snapshot.json, which says what the snapshot belongs to.

    Raises `ToolError` when a module cannot be imported without the browser or the memory has grown too large.
    """
    script, pyodide = INSIDE / "warm.py", project.pyodide

    def make(folder: Path) -> None:
        snapshot = folder / "python.snapshot"
        run_in_pyodide(
            project.pyodide,
            Job(script=script, wheels=wheels, inputs={"/app/runtime.zip": runtime}, snapshot=snapshot),
        )
        snapshot.write_bytes(packed(snapshot.read_bytes()))
        write_json(folder / "snapshot.json", _description(project.pyodide, runtime, snapshot, wheels, release))

    inputs = [pyodide / "package.json", pyodide / "pyodide.asm.wasm", runtime, *wheels]
    return made_once(project.cache, "snapshot", inputs, make)


def _description(
    pyodide: Path, runtime: Path, snapshot: Path, wheels: list[Path], release: Release
) -> dict[str, object]:
    return {
        "pyodide": release.version,
        "python": release.python,
        "abi": release.abi,
        "asmWasmSha256": file_hash(pyodide / "pyodide.asm.wasm"),
        "runtimeSha256": file_hash(runtime),
        "snapshotSha256": file_hash(snapshot),
        "wheels": [wheel.name for wheel in wheels],
    }


def _is_packaged(name: str) -> bool:
    return not name.startswith(NOT_PACKAGED) and name.endswith((".py", ".json", ".txt"))
