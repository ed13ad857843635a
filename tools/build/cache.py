"""Results of build steps, kept and made again only when what they were made from has changed."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from pathlib import Path

from tools.environment import ToolError, make_folder, report

# Kept results of one step: enough to go back and forth between two branches without making anything again.
KEPT_RESULTS = 4


def made_once(results: Path, step: str, inputs: Iterable[Path | str], make: Callable[[Path], None]) -> Path:
    """Return a folder with the step's result for these inputs, from an earlier build when there is one.

    Args:
        results: Folder of all steps' results.
        step: The step's name, unique in the build.
        inputs: Files and folders by content, strings by value. All that the result depends on; the build's own code
            counts without being named.
        make: Writes the result into the empty folder that it is given.
    """
    make_folder(results)
    inputs = [_own_code(), *inputs]
    key = fingerprint(inputs)
    result = results / f"{step}-{key[:20]}"
    if not result.exists():
        report(f"Building: {step} …")
        # Another process may make the same result: each works in its own folder, and the first rename wins.
        work = Path(tempfile.mkdtemp(prefix=f"making-{step}-", dir=results))
        try:
            make(work)
            if fingerprint(inputs) != key:
                raise ToolError(f"the sources changed while the build made {step}: run it again")
            work.rename(result)
        except OSError:
            if not result.exists():
                raise
        finally:
            shutil.rmtree(work, ignore_errors=True)
    os.utime(result)
    _forget_old(results, step)
    return result


def fingerprint(inputs: Iterable[Path | str]) -> str:
    """Return a hash that changes when a string, a file's content or a folder's files change."""
    digest = hashlib.sha256()
    for item in inputs:
        entries = [("text", item.encode())] if isinstance(item, str) else list(_contents(item))
        for name, content in entries:
            digest.update(f"{name}\0{len(content)}\0".encode())
            digest.update(content)
    return digest.hexdigest()


def files_under(folder: Path) -> Iterator[Path]:
    """Yield every file below a folder in a fixed order, without what Python and editors leave behind."""
    for path in sorted(folder.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts and not path.name.startswith("."):
            yield path


def mirror(tree: dict[str, Path], destination: Path) -> None:
    """Make `destination` hold exactly the files of `tree`: {path inside: source file}.

    A file that looks unchanged (size and time, which are copied) is left alone, so a build without changes writes
    nothing and a running Chromium keeps the files that it has open.
    """
    make_folder(destination)
    for path in sorted(destination.rglob("*"), reverse=True):
        name = path.relative_to(destination).as_posix()
        if path.is_dir() and not path.is_symlink():
            if not any(path.iterdir()):
                path.rmdir()
        elif name not in tree:
            path.unlink()
    for name, source in tree.items():
        target = destination / name
        if _looks_same(source, target):
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        part = target.with_name(f"{target.name}.part")
        shutil.copyfile(source, part)
        shutil.copystat(source, part)
        part.chmod(0o644)
        part.replace(target)


def write_json(path: Path, value: object) -> None:
    """Write JSON the same way each time."""
    path.write_text(json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False) + "\n", encoding="utf-8")


@cache
def _own_code() -> str:
    return fingerprint([Path(__file__).parent])


def _looks_same(source: Path, target: Path) -> bool:
    try:
        there, here = target.stat(), source.stat()
    except FileNotFoundError:
        return False
    return there.st_size == here.st_size and there.st_mtime_ns == here.st_mtime_ns


def _contents(path: Path) -> Iterator[tuple[str, bytes]]:
    if path.is_dir():
        for file in files_under(path):
            yield file.relative_to(path).as_posix(), file.read_bytes()
    elif path.exists():
        yield path.name, path.read_bytes()
    else:
        yield f"absent {path.name}", b""


def _forget_old(results: Path, step: str) -> None:
    mine = [path for path in results.iterdir() if path.name.rpartition("-")[0] == step]
    mine.sort(key=lambda path: path.stat().st_mtime, reverse=True)
    for old in mine[KEPT_RESULTS:]:
        shutil.rmtree(old, ignore_errors=True)
