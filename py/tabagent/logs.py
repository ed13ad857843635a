"""Sends Python's log records to the console of the runtime's thread; prompts and tokens are never logged."""

from __future__ import annotations

import logging
import sys

FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"


def configure(level: int = logging.INFO) -> None:
    """Log warnings to standard error, the rest to standard output: Pyodide makes console warnings and lines of them."""
    formatter = logging.Formatter(FORMAT)
    lines, warnings = logging.StreamHandler(sys.stdout), logging.StreamHandler(sys.stderr)
    lines.addFilter(lambda record: record.levelno < logging.WARNING)
    warnings.setLevel(logging.WARNING)
    root = logging.getLogger("tabagent")
    root.handlers = [lines, warnings]
    for handler in root.handlers:
        handler.setFormatter(formatter)
    root.setLevel(level)
    root.propagate = False
