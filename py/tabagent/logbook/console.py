"""Sends Python's log records to the console of the runtime's thread, and to one more handler."""

from __future__ import annotations

import logging
import sys

FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"


def configure(level: int = logging.INFO, more: logging.Handler | None = None) -> None:
    """Log warnings to standard error, the rest to standard output: Pyodide makes console warnings and lines of them.

    Args:
        level: What the console shows at least.
        more: Gets every record, those below `level` too.
    """
    formatter = logging.Formatter(FORMAT)
    lines, warnings = logging.StreamHandler(sys.stdout), logging.StreamHandler(sys.stderr)
    lines.addFilter(lambda record: record.levelno < logging.WARNING)
    root = logging.getLogger("tabagent")
    root.handlers = [lines, warnings]
    for handler in root.handlers:
        handler.setFormatter(formatter)
        handler.setLevel(level)
    warnings.setLevel(max(level, logging.WARNING))
    if more is not None:
        root.addHandler(more)
    root.setLevel(level if more is None else logging.DEBUG)
    root.propagate = False
