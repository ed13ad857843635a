"""The command line of the benchmarks. Only the standard library is needed here."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from tools.environment import ToolError

BENCHMARKS = {
    "ablation": "speed of answers without each of the things that make them faster",
    "boot": "until Python is ready, against a plain Pyodide and a bare import of the engine",
    "chat": "the first token of each turn of a growing chat, against transformers.js, which reads all of it again",
    "generate": "speed of answers, against a bare JavaScript page and wllama, and Python's share of it",
    "memory": "what is left of a model that was given back, and what 200 answers leave behind",
    "panel": "how long the panel's page stands still in each phase; its first paint, size and streaming",
    "quality": "perplexity of the packaged weights with the extension's way of reading, against fp32",
    "store": "download, load from the store and memory of a large file, against transformers.js with the Cache API",
}
# Of rounds, when the command line says nothing. The panel's worst moment is looked for in whole runs, which are long;
# so are conversations, and so is a browser of its own.
ROUNDS = {
    "ablation": 5,
    "boot": 7,
    "chat": 3,
    "generate": 5,
    "memory": 3,
    "panel": 3,
    "quality": 1,
    "store": 5,
}


@dataclass(frozen=True, slots=True)
class BenchOptions:
    """What the command line asks for.

    Attributes:
        name: of the benchmark; None lists them.
        json: where to write the results as JSON.
        rounds: how often each side is measured.
    """

    name: str | None
    json: Path | None
    rounds: int


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise ToolError(f"{message}; python3 -m tools.bench --help lists the options")


def parse_arguments(arguments: Sequence[str]) -> BenchOptions:
    """Read a command line.

    Raises:
        ToolError: it is wrong, or the file for the results could not be written.
    """
    parser = _Parser(prog="python3 -m tools.bench", description="Measure, with peers in the same session.")
    parser.add_argument("name", nargs="?", help=f"one of {', '.join(BENCHMARKS)}; none lists them")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the results there as JSON too")
    parser.add_argument("--rounds", type=_rounds, help="how often each side is measured")
    given = parser.parse_args(arguments)
    if given.name is not None and given.name not in BENCHMARKS:
        raise ToolError(f"there is no benchmark {given.name!r}: choose one of {', '.join(BENCHMARKS)}")
    if given.json is not None:
        _require_writable(given.json)
    rounds = given.rounds or ROUNDS.get(given.name, 1)
    return BenchOptions(name=given.name, json=given.json, rounds=rounds)


def _rounds(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and 1 <= int(text) <= 1000):
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 1 to 1000")
    return int(text)


def _require_writable(path: Path) -> None:
    """Raise `ToolError` now, not after minutes of measuring."""
    if path.is_dir():
        raise ToolError(f"{path} is a folder: give --json a file")
    if not path.parent.is_dir():
        raise ToolError(f"the folder {path.parent} does not exist: give --json a file in one that does")
    if not os.access(path if path.exists() else path.parent, os.W_OK):
        raise ToolError(f"{path} cannot be written: choose another file for --json")
