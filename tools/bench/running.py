"""Builds what a benchmark measures, runs it and prints what it found."""

from __future__ import annotations

import sys
from contextlib import redirect_stdout
from pathlib import Path

from tools.bench.arguments import BenchOptions
from tools.bench.results import Report, write_json
from tools.environment import ToolError


def run(options: BenchOptions) -> None:
    """Run the benchmark that the command line names; stdout gets the table alone."""
    with redirect_stdout(sys.stderr):
        found = measure(options)
    print(found.table())
    if options.json is not None:
        write_json(found, options.json)


def measure(options: BenchOptions, extension: Path | None = None) -> Report:
    """Measure; None builds the extension first.

    Raises:
        ToolError: something failed; the text is one line.
    """
    from playwright.sync_api import Error

    from tools.bench import ablation, boot, conversation, generate, memory_use, panel, quality, store

    if options.name == "quality":
        return quality.measure()
    measures = {
        "ablation": ablation.measure,
        "boot": boot.measure,
        "chat": conversation.measure,
        "generate": generate.measure,
        "memory": memory_use.measure,
        "panel": panel.measure,
        "store": store.measure,
    }
    try:
        return measures[str(options.name)](extension or _built(), options.rounds)
    except (Error, TimeoutError) as error:
        raise ToolError(f"{options.name} was not measured: {' '.join(str(error).split())[:300]}") from error


def _built() -> Path:
    from tools.build.extension import build_extension

    return build_extension()
