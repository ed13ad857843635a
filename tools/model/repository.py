"""A model's folder in the layout of the Hugging Face Hub: small JSON files, and onnx/ with one file a dtype.

Folders appear whole or not at all, and the same weights give the same bytes.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from tools.environment import ToolError, make_folder, report
from tools.model.graph import build_model
from tools.model.precision import FILE_NAMES, PRECISIONS
from tools.model.smoothing import SmoothedWeights
from tools.model.weights import LlamaWeights

STAMP = "stamp.json"


def write_repository(
    destination: Path,
    weights: LlamaWeights,
    documents: Mapping[str, Mapping[str, Any]],
    dtypes: Iterable[str],
    calibration_ids: Sequence[int],
    *,
    quiet: bool = True,
) -> None:
    """Write a model's folder, replacing what is there only once everything is written.

    Args:
        destination: the folder to make.
        weights: what the graphs are built from.
        documents: contents of the JSON files at the top, by name.
        dtypes: keys of `PRECISIONS`; ValueError for another one.
        calibration_ids: tokens of a short typical text; int8 looks there for activations that are hard to quantize.
        quiet: do not report what is being written.
    """
    chosen = list(dtypes)
    unknown = sorted(set(chosen) - set(PRECISIONS))
    if unknown:
        raise ValueError(f"no such dtype: {', '.join(unknown)}; known are {', '.join(PRECISIONS)}")
    make_folder(destination.parent)
    unfinished = destination.with_name(f".{destination.name}.{os.getpid()}.unfinished")
    try:
        make_folder(unfinished / "onnx")
        for name, content in documents.items():
            (unfinished / name).write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
        for dtype in chosen:
            if not quiet:
                report(f"Writing {destination.name} as {dtype} …")
            suited = SmoothedWeights(weights, calibration_ids) if dtype == "q8" else weights
            model = build_model(suited, PRECISIONS[dtype]())
            (unfinished / "onnx" / FILE_NAMES[dtype]).write_bytes(model.SerializeToString(deterministic=True))
        _replace_folder(unfinished, destination)
    except OSError as error:
        raise ToolError(
            f"cannot write the model to {destination} ({error.strerror or error}): "
            "free some space or choose another folder, then run again"
        ) from error
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def _replace_folder(source: Path, destination: Path) -> None:
    """Put `source` at `destination`; an old folder there is moved away first and then deleted."""
    retired = destination.with_name(f".{destination.name}.{os.getpid()}.retired")
    if destination.exists():
        destination.rename(retired)
    source.rename(destination)
    shutil.rmtree(retired, ignore_errors=True)


def source_hash() -> str:
    """Return a hash of the code that decides what the files contain."""
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parent.glob("*.py")):
        if path.name not in {"__main__.py", "quality.py"}:
            digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def write_stamp(path: Path, folder: Path, version: Mapping[str, str]) -> None:
    """Note what `folder` was made from and its files' sizes and times, for `is_current`."""
    state = {"version": dict(version), "files": _file_states(folder)}
    unfinished = path.with_suffix(f".{os.getpid()}")
    unfinished.write_text(json.dumps(state, indent=1, sort_keys=True))
    unfinished.replace(path)


def is_current(path: Path, folder: Path, version: Mapping[str, str]) -> bool:
    """Say whether `folder` was made from this version and nobody has changed a file since."""
    try:
        state = json.loads(path.read_text())
    except (OSError, ValueError):
        return False
    return bool(state == {"version": dict(version), "files": _file_states(folder)})


def _file_states(folder: Path) -> dict[str, list[int]]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): [path.stat().st_size, path.stat().st_mtime_ns] for path in files}
