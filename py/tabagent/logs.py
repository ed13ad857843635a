"""Sends Python's log records to the console of the runtime's thread; prompts and tokens are never logged."""

from __future__ import annotations

import logging
import sys

FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"


def configure(level: int = logging.INFO) -> None:
    """Log to standard error, which Pyodide writes to the console."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter(FORMAT))
    root = logging.getLogger("tabagent")
    root.handlers = [handler]
    root.setLevel(level)
    root.propagate = False
